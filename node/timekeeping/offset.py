"""How far this machine's clock is from a reference, as an interval: nobody can tell it to the microsecond over a network."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_MILLISECOND: Final = timedelta(milliseconds=1)


class Unusable(Exception):
    """A reference said something by which no clock can be judged; the text says what."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Positive where this machine's clock is ahead; the truth lies within `within` of it, if the reference is right."""

    offset: timedelta
    within: timedelta

    @property
    def least(self) -> timedelta:
        """The lower end of the interval."""
        return self.offset - self.within

    @property
    def most(self) -> timedelta:
        """The upper end."""
        return self.offset + self.within

    @property
    def proven(self) -> timedelta:
        """How far the clock is off at least, whichever way; nothing where it may be right."""
        return max(abs(self.offset) - self.within, timedelta())

    @property
    def offset_ms(self) -> int:
        """Whole milliseconds."""
        return round(self.offset / _MILLISECOND)

    @property
    def within_ms(self) -> int:
        """Whole milliseconds, so many that rounding hides nothing."""
        rounding = abs(self.offset - self.offset_ms * _MILLISECOND)
        return -(-(self.within + rounding) // _MILLISECOND)


def median(offsets: Iterable[timedelta]) -> timedelta:
    """The middle one; of two in the middle, halfway between."""
    ordered = sorted(offsets)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
