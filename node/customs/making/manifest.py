"""An exchange manifest: what this side has sent to the other and received from it in a period, in as many parts as that takes."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from node.customs.making.heading import Heading, following
from node.customs.making.writer import Item, write_document
from node.customs.reconciling.digest import ManifestDigest
from node.customs.reconciling.entry import Direction, Entry, View, moment
from node.customs.reconciling.manifest import NAMESPACE

PROFILE: Final = "exchange-manifest.1"
#: The function of a manifest: it states.
FUNCTION: Final = "9"
#: Entries of one part.
MOST_ENTRIES: Final = 10_000


def make_manifest(
    heading: Heading, manifest_id: str, view: View, *, profile: str = PROFILE, most: int = MOST_ENTRIES
) -> Iterator[bytes]:
    """The octets of each part, to be sealed one by one. Entries that were not registered in the period are left out.

    The first part has the MessageID of the heading, the others have one that follows from it: the same manifest made again is the same documents.
    """
    entries = sorted((entry for entry in view.entries if view.period.holds(entry.registered_at)), key=lambda entry: entry.order)
    digest = ManifestDigest()
    for entry in entries:
        digest.add(entry)
    parts = max(-(-len(entries) // most), 1)
    for part in range(1, parts + 1):
        start = (part - 1) * most
        message_id = heading.message_id if part == 1 else following(heading.message_id, str(part))
        own = replace(heading, message_id=message_id)
        head = _head(own, manifest_id, view, (part, parts), len(entries[start : start + most]), digest)
        rows = (_entry(start + place, entry) for place, entry in enumerate(entries[start : start + most], 1))
        yield write_document(NAMESPACE, "ExchangeManifest", {"schemaVersion": "1.0", "profile": profile}, chain(head, rows))


def _head(
    heading: Heading, manifest_id: str, view: View, part: tuple[int, int], quantity: int, digest: ManifestDigest
) -> Sequence[Item]:
    return (
        heading.item(),
        ("ID", manifest_id),
        ("PeriodFrom", moment(view.period.begins)),
        ("PeriodTo", moment(view.period.ends)),
        ("SnapshotDateTime", moment(view.seen_at)),
        ("PartNumeric", str(part[0])),
        ("PartTotalNumeric", str(part[1])),
        ("EntryQuantity", str(quantity)),
        *(_total(direction, digest) for direction in Direction),
        ("SetDigest", _base64(digest.whole())),
    )


def _total(direction: Direction, digest: ManifestDigest) -> Item:
    total = digest.total(direction)
    return (
        "Total",
        (
            ("DirectionCode", direction.value),
            ("EntryQuantity", str(total.quantity)),
            ("TotalDigest", _base64(total.digest)),
        ),
    )


def _entry(number: int, entry: Entry) -> Item:
    return (
        "Entry",
        (
            ("SequenceNumeric", str(number)),
            ("DirectionCode", entry.direction.value),
            ("MessageID", entry.message_id),
            ("TypeID", entry.type_id),
            ("DocumentDigest", _base64(entry.digest)),
            ("RegisteredAt", moment(entry.registered_at)),
            ("LevelCode", entry.level),
            ("OutcomeCode", entry.outcome or None),
            ("LevelDateTime", moment(entry.level_at)),
            ("TransportMessageID", entry.transport_id or None),
        ),
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
