"""Compressed octets: documents as columns of registers hold them, and payloads as packaging compresses them."""

import zlib
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from node.mime.compression import Deflater
from node.msh.octets import HeldOctets
from node.msh.ports import Kept

#: A document of XML becomes a sixth at this level; a higher one takes twice the time for a twentieth less.
_LEVEL: Final = 6


def deflated(document: bytes) -> bytes:
    """As a column holds it: zlib, RFC 1950."""
    return zlib.compress(document, _LEVEL)


def inflated(content: bytes) -> bytes:
    """The document that a column holds; we wrote it, so nothing caps it. Raises zlib.error where it has rotted."""
    return zlib.decompress(content)


class Compressed:
    """`ports.Kept` over octets as packaging compresses them; made anew whenever they are read."""

    def __init__(self, plain: Kept) -> None:
        self._plain = plain

    @cached_property
    def size(self) -> int:
        """Of the compressed octets."""
        return sum(len(chunk) for chunk in self.chunks())

    @cached_property
    def sha256(self) -> str:
        """Of the compressed octets."""
        return HeldOctets(b"".join(self.chunks())).sha256

    def chunks(self, size: int = 262_144) -> Iterator[bytes | memoryview]:
        """Piece by piece."""
        deflater = Deflater()
        for chunk in self._plain.chunks(size):
            if piece := deflater.feed(chunk):
                yield piece
        yield deflater.finish()

    def discard(self) -> None:
        """Nothing: the store has the plain ones."""
