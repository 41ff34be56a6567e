"""What is held compressed comes out as it was; what packaging compressed is made the same again."""

import gzip
import hashlib
import zlib

import pytest

from node.mime.compression import Deflater
from node.msh.octets import HeldOctets
from node.store.compressed import Compressed, deflated, inflated

TEXT = b'<certificate of="origin"/>\n' * 900


@pytest.mark.parametrize("octets", [b"", b"<a/>", TEXT], ids=["empty", "short", "long"])
def test_a_document_comes_out_of_its_column_as_it_was(octets: bytes) -> None:
    assert inflated(deflated(octets)) == octets


def test_a_document_that_rotted_is_not_taken_for_another() -> None:
    content = bytearray(deflated(TEXT))
    content[-1] ^= 1
    with pytest.raises(zlib.error):
        inflated(bytes(content))


def test_a_payload_is_compressed_as_it_was_for_its_message() -> None:
    deflater = Deflater()
    sent = deflater.feed(TEXT) + deflater.finish()
    kept = Compressed(HeldOctets(TEXT))
    assert b"".join(bytes(one) for one in kept.chunks()) == sent
    assert (kept.size, kept.sha256) == (len(sent), hashlib.sha256(sent).hexdigest())
    assert gzip.decompress(sent) == TEXT


class Watched(HeldOctets):
    """Says whether it was discarded."""

    discarded = False

    def discard(self) -> None:
        self.discarded = True


def test_to_discard_it_leaves_the_plain_octets() -> None:
    plain = Watched(TEXT)
    Compressed(plain).discard()
    assert not plain.discarded
