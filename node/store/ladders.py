"""Steps of the ladder on a database: what was heard of a message, and which steps are looked for when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.customs.ladder import Reached
from node.ebms.states import OUTBOUND, OutboundEvent, OutboundState, step
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.group_commit import GroupCommit
from node.store.rows import OUT, add_step


@dataclass(frozen=True, slots=True)
class Standing:
    """One message of ours whose steps are looked for."""

    id: int
    #: The highest step that documents have told.
    level: str
    #: Its row in the register.
    document: int
    awaits: str
    #: When it is looked at again; None when only another document changes that.
    due_at: datetime | None
    #: Since when the step is known to be late.
    escalated_at: datetime | None


class StoredLadders:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def heard(self, sender: str, document_id: str) -> list[Reached]:
        """What documents have told of a message, in the order in which they came."""
        return [_reached(row) for row in self._database.read(prepared.STEPS, {"sender": sender, "document_id": document_id})]

    def is_awaited(self, sender: str, document_id: str) -> bool:
        """Whether steps of a message of ours are to come, or were."""
        rows = self._database.read(prepared.STANDING, {"sender": sender, "document_id": document_id})
        return bool(rows) and rows[0]["document"] is not None

    def due(self, now: datetime, most: int) -> list[Standing]:
        """Messages that are to be looked at, the longest due first."""
        return self._standings(prepared.DUE_STANDINGS, now=instant(now), most=most)

    def late(self, most: int) -> list[Standing]:
        """Messages of which a step is late, the longest late first."""
        return self._standings(prepared.LATE_STANDINGS, most=most)

    def _standings(self, statement: Any, **values: object) -> list[Standing]:
        return [_standing(row) for row in self._database.read(statement, values)]

    def look_again(self, standing: Standing, awaits: str, due_at: datetime | None, escalated_at: datetime | None = None) -> bool:
        """Which step is looked for from now on; False when it has taken a step, or somebody else has looked, meanwhile."""
        values = _awaiting(standing, awaits, due_at, escalated_at)
        return self._writer.run(lambda cursor: cursor.execute(prepared.AWAIT_STEP, values).rowcount > 0)

    def escalate(
        self, standing: Standing, awaits: str, again_at: datetime | None, message_id: str, why: str, at: datetime
    ) -> bool:
        """A step is late: once in the story of the message, and in the list of what is late. False as above."""
        values = _awaiting(standing, awaits, again_at, at)

        def work(cursor: Cursor) -> bool:
            if cursor.execute(prepared.AWAIT_STEP, values).rowcount == 0:
                return False
            found = cursor.execute(prepared.LOCK_EXCHANGE, {"message_id": message_id}).fetchone()
            if found is not None:
                state = OutboundState(found[1])
                after = step(OUTBOUND, state, _LATE)
                add_step(cursor, OUT, found[0], instant(at), state.value, _LATE.value, after.value, why)
            return True

        return self._writer.run(work)


_LATE: Final = OutboundEvent.STEP_LATE


def _awaiting(standing: Standing, awaits: str, due_at: datetime | None, escalated_at: datetime | None) -> dict[str, object]:
    return {
        "row_id": standing.id,
        "level": standing.level,
        "seen": standing.due_at and instant(standing.due_at),
        "awaits": awaits,
        "due_at": due_at and instant(due_at),
        "escalated_at": escalated_at and instant(escalated_at),
    }


def _standing(row: Sequence[Any]) -> Standing:
    row_id, _, _, level, _, document, awaits, due_at, escalated_at = row
    return Standing(row_id, level, document, awaits, read_instant_if_any(due_at), read_instant_if_any(escalated_at))


def _reached(row: Sequence[Any]) -> Reached:
    level, outcome, at, registered_at, by = row
    heard_at = read_instant(registered_at)
    try:
        said = datetime.fromisoformat(at)
    except ValueError:
        said = heard_at
    return Reached(level, outcome, said if said.tzinfo else heard_at, heard_at, by)
