"""The question about an operator and its answer, as octets."""

from datetime import UTC, date, datetime

from node.customs.checking.prior import read_unjudged
from node.customs.making.heading import Heading
from node.customs.operators.answering import OperatorAnswer, read_query, response_octets
from node.customs.operators.asking import Told, holding, make_query, read_answer
from node.ebms.xml import parse_xml
from tests.documents import packs
from tests.operators import at, record, status

HEADING = Heading("urn:uuid:1", "13", datetime(2026, 11, 20, tzinfo=UTC), "KR-KCS", "TW-CUSTOMS")


def query(known_at=None):
    return make_query(HEADING, "mra.tw-kr.1", "TW-UBN", "45725232", date(2026, 11, 18), known_at, "AUDIT")


def test_a_question_is_read_as_it_was_asked():
    read_unjudged(query(at(3)), packs())
    asked = read_query(parse_xml(query(at(3))))
    assert (asked.scheme, asked.identifier, asked.day) == ("TW-UBN", "45725232", date(2026, 11, 18))
    assert (asked.known_at, asked.purpose, asked.profile) == (at(3), "AUDIT", "mra.tw-kr.1")
    assert read_query(parse_xml(query())).known_at is None


def test_an_answer_is_read_as_it_was_given():
    asked, both = read_query(parse_xml(query())), (record("TW1"), status("TW2", 2, 1))
    octets = response_octets(asked, OperatorAnswer("FOUND", at(5), both), "urn:uuid:2", at(5))
    told = read_answer(octets)
    assert told == Told("FOUND", date(2026, 11, 18), at(5), both)
    assert [one.tin for one in holding(told)] == ["TW1"]
    assert read_answer(response_octets(asked, OperatorAnswer("NOT-FOUND", at(5)), "urn:uuid:2", at(5))).records == ()
