"""The log of evidence as it is written: noted in the transaction that makes a fact, numbered and chained when all of its work is done."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from node.evidence.chain import NOTHING, leaf_hash, link
from node.evidence.entry import Clock, Entry, Kind, instant, members
from node.store import prepared
from node.store.connection import Cursor, Noted
from node.store.faults import ConflictError, ConstraintError

#: Where nobody has said of which node this log is.
NOBODY: Final = "n2n.invalid"
#: The form of RFC 8785 for what has ASCII names and no fractions (node/evidence/entry.py); made once, since each call of `json.dumps` makes another.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def append(cursor: Cursor, entry: Entry, held: Mapping[str, int] | None = None, head: bytes | None = None) -> None:
    """Write an entry into the log, in this transaction; `held` names the rows of the octets that it names, `head` is that of HTTP."""
    append_noted(cursor, noted(entry, head), held)


def noted(entry: Entry, head: bytes | None = None) -> Noted:
    """An entry ready for a transaction: made outside of it, so that nobody waits for its canonical form. Raises ValueError."""
    about = entry.about
    return Noted(
        *(entry.octets(), entry.kind.value, instant(entry.at)),
        *(about.get("message_id", ""), about.get("partner", ""), about.get("direction", "")),
        "{}",
        head,
    )


def noted_fast(
    kind: Kind,
    at: datetime,
    about: Mapping[str, str],
    objects: Mapping[str, str],
    facts: Mapping[str, Any],
    clock: Clock | None,
    head: bytes | None = None,
) -> Noted:
    """As `noted` of an entry of these, without its checks: for what this package makes itself, of texts and whole numbers under names of its own."""
    when = instant(at)
    octets = _encode(members(kind, when, about, objects, facts, clock)).encode()
    get = about.get
    return Noted(octets, kind.value, when, get("message_id", ""), get("partner", ""), get("direction", ""), "{}", head)


def append_noted(cursor: Cursor, one: Noted, held: Mapping[str, int] | None = None) -> None:
    """As `append`."""
    cursor.noted.append(one._replace(held=json.dumps(held)) if held else one)


class Numbering:
    """Gives numbers and chain values to what a transaction has noted, at its end: on PostgreSQL, whoever does so holds the head until the commit."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        #: Of which node the log is, for its name.
        self.host = NOBODY
        #: Whether the head is not where the log ends: somebody has changed one of them by hand.
        self._lost = False

    def __call__(self, cursor: Cursor) -> None:
        """Write it. Raises Error."""
        found = cursor.execute(prepared.LOG_HEAD).fetchone() or self._begin(cursor)
        number, chain, name = found[0], bytes(found[1]), found[2]
        if not name:
            cursor.execute(prepared.NAME_LOG, {"name": self._name()})
        if self._lost:
            # The chain shows what was changed; nothing that happens from now on is lost for it.
            last = cursor.execute(prepared.LAST_ENTRY).fetchone()
            number = max(number, last[0] if last else 0)
        for one in cursor.noted:
            number += 1
            chain = link(chain, leaf_hash(one.octets))
            try:
                cursor.execute(prepared.ADD_ENTRY, {"number": number, "chain": chain, **one._asdict()})
            except ConstraintError as error:
                self._lost = True
                raise ConflictError(
                    f"the log of evidence has an entry {number} beyond its end: it was changed by hand"
                ) from error
        cursor.execute(prepared.MOVE_HEAD, {"last": number, "value": chain})

    def _begin(self, cursor: Cursor) -> tuple[int, bytes, str]:
        """The head of a log that has none: a new one, or one that somebody has beheaded."""
        last = cursor.execute(prepared.LAST_ENTRY).fetchone() or (0, NOTHING)
        row = {"id": 1, "log": self._name(), "number": last[0], "chain": bytes(last[1])}
        cursor.execute(prepared.BEGIN_LOG, row | {"exchange_before": 0, "inbound_before": 0, "signed": 0})
        found: tuple[int, bytes, str] = cursor.execute(prepared.LOG_HEAD).fetchone()
        return found

    def _name(self) -> str:
        begun = self._now().strftime("%Y%m%dT%H%M%S.%fZ")
        # Printable ASCII without spaces, at most 100.
        return f"{self.host[:70]}/{begun}"
