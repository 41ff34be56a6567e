"""What this node knows of its own clock and of its partners', for whoever writes an entry of the log or shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, Protocol

from node.evidence.entry import Clock, instant
from node.timekeeping.apart import Apart, PartnerClocks, Told
from node.timekeeping.measurement import Measurement

_MILLISECOND: Final = timedelta(milliseconds=1)
#: A clock that was set by more since it was judged is another clock. Less is added to what is not known.
MOST_SET: Final = timedelta(seconds=0.5)


class WallClock(Protocol):
    """`msh.ports.Clock`."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A measurement, and how the clock stood to the seconds that nobody can set when it was made."""

    measurement: Measurement
    #: Seconds since the epoch by the clock, less the seconds that this machine has run.
    stood: float


class Timekeeping:
    """Holds the last measurement that brought an offset, and the last one of all; may be asked from any thread, and asks nobody."""

    def __init__(self, clock: WallClock, seconds: Callable[[], float], max_age: Callable[[], timedelta]) -> None:
        """`seconds` are those that the machine has run; what is older than `max_age` is no answer any more."""
        self._clock, self._seconds, self._max_age = clock, seconds, max_age
        self._lock = Lock()
        self._good: Held | None = None
        self._last: Held | None = None
        self._trouble_since: datetime | None = None
        self.partners = PartnerClocks()

    def latest(self) -> Clock | None:
        """How far the clock was off when it was measured last, as entries of the log have it.

        None where nobody was asked, where that is too long ago, and where the clock was set since.
        """
        held = self._good
        if held is None or held.measurement.offset is None:
            return None
        set_by, age = self._set_since(held), self._clock.now() - held.measurement.at
        if set_by > MOST_SET or not -MOST_SET <= age <= self._max_age():
            return None
        found = held.measurement.offset
        return Clock(found.offset_ms, found.within_ms + set_by // _MILLISECOND, held.measurement.source, held.measurement.at)

    def partner_facts(self, partner: str) -> list[dict[str, Any]]:
        """What was heard last of a partner's clock, as entries of the log have it; nothing where it has told nothing."""
        found = self.partners.of(partner)
        # In the order of their names, which are two.
        return [_said(by, found[by].latest) for by in Told if by in found]

    def hold(self, measurement: Measurement) -> None:
        """The newest measurement, whether or not it brought an offset."""
        with self._lock:
            held = Held(measurement, self.stands())
            self._last = held
            if measurement.offset is not None:
                self._good, self._trouble_since = held, None
            else:
                self._trouble_since = self._trouble_since or measurement.at

    def put(self, good: Held | None, last: Held | None, trouble_since: datetime | None) -> None:
        """What another process of this node measured, or this one before a restart."""
        with self._lock:
            self._good, self._last, self._trouble_since = good, last, trouble_since

    @property
    def good(self) -> Held | None:
        """The last measurement that brought an offset, however old."""
        return self._good

    @property
    def last(self) -> Held | None:
        """The last measurement."""
        return self._last

    @property
    def trouble_since(self) -> datetime | None:
        """Since when no measurement has brought an offset; None where the last one did."""
        return self._trouble_since

    def was_set(self) -> bool:
        """Whether the clock was set since it was measured last, so that nothing is known of it."""
        return self._last is not None and self._set_since(self._last) > MOST_SET

    def stands(self) -> float:
        """How the clock stands to the seconds that nobody can set: the same number as long as nobody sets it."""
        return self._clock.now().timestamp() - self._seconds()

    def _set_since(self, held: Held) -> timedelta:
        return timedelta(seconds=abs(self.stands() - held.stood))


def _said(by: Told, one: Apart) -> dict[str, Any]:
    most = one.most
    return {
        "by": by.value,
        "least_ms": one.least // _MILLISECOND,
        "most_ms": None if most is None else -(-most // _MILLISECOND),
        "at": instant(one.at),
    }
