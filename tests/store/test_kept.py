"""Octets of a row are read when they are asked for."""

import hashlib

import pytest

from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable
from node.store.kept import RowOctets, piece_of


def test_small_octets_go_into_the_row_unhashed(store):
    assert piece_of(HeldOctets(b"abc"), store.messages.files) == (3, None, None, b"abc")
    assert piece_of(HeldOctets(b"abc", "told"), store.messages.files) == (3, "told", None, b"abc")


def test_a_row_tells_its_hash_even_if_nobody_computed_it(store):
    row_id = store.messages.writer.run(piece_of(HeldOctets(b"abc"), store.messages.files).add)
    octets = RowOctets(store.messages.database, row_id, 3, None)
    assert (octets.sha256, octets.size) == (hashlib.sha256(b"abc").hexdigest(), 3)
    octets.discard()
    assert b"".join(octets.chunks()) == b"abc"


def test_a_row_that_is_gone_is_told(store):
    with pytest.raises(StorageUnavailable, match="999"):
        RowOctets(store.messages.database, 999, 3, None).read()
