"""Octets on their way into a row, and out of it again."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from node.ebms.errors import EbmsError
from node.mime.compression import Deflater, Inflater
from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.files import INLINE, known_sha256
from node.store.payloads import Payloads


class Piece(NamedTuple):
    """One row of the octets table to be: the octets themselves or the name of their file, which is on disk already."""

    size: int
    sha256: str | None
    file: str | None
    content: bytes | None
    #: How many octets lie there where they lie as gzip; size and hash are of the plain ones.
    packed_size: int | None = None

    def add(self, cursor: Cursor) -> int:
        """Insert the row; its id."""
        if self.file is not None:
            call_back(cursor, self.file)
        cursor.execute(prepared.ADD_OCTETS, self._asdict())
        return cursor.lastrowid


def call_back(cursor: Cursor, file: str) -> None:
    """A file that was to be removed is named again. Raises StorageUnavailable where it is being removed this very moment."""
    cursor.execute(prepared.CALL_BACK, {"file": file})
    if cursor.execute(prepared.IS_MARKED, {"file": file}).fetchone() is not None:
        raise StorageUnavailable(f"{file} is being removed, since nothing named it until now; the next try brings it anew")


def piece_of(kept: Kept, files: Payloads, claim: Callable[[str], None] = lambda name: None) -> Piece:
    """Octets ready for a transaction: a large file is made durable here, in the caller's thread. Raises StorageUnavailable.

    `claim` is told the name of a file that others may name too, before anything lies under it.
    """
    if kept.size <= INLINE:
        content = kept.octets if isinstance(kept, HeldOctets) else b"".join(kept.chunks())
        return Piece(len(content), known_sha256(kept), None, content)
    name, lying = files.adopt(kept, claim)
    return Piece(lying.size, lying.known_sha256, name, None)


def piece_of_bytes(octets: bytes, files: Payloads) -> Piece:
    """The same for octets in memory, such as an answer."""
    return piece_of(HeldOctets(octets), files)


def packed_piece_of(kept: Kept, files: Payloads) -> Piece:
    """The same as gzip, as packaging makes it. Raises StorageUnavailable."""
    deflater, sink, size = Deflater(), files.quarantine.sink(), 0
    try:
        for chunk in kept.chunks():
            size += len(chunk)
            if octets := deflater.feed(chunk):
                sink.write(octets)
        sink.write(deflater.finish())
        packed = piece_of(sink.keep(), files)
    except BaseException:
        sink.discard()
        raise
    return packed._replace(size=size, sha256=known_sha256(kept), packed_size=packed.size)


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


class PackedOctets:
    """`ports.Kept` over octets that lie as gzip: size and hash are of the plain ones, which are inflated as they are read."""

    def __init__(self, packed: Kept, size: int, sha256: str | None) -> None:
        self.packed, self.size, self._known_sha256 = packed, size, sha256

    @cached_property
    def sha256(self) -> str:
        """Of the plain octets."""
        if self._known_sha256 is not None:
            return self._known_sha256
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def chunks(self, size: int = 262_144) -> Iterator[bytes | memoryview]:
        """The plain octets. Raises StorageUnavailable when what lies there is not what was kept."""
        # They are our own: nothing but their number is capped.
        inflater, left = Inflater(self.size, max(self.size, 1)), self.size
        try:
            for packed in self.packed.chunks():
                for plain in inflater.feed(packed):
                    left -= len(plain)
                    yield from HeldOctets(plain).chunks(size)
            inflater.finish()
        except EbmsError as problem:
            raise StorageUnavailable(f"octets are damaged where they lie: {problem.detail}") from problem
        if left:
            raise StorageUnavailable(f"{self.size} octets were kept, {self.size - left} are there")

    def discard(self) -> None:
        """Nothing: a transaction has named these octets."""


class RemovedOctets:
    """`ports.Kept` over octets that a rule of retention has removed: their size and hash are what is left."""

    def __init__(self, size: int, sha256: str | None, removed_at: str) -> None:
        self.size, self.sha256, self.removed_at = size, sha256 or "", removed_at

    def chunks(self, size: int = 262_144) -> Iterator[bytes | memoryview]:  # noqa: ARG002 - the port's
        """Raises StorageUnavailable."""
        raise StorageUnavailable(f"these octets were removed by retention at {self.removed_at}")

    def discard(self) -> None:
        """Nothing: they are gone."""


def kept_of(
    row_id: int,
    size: int,
    sha256: str | None,
    file: str | None,
    database: Database,
    files: Payloads,
    removed_at: str | None = None,
    packed_size: int | None = None,
) -> Kept:
    """What reads the octets of a row."""
    if removed_at:
        return RemovedOctets(size, sha256, removed_at)
    if packed_size is not None:
        return PackedOctets(kept_of(row_id, packed_size, None, file, database, files), size, sha256)
    return files.open(file, size, sha256) if file else RowOctets(database, row_id, size, sha256)
