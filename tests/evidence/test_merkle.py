"""The tree of RFC 9162, against a reference written from its definitions and against every wrong proof."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.evidence.chain import leaf_hash
from node.evidence.merkle import EMPTY, GrowingTree, LeafHashes, consistency, holds_consistency, holds_inclusion, inclusion, root


def leaves(number: int) -> list[bytes]:
    return [leaf_hash(str(one).encode()) for one in range(number)]


def mth(hashes: list[bytes]) -> bytes:
    """RFC 9162 2.1.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


#: Of the entries of RFC 6962's first implementation, which others compare themselves with.
KNOWN = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43", bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", ROOTS)
def test_the_root_is_that_of_other_logs(size: int) -> None:
    assert root(LeafHashes([leaf_hash(one) for one in KNOWN[:size]]), size).hex() == ROOTS[size]


def test_nothing_has_the_root_of_nothing() -> None:
    assert root(LeafHashes([]), 0) == EMPTY == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 40))
def test_each_leaf_is_proven_and_no_other_in_its_place(size: int) -> None:
    hashes = leaves(size)
    tree, top = LeafHashes(hashes), mth(hashes)
    assert root(tree, size) == top
    for index in range(size):
        path = inclusion(tree, index, size)
        assert holds_inclusion(hashes[index], index, size, path, top)
        others = [(index + 1, size, path), (index, size + 1, path), (index, size, path[:-1]), (index, size, [*path, EMPTY])]
        for place, of, way in others:
            # A path that has no place where one more hash is needed tells nothing of the size; the root does.
            if (place, of, way) != (index, size, path):
                claimed = holds_inclusion(hashes[index], place, of, way, top)
                assert not claimed or (of != size and inclusion(LeafHashes(leaves(of)), place, of) != path)
        assert not holds_inclusion(leaf_hash(b"other"), index, size, path, top)
        assert not holds_inclusion(hashes[index], index, size, path, EMPTY)


@pytest.mark.parametrize("size", range(1, 34))
def test_what_was_is_the_beginning_of_what_is(size: int) -> None:
    hashes = leaves(size)
    tree = LeafHashes(hashes)
    for before in range(1, size + 1):
        path = consistency(tree, before, size)
        first, second = mth(hashes[:before]), mth(hashes)
        assert holds_consistency(before, size, path, first, second)
        assert not holds_consistency(before, size, path, EMPTY, second)
        assert not holds_consistency(before, size, path, first, EMPTY)
        if path:
            assert not holds_consistency(before, size, path[:-1], first, second)
            assert not holds_consistency(before, size, [*path, EMPTY], first, second)


@given(st.integers(1, 300), st.data())
def test_a_hash_of_a_path_that_is_changed_is_found(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion(LeafHashes(hashes), index, size)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        path[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        assert not holds_inclusion(hashes[index], index, size, path, mth(hashes))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_what_is_not_there_is_not_proven(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="leaf"):
        inclusion(LeafHashes(leaves(3)), index, size)
    assert not holds_inclusion(leaf_hash(b"0"), index, size, [], leaf_hash(b"0"))


@pytest.mark.parametrize(("before", "size"), [(0, 3), (4, 3)])
def test_no_tree_is_the_beginning_of_a_smaller_one(before: int, size: int) -> None:
    with pytest.raises(ValueError, match="leaves"):
        consistency(LeafHashes(leaves(3)), before, size)
    assert not holds_consistency(before, size, [EMPTY], EMPTY, EMPTY)


def test_a_tree_that_grows_leaf_by_leaf_has_the_same_roots() -> None:
    tree, leaves = GrowingTree(), []
    assert tree.root() == root(LeafHashes([]), 0)
    for number in range(70):
        leaves.append(bytes([number]) * 32)
        tree.add(leaves[-1])
        assert (tree.size, tree.root()) == (len(leaves), root(LeafHashes(leaves), len(leaves)))
