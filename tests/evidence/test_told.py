"""What an entry states of an envelope, against the envelope."""

from datetime import timedelta
from typing import Any

import pytest

from node.evidence.entry import Entry, Kind, written
from node.evidence.signed import open_signed
from node.evidence.told import misagreed, misquoted, missigned, status_of
from tests.bundles import BEGAN, IN, PAYLOAD, BundleWorld, signed, suite_of, told_references, user_message

AT = BEGAN + timedelta(minutes=3)
MESSAGING = user_message(IN, ["q1@node-kr.example"])
TIME = {"timestamp": "2026-11-24T08:00:00Z", "age_ms": 180_000, "timeliness": "timely"}


def quoted(facts: dict[str, Any]) -> list[str]:
    assert MESSAGING.user_message is not None
    return list(misquoted(Entry(Kind.RECEIVED, AT, facts=facts), MESSAGING.user_message))


def test_what_the_envelope_says_may_be_told_or_not() -> None:
    assert quoted({}) == []
    assert quoted({"service": "urn:customs", "action": "Submit", "conversation_id": "c1", "time": TIME, "more": 1}) == []
    assert quoted({"time": {**TIME, "timeliness": "stale", "age_ms": 180_500}}) == []


@pytest.mark.parametrize(
    "more",
    [
        {"timestamp": "2026-11-24T08:00:01Z"},
        {"age_ms": 300_000},
        {"age_ms": None},
        {"age_ms": None, "timeliness": "unreadable"},
        {"timeliness": "ahead"},
        {"timeliness": "fresh"},
        {"age_ms": "180000"},
        {"more": 1},
    ],
)
def test_a_time_that_the_envelope_does_not_say(more: dict[str, Any]) -> None:
    assert quoted({"time": {**TIME, **more}}) == ["facts.time"]


def test_other_names_than_those_of_the_envelope() -> None:
    assert quoted({"service": "urn:other", "conversation_id": 5, "time": "now"}) == [
        "facts.service",
        "facts.conversation_id",
        "facts.time",
    ]


def test_what_was_agreed_has_the_name_and_the_partner_of_the_entry() -> None:
    entry = Entry(Kind.RECEIVED, AT, {"partner": "kr"}, facts={"pmode": "p1"})
    assert list(misagreed(entry, None)) == list(misagreed(entry, written({"id": "p1", "partner": "kr", "more": 1}))) == []
    assert list(misagreed(entry, written({"id": "p2", "partner": "kr"}))) == ["facts.pmode"]
    for octets in (b"", b"{", b"[]", b'{"partner": "kr"}', written({"id": "p1", "partner": "us"})):
        assert list(misagreed(entry, octets)) == ["agreement"]


def test_what_is_told_of_a_signature_is_what_it_says() -> None:
    key = BundleWorld().partner
    octets, references = signed(key, MESSAGING, {"q1@node-kr.example": PAYLOAD}, "2")
    envelope = open_signed(octets)
    rows = told_references(references)
    right = {
        "signer": key.certificate.sha256,
        "signature_algorithm": suite_of(key).signature_algorithm,
        "references": rows,
    }

    def wrong(shortened: bool = False, **told: Any) -> list[str]:
        facts = {"verified": {**right, **told}, **({"shortened": True} if shortened else {})}
        return list(missigned(Entry(Kind.RECEIVED, AT, {}, {"signer": key.certificate.sha256}, facts), "verified", envelope))

    assert wrong() == wrong(references=rows[::-1]) == wrong(shortened=True, references=[]) == []
    assert wrong(signer="00") == ["facts.verified.signer"]
    assert wrong(signature_algorithm="other") == ["facts.verified.signature_algorithm"]
    for listed in ([], None, rows[1:], [*rows, rows[0]], [*rows[1:], "x"], [{**rows[0], "digest": "AA=="}, *rows[1:]]):
        assert wrong(references=listed) == ["facts.verified.references"]
    assert list(missigned(Entry(Kind.PACKAGED, AT), "signed", envelope)) == []


def test_the_status_of_an_answer() -> None:
    assert status_of(b"HTTP/1.1 202 Accepted\r\n") == 202
    assert status_of(b"HTTP/1.1 200") == 200
    assert status_of(b"HTTP/1.1 2000 x") is None
    assert status_of(b"POST /as4 HTTP/1.1\r\n") is None
