"""The ladder of acknowledgements: which steps a message takes, where it stands, which step is expected until when. Source: DESIGN 8."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: what it means, in both languages, and which outcomes it may have."""

    level: str
    en: str
    zh: str
    outcomes: frozenset[str]


RUNGS: Final[Mapping[str, Rung]] = MappingProxyType(
    {
        level: Rung(level, en, zh, frozenset(outcomes.split()))
        for level, en, zh, outcomes in (
            ("L0", "archived here", "本方已存檔", ""),
            ("L1", "held there", "對方已收存", ""),
            ("L2", "readable and valid", "可讀且有效", "AP CA RE"),
            ("L3", "in their business system", "已進入對方業務系統", "AP AJ"),
            ("L4", "decided", "已作成決定", "AP CA RE AJ"),
            ("L5", "used", "已使用", "AP RE"),
            ("LX", "ended otherwise", "以其他方式終結", "AP"),
        )
    }
)
ORDER: Final = tuple(RUNGS)
_LAST: Final = "L5"


@dataclass(frozen=True, slots=True)
class Reached:
    """A step that a message has taken."""

    level: str
    #: AP, CA, RE, AJ; empty for L0 and L1.
    outcome: str
    #: When, as whoever told it says.
    at: datetime
    #: When we heard of it: timers start at our own clock.
    heard_at: datetime
    #: The message that told it; empty for what this node knows itself.
    by: str = ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a step may take after the one before it; a step without a deadline is not waited for."""

    periods: Mapping[str, timedelta]

    def of(self, level: str) -> timedelta | None:
        """How long it may take."""
        return self.periods.get(level)


_NOTHING_WANTED: Final[Mapping[str, datetime]] = MappingProxyType({})
NO_DEADLINES: Final = Deadlines(MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a message stands."""

    #: In the order of the ladder, and of each step what was heard of it in the order in which it was heard.
    reached: tuple[Reached, ...]
    #: The highest step; empty before the first.
    level: str
    #: No further step will come: RE, LX, or the last step.
    ended: bool
    #: The step that is expected, and until when; empty and None where none is.
    awaits: str
    due_at: datetime | None
    late: bool

    def told(self, level: str) -> Reached | None:
        """What was heard last of a step."""
        return next((one for one in reversed(self.reached) if one.level == level), None)


def stand(
    heard: Iterable[Reached],
    deadlines: Deadlines,
    now: datetime,
    *,
    answered: bool = True,
    wanted: Mapping[str, datetime] = _NOTHING_WANTED,
) -> Ladder:
    """Where a message stands by what was heard of it, in any order; `answered` is False for what is only received, such as a response.

    Steps may be skipped and are never taken back: what is heard of a lower step later leaves the message where it is. `wanted` is until when the
    document itself wants which step; it comes before what was agreed.
    """
    reached = tuple(sorted((one for one in heard if one.level in RUNGS), key=lambda one: (ORDER.index(one.level), one.heard_at)))
    if not reached:
        return Ladder((), "", ended=False, awaits="", due_at=None, late=False)
    level = reached[-1].level
    last = "L1" if not answered else _LAST
    ended = level == "LX" or ORDER.index(level) >= ORDER.index(last) or any(one.outcome == "RE" for one in reached)
    # The timer starts when the highest step was first heard of: telling it again wins no time.
    since = next(one.heard_at for one in reached if one.level == level)
    due_at, awaits = (None, "") if ended else _next(level, last, since, deadlines, wanted)
    return Ladder(reached, level, ended, awaits, due_at, late=due_at is not None and due_at <= now)


def _next(
    level: str, last: str, since: datetime, deadlines: Deadlines, wanted: Mapping[str, datetime]
) -> tuple[datetime | None, str]:
    """The step that is due first: the next one that was agreed, or one that the document itself wants."""
    above = ORDER[ORDER.index(level) + 1 : ORDER.index(last) + 1]
    due = [(wanted[one], one) for one in above if one in wanted]
    agreed = next((one for one in above if deadlines.of(one) is not None and one not in wanted), "")
    period = deadlines.of(agreed)
    if period is not None:
        due.append((since + period, agreed))
    return min(due, default=(None, ""))
