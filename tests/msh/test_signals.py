"""Signals: what they say, who may sign them, and what an error proves."""

from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Pair
from node.ebms.errors import EbmsError, FailedDecryption, InvalidReceipt, Other, PolicyNoncompliance, SoapFault
from node.ebms.message import MessageInfo, SignalMessage
from node.ebms.receipts import acknowledge
from node.ebms.states import OutboundState
from node.msh.opening import Opened, open_message
from node.msh.ports import Outgoing
from node.msh.signals import accepted_signers, fault_answer, is_about, judge_signal, write_error, write_receipt, write_signal
from tests.msh.edits import DOCUMENT, PairOf, change, security

SOAP = "application/soap+xml"


def sent(pair: Pair) -> Outgoing:
    return pair.a.prepare(pair.a.submit("b", DOCUMENT))


def ours(pair: Pair) -> Any:
    return pair.a.ports.agreements.get("a-b:co.certificate")


def theirs(pair: Pair) -> Any:
    return pair.b.ports.agreements.get("a-b:co.certificate")


def opened(written: tuple[str, bytes]) -> Opened:
    return open_message(written[1], SOAP)


def test_a_receipt_names_its_message_and_repeats_the_references(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = sent(pair)
    content_type, octets = write_receipt(acknowledge(outgoing.references), outgoing.message_id, theirs(pair), pair.b.ports)
    (signal,) = open_message(octets, SOAP).messaging.signal_messages
    assert content_type == "application/soap+xml; charset=UTF-8"
    assert signal.message_info.ref_to_message_id == outgoing.message_id
    assert signal.message_info.timestamp == "2026-11-24T08:00:00.000Z"
    assert signal.receipt == acknowledge(outgoing.references)


def test_an_error_tells_the_code_and_the_catalogues_words_alone(pair_of: PairOf) -> None:
    pair = pair_of()
    error = EbmsError(FailedDecryption, "no key for the issuer CN=secret", ref_to_message_id="m@x")
    _, octets = write_error(error, theirs(pair), pair.b.ports)
    assert b"secret" not in octets
    ((report,),) = [signal.errors for signal in open_message(octets, SOAP).messaging.signal_messages]
    assert (report.code, report.severity, report.short_description) == ("EBMS:0102", "failure", "FailedDecryption")
    assert report.ref_to_message_in_error == "m@x"
    assert report.description is None
    assert report.error_detail is None


@pytest.mark.parametrize(("soap_version", "media_type"), [("1.2", "application/soap+xml"), ("1.1", "text/xml")])
def test_an_error_without_a_p_mode_is_unsigned_in_the_senders_soap_version(
    pair_of: PairOf, soap_version: str, media_type: str
) -> None:
    pair = pair_of()
    content_type, octets = write_error(EbmsError(Other, ""), None, pair.b.ports, soap_version)
    assert content_type == f"{media_type}; charset=UTF-8"
    read = open_message(octets, media_type)
    assert read.soap_version == soap_version
    assert read.claim.signature is None


@pytest.mark.parametrize("status", [405, 413, 415])
def test_some_statuses_speak_for_themselves(status: int) -> None:
    answer = fault_answer(SoapFault("Sender", "no", http_status=status))
    assert (answer.status, answer.octets) == (status, b"")


def test_other_faults_have_a_body_that_does_not_tell_why() -> None:
    answer = fault_answer(SoapFault("Sender", "the parser stumbled over X"))
    assert answer.status == 400
    assert b"Fault" in answer.octets
    assert b"stumbled" not in answer.octets


def test_a_signal_is_about_a_message_in_either_of_two_places(pair_of: PairOf) -> None:
    pair = pair_of()
    _, octets = write_error(EbmsError(Other, "", ref_to_message_id="m@x"), None, pair.b.ports)
    (signal,) = open_message(octets, SOAP).messaging.signal_messages
    only_error = replace(signal, message_info=replace(signal.message_info, ref_to_message_id=None))
    only_info = replace(signal, errors=tuple(replace(e, ref_to_message_in_error=None) for e in signal.errors))
    assert is_about(only_error, "m@x")
    assert is_about(only_info, "m@x")
    assert not is_about(signal, "m@y")


def test_a_receipt_by_the_wrong_key_proves_nothing(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = sent(pair)
    # a signs a receipt for its own message.
    pair.b.ports.keyring.own["b-sign"] = pair.a.ports.keyring.own["a-sign"]  # type: ignore[attr-defined]
    written = write_receipt(acknowledge(outgoing.references), outgoing.message_id, theirs(pair), pair.b.ports)
    with pytest.raises(EbmsError) as caught:
        judge_signal(opened(written), outgoing, ours(pair), pair.a.ports)
    assert caught.value.definition.code == "EBMS:0101"


def test_a_receipt_that_leaves_a_part_out_is_none(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = sent(pair)
    written = write_receipt(acknowledge(outgoing.references[:-1]), outgoing.message_id, theirs(pair), pair.b.ports)
    with pytest.raises(EbmsError) as caught:
        judge_signal(opened(written), outgoing, ours(pair), pair.a.ports)
    assert caught.value.definition is InvalidReceipt


def test_a_receipt_for_what_was_never_signed_is_none(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = replace(sent(pair), references=())
    references = acknowledge(sent(pair).references)
    written = write_receipt(references, outgoing.message_id, theirs(pair), pair.b.ports)
    with pytest.raises(EbmsError, match=r"nothing of .* has been signed"):
        judge_signal(opened(written), outgoing, ours(pair), pair.a.ports)


def test_an_unsigned_receipt_breaks_the_policy(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = sent(pair)
    info = MessageInfo("2026-11-24T08:00:00Z", "r@b", outgoing.message_id)
    written = write_signal(SignalMessage(info, receipt=acknowledge(outgoing.references)), None, pair.b.ports)
    with pytest.raises(EbmsError) as caught:
        judge_signal(opened(written), outgoing, ours(pair), pair.a.ports)
    assert caught.value.definition is PolicyNoncompliance


@pytest.mark.parametrize("signed", [True, False])
def test_an_error_is_authentic_only_if_it_is_signed(pair_of: PairOf, signed: bool) -> None:
    pair = pair_of()
    outgoing = sent(pair)
    error = EbmsError(Other, "", ref_to_message_id=outgoing.message_id)
    verdict = judge_signal(
        opened(write_error(error, theirs(pair) if signed else None, pair.b.ports)), outgoing, ours(pair), pair.a.ports
    )
    assert (verdict.matched, verdict.authentic) == (False, signed)
    assert verdict.error is not None
    assert verdict.error.code == "EBMS:0004"


def test_where_signals_are_agreed_unsigned_an_unsigned_error_is_a_verdict(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, lambda p: security(p, signal_signature=replace(p.leg.security.signal_signature, sign=False)))
    outgoing = sent(pair)
    written = write_error(EbmsError(Other, "", ref_to_message_id=outgoing.message_id), None, pair.b.ports)
    assert judge_signal(opened(written), outgoing, ours(pair), pair.a.ports).authentic


def test_without_a_certificate_that_may_sign_every_reason_is_told_to_our_log(pair_of: PairOf) -> None:
    pair = pair_of()
    policy = replace(ours(pair).leg.security.signal_signature, certificate=("b-old", "b-new"))
    with pytest.raises(EbmsError, match=r"b-old: unknown; b-new: unknown"):
        accepted_signers(policy, pair.a.ports)
    with pytest.raises(EbmsError, match="none is agreed"):
        accepted_signers(replace(policy, certificate=()), pair.a.ports)
    assert accepted_signers(replace(policy, sign=False), pair.a.ports) == ()


def test_the_receipt_for_an_unsigned_message_is_compared_with_what_was_sent(pair_of):
    pair = pair_of(sign=False, encrypt=False)
    first, second = (pair.a.submit("b", octets) for octets in (b"<co/>", b"<other/>"))
    answers = {}
    for message_id in (first, second):
        outgoing = pair.a.prepare(message_id)
        octets = b"".join(bytes(chunk) for segment in outgoing.body for chunk in segment.chunks())
        answers[message_id] = pair.b.receive(outgoing.content_type, octets)
    # The receipt of one, said to be about the other.
    forged = replace(answers[second], octets=answers[second].octets.replace(second.encode(), first.encode()))
    assert pair.a.settle(first, forged) is OutboundState.READY
    assert "another collaboration_info" in pair.a.messages.history(first)[-1].detail
    assert pair.a.settle(second, answers[second]) is OutboundState.ACKNOWLEDGED
