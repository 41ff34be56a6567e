"""A partner is told what it may know of one of our operators."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from node.customs.operators.answering import OperatorQuery, answer, read_query, response_octets
from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.record import Consent, RecordRefused, Source, read_instant, read_record
from node.customs.operators.record_set import RecordSetReader
from node.ebms.xml import parse_xml
from tests.operators import at, delta, record, status, take

OWN = OwnProgramme("TW-CUSTOMS", "TW-AEO")
KR = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "mra.tw-kr.1")
NOW = at(20)


@pytest.fixture
def register():
    made = InMemoryOperators()
    take(made, [record("TW1"), record("TW2", consent=None)], 7)
    take(made, [record("CA1")], 7, sender="CA-CBSA", programme="CA-PIP")
    return made


def query(identifier="TW1", scheme="TIN", days=10, known=None):
    known_at = None if known is None else at(known)
    return OperatorQuery(
        "urn:q", "KR-KCS", "TW-CUSTOMS", "mra.tw-kr.1", scheme, identifier, at(days).date(), known_at, "CLEARANCE"
    )


def ask(register, one, arrangement=KR):
    return answer(one, OWN, arrangement, register, NOW)


def test_what_held_on_the_day_as_we_knew_it_then(register):
    delta(register, [status("TW1", 2, 9)], 7, 8, days=9)
    assert [one.status for one in ask(register, query()).records] == ["SUSPENDED"]
    assert [one.status for one in ask(register, query(known=8)).records] == ["ACTIVE"]
    assert ask(register, query(days=-9000)).result == "NOT-FOUND"
    assert ask(register, query()).known_at == NOW


@pytest.mark.parametrize(
    ("identifier", "scheme", "result"),
    [
        ("TW1", "TIN", "FOUND"),
        ("AEO1", "AEO", "FOUND"),
        ("TW9", "TIN", "NOT-FOUND"),
        ("TW2", "TIN", "NOT-FOUND"),
        ("KR1", "TIN", "NOT-YOURS"),
        ("CA1", "TIN", "NOT-YOURS"),
        ("X", "LEI", "NOT-FOUND"),
    ],
)
def test_only_ours_who_consented_are_found(register, identifier, scheme, result):
    told = ask(register, query(identifier, scheme))
    assert (told.result, bool(told.records)) == (result, result == "FOUND")


def test_a_withdrawn_consent_ends_the_disclosure_of_what_was_known_before(register):
    withdrawn = Consent("ALL", date(2019, 1, 1), (), at(12).date())
    delta(register, [record("TW1", 2, 12, consent=withdrawn)], 7, 8, days=12)
    assert ask(register, query(known=8)).result == "NOT-FOUND"


def test_fields_that_the_arrangement_withholds_stay_here(register):
    (one,) = ask(register, query(), replace(KR, withheld=("LocalName",))).records
    assert one.local_name is None


def test_the_sample_query_gets_the_sample_answer(shared):
    samples = shared / "documents" / "samples" / "good"
    register = InMemoryOperators()
    for path in [
        samples / "aeo-full-50.xml",
        *sorted((samples / "aeo-urgent-suspension.prior").iterdir()),
        samples / "aeo-urgent-suspension.xml",
    ]:
        reader = RecordSetReader(BytesIO(path.read_bytes()))
        register.take(reader.head, reader.records(), Source(reader.head.document_id, "", reader.head.issued_at))
    one = read_query(parse_xml((samples / "aeo-query.xml").read_bytes()))
    now = read_instant("2026-11-20T07:30:01+08:00")
    made = parse_xml(
        response_octets(one, answer(one, OWN, KR, register, now), "urn:uuid:43ea1afc-68d0-4ff7-bb8b-fcaa48cb5dd3", now)
    )
    wanted = parse_xml((samples / "aeo-lookup-answer.xml").read_bytes())

    def said(root):
        return [(node.tag, (node.text or "").strip(), dict(node.attrib)) for node in root.iter()]

    assert said(made) == said(wanted)
    assert read_record(made.find("{*}Record")).status == "ACTIVE"


def test_what_is_no_query_is_refused():
    with pytest.raises(RecordRefused, match="no AeoQuery"):
        read_query(parse_xml(b'<AeoQuery xmlns="urn:n2n:customs:aeo:1"/>'))
