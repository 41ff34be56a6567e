"""DER is read as it is written, and what is none is refused at once."""

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from node.security.der import SEQUENCE, SET, DerRefused, read, write, write_name, write_number, write_set

ARCS = st.tuples(st.sampled_from([0, 1]), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=5))


@given(st.integers(0, 2**160))
def test_a_number_comes_back(number):
    assert read(write_number(number)).number == number


@given(ARCS)
def test_a_name_comes_back(arcs):
    dotted = ".".join(map(str, [arcs[0], arcs[1], *arcs[2]]))
    assert read(write_name(dotted)).name == dotted


def test_a_name_of_the_third_branch_is_read():
    dotted = "2.16.840.1.101.3.4.2.1"
    assert read(write_name(dotted)).name == x509.ObjectIdentifier(dotted).dotted_string


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 70_000])
def test_a_length_of_any_size_comes_back(size):
    assert read(write(SEQUENCE, bytes(size))).content == bytes(size)


def test_a_set_is_sorted():
    assert read(write_set(b"\x02\x01\x02", b"\x02\x01\x01")).expect(SET).content == b"\x02\x01\x01\x02\x01\x02"


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x01", b"\x30\x00\x00", b"\x1f\x01\x00", b"\x30\x85\1\1\1\1\1\0", b"\x30\x82\x01"],
)
def test_what_is_no_der_is_refused(octets):
    with pytest.raises(DerRefused):
        read(octets)


def test_what_has_another_shape_is_refused():
    value = read(write(SEQUENCE, write_number(1)))
    empty, two = read(write(SEQUENCE)), read(write(SEQUENCE, write_number(1), write_number(2)))
    assert (two.first().number, value.only().number) == (1, 1)
    for ask in (
        empty.first,
        empty.only,
        two.only,
        lambda: value.number,
        lambda: value.name,
        lambda: value.fields(SEQUENCE),
        lambda: read(write(6, b"\x80")).name,
    ):
        with pytest.raises(DerRefused):
            ask()
