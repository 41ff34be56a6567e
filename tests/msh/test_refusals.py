"""Refusals: what the peer reads, what our log keeps, and from whom an envelope is kept."""

import hashlib
from typing import Any

import pytest

from bench.pair import Node
from node.ebms.errors import EbmsError, ProcessingModeMismatch, SoapFault
from node.msh.opening import open_message
from node.msh.ports import NearMiss, Peer, PModeNotFound, Refusal, StorageUnavailable
from node.msh.refusals import Sight, nearest_of, refuse, refuse_unread
from tests.msh.edits import PairOf

ROOT = b"<the root part as it came/>"
ERROR = EbmsError(ProcessingModeMismatch, "urn:x is not agreed")


@pytest.fixture
def node(pair_of: PairOf) -> Node:
    return pair_of().b


def sight(**more: Any) -> Sight:
    return Sight(Peer("192.0.2.7", more.pop("certificate", None)), size=1234, root=ROOT, message_id="m@x", **more)


def test_one_row_says_when_who_how_much_which_octets_and_why(node: Node) -> None:
    refuse(EbmsError(ProcessingModeMismatch, "urn:x is not agreed"), sight(), node.ports)
    assert node.messages.refused() == [
        Refusal(
            at=node.clock.now(),
            peer=Peer("192.0.2.7"),
            size=1234,
            sha256=hashlib.sha256(ROOT).hexdigest(),
            error_code="EBMS:0010",
            detail="urn:x is not agreed",
            message_id="m@x",
        )
    ]


def test_the_error_refers_to_the_message_that_was_seen(node: Node) -> None:
    answer = refuse(EbmsError(ProcessingModeMismatch, "no"), sight(), node.ports)
    (signal,) = open_message(answer.octets, "application/soap+xml").messaging.signal_messages
    assert signal.errors[0].ref_to_message_in_error == "m@x"
    assert answer.status == 200


def test_the_error_keeps_its_own_reference_where_it_has_one(node: Node) -> None:
    answer = refuse(EbmsError(ProcessingModeMismatch, "no", ref_to_message_id="other@x"), sight(), node.ports)
    assert b"other@x" in answer.octets


def test_an_error_is_not_answered_with_an_error(node: Node) -> None:
    answer = refuse(EbmsError(ProcessingModeMismatch, "no"), sight(carries_error=True), node.ports)
    assert (answer.status, answer.octets) == (202, b"")
    assert len(node.messages.refused()) == 1


def test_the_nearest_p_mode_is_for_our_log_and_not_for_the_stranger(node: Node) -> None:
    miss = NearMiss("kr:co.certificate", (("action", "co.certificate", "co.certifikate"),))
    error = PModeNotFound(ProcessingModeMismatch, "action: expected co.certificate", miss)
    answer = refuse(error, sight(), node.ports)
    (row,) = node.messages.refused()
    assert row.nearest_pmode == "kr:co.certificate"
    assert b"kr:co.certificate" not in answer.octets
    assert nearest_of(PModeNotFound(ProcessingModeMismatch, "nothing is near")) is None
    assert nearest_of(ERROR) is None


def test_the_p_mode_that_was_found_is_named_too_and_signs_the_error(node: Node) -> None:
    pmode = node.ports.agreements.get("a-b:co.certificate")
    answer = refuse(EbmsError(ProcessingModeMismatch, "no"), sight(pmode=pmode), node.ports)
    assert node.messages.refused()[0].nearest_pmode == pmode.id
    assert open_message(answer.octets, "application/soap+xml").claim.signature is not None


@pytest.mark.parametrize("known", [True, False])
def test_an_envelope_is_kept_only_of_a_partner_known_by_its_tls_certificate(node: Node, known: bool) -> None:
    node.ports.agreements.partner_of_tls = lambda certificate: "a" if known else None  # type: ignore[method-assign]
    refuse(EbmsError(ProcessingModeMismatch, "no"), sight(certificate=b"der"), node.ports)
    (row,) = node.messages.refused()
    assert (row.partner, row.envelope) == (("a", ROOT) if known else (None, None))


def test_octets_that_are_no_message_have_a_row_too(node: Node) -> None:
    answer = refuse_unread(SoapFault("Sender", "not XML"), sight(), node.ports)
    assert answer.status == 400
    (row,) = node.messages.refused()
    assert (row.error_code, row.detail) == ("SOAP:Sender", "not XML")


def test_a_full_disk_does_not_turn_a_refusal_into_silence(node: Node) -> None:
    def full(refusal: Refusal) -> None:
        raise StorageUnavailable("no space left on device")

    node.ports.messages.record_refusal = full  # type: ignore[method-assign]
    assert refuse(EbmsError(ProcessingModeMismatch, "no"), sight(), node.ports).status == 200


def test_octets_are_counted_as_they_are_drawn() -> None:
    seen = Sight(Peer("192.0.2.7"))
    drawn = seen.counted([b"abc", memoryview(b"defg")])
    next(drawn)
    assert seen.size == 3
    assert [bytes(chunk) for chunk in drawn] == [b"defg"]
    assert seen.size == 7
