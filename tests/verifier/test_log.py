"""The tree is that of RFC 9162: known roots, and every proof of small trees, right and wrong."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier import made
from verifier import n2n_verify as verifier
from verifier.n2n_verify import Refused

# The inputs and roots with which implementations of Certificate Transparency are compared.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
KNOWN = [verifier.leaf_hash(bytes.fromhex(text)) for text in INPUTS]


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots_are_proven(size: int) -> None:
    for index in range(size):
        root = verifier.root_from_inclusion(KNOWN[index], index, size, made.inclusion(index, KNOWN[:size]))
        assert root.hex() == ROOTS[size - 1]
    for before in range(1, size):
        path = made.consistency(before, KNOWN[:size])
        old = bytes.fromhex(ROOTS[before - 1])
        assert [one.hex() for one in verifier.roots_from_consistency(before, size, path, old)] == [
            ROOTS[before - 1],
            ROOTS[size - 1],
        ]


LEAVES = [hashlib.sha256(bytes([number])).digest() for number in range(40)]


@pytest.mark.parametrize("size", range(1, 41))
def test_every_proof_of_a_small_tree_leads_to_its_root(size: int) -> None:
    leaves, root = LEAVES[:size], made.root(LEAVES[:size])
    for index in range(size):
        assert verifier.root_from_inclusion(leaves[index], index, size, made.inclusion(index, leaves)) == root
    for before in range(1, size):
        old = made.root(LEAVES[:before])
        assert verifier.roots_from_consistency(before, size, made.consistency(before, leaves), old) == (old, root)


def test_a_proof_is_one_for_its_size_only() -> None:
    two = made.root(LEAVES[:2])
    assert proven(0, LEAVES[0], 2, made.inclusion(0, LEAVES[:2]), two)
    assert not proven(0, LEAVES[0], 3, made.inclusion(0, LEAVES[:2]), two)
    assert not proven(0, LEAVES[0], 1, made.inclusion(0, LEAVES[:2]), two)
    with pytest.raises(Refused):
        verifier.roots_from_consistency(2, 5, made.consistency(2, LEAVES[:3]), two)


def proven(index: int, leaf: bytes, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return verifier.root_from_inclusion(leaf, index, size, path) == root
    except Refused:
        return False


@given(st.data())
def test_a_wrong_proof_of_inclusion_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 60))
    leaves, root = LEAVES[:size], made.root(LEAVES[:size])
    path = made.inclusion(index, leaves)
    assert proven(index, leaves[index], size, path, root)
    assert not proven(index, leaves[index], size, path[:-1], root)
    assert not proven(index, leaves[index], size, [*path, root], root)
    if other != index:
        assert not proven(other, leaves[index], size, path, root)
    place = data.draw(st.integers(0, len(path) - 1))
    assert not proven(index, leaves[index], size, [*path[:place], bytes(32), *path[place + 1 :]], root)
    assert not proven(index, bytes(32), size, path, root)


@given(st.data())
def test_a_wrong_proof_of_consistency_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    before = data.draw(st.integers(1, size - 1))
    old, root = made.root(LEAVES[:before]), made.root(LEAVES[:size])
    path = made.consistency(before, LEAVES[:size])

    def holds(before: int, size: int, path: list[bytes]) -> bool:
        try:
            return verifier.roots_from_consistency(before, size, path, old) == (old, root)
        except Refused:
            return False

    assert holds(before, size, path)
    assert not holds(before, size, path[:-1])
    assert not holds(before, size, [*path, root])
    assert not holds(size, before, path)
    assert not holds(before, before, [])
    place = data.draw(st.integers(0, len(path) - 1))
    assert not holds(before, size, [*path[:place], bytes(32), *path[place + 1 :]])


@pytest.mark.parametrize(
    "octets",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"\xc3\xa4":1}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"\xff",
        b"",
        b"{",
        b"[" * 100_000,
        b'{"a":"\x01"}',
    ],
)
def test_json_that_is_not_written_in_the_canonical_way_is_refused(octets: bytes) -> None:
    with pytest.raises(Refused):
        verifier.canonical_json(octets)


def test_canonical_json_is_read() -> None:
    octets = '{"a":[1,-2,null,true,{"b":"\\u0001\\n\\"\\\\ä€😀\x7f"}],"b":9007199254740991}'.encode()
    assert verifier.canonical_json(octets)["b"] == 9007199254740991


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T09:14:07Z",
        "2026-11-28T09:14:07.0Z",
        "2026-13-28T09:14:07.000042Z",
        "2026-11-28T09:14:07.000042+00:00",
        "\uff12026-11-28T09:14:07.000042Z",
        5,
    ],
)
def test_an_instant_has_one_form(text: object) -> None:
    with pytest.raises(Refused):
        verifier.instant(text)
