"""How far the clocks of partners are from ours, by what their messages and their answers tell of the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Final

#: Partners that are remembered at most: they are those that agreements name.
MOST: Final = 10_000
_NOTHING: Final = timedelta()
#: The Date of HTTP counts whole seconds: RFC 9110 5.6.7.
_SECOND: Final = timedelta(seconds=1)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Told(StrEnum):
    """By what a partner told its time."""

    #: The header of an answer to a request of ours: made between request and answer, so both ends are known.
    DATE = "Date"
    #: The eb:Timestamp of a message. It may have waited, or be sent again, for days; it cannot have been made later than it came.
    TIMESTAMP = "eb:Timestamp"


@dataclass(frozen=True, slots=True)
class Apart:
    """The partner's clock is ahead of ours by at least `least` and at most `most`; negative where it is behind, None where nobody can tell."""

    least: timedelta
    most: timedelta | None
    at: datetime

    @property
    def proven(self) -> timedelta:
        """How far it is off at the very least: positive where it is ahead, negative where it is behind, nothing where it may be right."""
        if self.least > _NOTHING:
            return self.least
        return self.most if self.most is not None and self.most < _NOTHING else _NOTHING

    @property
    def middle(self) -> timedelta | None:
        """Halfway between both ends; None where one of them is not known."""
        return None if self.most is None else (self.least + self.most) / 2


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a partner for each way of telling the time."""

    latest: Apart
    #: That of the day (UTC) of the latest by which it was off the most.
    worst: Apart

    def then(self, one: Apart) -> "Kept":
        """With one more."""
        same_day = one.at.date() == self.worst.at.date()
        return Kept(one, self.worst if same_day and _more(self.worst, one) else one)


def _more(one: Apart, other: Apart) -> bool:
    """Whether the first is off more than the second."""
    return (abs(one.proven), abs(one.middle or _NOTHING)) > (abs(other.proven), abs(other.middle or _NOTHING))


def by_date(said: datetime, began: datetime, came: datetime) -> Apart:
    """By the Date of an answer to a request that began at `began` and whose answer came at `came`, by our clock."""
    # Its fraction was cut off, and servers make it anew once a second.
    return Apart(said - came, said + 2 * _SECOND - began, came)


def by_receipt(said: str, began: datetime, came: datetime) -> Apart | None:
    """By the eb:Timestamp of a receipt that answers a request on its connection, for the first time; None where it says no time."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    step = _MILLISECOND if "." in said else _SECOND
    return Apart(at - came, at + step - began, came) if at.tzinfo else None


def by_timestamp(said: datetime, came: datetime) -> Apart:
    """By the eb:Timestamp of a message that came at `came`."""
    return Apart(said - came, None, came)


@dataclass
class PartnerClocks:
    """What is kept of all partners; may be told from any thread."""

    _kept: dict[str, dict[Told, Kept]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def _hear(self, partner: str, by: Told, one: Apart) -> None:
        with self._lock:
            if partner not in self._kept and len(self._kept) >= MOST:
                return
            kept = self._kept.setdefault(partner, {})
            before = kept.get(by)
            kept[by] = Kept(one, one) if before is None else before.then(one)

    def hear_date(self, partner: str, said: datetime, began: datetime, came: datetime) -> None:
        """The Date of an answer that came at `came` to a request that began at `began`, by our clock."""
        self._hear(partner, Told.DATE, by_date(said, began, came))

    def hear_timestamp(self, partner: str, said: datetime, came: datetime) -> None:
        """The eb:Timestamp of a message that came at `came`."""
        self._hear(partner, Told.TIMESTAMP, by_timestamp(said, came))

    def of(self, partner: str) -> Mapping[Told, Kept]:
        """What is kept of one partner; nothing where it has told nothing."""
        with self._lock:
            return dict(self._kept.get(partner, {}))

    def all(self) -> Mapping[str, Mapping[Told, Kept]]:
        """What is kept of all."""
        with self._lock:
            return {partner: dict(one) for partner, one in sorted(self._kept.items())}

    def put(self, found: Mapping[str, Mapping[Told, Kept]]) -> None:
        """What was kept before a restart; whatever was heard since counts more."""
        with self._lock:
            for partner, kept in found.items():
                self._kept[partner] = {**kept, **self._kept.get(partner, {})}
