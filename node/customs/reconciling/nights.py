"""The periods of manifests, one after the other, and what is known of several of them together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from node.customs.reconciling.entry import Entry, Period, View, moment

_DAY = timedelta(days=1)


class Gap(ValueError):
    """The periods do not follow each other; the text says where."""


def nights(ends_at: time, after: datetime, until: datetime) -> Iterator[Period]:
    """Every whole day that begins at that time of UTC or later and has ended: those of which a manifest is due, the oldest first.

    `ends_at` is a time of UTC, so that both sides mean the same day whatever their zones and summers; `after` is the end of the last night that was listed.
    """
    begins = datetime.combine(after.astimezone(UTC).date(), ends_at, UTC)
    if begins < after:
        begins += _DAY
    while begins + _DAY <= until:
        yield Period(begins, begins + _DAY)
        begins += _DAY


def manifest_id(period: Period) -> str:
    """The number of the manifest of a period, the same on both sides."""
    return "-".join(f"{at.astimezone(UTC):%Y%m%dT%H%MZ}" for at in (period.begins, period.ends))


def joined(views: Sequence[View]) -> View:
    """What one side knows of periods that follow each other, such as a night and the one before. Raises Gap, ValueError for views of two sides."""
    views = sorted(views, key=lambda view: view.period.begins)
    if len({view.authority for view in views}) != 1:
        raise ValueError(f"views of {', '.join(sorted({view.authority for view in views})) or 'nobody'}")
    for one, other in pairwise(views):
        if one.period.ends != other.period.begins:
            raise Gap(f"one ends at {moment(one.period.ends)}, the next begins at {moment(other.period.begins)}")
    first, last = views[0], views[-1]
    if first is last:
        return first
    return View(first.authority, Period(first.period.begins, last.period.ends), last.seen_at, _Joined(views))


@dataclass(frozen=True, slots=True)
class _Joined:
    views: Sequence[View]

    def __iter__(self) -> Iterator[Entry]:
        for view in self.views:
            for entry in view.entries:
                yield replace(entry, seen_at=view.seen_at)
