"""What people ask of documents on file: life cycles with their history, quantities, and what is about the same consignment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from node.customs.filing.moving import Subject
from node.customs.filing.registration import Entry
from node.store import prepared
from node.store.connection import Database
from node.store.database import read_instant
from node.store.documents import LAST, entry_of
from node.store.filed import of_subject

#: What is shown of one certificate or consignment at most.
MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Turn:
    """One move of a life cycle."""

    machine: str
    before: str
    after: str
    event: str
    #: The document that moved it.
    document: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Used:
    """What one document has written off."""

    #: With its unit: `3 KGM`.
    item: str
    amount: Decimal
    document: int
    at: datetime


@dataclass(frozen=True, slots=True)
class InState:
    """A subject whose life cycle stands in the state that was asked for."""

    id: int
    number: str
    issuer: str
    since: datetime


class StoredLives:
    """Reads in the caller's thread; everything by an index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def turns(self, subject: Subject) -> list[Turn]:
        """Every move of the life cycles of a subject, the first one first."""
        rows = self._database.read(prepared.MOVES, {**of_subject(subject), "most": MOST})
        names = ("machine", "before", "after", "event", "document")
        return [Turn(**{name: row[name] for name in names}, at=read_instant(row["at"])) for row in rows]

    def used(self, subject: Subject) -> list[Used]:
        """What documents have written off from a subject, the first one first."""
        rows = self._database.read(prepared.WRITTEN_OFF, {**of_subject(subject), "most": MOST})
        return [Used(row["item"], Decimal(row["amount"]), row["document"], read_instant(row["at"])) for row in rows]

    def in_state(self, type_id: str, machine: str, state: str, most: int, before: int = LAST) -> list[InState]:
        """Subjects in a state, the latest first; `before` is the id of the last one of the page before."""
        values = {"type_id": type_id, "machine": machine, "state": state, "before": before, "most": most}
        rows = self._database.read(prepared.STATES_IN, values)
        return [InState(row["id"], row["number"], row["issuer"], read_instant(row["at"])) for row in rows]

    def on_file(self, type_id: str, number: str) -> list[Entry]:
        """Every version on file of a number, of any issuer, the first one first."""
        return _entries(self._database.read(prepared.FILED_ENTRIES, {"type_id": type_id, "number": number, "most": MOST}))

    def naming(self, subject: Subject) -> list[Entry]:
        """The documents on file that name a subject."""
        return _entries(self._database.read(prepared.NAMING_ANY, {**of_subject(subject), "most": MOST}))

    def named(self, value: str) -> list[tuple[str, Entry]]:
        """The documents on file in which a value stands, each with what the value is there: `ucr`, `equipment`, `certificate`, .."""
        rows = self._database.read(prepared.NAMED, {"value": value, "most": MOST})
        return [(str(row[0]), entry_of(tuple(row)[1:])) for row in rows]


def _entries(rows: Sequence[Any]) -> list[Entry]:
    return [entry_of(row) for row in rows]
