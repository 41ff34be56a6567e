"""Octets held in memory: whole where they fit, views where they do not."""

import hashlib

import pytest

from node.msh.octets import HeldOctets


@pytest.mark.parametrize(("size", "chunk", "lengths"), [(0, 4, []), (3, 4, [3]), (4, 4, [4]), (5, 4, [4, 1]), (12, 4, [4, 4, 4])])
def test_chunks_are_cut_at_the_size_that_was_asked(size: int, chunk: int, lengths: list[int]) -> None:
    held = HeldOctets(bytes(range(size)))
    chunks = list(held.chunks(chunk))
    assert [len(one) for one in chunks] == lengths
    assert b"".join(map(bytes, chunks)) == held.octets
    assert held.size == size


def test_a_chunk_that_fits_is_the_very_object() -> None:
    held = HeldOctets(b"document")
    assert next(held.chunks()) is held.octets


def test_octets_can_be_read_again() -> None:
    held = HeldOctets(b"document")
    held.discard()
    assert list(held.chunks()) == list(held.chunks()) == [b"document"]


def test_the_digest_is_computed_when_nobody_gave_it() -> None:
    assert HeldOctets(b"document").sha256 == hashlib.sha256(b"document").hexdigest()


def test_a_digest_that_was_just_computed_is_taken_as_given() -> None:
    assert HeldOctets(b"document", "ab" * 32).sha256 == "ab" * 32
