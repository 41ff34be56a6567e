"""Octets that many entries of the log name, such as certificates: kept once, before the first entry that names them, and for good."""

import hashlib
from collections.abc import Callable
from typing import Final

from node.msh.octets import HeldOctets
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.group_commit import GroupCommit
from node.store.kept import Piece, piece_of
from node.store.payloads import Payloads

#: Of so many the digest is remembered, so that naming them costs a look into a dictionary.
_MOST: Final = 10_000
#: Larger ones, such as revocation lists, are not kept in memory for it.
_SMALL: Final = 1 << 16


class KeptOnce:
    """May be called from any thread; two that keep the same at the same time keep it once."""

    def __init__(self, database: Database, writer: GroupCommit, files: Callable[[], Payloads]) -> None:
        self._database, self._writer, self._files = database, writer, files
        self._known: dict[bytes, str] = {}

    def __call__(self, octets: bytes) -> str:
        """The SHA-256, in hexadecimal; the octets are on disk when this returns. Raises StorageUnavailable."""
        known = self._known.get(octets)
        if known is None:
            known = hashlib.sha256(octets).hexdigest()
            if not self._database.read(prepared.OBJECT, {"sha256": known}):
                piece = piece_of(HeldOctets(octets, known), self._files())
                self._writer.run(lambda cursor: keep(cursor, known or "", piece), rides=False)
            if len(octets) <= _SMALL:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[octets] = known
        return known


def keep(cursor: Cursor, sha256: str, piece: Piece) -> None:
    """In a transaction; harmless when done twice."""
    if cursor.execute(prepared.OBJECT, {"sha256": sha256}).fetchone() is None:
        cursor.execute(prepared.ADD_OBJECT, {"sha256": sha256, "octets_id": piece.add(cursor)})
