"""What is known of this machine's clock and of partners' clocks, judged by what the operator and the agreements want: for people and their monitoring."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from node.references import References
from node.timekeeping.apart import Apart, Kept, Told
from node.timekeeping.record import document_of
from node.timekeeping.timekeeping import Timekeeping

_MILLISECOND: Final = timedelta(milliseconds=1)


class Standing(StrEnum):
    """What is to be thought of this machine's clock."""

    RIGHT = "right"
    #: Farther from its references than the operator wants.
    OFF = "off"
    #: The last measurement brought nothing, or is too old, or the clock was set since.
    UNKNOWN = "unknown"
    #: No reference is named.
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class PartnerClock:
    """One partner's clock by one way of telling it."""

    partner: str
    by: Told
    kept: Kept
    max_apart: timedelta
    now: datetime

    @property
    def counts(self) -> Apart:
        """What it is judged by: the last Date; of messages, which may have waited, the one of today that proves most."""
        today = self.kept.worst.at.date() == self.now.date()
        return self.kept.worst if self.by is Told.TIMESTAMP and today else self.kept.latest

    @property
    def off(self) -> bool:
        """Whether it is proven to be farther from ours than was agreed."""
        return abs(self.counts.proven) > self.max_apart

    def words(self) -> str:
        """In a line."""
        return f"{in_words(self.kept.latest)} by its {self.by}"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "partner": self.partner,
            "by": self.by.value,
            **{f"latest_{name}": value for name, value in _ends(self.kept.latest).items()},
            **{f"worst_{name}": value for name, value in _ends(self.kept.worst).items()},
            "max_apart_ms": round(self.max_apart / _MILLISECOND),
            "off": self.off,
        }


def _ends(one: Apart) -> dict[str, Any]:
    most = None if one.most is None else round(one.most / _MILLISECOND)
    return {"least_ms": round(one.least / _MILLISECOND), "most_ms": most, "at": one.at}


def in_words(one: Apart) -> str:
    """How far a partner's clock is from ours."""
    if one.most is None:
        return f"ahead by {_s(one.least)} or more" if one.proven else "not known to be ahead"
    if not one.proven:
        return f"the same as ours within {_s(max(abs(one.least), abs(one.most)))}"
    near, far = sorted((abs(one.least), abs(one.most)))
    return f"{'ahead' if one.least > timedelta() else 'behind'} by {_s(near)} to {_s(far)}"


def _s(length: timedelta) -> str:
    seconds = abs(length.total_seconds())
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


class Clocks:
    """Judges what a `Timekeeping` holds at one moment."""

    def __init__(
        self, timekeeping: Timekeeping, references: References, apart_of: Callable[[str], timedelta], now: datetime
    ) -> None:
        """`apart_of` says how far the clock of a partner may be from ours. Raises KeyError for one that is not agreed with any more."""
        self.timekeeping, self.references, self._apart_of, self._now = timekeeping, references, apart_of, now

    def judged(self) -> tuple[Standing, str]:
        """What is to be thought of this machine's clock, and why."""
        held, last = self.timekeeping.good, self.timekeeping.last
        if self.references.source == "none":
            return Standing.NOT_MEASURED, "node.toml names no reference for the clock ([time])"
        if last is None:
            return Standing.UNKNOWN, "no reference has been asked yet"
        if held is None or held.measurement.offset is None:
            return Standing.UNKNOWN, last.measurement.trouble
        if self.timekeeping.latest() is None:
            if self.timekeeping.was_set():
                return Standing.UNKNOWN, f"the clock was set since it was measured at {_at(held.measurement.at)}"
            why = f": {last.measurement.trouble}" if last.measurement.trouble else ""
            return Standing.UNKNOWN, f"it was measured last at {_at(held.measurement.at)}, which is too long ago{why}"
        offset = held.measurement.offset
        words = (
            f"{offset.offset_ms:+d} ms, within {offset.within_ms} ms, by {held.measurement.source} at {_at(held.measurement.at)}"
        )
        return (Standing.OFF if offset.proven > self.references.max_offset else Standing.RIGHT), words

    def partners(self) -> Iterator[PartnerClock]:
        """Every partner with which something is agreed and whose time was told."""
        for partner, kept in self.timekeeping.partners.all().items():
            yield from self._of(partner, kept)

    def partner(self, name: str) -> list[PartnerClock]:
        """What is known of one partner's clock."""
        return list(self._of(name, self.timekeeping.partners.of(name)))

    def _of(self, partner: str, kept: Mapping[Told, Kept]) -> Iterator[PartnerClock]:
        try:
            max_apart = self._apart_of(partner)
        except KeyError:
            return
        for by in Told:
            if by in kept:
                yield PartnerClock(partner, by, kept[by], max_apart, self._now)

    def document(self) -> dict[str, Any]:
        """As /status and --json show it."""
        standing, words = self.judged()
        kept, latest = document_of(self.timekeeping), self.timekeeping.latest()
        return {
            "source": self.references.source,
            "state": standing.value,
            "words": words,
            "offset_ms": latest.offset_ms if latest else None,
            "within_ms": latest.within_ms if latest else None,
            "by": latest.source if latest else None,
            "measured_at": latest.measured_at.isoformat() if latest else None,
            "max_offset_ms": round(self.references.max_offset / _MILLISECOND),
            "trouble_since": kept["trouble_since"],
            "asked": (kept["last"] or {}).get("asked", []),
            "partners": [{name: _plain(value) for name, value in one.document().items()} for one in self.partners()],
        }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
