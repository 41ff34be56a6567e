"""Submitting: what a Producer may leave out, what is made for it, and what the agreement does not allow."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.message import Property
from node.ebms.pmode import Limits, PayloadRule, PropertyRule
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable, SubmissionError
from node.msh.submit import MAX_PAYLOADS, Payload, Submission, character_set, checked_message_id, is_xml, submit, timestamp
from node.store.in_memory import InMemoryQuarantine
from tests.msh.edits import DOCUMENT, PairOf, business, change, leg


def payload(octets: bytes = DOCUMENT, media_type: str = "application/xml", **more: Any) -> Payload:
    return Payload(HeldOctets(octets), media_type, **more)


def test_parties_service_action_and_agreement_come_from_the_p_mode(pair_of: PairOf) -> None:
    a = pair_of().a
    exchange = submit(Submission("b", "co.certificate", (payload(),)), a.ports)
    pmode = a.ports.agreements.get(exchange.pmode_id)
    message = exchange.user_message
    assert (message.from_party, message.to_party) == (pmode.initiator, pmode.responder)
    assert message.collaboration_info.service == pmode.leg.business_info.service
    assert message.collaboration_info.agreement_ref == pmode.agreement
    assert message.message_info.timestamp == "2026-11-24T08:00:00.000Z"


def test_identifiers_are_made_under_our_host_and_are_never_the_same(pair_of: PairOf) -> None:
    a = pair_of().a
    one, two = (submit(Submission("b", "co.certificate", (payload(),)), a.ports).user_message for _ in range(2))
    ids = [m.message_info.message_id for m in (one, two)] + [m.collaboration_info.conversation_id for m in (one, two)]
    ids += [m.payload_info[0].href or "" for m in (one, two)]
    assert len(set(ids)) == 6
    assert all(name.endswith("@node-a.example") for name in ids)


def test_what_the_producer_names_is_kept(pair_of: PairOf) -> None:
    submission = Submission(
        "b", "co.certificate", message_id="m.1@tw.example", conversation_id="", ref_to_message_id="first@kr.example"
    )
    message = submit(submission, pair_of().a.ports).user_message
    assert message.message_info.message_id == "m.1@tw.example"
    assert message.message_info.ref_to_message_id == "first@kr.example"
    # An empty ConversationId is one, and not the absence of one (C 5.2.2.10).
    assert message.collaboration_info.conversation_id == ""


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"conversation_id": "a\x02"}, "conversation id: XML cannot carry the character U\\+0002"),
        ({"ref_to_message_id": "a\x1b[2J"}, "ref to message id: XML cannot carry the character U\\+001B"),
        ({"ref_to_message_id": ""}, "ref to message id"),
        ({"properties": (Property("x", "\x01"),)}, "message property 'x': XML cannot carry"),
        # What a shell hands over that is no UTF-8.
        ({"properties": (Property("x", "\udcff"),)}, "message property 'x': XML cannot carry"),
        ({"payloads": (payload(properties=(Property("x\x00", "y"),)),)}, "part property"),
        ({"payloads": (payload(media_type="text"),)}, "media type 'text'"),
        ({"payloads": (payload(media_type="text/xml\r\nX-More: y"),)}, "media type"),
        ({"payloads": (payload(media_type=""),)}, "media type"),
    ],
)
def test_what_no_header_can_carry_is_refused_at_once(pair_of: PairOf, what: dict[str, Any], said: str) -> None:
    a = pair_of().a
    with pytest.raises(SubmissionError, match=said):
        submit(Submission("b", "co.certificate", **what), a.ports)
    assert a.messages.claim("nobody", 9, a.clock.now()) == []


@pytest.mark.parametrize("media_type", ["text/xml; charset=utf-8", "application/EDIFACT", "application/vnd.x+xml;v=1"])
def test_a_media_type_may_have_parameters(pair_of: PairOf, media_type: str) -> None:
    exchange = submit(Submission("b", "co.certificate", (payload(media_type=media_type),)), pair_of().a.ports)
    assert exchange.payloads[0].media_type == media_type


def test_the_exchange_is_kept_before_the_answer(pair_of: PairOf) -> None:
    a = pair_of().a
    exchange = submit(Submission("b", "co.certificate", (payload(),)), a.ports)
    assert a.messages.exchange(exchange.message_id) == exchange
    assert exchange.state is OutboundState.SUBMITTED
    assert exchange.wire == ()


def test_the_same_message_id_twice_is_the_producers_mistake(pair_of: PairOf) -> None:
    a = pair_of().a
    a.submit("b", DOCUMENT, message_id="m.1@tw.example")
    with pytest.raises(SubmissionError, match=r"m\.1@tw\.example"):
        a.submit("b", DOCUMENT, message_id="m.1@tw.example")


@pytest.mark.parametrize("message_id", ["<a@b>", "a b@c", "a@", "@b", "a", "", "a@b\n", "é@b", "a@" + "b" * 254])
def test_a_message_id_that_is_no_msg_id_is_refused(message_id: str) -> None:
    with pytest.raises(SubmissionError, match="message id"):
        checked_message_id(message_id)


@pytest.mark.parametrize("message_id", [None, "a@b", "1!#$%&'*+-/=?^_`{|}~.z@node-1.example", "a@" + "b" * 253])
def test_a_msg_id_is_taken_as_it_is(message_id: str | None) -> None:
    assert checked_message_id(message_id) == message_id


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - the strategy wants it naive
def test_a_timestamp_is_utc_with_three_digits_and_never_later_than_the_instant(at: datetime) -> None:
    text = timestamp(at.replace(tzinfo=UTC))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert 0 <= (at - datetime.fromisoformat(text).replace(tzinfo=None)).total_seconds() < 0.001


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"<a/>", "utf-8"),
        (b'<?xml version="1.0" encoding="Big5"?><a/>', "big5"),
        (b"<?xml version='1.0' encoding = 'ISO-8859-1' ?><a/>", "iso-8859-1"),
        (b'<?xml version="1.0"?><a encoding="x"/>', "utf-8"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><a/>', "utf-8"),
        ("\ufeff<a/>".encode("utf-16-le"), "utf-16"),
        ("\ufeff<a/>".encode("utf-16-be"), "utf-16"),
        (b"", "utf-8"),
    ],
)
def test_the_character_set_of_xml_is_what_its_declaration_says(octets: bytes, expected: str) -> None:
    assert character_set(payload(octets)) == expected


def test_other_types_have_no_character_set() -> None:
    assert character_set(payload(b"<a/>", "application/pdf")) is None


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/xml", True),
        ("Application/XML; charset=utf-8", True),
        ("application/vnd.customs+xml", True),
        ("application/xml-dtd", False),
        ("application/json", False),
        ("image/svg+xml-not", False),
    ],
)
def test_xml_is_told_by_its_media_type(media_type: str, expected: bool) -> None:
    assert is_xml(media_type) is expected


def test_a_producer_cannot_replace_the_part_properties_of_as4(pair_of: PairOf) -> None:
    own = (Property("MimeType", "text/html"), Property("CompressionType", "none"), Property("kind", "original"))
    exchange = submit(Submission("b", "co.certificate", (payload(properties=own),)), pair_of().a.ports)
    properties = [(p.name, p.value) for p in exchange.user_message.payload_info[0].part_properties]
    assert properties == [
        ("MimeType", "application/xml"),
        ("CharacterSet", "utf-8"),
        ("CompressionType", "application/gzip"),
        ("kind", "original"),
    ]


def test_nothing_says_compressed_where_compression_is_not_agreed(pair_of: PairOf) -> None:
    exchange = submit(Submission("b", "co.certificate", (payload(),)), pair_of(compress=False).a.ports)
    assert exchange.user_message.payload_info[0].part_property("CompressionType") is None


@pytest.mark.parametrize(
    ("given_", "edit", "word"),
    [
        ({"payloads": (payload(),) * (MAX_PAYLOADS + 1)}, lambda p: p, "at most 28"),
        ({"payloads": (payload(),) * 3}, lambda p: leg(p, limits=Limits(max_parts=2)), "at most 2"),
        ({"payloads": (payload(),) * 2}, lambda p: business(p, payload_max_size=len(DOCUMENT) * 2 - 1), "allows"),
        ({"payloads": (payload(),)}, lambda p: leg(p, limits=Limits(max_total=10)), "allows 10"),
        (
            {"payloads": (payload(),)},
            lambda p: business(p, payload_profile=(PayloadRule("scan", "application/pdf", required=True),)),
            "scan",
        ),
        (
            {},
            lambda p: business(p, payload_profile=(PayloadRule("anything", required=True),)),
            "payload anything: the agreement requires one",
        ),
        (
            {"payloads": (payload(),)},
            lambda p: business(p, payload_profile=(PayloadRule("co", "application/xml", len(DOCUMENT) - 1),)),
            f"payload co of {len(DOCUMENT)} octets: the agreement allows {len(DOCUMENT) - 1}",
        ),
        (
            {"properties": (Property("count", "many"),)},
            lambda p: business(p, properties=(PropertyRule("count", datatype="integer"),)),
            "message property count: 'many' is no integer, as the agreement wants it",
        ),
        ({}, lambda p: business(p, properties=(PropertyRule("declarationId", required=True),)), "--property declarationId=VALUE"),
        ({"properties": (Property("x", ""),)}, lambda p: p, "leave the property out"),
        ({"properties": (Property("", "x"),)}, lambda p: p, "must not be empty"),
        ({"message_id": "no message id"}, lambda p: p, "RFC 2822"),
    ],
)
def test_what_was_not_agreed_is_refused_and_nothing_is_kept(pair_of: PairOf, given_: Any, edit: Any, word: str) -> None:
    a = pair_of().a
    change(a, edit)
    with pytest.raises(SubmissionError, match=re.escape(word)):
        submit(Submission("b", "co.certificate", **given_), a.ports)
    assert a.messages.counts()["outbound"] == {}


def test_exactly_what_was_agreed_passes(pair_of: PairOf) -> None:
    a = pair_of().a
    change(
        a,
        lambda p: business(
            p, payload_max_size=len(DOCUMENT), payload_profile=(PayloadRule("co", "application/xml", required=True),)
        ),
    )
    assert submit(Submission("b", "co.certificate", (payload(),)), a.ports).state is OutboundState.SUBMITTED


def test_nothing_is_taken_or_packaged_without_room_for_it(pair_of: PairOf) -> None:
    a = pair_of().a
    asked: list[int] = []

    class Full(InMemoryQuarantine):
        def free_for(self, size: int) -> bool:
            asked.append(size)
            return False

    kept = submit(Submission("b", "co.certificate", (payload(),)), a.ports)
    a.ports = replace(a.ports, quarantine=Full())
    with pytest.raises(StorageUnavailable, match="are to be kept"):
        submit(Submission("b", "co.certificate", (payload(),)), a.ports)
    with pytest.raises(StorageUnavailable, match="are to be kept"):
        a.prepare(kept.message_id)
    assert asked == [len(DOCUMENT)] * 2
    assert a.messages.counts()["outbound"] == {"SUBMITTED": 1}
