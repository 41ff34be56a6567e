"""`[ladder]` of an agreement: how long each step of the ladder may take, and `[ladder."co.certificate"]` for single document types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from node.configuration import Table
from node.customs.ladder import NO_DEADLINES, Deadlines
from node.msh.schedule import ScheduleError, read_duration

LEVELS: Final = ("L1", "L2", "L3", "L4", "L5")
#: Not waited for, in a type's table where the partner's own has a deadline.
NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class AgreedLadder:
    """The deadlines of one partner."""

    deadlines: Deadlines = NO_DEADLINES
    types: Mapping[str, Deadlines] = field(default_factory=dict)

    def of(self, type_id: str) -> Deadlines:
        """The deadlines of a document type."""
        return self.types.get(type_id, self.deadlines)


#: An agreement without the table: no step is waited for.
STANDARD_LADDER: Final = AgreedLadder()


def read_ladder(table: Table) -> AgreedLadder:
    """`[ladder]`; what a type's table does not say is as the partner's own has it."""
    own = _read(table, {})
    types = {}
    for name, value in table.values.items():
        if isinstance(value, dict):
            inner = table.table(name)
            types[name] = Deadlines(_read(inner, own))
            inner.finish()
    table.finish()
    return AgreedLadder(Deadlines(own), types)


def _read(table: Table, otherwise: Mapping[str, timedelta]) -> dict[str, timedelta]:
    found = dict(otherwise)
    for level in LEVELS:
        text = table.optional(level)
        if text == NEVER:
            found.pop(level, None)
        elif text is not None:
            try:
                found[level] = read_duration(text)
            except ScheduleError as error:
                table.problem(level, str(error), f'such as "15m" or "30d", or "{NEVER}"')
    return found
