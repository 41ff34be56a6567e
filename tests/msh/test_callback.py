"""Receipts and errors by callback between two nodes in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bench.pair import make_pmode
from node.ebms.errors import EbmsError, Other
from node.ebms.states import OutboundState
from node.msh.callback import PATIENCE, outgoing_signal, settle_signal
from node.msh.ports import Answer, HttpAnswer, StorageUnavailable, TransportError
from node.msh.signals import write_error
from node.security.suites import EDELIVERY_1_15
from tests.msh.pulls import URL, code_of, octets_of, post_owed

DOCUMENT = b"<co/>"


@pytest.fixture
def pair(pair_of: Callable[..., Any]) -> Any:
    """What a pushes to b is receipted by callback, and refused by callback."""
    pair = pair_of()
    for node in (pair.a, pair.b):
        for name, pmode in node.ports.agreements.pmodes.items():
            leg = pmode.leg
            receipt = replace(leg.security.send_receipt, reply_pattern="Callback", reply_to=URL)
            errors = replace(leg.error_handling, as_response=False, receiver_errors_to=URL + "/errors")
            leg = replace(leg, security=replace(leg.security, send_receipt=receipt), error_handling=errors)
            node.ports.agreements.pmodes[name] = replace(pmode, leg=leg)
    return pair


def push(pair: Any, message_id: str) -> Answer:
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, octets_of(outgoing))
    pair.a.settle(message_id, answer)
    return answer


def state(pair: Any, message_id: str) -> OutboundState:
    return pair.a.messages.exchange(message_id).state


def owed(pair: Any) -> list[Any]:
    return pair.b.messages.owed(9, pair.b.clock.now())


def test_the_answer_is_empty_and_the_receipt_comes_by_itself(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    assert push(pair, message_id) == Answer(202)
    assert state(pair, message_id) is OutboundState.AWAITING_RECEIPT
    assert len(pair.b.messages.deliverable(9)) == 1
    (one,) = owed(pair)
    assert (outgoing_signal(one, pair.b.ports).url, one.is_error) == (URL, False)
    assert post_owed(pair.b, pair.a) == [Answer(202)]
    assert state(pair, message_id) is OutboundState.ACKNOWLEDGED
    assert owed(pair) == []


def test_a_receipt_that_is_posted_tells_the_time_of_its_sender(pair):
    push(pair, pair.a.submit("b", DOCUMENT))
    told = []
    pair.a.ports = replace(pair.a.ports, told_time=lambda *one: told.append(one))
    made = pair.b.clock.at
    pair.a.clock.advance(hours=1)
    post_owed(pair.b, pair.a)
    assert told == [("b", made, pair.a.clock.at)]


def test_a_signal_that_is_not_protected_as_agreed_tells_no_time(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    push(pair, message_id)
    told = []
    pair.a.ports = replace(pair.a.ports, told_time=lambda *one: told.append(one))
    unsigned = make_pmode("a", "b", inbound=True, suite=EDELIVERY_1_15, sign=False)
    error = EbmsError(Other, "a forged one", ref_to_message_id=message_id)
    pair.a.receive(*write_error(error, unsigned, pair.b.ports, "1.2"))
    assert told == []


def test_a_duplicate_is_owed_the_stored_receipt_once_more(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    pair.b.receive(outgoing.content_type, octets_of(outgoing))
    first = b"".join(owed(pair)[0].octets.chunks())
    post_owed(pair.b, pair.a)
    pair.b.clock.advance(minutes=5)
    again = pair.b.receive(outgoing.content_type, octets_of(outgoing))
    assert (again, again.accepted) == (Answer(202), False)
    (one,) = owed(pair)
    assert (b"".join(one.octets.chunks()), one.attempts) == (first, 0)
    assert len(pair.b.messages.deliverable(9)) == 1


def test_an_error_comes_by_itself_too_and_ends_the_message(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    damaged = octets_of(outgoing).replace(b"originalSender", b"originalSendes")
    assert pair.b.receive(outgoing.content_type, damaged) == Answer(202)
    (one,) = owed(pair)
    assert (outgoing_signal(one, pair.b.ports).url, one.is_error) == (URL + "/errors", True)
    assert pair.b.messages.deliverable(9) == []
    assert post_owed(pair.b, pair.a) == [Answer(202)]
    assert state(pair, message_id) is OutboundState.FAILED
    assert pair.a.messages.history(message_id)[-1].error_code == "EBMS:0101"


def test_a_stranger_makes_nobody_owe_anything(pair):
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    nobody = octets_of(outgoing).replace(b">party-a<", b">party-c<")
    assert code_of(pair.b.receive(outgoing.content_type, nobody))[0] == "EBMS:0010"
    assert owed(pair) == []


def test_where_an_error_cannot_be_kept_it_is_the_answer_after_all(pair, monkeypatch):
    def full(*_: object) -> None:
        raise StorageUnavailable("full")

    monkeypatch.setattr(pair.b.messages, "owe", full)
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    damaged = octets_of(outgoing).replace(b"originalSender", b"originalSendes")
    assert code_of(pair.b.receive(outgoing.content_type, damaged))[0] == "EBMS:0101"


@pytest.mark.parametrize("outcome", [TransportError("nothing listens"), HttpAnswer(503, None, b""), HttpAnswer(404, None, b"")])
def test_what_was_not_taken_is_posted_again_later_each_wait_longer(pair, outcome):
    push(pair, pair.a.submit("b", DOCUMENT))
    waits = []
    for _ in range(4):
        (one,) = owed(pair)
        assert settle_signal(one, outcome, pair.b.ports)
        before = pair.b.clock.now()
        while not owed(pair):
            pair.b.clock.advance(seconds=0.5)
        waits.append(pair.b.clock.now() - before)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_a_partner_that_asks_for_patience_gets_it(pair):
    push(pair, pair.a.submit("b", DOCUMENT))
    settle_signal(owed(pair)[0], HttpAnswer(503, None, b"", retry_after=600), pair.b.ports)
    pair.b.clock.advance(minutes=9)
    assert owed(pair) == []
    pair.b.clock.advance(minutes=1)
    assert len(owed(pair)) == 1


def test_after_a_month_only_the_message_itself_makes_it_due(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    pair.b.receive(outgoing.content_type, octets_of(outgoing))
    (one,) = owed(pair)
    pair.b.clock.at += PATIENCE
    settle_signal(one, TransportError("gone"), pair.b.ports)
    pair.b.clock.at += timedelta(days=1)
    assert owed(pair) == []
    pair.b.receive(outgoing.content_type, octets_of(outgoing))
    assert len(owed(pair)) == 1


def test_a_signal_without_an_address_or_an_agreement_is_told(pair):
    push(pair, pair.a.submit("b", DOCUMENT))
    (one,) = owed(pair)
    pmodes = pair.b.ports.agreements.pmodes
    leg = pmodes[one.pmode_id].leg
    security = replace(leg.security, send_receipt=replace(leg.security.send_receipt, reply_to=None))
    pmodes[one.pmode_id] = replace(pmodes[one.pmode_id], leg=replace(leg, security=security))
    with pytest.raises(LookupError, match="no address for receipts"):
        outgoing_signal(one, pair.b.ports)
    del pmodes[one.pmode_id]
    with pytest.raises(LookupError):
        outgoing_signal(one, pair.b.ports)
