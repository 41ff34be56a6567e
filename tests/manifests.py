"""Two authorities, what they exchange, and their manifests."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from node.customs.making.heading import Heading
from node.customs.making.manifest import MOST_ENTRIES, make_manifest
from node.customs.reconciling.entry import Direction, Entry, Period, View

US, THEM = "TW-CUSTOMS", "KR-CUSTOMS"
NIGHT = Period(datetime(2026, 11, 18, 16, tzinfo=UTC), datetime(2026, 11, 19, 16, tzinfo=UTC))
GRACE = timedelta(hours=1)
#: Both sides look at their registers long after the period.
SEEN = NIGHT.ends + timedelta(hours=2)


def entry(
    name: str,
    direction: Direction = Direction.SENT,
    *,
    at: datetime | None = None,
    level: str = "L4",
    outcome: str = "AP",
    later: timedelta = timedelta(minutes=1),
    type_id: str = "co.certificate",
    octets: bytes | None = None,
) -> Entry:
    """A document registered in the middle of the night, unless it says otherwise."""
    registered = at or NIGHT.begins + timedelta(hours=12)
    digest = sha256(octets if octets is not None else name.encode()).digest()
    return Entry(direction, name, type_id, digest, registered, level, registered + later, outcome, f"as4-{name}@example")


def mirrored(one: Entry) -> Entry:
    """The same document at the other side, a few seconds apart."""
    return replace(one, direction=one.direction.mirrored, registered_at=one.registered_at + timedelta(seconds=5))


def ours(entries: Iterable[Entry], period: Period | None = None, seen: datetime = SEEN) -> View:
    return View(US, period or NIGHT.widened(GRACE), seen, list(entries))


def theirs(entries: Iterable[Entry], period: Period | None = None, seen: datetime = SEEN) -> View:
    return View(THEM, period or NIGHT.widened(GRACE), seen, list(entries))


def octets_of(view: View, to: str, *, most: int = MOST_ENTRIES, manifest_id: str = "TW-KR-1") -> list[bytes]:
    """The manifest of a view, part by part."""
    heading = Heading(f"urn:uuid:of-{view.authority}", "9", view.seen_at, view.authority, to)
    return list(make_manifest(heading, manifest_id, view, most=most))
