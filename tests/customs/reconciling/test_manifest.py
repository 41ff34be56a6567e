"""A manifest is whole when every part is there once and its digests say so; else everything that is wrong is told."""

import re

import pytest

from node.customs.reconciling.entry import Direction, Entry, View
from node.customs.reconciling.manifest import ManifestPart, ManifestRefused, WholeManifest
from node.ebms.xml import XmlRefused
from tests.documents import sample
from tests.manifests import GRACE, NIGHT, SEEN, THEM, entry, octets_of, ours

ENTRIES = [entry(f"s{number}") for number in range(5)] + [entry(f"r{number}", Direction.RECEIVED) for number in range(4)]
PARTS = octets_of(ours(ENTRIES, NIGHT), THEM, most=4)


def whole(*parts: bytes) -> WholeManifest:
    return WholeManifest([ManifestPart(part) for part in parts])


def test_what_was_made_is_read_again_in_its_order() -> None:
    manifest = whole(*reversed(PARTS))
    expected: list[Entry] = sorted(ENTRIES, key=lambda one: one.order)
    assert list(manifest.entries()) == expected
    view = manifest.view()
    assert (view.authority, view.period, view.seen_at) == ("TW-CUSTOMS", NIGHT, SEEN)
    assert list(view.entries) == list(view.entries) == expected


def test_a_part_is_read_head_first() -> None:
    head = ManifestPart(PARTS[1]).head
    assert (head.part, head.parts, head.quantity, head.sender, head.recipient) == (2, 3, 4, "TW-CUSTOMS", THEM)
    assert head.totals[Direction.RECEIVED].quantity == 4


def test_a_manifest_of_nothing_is_whole() -> None:
    assert list(whole(*octets_of(ours([], NIGHT), THEM)).entries()) == []


def refusal(*parts: bytes) -> str:
    with pytest.raises(ManifestRefused) as refused:
        whole(*parts)
    return str(refused.value)


def test_missing_and_doubled_parts_are_told() -> None:
    assert refusal(PARTS[1]) == "of 3 parts 2 are missing: 1, 3"
    assert refusal(PARTS[0], PARTS[1], PARTS[1], PARTS[2]) == "part 2 is there 2 times"
    assert refusal() == "no part of a manifest"


def test_parts_of_two_manifests_are_told_with_what_differs() -> None:
    other = octets_of(View("TW-CUSTOMS", NIGHT.earlier(GRACE), SEEN, ENTRIES), THEM, most=4, manifest_id="TW-KR-2")
    told = refusal(PARTS[0], other[1], PARTS[2])
    assert "part 2 (" in told
    assert "another manifest id than part 1" in told
    assert "another period than part 1" in told


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("<EntryQuantity>5<", "<EntryQuantity>6<", "totals"),
        ("<SetDigest>", f"<SetDigest>{'A' * 43}=</SetDigest><!--", "set digest"),
        ("<SenderAuthority>TW-CUSTOMS<", "<SenderAuthority>JP-CUSTOMS<", "sender"),
        ("<SnapshotDateTime>2026", "<SnapshotDateTime>2027", "snapshot at"),
    ],
)
def test_what_a_part_says_of_all_is_said_by_all(before: str, after: str, name: str) -> None:
    text = PARTS[1].decode()
    assert before in text
    altered = text.replace(before, after)
    altered = re.sub(r"<!--.*?</SetDigest>", "", altered)
    assert refusal(PARTS[0], altered.encode(), PARTS[2]).endswith(f" has another {name} than part 1")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("<MessageID>s3<", "<MessageID>s33<", ["the total of SENT", "the set digest"]),
        ("<LevelCode>L4<", "<LevelCode>L5<", ["the set digest"]),
    ],
)
def test_a_part_that_was_altered_is_told(before: str, after: str, told: list[str]) -> None:
    text = PARTS[1].decode() if before in PARTS[1].decode() else PARTS[0].decode()
    place = PARTS.index(text.encode())
    parts = list(PARTS)
    parts[place] = text.replace(before, after, 1).encode()
    assert [one.partition(" does not")[0] for one in refusal(*parts).split("; ")] == told


@pytest.mark.parametrize(
    ("octets", "refused"),
    [
        (b"<x/>", ManifestRefused),
        (b"nothing", XmlRefused),
        (PARTS[0][:-20], XmlRefused),
        (b"<!DOCTYPE x><x/>", ManifestRefused),
        (PARTS[0].replace(b"<Exchange", b"<!DOCTYPE ExchangeManifest []><Exchange", 1), XmlRefused),
        (PARTS[0].replace(b"<PartNumeric>1</PartNumeric>", b""), ManifestRefused),
        (PARTS[0].replace(b"<PeriodFrom>2026-11-18T16:00:00.000Z", b"<PeriodFrom>2026-11-18T16:00:00"), ManifestRefused),
        (PARTS[0].replace(b"<TypeID>co.certificate</TypeID>", b""), ManifestRefused),
        (PARTS[0].replace(b"<DirectionCode>RECEIVED", b"<DirectionCode>LOST"), ManifestRefused),
    ],
)
def test_what_is_no_manifest_is_refused(octets: bytes, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        list(ManifestPart(octets).entries())


def test_space_is_what_xml_calls_space() -> None:
    entries = [entry("a\u00a0b"), entry("a b"), entry("\u3000c")]
    (octets,) = octets_of(ours(entries, NIGHT), THEM)
    padded = octets.replace(b"<MessageID>a b<", b"<MessageID>\n  a \t b\r <")
    assert padded != octets
    found = [one.message_id for one in whole(padded).entries()]
    assert found == ["a b", "a\u00a0b", "\u3000c"]


def test_the_shipped_samples_are_whole() -> None:
    names = [["rec-night-tw"], ["rec-night-kr"], ["rec-night-of-nothing"], ["rec-part-1", "rec-part-2"]]
    counted = [len(list(whole(*(sample(name).read_bytes() for name in group)).entries())) for group in names]
    assert counted == [7, 7, 0, 7]
