"""What a set must be on top of what is on file."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from node.customs.finding import RuleText, Severity
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.record import Source
from node.customs.operators.record_set import DELTA, RecordSetReader
from node.customs.operators.standing import BATCH, judge_records, judge_set
from tests.operators import at, deletion, delta, head, many, record, status, take

RULES = {
    name: RuleText(name, Severity.HOLD if name == "AEO-10" else Severity.FATAL, 7, f"{name} {{0}} {{1}}", "")
    for name in ("AEO-04", "AEO-08", "AEO-10", "AEO-12")
}


@pytest.fixture
def register():
    made = InMemoryOperators()
    take(made, [record("TW1", 3), record("TW2", 3)], 7)
    return made


def found(register, records, one):
    findings = [*judge_set(one, register, RULES, 10), *judge_records(one, records, register, RULES)]
    return [(finding.rule, finding.location, finding.args) for finding in findings]


def delta_of(records, since=7, to=8):
    return head(records, to, DELTA, since)


def test_a_delta_follows_the_latest_sequence(register):
    assert found(register, [], delta_of([])) == []
    assert found(register, [], delta_of([], 9, 10)) == [("AEO-12", "/AeoRecordSet/SinceSequence", ("7", "9"))]
    assert found(InMemoryOperators(), [], delta_of([], 0, 1)) == []


@pytest.mark.parametrize("version", [2, 3])
def test_a_record_is_newer_than_the_one_on_file(register, version):
    records = [record("TW9"), record("TW1", version)]
    assert found(register, records, delta_of(records)) == [("AEO-08", "/AeoRecordSet/Record[2]/RecordVersion", ("TW1",))]
    # A full list may say again what is on file.
    assert found(register, records, head(records, 8)) == []
    assert found(register, [record("TW1", 4)], delta_of(records)) == []


def test_another_tier_is_another_record(register):
    records = [record("TW1", 1, tier="AEOF")]
    assert found(register, records, delta_of(records)) == []


@pytest.mark.parametrize(
    ("validated", "refused"), [(None, True), (date(2026, 11, 9), True), (date(2026, 11, 10), True), (date(2026, 11, 11), False)]
)
def test_a_revoked_operator_is_active_again_only_after_a_later_validation(register, validated, refused):
    delta(register, [status("TW1", 4, 9, "REVOKED")], 7, 8, days=9)
    records = [status("TW1", 5, 20, "ACTIVE", validation_date=validated)]
    expected = [("AEO-04", "/AeoRecordSet/Record[1]/StatusCode", ("TW1",))] if refused else []
    assert found(register, records, delta_of(records, 8, 9)) == expected
    delta(register, [deletion("TW1", 5, 11)], 8, 9, days=12)
    added = [record("TW1", 6, 20, validation_date=validated)]
    assert found(register, added, delta_of(added, 9, 10)) == expected


def test_a_list_that_shrank_is_held():
    register = InMemoryOperators()
    take(register, many(20), 7)
    assert found(register, [], head(many(18), 8)) == []
    assert found(register, [], head(many(17), 8)) == [("AEO-10", "/AeoRecordSet/RecordQuantity", ("15",))]
    assert found(InMemoryOperators(), [], head([], 8)) == []


def test_a_list_in_parts_is_judged_with_its_last_part():
    register = InMemoryOperators()
    take(register, many(20), 7)
    records = many(17)
    digest = head(records, 8).digest
    first = head(records[:10], 8, digest=digest, part=1, parts=2)
    assert found(register, [], first) == []
    register.take(first, iter(records[:10]), Source("d1", "", at(2)))
    last = head(records[10:], 8, digest=digest, part=2, parts=2)
    assert found(register, [], last) == [("AEO-10", "/AeoRecordSet/RecordQuantity", ("15",))]
    assert found(register, [], replace(last, quantity=8)) == []


def test_long_lists_are_looked_up_some_at_a_time(register):
    asked = []

    class Watched(InMemoryOperators):
        def on_file(self, sender, programme, keys):
            asked.append(len(keys))
            return register.on_file(sender, programme, keys)

    records = [record("TW9", number) for number in range(1, BATCH)] + [record("TW1", 1), record("TW2", 1)]
    findings = list(judge_records(delta_of(records), records, Watched(), RULES))
    assert asked == [2, 1]
    assert [one.location for one in findings] == [f"/AeoRecordSet/Record[{n}]/RecordVersion" for n in (BATCH, BATCH + 1)]


@pytest.mark.parametrize(
    ("folder", "name", "rules"),
    [
        ("good", "aeo-delta", []),
        ("good", "aeo-urgent-suspension", []),
        ("bad", "aeo-sequence-gap", ["AEO-12"]),
    ],
)
def test_the_samples_are_judged_as_they_say(shared, folder, name, rules):
    samples = shared / "documents" / "samples" / folder
    register = InMemoryOperators()
    for path in sorted((samples / f"{name}.prior").iterdir()):
        reader = RecordSetReader(BytesIO(path.read_bytes()))
        register.take(reader.head, reader.records(), Source(reader.head.document_id, "", at(0)))
    reader = RecordSetReader(BytesIO((samples / f"{name}.xml").read_bytes()))
    findings = [*judge_set(reader.head, register, RULES, 10), *judge_records(reader.head, reader.records(), register, RULES)]
    assert [one.rule for one in findings] == rules
