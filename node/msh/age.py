"""How old a message is by its eb:Timestamp, and whether that is within what was agreed.

A message that is sent again carries its first timestamp, and may be days old by right: what was agreed must be longer than anybody tries.
Source: C 5.2.2.1; DESIGN, reliability 4 (clock jumps).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from node.ebms.pmode import MessageTime

#: Letters of a timestamp that are kept.
_SHOWN: Final = 40


class Timeliness(StrEnum):
    """What the agreement makes of a timestamp."""

    TIMELY = "timely"
    #: Older than was agreed.
    STALE = "stale"
    #: Of a time that is still to come, by more than was agreed.
    AHEAD = "ahead"
    #: A time that no clock shows.
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Age:
    """What a message says of its time, judged when it came."""

    timeliness: Timeliness
    #: The eb:Timestamp as it was written, cut to a length at which no time is.
    timestamp: str
    #: Read; None where it is no instant.
    said: datetime | None = None
    #: How old it is; negative where it is of a time that is still to come.
    age: timedelta | None = None
    #: In words, for whoever reads the history; empty where it is timely.
    words: str = ""

    @property
    def flagged(self) -> bool:
        """Whether somebody should look at it."""
        return self.timeliness is not Timeliness.TIMELY

    def facts(self) -> dict[str, Any]:
        """As an entry of the log tells it, in whole milliseconds."""
        age_ms = None if self.age is None else self.age // timedelta(milliseconds=1)
        return {"timestamp": self.timestamp, "age_ms": age_ms, "timeliness": self.timeliness.value}


def judge_age(timestamp: str, now: datetime, agreed: MessageTime) -> Age:
    """The age of a message that came now."""
    said, text = read_instant(timestamp), timestamp[:_SHOWN]
    if said is None:
        return Age(Timeliness.UNREADABLE, text, words=f"its eb:Timestamp {text!r} is no instant")
    age, most, ahead = now - said, timedelta(seconds=agreed.max_age), timedelta(seconds=agreed.max_ahead)
    if age > most:
        words = f"its eb:Timestamp {text} is {_length(age)} old; agreed are {_length(most)}"
        return Age(Timeliness.STALE, text, said, age, words)
    if -age > ahead:
        words = f"its eb:Timestamp {text} is {_length(-age)} ahead of our clock; agreed are {_length(ahead)}"
        return Age(Timeliness.AHEAD, text, said, age, words)
    return Age(Timeliness.TIMELY, text, said, age)


def read_instant(text: str) -> datetime | None:
    """An xsd:dateTime, in UTC where it names no zone; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
        # spec: C 5.2.2.1
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _length(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(parts) or f"{seconds} s"
