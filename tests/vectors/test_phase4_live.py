"""Real exchanges of phase4 run through a whole node: each request is received, and each answer is judged as its sender would judge it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench.pair import Node
from node.ebms.message import AgreementRef, Party, PartyId, Property, Service, SignedReference, UserMessage
from node.ebms.namespaces import DEFAULT_MPC
from node.ebms.pmode import PMode
from node.ebms.states import OutboundState
from node.msh.ports import Answer, Peer
from node.security.certificates import Certificate, load_certificates
from node.security.keys import SoftwareKey
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from tests.vectors.receiver import (
    Certs,
    await_receipt,
    delivered,
    error_in,
    fitting_pmode,
    header_of,
    make_receiver,
    references_of,
    user_message_of,
)

CAPTURES = Path(__file__).parent / "phase4-live"
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in json.loads((CAPTURES / "manifest.json").read_text())["cases"]}
#: Suite and kind of keys by phase4's preset.
SUITES = {
    "edelivery-1.15": (EDELIVERY_1_15, "rsa"),
    "edelivery-2.0": (EDELIVERY_2_EDDSA, "ed"),
    "edelivery-2.0-ec": (EDELIVERY_2_ECDSA, "ec"),
    "unsigned": (EDELIVERY_1_15, "rsa"),
}

ACCEPTED = "accepted"
ACKNOWLEDGED, FAILED, READY = OutboundState.ACKNOWLEDGED, OutboundState.FAILED, OutboundState.READY


@dataclass(frozen=True)
class Row:
    """What our node makes of one exchange: of the request as its receiver, of the answer as its sender."""

    request: str = ACCEPTED
    #: A word of the reason in our log.
    why: str = ""
    #: What the answer does to the message that it answers, and a word of the detail; None where it answers no user message.
    answer: OutboundState | None = ACKNOWLEDGED
    detail: str = "repeats every digest"
    because: str = ""


#: Every case of the manifest whose outcome is more than "accepted, and its receipt settles it".
SPECIAL = {
    "error-wrong-key": Row("EBMS:0102", "does not decrypt", FAILED, "EBMS:0102"),
    "error-stranger": Row(
        "EBMS:0101",
        "no certificate agreed",
        FAILED,
        "EBMS:0102",
        "phase4 reports a signer it does not trust as FailedDecryption; the catalogue's word for it is FailedAuthentication",
    ),
    "error-reply": Row(
        answer=FAILED, detail="EBMS:0202", because="phase4's Consumer refused it; nothing is wrong with the message"
    ),
    "duplicate-second": Row(
        answer=FAILED,
        detail="EBMS:0004",
        because="by itself it is a good message; after the first one see the test of duplicates",
    ),
    "two-way-sync": Row(
        answer=READY,
        detail="no signal about",
        because="no agreement of ours is two-way: a user message in place of a receipt leaves the message open",
    ),
    "pull": Row(
        "EBMS:0101", "PullRequest", None, because="no agreement here offers its channel; what was pulled is received below"
    ),
    "pull-empty": Row("EBMS:0101", "PullRequest", None, because="as pull; what phase4 answers is read below"),
    "pull-bare": Row("EBMS:0101", "PullRequest", None, because="as pull; what phase4 answers is refused below"),
    # The byte that was changed is in a tag, and the digest of XML that is sent as it is goes over its canonical form (SwA 5.4.2).
    "tampered-payload": Row("EBMS:0101", "no XML that could be canonicalized"),
    "tampered-ciphertext": Row("EBMS:0102", "does not decrypt"),
    "tampered-header": Row("EBMS:0101", "digest of messaging"),
    "tampered-receipt-digest": Row(answer=READY, detail="digest of messaging"),
    "tampered-receipt-unsigned": Row(answer=READY, detail="no ds:Signature"),
}
ROWS = {name: SPECIAL.get(name, Row()) for name in CASES}


# -- captures -----------------------------------------------------------------------------------------------------------


def case_of(name: str) -> dict[str, Any]:
    """The manifest's case; a tampered one has the keys and the preset of what it was made from."""
    case = CASES[name]
    return {**CASES[case["derived_from"]], **case} if "derived_from" in case else case


def head_of(name: str, stem: str) -> dict[str, Any]:
    head: dict[str, Any] = json.loads((CAPTURES / name / f"{stem}.json").read_text())
    return {**head, "headers": {field.lower(): value for field, value in head["headers"]}}


def octets_of(name: str, stem: str) -> tuple[str, bytes]:
    """Content type and body."""
    return head_of(name, stem)["headers"].get("content-type", ""), (CAPTURES / name / f"{stem}.body").read_bytes()


def answer_of(name: str, stem: str) -> Answer:
    content_type, body = octets_of(name, stem)
    return Answer(int(head_of(name, stem)["first_line"].split()[1]), content_type, body)


def captured_at(name: str, stem: str) -> datetime:
    return parsedate_to_datetime(head_of(name, stem)["headers"]["date"])


@cache
def key(name: str) -> SoftwareKey:
    folder = CAPTURES / "keys"
    return SoftwareKey.from_pem((folder / f"{name}.key.pem").read_bytes(), (folder / f"{name}.cert.pem").read_bytes())


@cache
def certificates(*names: str) -> dict[str, Certificate]:
    return {name: load_certificates((CAPTURES / "keys" / f"{name}.cert.pem").read_bytes())[0] for name in names}


def certs_of(me: str, other: str, kind: str) -> Certs:
    """What one party of phase4's test set-up holds: its keys, the other's certificates, and their authority."""
    own = {name: key(name) for name in (f"{me}-{kind}-sign", f"{me}-{kind}-enc")}
    trust = load_certificates((CAPTURES / "keys" / "ca.pem").read_bytes())
    return Certs(own, certificates(f"{other}-{kind}-sign", f"{other}-{kind}-enc"), trust)


# -- nodes --------------------------------------------------------------------------------------------------------------


def pmode_for(name: str, user_message: UserMessage, sender: str, receiver: str, *, inbound: bool) -> PMode:
    """What the two agreed for this message, in the suite and with the protections that the manifest states."""
    case = case_of(name)
    suite, kind = SUITES[case["preset"]]
    signed = case["preset"] != "unsigned"
    encrypted = case.get("expected", {}).get("encrypted", signed) and bool(user_message.payload_info)
    return fitting_pmode(
        user_message,
        suite.signature((f"{sender}-{kind}-sign",), sign=signed),
        suite.encryption((f"{receiver}-{kind}-enc",), encrypt=encrypted),
        suite.signature((f"{receiver}-{kind}-sign",), sign=signed),
        inbound=inbound,
    )


def receiver_of(name: str, stem: str, sender: str, receiver: str, at: datetime) -> Node:
    """The node that a captured message was meant for."""
    certs = certs_of(receiver, sender, SUITES[case_of(name)["preset"]][1])
    user_message = header_of(*octets_of(name, stem)).user_message
    if user_message is None:
        return make_receiver(certs, at)
    return make_receiver(certs, at, pmode_for(name, user_message, sender, receiver, inbound=True))


def sender_of(name: str, stem: str, sender: str, receiver: str, at: datetime) -> tuple[Node, str]:
    """The node that sent a captured message and awaits its receipt; the MessageId."""
    user_message = user_message_of(*octets_of(name, stem))
    certs = certs_of(sender, receiver, SUITES[case_of(name)["preset"]][1])
    node = make_receiver(certs, at, pmode_for(name, user_message, sender, receiver, inbound=False))
    return node, await_receipt(node, user_message, references_of(*octets_of(name, stem)))


# -- every case ---------------------------------------------------------------------------------------------------------


def test_every_exchange_of_the_manifest_and_of_the_folder_is_looked_at() -> None:
    assert len(CASES) == 33
    assert set(ROWS) == {path.name for path in CAPTURES.iterdir() if path.is_dir()} - {"keys"}
    assert SPECIAL.keys() <= CASES.keys()
    # What stands beside request and response is taken by the tests below, each by its name.
    stems = {f"{path.parent.name}/{path.stem}" for path in CAPTURES.glob("*/*.body")}
    both = {f"{name}/{stem}" for name in ROWS for stem in ("request", "response")}
    assert stems - both == {
        "two-way-push-and-push/reply-request",
        "two-way-push-and-push/reply-response",
        "pull/pull-request",
        "pull/pull-response",
        "pull/receipt-request",
        "pull/receipt-response",
    }
    assert both - stems == {"pull/request", "pull/response"}


def stems_of(name: str) -> tuple[str, str]:
    return ("pull-request", "pull-response") if name == "pull" else ("request", "response")


@pytest.mark.parametrize("name", ROWS)
def test_a_request_is_received_as_stated(name: str) -> None:
    row, (request, response) = ROWS[name], stems_of(name)
    node = receiver_of(name, request, "a", "b", captured_at(name, response))
    answer = node.receive(*octets_of(name, request))
    if row.request != ACCEPTED:
        (refusal,) = node.messages.refused()
        assert (refusal.error_code, row.why in refusal.detail) == (row.request, True), refusal.detail
        assert (answer.status, error_in(answer).code) == (200, row.request)
        assert node.messages.counts()["inbound"] == {}
        return
    assert node.messages.refused() == []
    check_delivery(node, name)
    # Our receipt repeats exactly what phase4 signed: its own sender would be satisfied.
    sender, message_id = sender_of(name, request, "a", "b", captured_at(name, response))
    assert sender.settle(message_id, answer) is ACKNOWLEDGED


def check_delivery(node: Node, name: str) -> None:
    """The Consumer gets the payloads that phase4 was given, under the header that the manifest states."""
    case = case_of(name)
    if "test-service" in name:
        assert node.messages.deliverable(10) == []
        assert node.messages.counts()["inbound"] == {"ACCEPTED": 1}
        return
    payloads = [path.read_bytes() for path in sorted((CAPTURES / case.get("derived_from", name)).glob("payload-*.bin"))]
    # error-reply keeps neither a payload nor an expectation.
    assert delivered(node) == payloads or name == "error-reply"
    # phase4 refused the second message, so the manifest has but the header of the first to state.
    if "expected" in case and name != "duplicate-second":
        (message,) = node.messages.deliverable(10)
        check_header(message.user_message, case["expected"])
        assert [payload.inflated_size for payload in message.payloads] == [one["size"] for one in case["expected"]["payloads"]]


def check_header(got: UserMessage, expected: dict[str, Any]) -> None:
    info, agreed = got.collaboration_info, expected["agreementRef"]
    assert instant(got.message_info.timestamp) == instant(expected["timestamp"])
    assert got.message_info.message_id == expected["messageId"]
    assert got.message_info.ref_to_message_id == expected["refToMessageId"]
    assert [got.from_party, got.to_party] == [party_of(expected["from"]), party_of(expected["to"])]
    assert info.service == Service(expected["service"]["value"], expected["service"]["type"])
    assert (info.action, info.conversation_id) == (expected["action"], expected["conversationId"])
    assert info.agreement_ref == (AgreementRef(agreed["value"], agreed["type"], agreed["pmode"]) if agreed else None)
    assert got.mpc == (expected["mpc"] or DEFAULT_MPC)
    assert got.message_properties == properties_of(expected["messageProperties"])
    assert [one.href for one in got.payload_info] == [one["href"] for one in expected["payloads"]]
    assert [one.part_properties for one in got.payload_info] == [
        properties_of(one["partProperties"]) for one in expected["payloads"]
    ]


def instant(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)


def party_of(expected: dict[str, Any]) -> Party:
    return Party(tuple(PartyId(one["id"], one["type"]) for one in expected["partyIds"]), expected["role"])


def properties_of(expected: list[dict[str, Any]]) -> tuple[Property, ...]:
    return tuple(Property(one["name"], one["value"], one["type"]) for one in expected)


ANSWERED = [name for name, row in ROWS.items() if row.answer is not None]


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answer_is_judged_as_its_sender_judged_it(name: str) -> None:
    row = ROWS[name]
    node, message_id = sender_of(name, "request", "a", "b", captured_at(name, "response"))
    state = node.settle(message_id, answer_of(name, "response"))
    (step,) = node.messages.history(message_id)
    # What looks like damage on the way is doubted at first: two more attempts, and then it is the end.
    doubted = step.event == "REFUSAL_DOUBTED"
    assert doubted == (row.answer is OutboundState.FAILED and row.detail in ("EBMS:0101", "EBMS:0102"))
    assert state is (OutboundState.READY if doubted else row.answer)
    assert row.detail in step.detail
    verdict = CASES[name].get("sender_verdict")
    if verdict is None:
        # A damaged request has the answer of the undamaged one.
        assert (row.answer is ACKNOWLEDGED) == (CASES[name]["damaged"] == "request")
        return
    assert (row.answer is ACKNOWLEDGED) == verdict["ok"]
    assert step.error_code in {one["code"] for one in verdict.get("errors", [])} | ({None} if verdict["ok"] else {"EBMS:0302"})


def test_all_answers_but_those_to_a_pull_request_were_judged() -> None:
    assert len(ANSWERED) == len(CASES) - 3


# -- a certificate that is trusted, at a time ---------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2026-11-23T00:30:00+00:00", "2046-01-01T00:00:00+00:00"])
def test_a_good_request_is_refused_outside_the_period_of_its_certificate(at: str) -> None:
    node = receiver_of("compressed", "request", "a", "b", datetime.fromisoformat(at))
    assert error_in(node.receive(*octets_of("compressed", "request"))).code == "EBMS:0101"
    assert "no agreed certificate may sign now" in node.messages.refused()[0].detail


# -- what takes more than one exchange ----------------------------------------------------------------------------------


def test_a_duplicate_gets_the_first_receipt_again_and_other_content_under_its_id_is_refused() -> None:
    """phase4 signs its second message anew, with a new Timestamp: the same MessageId over other digests, which is no resend."""
    node = receiver_of("duplicate-first", "request", "a", "b", captured_at("duplicate-first", "response"))
    first = node.receive(*octets_of("duplicate-first", "request"))
    assert node.receive(*octets_of("duplicate-first", "request")) == first
    second = node.receive(*octets_of("duplicate-second", "request"))
    assert error_in(second).code == "EBMS:0003"
    assert "MessageId seen before with other content" in node.messages.refused()[0].detail
    assert len(delivered(node)) == 1
    assert references_of(*octets_of("duplicate-first", "request")) != references_of(*octets_of("duplicate-second", "request"))


def test_the_reply_of_two_way_push_and_push_is_a_message_like_any_other() -> None:
    name, at = "two-way-push-and-push", captured_at("two-way-push-and-push", "reply-response")
    expected = CASES[name]["expected_reply"]
    node = receiver_of(name, "reply-request", "b", "a", at)
    receipt = node.receive(*octets_of(name, "reply-request"))
    assert node.messages.refused() == []
    check_header(node.messages.deliverable(1)[0].user_message, expected)
    assert [len(octets) for octets in delivered(node)] == [one["size"] for one in expected["payloads"]]
    for answer in (receipt, answer_of(name, "reply-response")):
        sender, message_id = sender_of(name, "reply-request", "b", "a", at)
        assert sender.settle(message_id, answer) is ACKNOWLEDGED


def test_the_answer_of_two_way_sync_is_received_where_it_is_agreed() -> None:
    node = receiver_of("two-way-sync", "response", "b", "a", captured_at("two-way-sync", "response"))
    receipt = node.receive(*octets_of("two-way-sync", "response"))
    assert receipt.status == 200
    expected = CASES["two-way-sync"]["expected_answer"]
    (message,) = node.messages.deliverable(10)
    assert message.user_message.message_info.ref_to_message_id == expected["refToMessageId"]
    assert message.user_message.collaboration_info.conversation_id == expected["conversationId"]
    assert delivered(node) == [expected["payload"].encode()]


def test_what_was_pulled_is_received_and_its_receipt_settles_it_when_posted() -> None:
    at = captured_at("pull", "receipt-response")
    node = receiver_of("pull", "pull-response", "b", "a", at)
    receipt = node.receive(*octets_of("pull", "pull-response"))
    check_delivery(node, "pull")
    posts: Iterator[tuple[str, bytes]] = iter(
        [octets_of("pull", "receipt-request"), (receipt.content_type or "", receipt.octets)]
    )
    for content_type, octets in posts:
        sender, message_id = sender_of("pull", "pull-response", "b", "a", at)
        assert sender.receive(content_type, octets) == Answer(202)
        assert sender.messages.exchange(message_id).state is ACKNOWLEDGED  # type: ignore[union-attr]
        assert sender.messages.refused() == []
    # phase4 answers 204 to a receipt, we 202: nothing is said by either.
    assert answer_of("pull", "receipt-response").status == 204
    assert answer_of("pull", "receipt-response").octets == b""


def test_an_empty_channel_is_an_unsigned_error_about_the_pull_request() -> None:
    (signal,) = header_of(*octets_of("pull-empty", "response")).signal_messages
    (pull,) = header_of(*octets_of("pull-empty", "request")).signal_messages
    assert pull.pull_request is not None
    # spec: C 6.7.1 makes it a warning; phase4 writes failure.
    assert [(one.code, one.severity) for one in signal.errors] == [("EBMS:0006", "failure")]
    assert signal.message_info.ref_to_message_id == pull.message_info.message_id
    nothing: tuple[SignedReference, ...] = ()
    assert references_of(*octets_of("pull-empty", "response")) == nothing


def test_the_bare_answer_to_a_pull_is_refused_where_a_signature_is_agreed() -> None:
    node = receiver_of("pull-bare", "response", "b", "a", captured_at("pull-bare", "response"))
    answer = node.receive(*octets_of("pull-bare", "response"), Peer("phase4"))
    assert error_in(answer).code == "EBMS:0103"
    assert node.messages.counts()["inbound"] == {}
