"""Lives of what people decide on: each move is written down with who took it, when and why."""

from dataclasses import dataclass
from datetime import datetime

from node.store.connection import Cursor, Row
from node.store.database import instant, read_instant
from node.store.people import Acted, folded
from node.store.wording import Wording


class NotAgreed(Exception):
    """A step that the store does not take; `remedy` says what would help."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a version or of an update."""

    at: datetime
    who: str
    event: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Life:
    """Moves the rows of one table, and writes their steps into another."""

    moves: Wording
    notes: Wording
    #: The column by which a step names its row.
    of: str
    #: What shows people how far a row has come.
    shown: str

    def move(self, cursor: Cursor, row_id: int, event: str, states: tuple[str, str], by: Acted, **new: object) -> None:
        """Move a row from the first state to the second, with what is `new` in it besides. Raises NotAgreed where it is in another state by now."""
        before, after = map(str, states)
        values = {"row_id": row_id, "seen": before, "new_state": after, "new_changed_at": instant(by.at), **new}
        if cursor.execute(self.moves, values).rowcount != 1:
            raise NotAgreed("somebody else was first", self.shown)
        self.note(cursor, row_id, event, states, by)

    def note(self, cursor: Cursor, row_id: int, event: str, states: tuple[str, str], by: Acted) -> None:
        """Write a step down. Raises NotAgreed where nobody takes it."""
        check_named(by)
        # Drivers differ in what they write of an enumeration.
        before, after = map(str, states)
        row = {"at": instant(by.at), "who": by.who, "event": str(event), "before": before, "after": after, "why": by.why}
        cursor.execute(self.notes, {self.of: row_id, **row})


def check_named(by: Acted) -> None:
    """Raises NotAgreed where nobody is named: nobody is no second person."""
    if not folded(by.who):
        raise NotAgreed(f"{by.who!r} names nobody", "--who NAME says who does this")


def read_step(row: Row) -> Step:
    """One step in the life of a version or of an update."""
    return Step(read_instant(row["at"]), row["who"], row["event"], row["before"], row["after"], row["why"])
