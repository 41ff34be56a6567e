"""What was agreed with each partner on AEO: whose programme, which way, how often, and which fields go out."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final


class Direction(Enum):
    """Which way lists go."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


#: How far an arrangement has come.
STATES: Final = ("negotiated", "signed", "in force", "suspended", "ended")
#: Fields of a record that a partner may be spared; what the rules need always goes.
MAY_BE_WITHHELD: Final = ("LocalName", "Alias", "Identifier", "ValidationDate", "StatusReasonClassCode")


@dataclass(frozen=True, slots=True)
class OwnProgramme:
    """Our own programme."""

    authority: str
    programme: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One mutual recognition arrangement."""

    partner: str
    authority: str
    programme: str
    #: ISO 3166-1: consent is asked for it.
    country: str
    profile: str
    state: str = "in force"
    direction: Direction = Direction.BOTH
    #: After which the partner's data counts as stale, and ours is due.
    every: timedelta = timedelta(days=1)
    #: After which a full list is due.
    full_every: timedelta = timedelta(days=30)
    #: Tiers that go out; empty for all.
    tiers: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether we get lists from the partner."""
        return self.direction in (Direction.IN, Direction.BOTH)

    @property
    def receives(self) -> bool:
        """Whether the partner gets ours."""
        return self.direction in (Direction.OUT, Direction.BOTH)
