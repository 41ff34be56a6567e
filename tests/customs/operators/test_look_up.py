"""What an officer is told of an operator."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest

from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.look_up import Question, conflicts_among, look_up
from node.customs.operators.record import Identifier, Source, read_record
from node.customs.operators.record_set import RecordSetReader
from node.ebms.xml import parse_xml
from tests.operators import at, deletion, delta, record, status, take

NOW = at(20)


@pytest.fixture
def register():
    made = InMemoryOperators()
    take(made, [record("TW1"), record("TW2")], 7)
    return made


def ask(register, identifier="TW1", day=20, known=20.0, scheme="", to_us=False, agreed=timedelta(days=1)):
    question = Question(identifier, scheme, at(day).date(), at(known), to_us)
    return look_up(question, register, lambda sender, programme: agreed, NOW)


def one(register, **other):
    (answer,) = ask(register, **other)
    return answer


def test_status_source_and_age_are_told(register):
    answer = one(register)
    assert (answer.status, answer.recognised) == ("ACTIVE", True)
    assert answer.row.source.document_id == "doc-TW-CUSTOMS-FULL-7-1"
    assert (answer.age.snapshot_at, answer.age.old, answer.age.stale) == (at(1), timedelta(days=19), True)
    assert not one(register, agreed=timedelta(days=30)).age.stale
    assert not one(register, agreed=None).age.stale


def test_nobody_is_found_by_what_nobody_has(register):
    assert ask(register, identifier="TW9") == []


def test_before_and_after_a_suspension_the_answer_differs(register):
    delta(register, [status("TW1", 2, 9)], 7, 8, days=9, received=9.5)
    assert one(register).status == "SUSPENDED"
    assert one(register, day=5, known=5).status == "ACTIVE"
    assert one(register, day=10, known=9.2, to_us=True).status == "ACTIVE"
    assert one(register, day=10, known=9.5, to_us=True).status == "SUSPENDED"
    # Of the days before, what was said earlier stands.
    early = one(register, day=9)
    assert (early.status, early.row.record.valid_to, early.recognised) == ("SUSPENDED", None, False)
    assert (one(register, day=8).status, one(register, day=8).row.record.valid_to) == ("ACTIVE", at(8).date())
    assert one(register, day=10, known=9.2).other.record.status == "ACTIVE"


def test_a_suspension_that_begins_later_takes_effect_on_receipt(register):
    delta(register, [status("TW1", 2, 9, valid_from=at(12).date())], 7, 8, days=9)
    answer = one(register, day=10, known=10)
    assert (answer.row.record.status, answer.status, answer.recognised) == ("ACTIVE", "SUSPENDED", False)
    # Not for a day before it came, nor for one as known before.
    assert one(register, day=8, known=10).announced is None
    assert one(register, day=10, known=8).status == "ACTIVE"
    assert one(register, day=10, known=10, to_us=True).status == "SUSPENDED"


def test_an_activation_that_begins_later_does_not(register):
    delta(register, [status("TW1", 2, 5), record("TW1", 3, 9, valid_from=at(12).date())], 7, 8, days=9)
    assert one(register, day=10, known=10).status == "SUSPENDED"
    assert one(register, day=12, known=10).status == "ACTIVE"


def test_a_deleted_operator_is_known_by_its_history(register):
    delta(register, [deletion("TW1", 2, 9)], 7, 8, days=9)
    answer = one(register)
    assert (answer.status, answer.before.record.name) == ("NOT-FOUND", "Company 1 Ltd.")


def test_a_number_that_is_no_longer_the_operators_does_not_answer_for_it(register):
    delta(register, [record("TW1", 2, 9, aeo_number="NEW")], 7, 8, days=9)
    assert one(register, identifier="AEO1", day=5, known=5).status == "ACTIVE"
    assert one(register, identifier="AEO1").status == "NOT-FOUND"
    assert one(register, identifier="NEW").status == "ACTIVE"


def test_part_of_a_name_finds_all_who_have_it(register):
    assert [answer.history.tin for answer in ask(register, identifier="company", scheme="NAME")] == ["TW1", "TW2"]


def test_conflicts_are_told(register):
    delta(
        register,
        [
            record("TW1", 1, 2, tier="AEOF"),
            record("TW3", 1, 2, identifiers=(Identifier("TW-UBN", "2"),)),
            record("TW4", 1, 2, identifiers=(Identifier("TW-UBN", "2"),), status="EXPIRED"),
        ],
        7,
        8,
    )
    assert all("TW1 is active in two tiers" in answer.conflicts[0] for answer in ask(register))
    two, three, four = ask(register, identifier="2", scheme="TW-UBN")
    assert two.conflicts == three.conflicts == ("TW-UBN 2 of two operators: TW-CUSTOMS TW2 AEOS and TW-CUSTOMS TW3 AEOS",)
    assert four.conflicts == ()


def test_two_tiers_one_after_the_other_are_no_conflict(register):
    delta(
        register,
        [record("TW1", 2, 2, valid_to=date(2026, 10, 1)), record("TW1", 1, 2, tier="AEOF", valid_from=date(2026, 10, 2))],
        7,
        8,
    )
    assert conflicts_among(register.find("TW1", "TIN")) == []


def test_a_question_says_what_was_asked():
    question = Question("TW1", "TIN", date(2026, 11, 20), at(3), to_us=True)
    assert question.words() == "TIN TW1 as of 2026-11-20 known to us at 2026-11-04T00:00:00+00:00"


def test_the_sample_query_is_answered_as_the_sample_answers_it(shared):
    samples = shared / "documents" / "samples" / "good"
    register = InMemoryOperators()
    paths = [
        samples / "aeo-full-50.xml",
        *sorted((samples / "aeo-urgent-suspension.prior").iterdir()),
        samples / "aeo-urgent-suspension.xml",
    ]
    for path in paths:
        reader = RecordSetReader(BytesIO(path.read_bytes()))
        register.take(reader.head, reader.records(), Source(reader.head.document_id, "", reader.head.issued_at))
    answered = parse_xml((samples / "aeo-lookup-answer.xml").read_bytes())
    wanted = read_record(answered.find("{*}Record"))
    known_at = datetime.fromisoformat(answered.findtext("{*}KnownAt"))
    (answer,) = look_up(Question(wanted.tin, "TIN", date(2026, 11, 18), known_at), register, lambda *_: None, known_at)
    assert answer.row.record == wanted
