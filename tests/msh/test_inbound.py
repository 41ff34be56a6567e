"""Receiving: the order of the checks, connections that must be the partner's own, durability before the answer, signals that are posted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Pair, body_of
from node.ebms.errors import EbmsError, Other
from node.ebms.message import MessageInfo, Messaging, PullRequest, SignalMessage
from node.ebms.pmode import SendReceipt
from node.ebms.states import OutboundState
from node.msh.inbound import receive, sole_user_message
from node.msh.opening import open_message
from node.msh.ports import Accepted, Peer, StorageUnavailable
from node.msh.signals import write_error, write_signal
from tests.msh.edits import DOCUMENT, PairOf, change, security


def outgoing_of(pair: Pair, *payloads: bytes) -> tuple[str, bytes]:
    outgoing = pair.a.prepare(pair.a.submit("b", *payloads))
    return outgoing.content_type, body_of(outgoing)


def code_of(octets: bytes) -> str:
    (signal,) = open_message(octets, "application/soap+xml").messaging.signal_messages
    return signal.errors[0].code


def test_the_attachments_of_an_unproven_message_are_never_drawn(pair_of: PairOf) -> None:
    pair = pair_of()
    content_type, body = outgoing_of(pair, DOCUMENT)
    pair.b.ports.keyring.partners.clear()  # type: ignore[attr-defined]
    boundary = body[: body.index(b"\r\n")]
    head = body[: body.index(boundary, 10) + len(boundary) + 2]

    def chunks() -> Iterator[bytes]:
        yield head
        raise AssertionError("drawn beyond the SOAP part")

    answer = receive(content_type, chunks(), Peer("192.0.2.7"), pair.b.ports)
    assert code_of(answer.octets) == "EBMS:0101"


@pytest.mark.parametrize("certificate", [None, b"another"])
def test_an_agreed_tls_certificate_must_be_that_of_the_connection(pair_of: PairOf, certificate: bytes | None) -> None:
    pair = pair_of()
    pair.b.ports.agreements.tls_certificates = lambda *_: {b"agreed"}  # type: ignore[method-assign]
    content_type, body = outgoing_of(pair, DOCUMENT)
    answer = pair.b.receive(content_type, body, Peer("192.0.2.7", certificate))
    assert code_of(answer.octets) == "EBMS:0101"
    assert "TLS client certificate from 192.0.2.7" in pair.b.messages.refused()[0].detail
    assert pair.b.receive(content_type, body, Peer("192.0.2.7", b"agreed")).status == 200
    assert len(pair.b.messages.deliverable(9)) == 1


def test_a_store_that_cannot_keep_it_asks_to_come_again_and_nothing_was_acknowledged(pair_of: PairOf) -> None:
    pair = pair_of()
    content_type, body = outgoing_of(pair, DOCUMENT)
    accept_once = pair.b.ports.messages.accept_once
    discarded: list[str] = []

    def full(accepted: Accepted) -> Any:
        for payload in accepted.payloads:
            payload.octets.discard = lambda: discarded.append("payload")  # type: ignore[method-assign]
        raise StorageUnavailable("no space left on device")

    pair.b.ports.messages.accept_once = full  # type: ignore[method-assign]
    answer = pair.b.receive(content_type, body)
    assert (answer.status, answer.octets) == (503, b"")
    assert discarded == ["payload"]
    pair.b.ports.messages.accept_once = accept_once  # type: ignore[method-assign]
    assert pair.b.receive(content_type, body).status == 200


def test_the_octets_of_a_duplicate_are_not_kept_twice(pair_of: PairOf) -> None:
    pair = pair_of()
    content_type, body = outgoing_of(pair, DOCUMENT)
    accept_once, discarded = pair.b.ports.messages.accept_once, []

    def watched(accepted: Accepted) -> Any:
        for payload in accepted.payloads:
            payload.octets.discard = lambda: discarded.append(1)  # type: ignore[method-assign]
        return accept_once(accepted)

    pair.b.ports.messages.accept_once = watched  # type: ignore[method-assign]
    pair.b.receive(content_type, body)
    assert discarded == []
    pair.b.receive(content_type, body)
    assert discarded == [1]


def test_where_no_receipt_is_agreed_the_message_is_taken_in_silence(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.b, lambda p: security(p, send_receipt=SendReceipt(send=False)), inbound=True)
    answer = pair.b.receive(*outgoing_of(pair, DOCUMENT))
    assert (answer.status, answer.octets) == (202, b"")
    assert len(pair.b.messages.deliverable(9)) == 1


def test_who_signed_and_from_where_it_came_is_kept(pair_of: PairOf) -> None:
    pair = pair_of()
    content_type, body = outgoing_of(pair, DOCUMENT)
    pair.b.receive(content_type, body, Peer("192.0.2.7"))
    (message,) = pair.b.messages.deliverable(1)
    assert message.signer_sha256 == pair.a.ports.keyring.own["a-sign"].certificate.sha256  # type: ignore[attr-defined]
    assert message.peer_address == "192.0.2.7"
    envelope = b"".join(map(bytes, message.envelope.chunks()))
    assert envelope in body


def test_a_signal_bundled_with_a_user_message_is_not_supported(pair_of: PairOf) -> None:
    _, body = outgoing_of(pair_of())
    user_message = open_message(body, "application/soap+xml").messaging.user_message
    assert user_message is not None
    assert sole_user_message(Messaging(user_message)) is user_message
    signal = SignalMessage(MessageInfo("2026-11-24T08:00:00Z", "s@x"), pull_request=PullRequest())
    with pytest.raises(EbmsError) as caught:
        sole_user_message(Messaging(user_message, (signal,)))
    assert caught.value.definition.code == "EBMS:0008"
    with pytest.raises(EbmsError) as caught:
        sole_user_message(Messaging())
    assert caught.value.definition.code == "EBMS:0009"


def test_a_posted_signal_before_the_first_attempt_is_refused(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    pmode = pair.b.ports.agreements.get("a-b:co.certificate")
    error = EbmsError(Other, "", ref_to_message_id=message_id)
    assert pair.a.receive(*write_error(error, pmode, pair.b.ports)).status == 202
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.SUBMITTED
    assert pair.a.messages.refused()[0].error_code == "EBMS:0003"


def test_a_signed_error_that_is_posted_ends_the_message(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    pair.a.prepare(message_id)
    pmode = pair.b.ports.agreements.get("a-b:co.certificate")
    written = write_error(EbmsError(Other, "", ref_to_message_id=message_id), pmode, pair.b.ports)
    assert pair.a.receive(*written).status == 202
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.FAILED


def test_a_receipt_after_giving_up_is_still_proof(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    pmode = pair.b.ports.agreements.get("a-b:co.certificate")
    pair.a.receive(*write_error(EbmsError(Other, "", ref_to_message_id=message_id), pmode, pair.b.ports))
    assert pair.a.receive(receipt.content_type or "", receipt.octets).status == 202
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.ACKNOWLEDGED


def test_a_posted_signal_must_come_over_the_partners_connection(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    pair.a.ports.agreements.tls_certificates = lambda *_: {b"agreed"}  # type: ignore[method-assign]
    answer = pair.a.receive(receipt.content_type or "", receipt.octets, Peer("192.0.2.7", b"another"))
    assert code_of(answer.octets) == "EBMS:0101"
    # We sign what we say of a partner's signal with the key that signed the message.
    assert open_message(answer.octets, "application/soap+xml").claim.signature is not None
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.SENDING


def test_a_signal_about_nothing_is_refused(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    (signal,) = open_message(receipt.octets, "application/soap+xml").messaging.signal_messages
    alone = replace(signal, message_info=replace(signal.message_info, ref_to_message_id=None))
    assert code_of(pair.a.receive(*write_signal(alone, None, pair.b.ports)).octets) == "EBMS:0003"
