"""Every rule of exchange manifests holds and is broken at its edge."""

import hashlib
import json
import re
from datetime import timedelta

import pytest

from node.codelists import open_lists
from node.customs.checking.offline import Offline
from node.customs.making.heading import Heading
from node.customs.making.response import Answered, function_of, make_response
from node.customs.packs.library import Packs
from node.customs.profile import read_profile
from node.customs.reconciling.comparing import reconcile
from node.customs.reconciling.entry import Direction, Entry, Period, View
from node.customs.reconciling.manifest import ManifestPart, WholeManifest
from node.library import shipped_documents
from tests.documents import NOW, offline, packs, rules, sample
from tests.manifests import GRACE, NIGHT, SEEN, THEM, US, entry, mirrored, octets_of, ours

NIGHT_TW = sample("rec-night-tw").read_text("utf-8")
TICK = timedelta(milliseconds=1)


def told(text: str, *changes: tuple[str, str], desk: Offline | None = None) -> list[str]:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return rules(text.encode(), desk)


#: What a manifest says at its edges; each is altered in the text, so that the digest notices what it covers.
CASES = [
    ([], []),
    ([("<EntryQuantity>7<", "<EntryQuantity>8<")], ["REC-03"]),
    ([("<PartNumeric>1<", "<PartNumeric>2<")], ["REC-06", "REC-03"]),
    ([("<EntryQuantity>4<", "<EntryQuantity>5<")], ["REC-04"]),
    ([("<EntryQuantity>4<", "<EntryQuantity>3<")], ["REC-03", "REC-04"]),
    ([("<SequenceNumeric>1<", "<SequenceNumeric>0001<")], []),
    ([("<SequenceNumeric>1<", "<SequenceNumeric>2<")], ["REC-06", "REC-06"]),
    ([("<SequenceNumeric>7<", "<SequenceNumeric>8<")], ["REC-06"]),
    ([("<TypeID>aeo.recordset<", "<TypeID>aeo.query<")], ["REC-08", "REC-08"]),
    ([("<LevelCode>L3<", "<LevelCode>L4<")], ["REC-08"]),
    ([("<PeriodTo>2026-11-19T16:00:00.000Z<", "<PeriodTo>2026-11-19T17:05:00.000Z<")], []),
    ([("<PeriodTo>2026-11-19T16:00:00.000Z<", "<PeriodTo>2026-11-19T17:05:00.001Z<")], ["REC-02"]),
    ([("<SnapshotDateTime>2026-11-19T17:05:00.000Z<", "<SnapshotDateTime>2026-11-19T17:10:00.000Z<")], []),
    ([("<SnapshotDateTime>2026-11-19T17:05:00.000Z<", "<SnapshotDateTime>2026-11-19T17:10:00.001Z<")], ["REC-02"]),
    ([("<PeriodFrom>2026-11-18T16:00:00.000Z<", "<PeriodFrom>2026-10-19T16:00:00.000Z<")], []),
    ([("<PeriodFrom>2026-11-18T16:00:00.000Z<", "<PeriodFrom>2026-10-19T15:59:59.999Z<")], ["REC-11"]),
    ([("<DirectionCode>RECEIVED<", "<DirectionCode>SENT<")], ["REC-04", "REC-12"]),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_a_rule_ends_where_it_says(changes: list[tuple[str, str]], expected: list[str]) -> None:
    assert sorted(told(NIGHT_TW, *changes)) == sorted(expected)


def made(*entries: Entry, period: Period = NIGHT) -> list[str]:
    (octets,) = octets_of(View(US, period, SEEN, entries), THEM)
    return rules(octets, at=SEEN)


def test_a_period_has_a_length() -> None:
    assert made(period=Period(NIGHT.ends - TICK, NIGHT.ends)) == []
    assert made(period=Period(NIGHT.ends, NIGHT.ends)) == ["REC-01"]


def test_a_document_lies_in_the_period() -> None:
    text = octets_of(ours([entry("a", at=NIGHT.begins)], NIGHT), THEM)[0].decode()
    assert told(text) == []
    assert told(text, ("<RegisteredAt>2026-11-18T16:00:00.000Z", "<RegisteredAt>2026-11-18T15:59:59.999Z")) == [
        "REC-07",
        "REC-08",
    ]
    assert told(text, ("<PeriodTo>2026-11-19T16:00:00.000Z", "<PeriodTo>2026-11-18T16:00:00.001Z")) == []
    late = ("<RegisteredAt>2026-11-18T16:00:00.000Z", "<RegisteredAt>2026-11-19T16:00:00.000Z")
    assert told(text, late) == ["REC-07", "REC-08"]


@pytest.mark.parametrize("name", ["PeriodFrom", "PeriodTo", "SnapshotDateTime", "RegisteredAt", "LevelDateTime"])
@pytest.mark.parametrize("moment", ["2026-11-19T24:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_no_clock_shows_is_refused_and_harms_nothing(name: str, moment: str) -> None:
    text = re.sub(f"<{name}>[^<]*<", f"<{name}>{moment}<", NIGHT_TW, count=1)
    assert "REC-08" in told(text)


def test_a_period_at_the_beginning_of_the_calendar_is_refused() -> None:
    text = re.sub("<(PeriodFrom|PeriodTo|SnapshotDateTime|RegisteredAt|LevelDateTime)>2026", "<\\1>0001", NIGHT_TW)
    assert "REC-08" in told(text)


def test_a_step_was_taken_before_the_state() -> None:
    at = entry("a").registered_at
    assert made(entry("a", later=SEEN - at)) == []
    assert made(entry("a", later=SEEN - at + TICK)) == ["REC-10"]


POSSIBLE = {
    "L0": {""},
    "L1": {""},
    "L2": {"AP", "CA", "RE"},
    "L3": {"AP", "AJ"},
    "L4": {"AP", "CA", "RE", "AJ"},
    "L5": {"AP", "RE"},
    "LX": {"AP"},
}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("level", POSSIBLE)
@pytest.mark.parametrize("outcome", ["", "AP", "CA", "RE", "AJ"])
def test_an_outcome_fits_its_level_as_in_a_response(direction: Direction, level: str, outcome: str) -> None:
    possible = outcome in POSSIBLE[level] and not (level == "L0" and direction is Direction.RECEIVED)
    assert made(entry("a", direction, level=level, outcome=outcome)) == ([] if possible else ["REC-09"])


@pytest.mark.parametrize(
    ("name", "again", "expected"),
    [("a", "b", []), ("b", "a", ["REC-05"]), ("a", "a", ["REC-05"]), ("Z", "a", []), ("a", "Z", ["REC-05"])],
)
def test_each_entry_comes_after_the_one_before(name: str, again: str, expected: list[str]) -> None:
    text = octets_of(ours([entry("1", octets=b""), entry("2", octets=b"")], NIGHT), THEM)[0].decode()
    found = told(text, ("<MessageID>1<", f"<MessageID>{name}<"), ("<MessageID>2<", f"<MessageID>{again}<"))
    assert [rule for rule in found if rule != "REC-08"] == expected


def test_what_was_sent_comes_before_what_was_received() -> None:
    text = octets_of(ours([entry("a"), entry("b")], NIGHT), THEM)[0].decode()
    head, first, second = text.partition("  <Entry>")[0], *text.split("  <Entry>")[1:]
    swapped = ("<DirectionCode>SENT<", "<DirectionCode>RECEIVED<")
    assert "REC-05" not in told(head + "  <Entry>" + first + "  <Entry>" + second.replace(*swapped))
    assert "REC-05" in told(head + "  <Entry>" + first.replace(*swapped) + "  <Entry>" + second)


def test_a_part_of_several_is_not_judged_by_the_totals_of_all() -> None:
    parts = octets_of(ours([entry(name) for name in "abcde"], NIGHT), THEM, most=3)
    assert [rules(octets, at=SEEN) for octets in parts] == [[], []]
    assert told(parts[1].decode(), ("<SequenceNumeric>4<", "<SequenceNumeric>1<")) == ["REC-06", "REC-06"]


def test_the_seal_is_demanded_by_the_profile() -> None:
    profile = packs().profile("exchange-manifest.1")
    assert profile is not None
    assert profile.values["signature"] == "required"


def test_an_agreement_may_shorten_the_period() -> None:
    said = json.loads((shipped_documents() / "n2n-rec" / "profiles" / "exchange-manifest.1.json").read_text())
    said["mostHours"] = 24
    desk = Offline(Packs(packs().all, open_lists(None)(packs().all), [read_profile(json.dumps(said).encode())]))
    assert [one.rule for one in desk.check(NIGHT_TW.encode(), NOW).verdict.findings] == []
    longer = NIGHT_TW.replace("<PeriodFrom>2026-11-18T16", "<PeriodFrom>2026-11-18T15")
    (found,) = desk.check(longer.encode(), NOW).verdict.findings
    assert (found.rule, found.args) == ("REC-11", ("24",))


@pytest.mark.parametrize(("lost", "listed", "outcome"), [(0, 0, "AP"), (3, 3, "AJ"), (1200, 999, "AJ")])
def test_what_a_comparison_finds_is_the_answer_of_level_4_to_the_manifest(lost: int, listed: int, outcome: str) -> None:
    entries = [entry(f"{number:04}", Direction.RECEIVED) for number in range(1200)]
    (octets,) = octets_of(View(THEM, NIGHT, SEEN, [mirrored(one) for one in entries]), US)
    verdict = reconcile(ours(entries[lost:]), WholeManifest([ManifestPart(octets)]).view(), NIGHT, GRACE).verdict
    message_id = ManifestPart(octets).head.document_id
    heading = Heading("urn:uuid:answer", function_of(verdict.outcome), SEEN, US, THEM, message_id)
    answered = Answered(message_id, "rec.manifest", hashlib.sha256(octets).digest(), "TW-KR-1/1")
    answer = make_response(heading, answered, "L4", verdict.outcome, findings=verdict.findings, not_listed=verdict.not_listed)
    desk = offline()
    desk.put_on_file(octets, SEEN)
    checked = desk.check(answer, SEEN)
    assert checked.verdict.findings == ()
    assert verdict.outcome.value == outcome
    assert answer.count(b"<ValidationCode>REC-21<") == listed
    assert (b"<ErrorsNotListedQuantity>201<" in answer) == (lost > 999)
    assert checked.filing is not None
    assert [(step.message_id, step.level, step.outcome) for step in checked.filing.steps] == [(message_id, "L4", outcome)]
