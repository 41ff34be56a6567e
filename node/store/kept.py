"""Octets on their way into a row, and out of it again."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.files import INLINE, PayloadFiles, known_sha256


class Piece(NamedTuple):
    """One row of the octets table to be: the octets themselves or the name of their file, which is on disk already."""

    size: int
    sha256: str | None
    file: str | None
    content: bytes | None

    def add(self, cursor: Cursor) -> int:
        """Insert the row; its id."""
        cursor.execute(prepared.ADD_OCTETS, self._asdict())
        return cursor.lastrowid


def piece_of(kept: Kept, files: PayloadFiles) -> Piece:
    """Octets ready for a transaction: a large file is made durable here, in the caller's thread. Raises StorageUnavailable."""
    if kept.size <= INLINE:
        content = kept.octets if isinstance(kept, HeldOctets) else b"".join(kept.chunks())
        return Piece(len(content), known_sha256(kept), None, content)
    name, lying = files.adopt(kept)
    return Piece(lying.size, lying.known_sha256, name, None)


def piece_of_bytes(octets: bytes, files: PayloadFiles) -> Piece:
    """The same for octets in memory, such as an answer."""
    return piece_of(HeldOctets(octets), files)


class RowOctets:
    """`ports.Kept` over an inline row, read when it is asked for."""

    def __init__(self, database: Database, row_id: int, size: int, sha256: str | None) -> None:
        self._database, self._row_id, self._size, self._known_sha256 = database, row_id, size, sha256

    @property
    def size(self) -> int:
        return self._size

    @cached_property
    def sha256(self) -> str:
        return self._known_sha256 or hashlib.sha256(self.read()).hexdigest()

    def read(self) -> bytes:
        """All octets. Raises StorageUnavailable when the row is gone."""
        rows = self._database.read(prepared.OCTETS, {"row_id": self._row_id})
        if not rows or rows[0]["content"] is None:
            raise StorageUnavailable(f"octets {self._row_id} are not in the store")
        return bytes(rows[0]["content"])

    def chunks(self, size: int = 262_144) -> Iterator[bytes | memoryview]:
        return HeldOctets(self.read()).chunks(size)

    def discard(self) -> None:
        """Nothing: a transaction has named these octets."""


def kept_of(row_id: int, size: int, sha256: str | None, file: str | None, database: Database, files: PayloadFiles) -> Kept:
    """What reads the octets of a row."""
    return files.open(file, size, sha256) if file else RowOctets(database, row_id, size, sha256)
