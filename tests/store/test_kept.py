"""Octets of a row are read when they are asked for."""

import gzip
import hashlib
import os

import pytest

from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable
from node.store.files import INLINE
from node.store.kept import PackedOctets, RowOctets, packed_piece_of, piece_of


def test_small_octets_go_into_the_row_unhashed(store):
    assert piece_of(HeldOctets(b"abc"), store.messages.files) == (3, None, None, b"abc", None)
    assert piece_of(HeldOctets(b"abc", "told"), store.messages.files) == (3, "told", None, b"abc", None)


def test_a_row_tells_its_hash_even_if_nobody_computed_it(store):
    row_id = store.messages.writer.run(piece_of(HeldOctets(b"abc"), store.messages.files).add)
    octets = RowOctets(store.messages.database, row_id, 3, None)
    assert (octets.sha256, octets.size) == (hashlib.sha256(b"abc").hexdigest(), 3)
    octets.discard()
    assert b"".join(octets.chunks()) == b"abc"


def test_a_row_that_is_gone_is_told(store):
    with pytest.raises(StorageUnavailable, match="999"):
        RowOctets(store.messages.database, 999, 3, None).read()


PLAIN = {
    "nothing": b"",
    "a document": b"<co>" + b"<item/>" * 20_000 + b"</co>",
    "larger than a row, and compressed no more": b"<item/>" * 100_000,
    "what cannot be compressed": os.urandom(300 * 1024),
}


@pytest.mark.parametrize("plain", PLAIN.values(), ids=PLAIN.keys())
def test_what_lies_as_gzip_is_read_back_octet_by_octet(store, plain):
    messages = store.messages
    piece = packed_piece_of(HeldOctets(plain), messages.files)
    row_id = messages.writer.run(piece.add)
    octets = messages.kept(row_id)
    assert isinstance(octets, PackedOctets)
    packed = b"".join(octets.packed.chunks())
    assert (gzip.decompress(packed), len(packed)) == (plain, piece.packed_size)
    assert (piece.file is None) == (len(packed) <= INLINE)
    for size in (1000, 262_144):
        chunks = [bytes(chunk) for chunk in octets.chunks(size)]
        assert b"".join(chunks) == plain and all(len(chunk) <= size for chunk in chunks)
    assert (octets.size, octets.sha256) == (len(plain), hashlib.sha256(plain).hexdigest())
    octets.discard()
    assert b"".join(octets.chunks()) == plain


def test_the_hash_of_packed_octets_is_the_one_that_was_told(store):
    piece = packed_piece_of(HeldOctets(b"abc", "told"), store.messages.files)
    assert store.messages.kept(store.messages.writer.run(piece.add)).sha256 == "told"


@pytest.mark.parametrize(
    ("packed", "size"),
    [(gzip.compress(b"abc")[:-1], 3), (gzip.compress(b"abcd"), 3), (gzip.compress(b"ab"), 3), (b"abc", 3)],
    ids=["cut off", "longer", "shorter", "no gzip"],
)
def test_packed_octets_that_are_damaged_are_never_passed_on_as_whole(packed, size):
    with pytest.raises(StorageUnavailable):
        b"".join(PackedOctets(HeldOctets(packed), size, None).chunks())


def test_nothing_stays_in_quarantine_of_what_could_not_be_packed(store):
    class Breaks(HeldOctets):
        def chunks(self, size=1):
            yield os.urandom(2 * INLINE)
            raise StorageUnavailable("the file is gone")

    with pytest.raises(StorageUnavailable, match="is gone"):
        packed_piece_of(Breaks(b""), store.messages.files)
    assert list(store.messages.files.quarantine.folder.iterdir()) == []
