"""One document as one side of an exchange has it on file, and what a side knows of a period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from node.customs.xpath.functions import LEVELS


class Direction(Enum):
    """Which way a document went, as the side sees it that says so."""

    SENT = "SENT"
    RECEIVED = "RECEIVED"

    @property
    def mirrored(self) -> "Direction":
        """The same way as the other side sees it."""
        return Direction.RECEIVED if self is Direction.SENT else Direction.SENT


#: What an entry is found by on either side; a sender uses a MessageID once.
Key = tuple[Direction, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document with the highest step of the ladder that this side knows of it.

    What is received stands at L1 at least. What nobody answers, such as a response, stays at L1 on both sides: the receiver's own outcome of it is not told.
    """

    direction: Direction
    message_id: str
    type_id: str
    #: SHA-256 of its octets.
    digest: bytes
    registered_at: datetime
    #: L0 to L5 or LX.
    level: str
    level_at: datetime
    #: AP, CA, RE or AJ; empty for L0 and L1.
    outcome: str = ""
    #: The AS4 message that carried it; empty where it is not known.
    transport_id: str = ""
    #: When the step was looked up, if not when the view says.
    seen_at: datetime | None = None

    @property
    def order(self) -> tuple[bool, str, bytes]:
        """Entries are listed and digested in this order."""
        return self.direction is Direction.RECEIVED, self.message_id, self.digest

    @property
    def standing(self) -> str:
        """The step for people: `L4 RE`."""
        return f"{self.level} {self.outcome}".strip()

    @property
    def progress(self) -> tuple[int, datetime]:
        """Of two entries for one document, the one with the greater progress knows more."""
        return LEVELS.index(self.level), self.level_at


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment, that one included, to another, that one not included."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the moment is in it."""
        return self.begins <= at < self.ends

    def holds_around(self, at: datetime, grace: timedelta) -> bool:
        """Whether everything less than the grace away from the moment is in it."""
        return self.begins <= at - grace and at + grace <= self.ends

    def widened(self, grace: timedelta) -> "Period":
        """The period with the grace at both edges."""
        return Period(self.begins - grace, self.ends + grace)

    def earlier(self, by: timedelta) -> "Period":
        """The period moved back. Nights that are each compared one grace earlier follow each other without a gap, and leave nothing undecided.

        For that both sides know the night and the one before: the partner by two manifests.
        """
        return Period(self.begins - by, self.ends - by)


@dataclass(frozen=True, slots=True)
class View:
    """What one side knows: every document between the two that it registered in a period."""

    #: `TW-CUSTOMS`.
    authority: str
    period: Period
    #: The steps of the ladder are as they stood then. It may be before the end of the period: then nothing after it is known.
    seen_at: datetime
    #: In any order; may be gone through once for each comparison.
    entries: Iterable[Entry]

    @property
    def known(self) -> Period:
        """The part of the period of which it can know."""
        return Period(self.period.begins, min(self.period.ends, self.seen_at))


def moment(at: datetime) -> str:
    """An instant as manifests have it: in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
