"""What people do, written into the log of evidence by the transaction that does it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from node.evidence.entry import Kind
from node.store.connection import Cursor
from node.store.entries import Entries
from node.store.kept import Piece
from node.store.log import append_noted
from node.store.once import keep
from node.store.people import Acted


class Acts:
    """Writes acts; without entries it writes none, for whoever keeps no log."""

    def __init__(self, entries: Entries | None = None) -> None:
        self._entries = entries
        #: What was said on the command line, without secrets: it tells why where nobody gave a reason.
        self.words = ""

    def __call__(
        self,
        cursor: Cursor,
        by: Acted,
        what: str,
        about: Mapping[str, str],
        octets: Sequence[bytes | Piece] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an act in this transaction; `octets` are kept with it for good."""
        if self._entries is None:
            return
        named = {}
        for number, one in enumerate(octets, 1):
            piece = one if isinstance(one, Piece) else _piece(one)
            assert piece.sha256 is not None  # of what is kept with an act it is always known
            named[f"file-{number}"] = piece.sha256
            keep(cursor, piece.sha256, piece)
        about = {name: value for name, value in about.items() if value}
        append_noted(cursor, self._entries.done(Kind.ACTED, by.at, by.who, what, by.why or self.words, about, named, facts))


def _piece(octets: bytes) -> Piece:
    return Piece(len(octets), hashlib.sha256(octets).hexdigest(), None, octets)
