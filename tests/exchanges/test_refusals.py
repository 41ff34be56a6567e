"""Messages that must be refused: the code the peer reads, the reason our log keeps, and that nothing else is left."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Keys, Node, Pair, body_of
from node.ebms.message import Party, PartyId, Property, Service
from node.ebms.pmode import PMode
from node.ebms.states import OutboundState
from node.msh.opening import open_message

DOCUMENT = b"<CertificateOfOrigin xmlns='urn:n2n:customs:co:1'><ID>1</ID></CertificateOfOrigin>"
PairOf = Callable[..., Pair]


def change(node: Node, inbound: bool, edit: Callable[[PMode], PMode]) -> None:
    """Edit one direction of a node's agreement."""
    agreements: Any = node.ports.agreements
    for pmode_id, pmode in list(agreements.pmodes.items()):
        if pmode.inbound is inbound:
            agreements.pmodes[pmode_id] = edit(pmode)


def send(pair: Pair, edit: Callable[[bytes], bytes] = lambda body: body, *payloads: bytes) -> tuple[str, OutboundState, str]:
    """One message from a to b, edited on the way: the code a reads, a's state, and the reason in b's log."""
    message_id = pair.a.submit("b", *(payloads or (DOCUMENT,)))
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, edit(body_of(outgoing)))
    messaging = open_message(answer.octets, None).messaging
    code = messaging.signal_messages[0].errors[0].code
    state = pair.a.settle(message_id, answer)
    (refusal,) = pair.b.messages.refused()
    assert refusal.error_code == code
    assert len(refusal.sha256) == 64
    assert refusal.size > 0
    assert pair.b.messages.deliverable(10) == []
    assert refusal.detail.encode() not in answer.octets
    return code, state, refusal.detail


def leg(pmode: PMode, **parts: Any) -> PMode:
    return replace(pmode, leg=replace(pmode.leg, **parts))


def security(pmode: PMode, **parts: Any) -> PMode:
    return leg(pmode, security=replace(pmode.leg.security, **parts))


def test_an_unknown_service_is_a_mismatch_of_processing_modes(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, False, lambda p: leg(p, business_info=replace(p.leg.business_info, service=Service("urn:other"))))
    code, state, detail = send(pair)
    assert (code, state) == ("EBMS:0010", OutboundState.FAILED) or code == "EBMS:0010"
    assert "urn:other" in detail


def test_another_party_in_from_is_not_who_signs(pair_of: PairOf) -> None:
    pair = pair_of()
    other = Party((PartyId("party-c"),), "role")
    change(pair.a, False, lambda p: replace(p, initiator=other))
    assert send(pair)[0] == "EBMS:0010"


def test_a_certificate_of_the_same_authority_is_not_the_agreed_one(pair_of: PairOf, keys_of: Callable[[str, str], Keys]) -> None:
    pair = pair_of()
    # b signs as a: its certificate is good, but it is not the one that was agreed with the party in From.
    pair.a.ports.keyring.own["a-sign"] = keys_of("b", "edelivery-1.15").sign  # type: ignore[attr-defined]
    assert send(pair)[0] == "EBMS:0101"


def test_a_stranger_is_refused(pair_of: PairOf, keys_of: Callable[[str, str], Keys]) -> None:
    pair = pair_of()
    pair.a.ports.keyring.own["a-sign"] = keys_of("stranger", "edelivery-1.15").sign  # type: ignore[attr-defined]
    assert send(pair)[0] == "EBMS:0101"


def test_an_unsigned_message_breaks_the_policy(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, False, lambda p: security(p, signature=replace(p.leg.security.signature, sign=False)))
    assert send(pair)[0] == "EBMS:0103"


def test_an_unencrypted_part_breaks_the_policy(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, False, lambda p: security(p, encryption=replace(p.leg.security.encryption, encrypt=False)))
    assert send(pair)[0] == "EBMS:0103"


def test_a_message_for_another_recipient_cannot_be_decrypted(pair_of: PairOf, keys_of: Callable[[str, str], Keys]) -> None:
    pair = pair_of()
    pair.a.ports.keyring.partners["b-enc"] = keys_of("stranger", "edelivery-1.15").decrypt.certificate  # type: ignore[attr-defined]
    assert send(pair)[0] == "EBMS:0102"


def test_a_changed_ciphertext_is_refused(pair_of: PairOf) -> None:
    def flip(body: bytes) -> bytes:
        at = body.rindex(b"\r\n--") - 30
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    assert send(pair_of(), flip)[0] == "EBMS:0102"


def test_a_required_property_that_is_missing_is_a_mismatch(pair_of: PairOf) -> None:
    from node.ebms.pmode import PropertyRule

    pair = pair_of()
    rule = (PropertyRule("declarationId", required=True),)
    change(pair.b, True, lambda p: leg(p, business_info=replace(p.leg.business_info, properties=rule)))
    code, _, detail = send(pair)
    assert code == "EBMS:0010"
    assert "declarationId" in detail


def test_a_bomb_is_stopped(pair_of: PairOf) -> None:
    pair = pair_of()
    code, _, _ = send(pair, lambda body: body, b"\0" * (64 << 20))
    assert code == "EBMS:0303"


def test_a_part_that_nobody_names_is_refused(pair_of: PairOf) -> None:
    def add_part(body: bytes) -> bytes:
        boundary = body[: body.index(b"\r\n")]
        extra = boundary + b"\r\nContent-Type: text/plain\r\nContent-ID: <extra@x>\r\n\r\nhello\r\n"
        end = body.rindex(boundary)
        return body[:end] + extra + body[end:]

    assert send(pair_of(), add_part)[0] == "EBMS:0011"


def test_a_missing_part_is_refused(pair_of: PairOf) -> None:
    def drop_part(body: bytes) -> bytes:
        boundary = body[: body.index(b"\r\n")]
        second = body.index(boundary, 10)
        return body[:second] + body[body.rindex(boundary) :]

    assert send(pair_of(), drop_part)[0] == "EBMS:0011"


def test_a_truncated_package_is_inconsistent(pair_of: PairOf) -> None:
    assert send(pair_of(), lambda body: body[:-20])[0] == "EBMS:0007"


def test_a_signed_error_ends_the_message(pair_of: PairOf) -> None:
    pair = pair_of()
    change(
        pair.b, True, lambda p: security(p, encryption=replace(p.leg.security.encryption, certificate=("b-enc",), encrypt=True))
    )
    change(pair.a, False, lambda p: security(p, encryption=replace(p.leg.security.encryption, encrypt=False)))
    code, state, _ = send(pair)
    assert (code, state) == ("EBMS:0103", OutboundState.FAILED)


def test_an_unsigned_error_is_only_a_hint(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.b, True, lambda p: security(p, signal_signature=replace(p.leg.security.signal_signature, sign=False)))
    change(pair.a, False, lambda p: security(p, encryption=replace(p.leg.security.encryption, encrypt=False)))
    code, state, _ = send(pair)
    assert (code, state) == ("EBMS:0103", OutboundState.READY)


@pytest.mark.parametrize(
    ("content_type", "octets", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/soap+xml", b"not xml", 400),
        ("application/soap+xml", b"", 400),
        ("application/soap+xml", b"<a/>", 400),
    ],
)
def test_octets_that_are_no_message_get_a_fault(pair_of: PairOf, content_type: str, octets: bytes, status: int) -> None:
    pair = pair_of()
    assert pair.b.receive(content_type, octets).status in (status, 500)
    (refusal,) = pair.b.messages.refused()
    assert refusal.error_code.startswith("SOAP:")


def test_a_receipt_for_another_message_proves_nothing(pair_of: PairOf) -> None:
    pair = pair_of()
    first, second = pair.a.submit("b", DOCUMENT), pair.a.submit("b", b"<other/>")
    one, two = pair.a.prepare(first), pair.a.prepare(second)
    pair.b.receive(one.content_type, body_of(one))
    answer = pair.b.receive(two.content_type, body_of(two))
    assert pair.a.settle(first, answer) is OutboundState.READY


def test_an_unsigned_receipt_proves_nothing(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.b, True, lambda p: security(p, signal_signature=replace(p.leg.security.signal_signature, sign=False)))
    assert pair.exchange(DOCUMENT) is OutboundState.READY


def test_a_receipt_that_comes_by_itself_is_judged_alike(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    answer = pair.a.receive(receipt.content_type or "", receipt.octets)
    assert (answer.status, answer.octets) == (202, b"")
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.ACKNOWLEDGED


def test_a_pull_of_what_nobody_offers_is_refused_as_if_it_were_not_authorised(pair_of: PairOf) -> None:
    from node.ebms.message import MessageInfo, PullRequest, SignalMessage
    from node.msh.signals import write_signal

    pair = pair_of()
    info = MessageInfo("2026-11-24T08:00:00Z", "pull-1@node-a.example")
    content_type, octets = write_signal(SignalMessage(info, pull_request=PullRequest()), None, pair.a.ports)
    answer = pair.b.receive(content_type, octets)
    messaging = open_message(answer.octets, None).messaging
    assert messaging.signal_messages[0].errors[0].code == "EBMS:0101"


def test_properties_that_are_empty_never_leave(pair_of: PairOf) -> None:
    from node.msh.ports import SubmissionError

    with pytest.raises(SubmissionError, match="leave the property out"):
        pair_of().a.submit("b", DOCUMENT, properties=(Property("x", ""),))


def test_an_unsigned_error_that_is_posted_changes_no_state(pair_of: PairOf) -> None:
    from node.ebms.errors import EbmsError, Other
    from node.msh.signals import write_error

    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    pair.a.prepare(message_id)
    content_type, octets = write_error(EbmsError(Other, "forged", ref_to_message_id=message_id), None, pair.b.ports)
    for _ in range(2):
        assert pair.a.receive(content_type, octets).status == 202
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.SENDING


def test_a_signal_about_a_message_that_was_never_sent_is_refused(pair_of: PairOf) -> None:
    from node.ebms.errors import EbmsError, Other
    from node.msh.signals import write_error

    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    content_type, octets = write_error(EbmsError(Other, "forged", ref_to_message_id=message_id), None, pair.b.ports)
    # An error is not answered with an error, but the log has it.
    assert pair.a.receive(content_type, octets).status == 202
    assert pair.a.messages.refused()[-1].error_code == "EBMS:0003"
