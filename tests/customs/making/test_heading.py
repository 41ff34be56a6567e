"""Headers of documents that the node makes."""

from datetime import UTC, datetime

from node.customs.making.heading import Heading, following, said

AT = datetime(2026, 11, 20, 12, 0, 0, 999_999, UTC)


def test_an_instant_is_said_to_the_second():
    assert said(AT) == "2026-11-20T12:00:00Z"


def test_what_follows_from_the_same_is_the_same_message():
    assert following("L2", "a") == following("L2", "a") != following("L3", "a")
    assert following("a", "b") != following("ab")


def test_an_answer_names_what_it_answers():
    name, children = Heading("m", "11", AT, "TW-CUSTOMS", "KR-KCS", "urn:uuid:1").item()[:2]
    assert name == "DocumentHeader"
    assert ("CorrelationID", "urn:uuid:1") in children
