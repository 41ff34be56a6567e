"""When a partner is to be told of our list again, and as what: by its arrangement, by what changed, and by what it answered. Source: DESIGN 4.4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.customs.operators.arrangement import Arrangement
from node.customs.operators.record_set import DELTA, FULL, URGENT

#: Recorded, and not handed to the messages yet.
DUE: Final = "DUE"
#: On its way, or there without an answer.
SENT: Final = "SENT"
#: The partner has it and can read it.
READ: Final = "READ"
#: A person there has to decide.
HELD: Final = "HELD"
#: It has taken effect there, or a later one has.
TAKEN: Final = "TAKEN"
#: The partner refused it.
REFUSED: Final = "REFUSED"
#: It never arrived.
FAILED: Final = "FAILED"
#: What a set is of which one part is this: the worst comes last.
_WORSE: Final = ("", TAKEN, READ, SENT, DUE, HELD, FAILED, REFUSED)
_LOST: Final = frozenset({REFUSED, FAILED})


@dataclass(frozen=True, slots=True)
class SetOut:
    """One set that was made for a partner."""

    mode: str
    sequence: int
    made_at: datetime
    #: Empty where nobody knows, such as of one that was written to files.
    state: str = ""

    @property
    def lost(self) -> bool:
        """Whether the partner does not have it."""
        return self.state in _LOST


@dataclass(frozen=True, slots=True)
class Looked:
    """At which version of our list it was looked what is urgent for a partner, and when it was looked what has changed; 0 and None for never."""

    version: int = 0
    at: datetime | None = None


def worst(states: Iterable[str]) -> str:
    """The state of a set by those of its parts."""
    return max(states, key=_WORSE.index, default="")


def due(arrangement: Arrangement, sets: Sequence[SetOut], version: int, looked: Looked, now: datetime) -> str:
    """The mode in which a partner is to be told now, or an empty text; `sets` are the latest, the latest first, `version` is that of our list."""
    if not sets:
        return FULL
    place = next((n for n, one in enumerate(sets) if one.mode == FULL), None)
    if _needs_full(sets, place):
        again = place == 0 and _was_another_try(sets)
        return FULL if not again or now - sets[0].made_at >= arrangement.every else ""
    if place is not None and sets[place].state == HELD:
        # Whatever follows would be refused, since it follows a list that has not taken effect.
        return ""
    full = sets[place].made_at if place is not None else None
    if full is not None and now - full >= arrangement.full_every:
        return FULL
    if looked.version != version:
        return URGENT
    told = max((one.made_at for one in sets if one.mode != URGENT), default=sets[-1].made_at)
    return DELTA if now - max(told, looked.at or told) >= arrangement.every else ""


def _needs_full(sets: Sequence[SetOut], place: int | None) -> bool:
    """Whether the partner lacks a set since the last full list, or that list."""
    return any(one.lost for one in sets[: len(sets) if place is None else place + 1])


def _was_another_try(sets: Sequence[SetOut]) -> bool:
    """Whether the latest full list is the answer to one that was lost."""
    return sets[0].state == FAILED or (len(sets) > 1 and sets[1].lost)
