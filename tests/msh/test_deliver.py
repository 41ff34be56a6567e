"""Delivering: kept octets come out as the Producer gave them in, or not at all."""

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.errors import DecompressionFailure, EbmsError
from node.ebms.message import PartInfo
from node.msh.deliver import payload_chunks
from node.msh.octets import HeldOctets
from node.msh.ports import AcceptedPayload


def accepted(kept: bytes, inflated_size: int, *, compressed: bool = True) -> AcceptedPayload:
    return AcceptedPayload(HeldOctets(kept), PartInfo("cid:1"), "application/xml", compressed, inflated_size, "1")


def delivered(payload: AcceptedPayload) -> bytes:
    return b"".join(map(bytes, payload_chunks(payload)))


@given(st.binary(max_size=5000))
def test_a_compressed_payload_is_inflated(octets: bytes) -> None:
    assert delivered(accepted(gzip.compress(octets), len(octets))) == octets


def test_a_payload_that_came_plain_is_given_as_it_is_even_if_it_is_gzip() -> None:
    octets = gzip.compress(b"an archive of the Producer's own")
    assert delivered(accepted(octets, len(octets), compressed=False)) == octets


def test_a_ratio_that_reception_accepted_is_accepted_again() -> None:
    octets = b"\0" * 1_000_000
    assert delivered(accepted(gzip.compress(octets), len(octets))) == octets


ROTTEN = {
    "cut short": lambda kept: kept[:-4],
    "another octet": lambda kept: kept[:20] + bytes([kept[20] ^ 1]) + kept[21:],
    "more of it": lambda kept: kept + gzip.compress(b"more"),
}


@pytest.mark.parametrize("rot", ROTTEN)
def test_octets_that_rotted_on_disk_are_noticed(rot: str) -> None:
    octets = bytes(range(256)) * 4
    chunks: Iterator[bytes | memoryview] = payload_chunks(accepted(ROTTEN[rot](gzip.compress(octets)), len(octets)))
    with pytest.raises(EbmsError) as caught:
        list(chunks)
    assert caught.value.definition is DecompressionFailure
