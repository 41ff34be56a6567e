"""Sync between two nodes in memory: the answer as the response, the receipts by callback, and what nobody may slip in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.ebms.namespaces import SYNC, TWO_WAY
from node.ebms.pmode import PMode
from node.ebms.states import OutboundState
from node.msh.outbound import overdue
from node.msh.ports import Answer, HttpAnswer, StorageUnavailable, TransportError
from node.msh.second_leg import read_second_leg, settle_first_leg, take_second_leg
from node.msh.submit import MOST_ON_CONNECTION
from node.store.finding import Witness
from node.store.invariants import check
from tests.msh.pulls import URL, answer_octets, octets_of, post_owed
from tests.stored import stored_pair

ASK, ANSWER = "co.certificate", "co.answer"
WAIT = 20.0


@pytest.fixture(params=["memory", "disk"])
def pair(request: Any, pair_of: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    """a asks with co.certificate, and b answers with co.answer on the same connection; at the end every invariant of the stores is asked."""
    on_disk = request.param == "disk"
    pair = stored_pair(tmp_path) if on_disk else pair_of()
    for node in (pair.a, pair.b):
        pmodes = node.ports.agreements.pmodes
        pmodes["answer"] = second_leg(pmodes[f"b-a:{ASK}"])
        first = pmodes[f"a-b:{ASK}"]
        receipt = replace(first.leg.security.send_receipt, reply_to=URL)
        leg = replace(first.leg, security=replace(first.leg.security, send_receipt=receipt))
        pmodes[first.id] = replace(first, mep=TWO_WAY, mep_binding=SYNC, sync=WAIT, leg=leg)
    yield pair
    if on_disk:
        for node in (pair.a, pair.b):
            assert list(check(node.messages, Witness(node.clock.now(), serving=True))) == []
        pair.close()


def second_leg(back: PMode) -> PMode:
    receipt = replace(back.leg.security.send_receipt, reply_pattern="Callback", reply_to=URL)
    leg = replace(
        back.leg,
        business_info=replace(back.leg.business_info, action=ANSWER),
        security=replace(back.leg.security, send_receipt=receipt),
        error_handling=replace(back.leg.error_handling, as_response=False, receiver_errors_to=URL),
    )
    return replace(back, id="answer", leg=leg, answers=ASK, mep=TWO_WAY, mep_binding=SYNC, sync=WAIT)


def ask(pair: Any) -> tuple[Any, Answer]:
    """The request under way, and what b holds ready for it."""
    outgoing = pair.a.prepare(pair.a.submit("b", b"<co/>"))
    return outgoing, pair.b.receive(outgoing.content_type, octets_of(outgoing))


def respond(pair: Any, asked: str, document: bytes = b"<yes/>") -> str:
    return str(pair.b.submit("a", document, action=ANSWER, ref_to_message_id=asked))


def settle(pair: Any, outgoing: Any, answer: Answer) -> tuple[OutboundState, bool]:
    http = HttpAnswer(answer.status, answer.content_type, answer_octets(answer))
    return settle_first_leg(outgoing, http, "b.example", pair.a.ports)


def state(node: Any, message_id: str) -> OutboundState:
    return OutboundState(node.messages.exchange(message_id).state)


def test_the_answer_is_the_response_and_both_receipts_are_posted(pair):
    outgoing, receipt = ask(pair)
    assert receipt.awaited.seconds == WAIT
    assert take_second_leg(receipt.awaited, pair.b.ports) is None
    answer = respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    assert settle(pair, outgoing, response) == (OutboundState.AWAITING_RECEIPT, True)
    (got,) = pair.a.messages.deliverable(9)
    assert got.user_message.message_info.ref_to_message_id == outgoing.message_id
    assert state(pair.b, answer) is OutboundState.AWAITING_RECEIPT
    assert post_owed(pair.a, pair.b) == [Answer(202)]
    assert post_owed(pair.b, pair.a) == [Answer(202)]
    assert state(pair.a, outgoing.message_id) is OutboundState.ACKNOWLEDGED
    assert state(pair.b, answer) is OutboundState.ACKNOWLEDGED


def test_the_answer_goes_out_once(pair):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    assert take_second_leg(receipt.awaited, pair.b.ports) is not None
    assert take_second_leg(receipt.awaited, pair.b.ports) is None


def test_without_an_answer_the_receipt_answers_alone(pair):
    outgoing, receipt = ask(pair)
    assert settle(pair, outgoing, receipt) == (OutboundState.ACKNOWLEDGED, False)
    assert pair.b.messages.owed(9, pair.b.clock.now()) == []


def test_an_answer_that_comes_too_late_is_pushed(pair):
    outgoing, receipt = ask(pair)
    settle(pair, outgoing, receipt)
    answer = respond(pair, outgoing.message_id)
    waiting = pair.b.messages.exchange(answer)
    assert waiting.waits_for == f"to go to a on the connection of {outgoing.message_id}, else to be pushed"
    assert waiting.due_at == pair.b.clock.now() + timedelta(seconds=WAIT)
    assert pair.b.messages.claim("w", 9, pair.b.clock.now()) == []
    pair.b.clock.advance(seconds=WAIT)
    (due,) = pair.b.messages.claim("w", 9, pair.b.clock.now())
    assert due.message_id == answer
    pushed = pair.b.prepare(answer)
    taken = pair.a.receive(pushed.content_type, octets_of(pushed))
    assert taken == Answer(202)
    pair.b.settle(answer, taken)
    assert len(pair.a.messages.deliverable(9)) == 1
    post_owed(pair.a, pair.b)
    assert state(pair.b, answer) is OutboundState.ACKNOWLEDGED


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "lost"])
def test_an_answer_whose_receipt_stays_out_is_pushed_and_taken_once(pair, stored):
    outgoing, receipt = ask(pair)
    answer = respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    if stored:
        settle(pair, outgoing, response)
    else:
        settle_first_leg(outgoing, TransportError("the line broke"), "b", pair.a.ports)
    pair.b.clock.advance(minutes=11)
    (late,) = pair.b.messages.overdue(9, pair.b.clock.now())
    assert overdue(late, pair.b.ports) is OutboundState.READY
    (due,) = pair.b.messages.claim("w", 9, pair.b.clock.now())
    assert due.message_id == answer
    again = pair.b.prepare(answer)
    assert octets_of(again) == answer_octets(response)
    assert pair.a.receive(again.content_type, octets_of(again)) == Answer(202)
    assert len(pair.a.messages.deliverable(9)) == 1


def test_a_crash_before_it_is_written_down_what_came_of_the_request(pair):
    """The answer is stored; the request goes out again, gets the stored receipt, and the answer is not delivered twice."""
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    pmode = pair.a.ports.agreements.get(outgoing.pmode_id)
    http = HttpAnswer(200, response.content_type, answer_octets(response))
    assert read_second_leg(outgoing, pmode, http, "b", pair.a.ports)[1]
    pair.a.messages.recover(pair.a.clock.now())
    assert state(pair.a, outgoing.message_id) is OutboundState.READY
    again = pair.a.prepare(outgoing.message_id)
    second = pair.b.receive(again.content_type, octets_of(again))
    assert take_second_leg(second.awaited, pair.b.ports) is None
    assert settle(pair, again, second) == (OutboundState.ACKNOWLEDGED, False)
    assert len(pair.a.messages.deliverable(9)) == 1


def test_a_crash_before_the_receipt_of_the_request_is_owed(pair, monkeypatch):
    """The answer is claimed and no receipt is owed: the request comes again, and the answer is pushed in the end."""
    outgoing, receipt = ask(pair)
    answer = respond(pair, outgoing.message_id)

    def dies(*_: Any) -> None:
        raise StorageUnavailable("the power is out")

    with monkeypatch.context() as patch:
        patch.setattr(pair.b.messages, "owe", dies)
        with pytest.raises(StorageUnavailable):
            take_second_leg(receipt.awaited, pair.b.ports)
    assert settle_first_leg(outgoing, TransportError("gone"), "b", pair.a.ports)[0] is OutboundState.READY
    again = pair.a.prepare(outgoing.message_id)
    assert settle(pair, again, pair.b.receive(again.content_type, octets_of(again)))[0] is OutboundState.ACKNOWLEDGED
    pair.b.clock.advance(minutes=11)
    (late,) = pair.b.messages.overdue(9, pair.b.clock.now())
    assert overdue(late, pair.b.ports) is OutboundState.READY
    assert [one.message_id for one in pair.b.messages.claim("w", 9, pair.b.clock.now())] == [answer]


def test_a_request_that_comes_again_gets_the_answer_or_the_same_receipt_at_once(pair):
    outgoing, receipt = ask(pair)
    # The first connection broke.
    assert settle_first_leg(outgoing, TransportError("gone"), "b", pair.a.ports) == (OutboundState.READY, False)
    again = pair.b.receive(outgoing.content_type, octets_of(outgoing))
    assert (again.octets, again.awaited.seconds) == (receipt.octets, 0.0)
    assert take_second_leg(again.awaited, pair.b.ports) is None
    answer = respond(pair, outgoing.message_id)
    third = pair.b.receive(outgoing.content_type, octets_of(outgoing))
    assert take_second_leg(third.awaited, pair.b.ports) is not None
    assert state(pair.b, answer) is OutboundState.AWAITING_RECEIPT


def test_an_answer_alone_acknowledges_nothing(pair):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    settle(pair, outgoing, take_second_leg(receipt.awaited, pair.b.ports))
    pair.a.clock.advance(minutes=11)
    (late,) = pair.a.messages.overdue(9, pair.a.clock.now())
    assert late.message_id == outgoing.message_id
    assert overdue(late, pair.a.ports) is OutboundState.READY


def test_what_is_too_large_for_the_connection_is_pushed_at_once(pair):
    outgoing, receipt = ask(pair)
    answer = respond(pair, outgoing.message_id, b"x" * (MOST_ON_CONNECTION + 1))
    assert take_second_leg(receipt.awaited, pair.b.ports) is None
    assert pair.b.messages.exchange(answer).due_at == pair.b.clock.now()


def test_nothing_is_accepted_while_the_store_takes_nothing(pair, monkeypatch):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)

    def full(_accepted: Any) -> Any:
        raise StorageUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(pair.a.messages, "accept_once", full)
        with pytest.raises(StorageUnavailable):
            settle(pair, outgoing, response)
    assert state(pair.a, outgoing.message_id) is OutboundState.SENDING
    assert settle(pair, outgoing, response) == (OutboundState.AWAITING_RECEIPT, True)


# -- attackers -------------------------------------------------------------------------------------------------------


def refused(pair: Any, outgoing: Any, response: Answer) -> str:
    """What the history says after an answer that must not be taken."""
    assert settle(pair, outgoing, response) == (OutboundState.READY, False)
    assert pair.a.messages.deliverable(9) == []
    return str(pair.a.messages.history(outgoing.message_id)[-1].detail)


def test_a_message_of_another_partner_is_not_taken(pair):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    pmodes = pair.a.ports.agreements.pmodes
    pmodes["answer"] = replace(pmodes["answer"], partner="c")
    assert "b was asked, and it answers with a message of answer" in refused(pair, outgoing, response)


def test_an_answer_to_another_request_is_not_taken(pair):
    first, receipt = ask(pair)
    second, _ = ask(pair)
    respond(pair, first.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    assert f"the answer to {second.message_id} says that it answers '{first.message_id}'" in refused(pair, second, response)


def test_a_message_that_is_no_answer_is_not_taken(pair):
    outgoing, _ = ask(pair)
    other = pair.b.prepare(pair.b.submit("a", b"<co/>"))
    assert "answers with a message of" in refused(pair, outgoing, Answer(200, other.content_type, octets_of(other)))


def test_a_forged_answer_is_not_taken(pair):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    octets = answer_octets(response).replace(b">C4<", b">C5<")
    assert octets != answer_octets(response)
    assert "answer not accepted" in refused(pair, outgoing, Answer(200, response.content_type, octets))


def test_where_sync_is_not_agreed_a_user_message_is_no_answer(pair):
    outgoing, receipt = ask(pair)
    respond(pair, outgoing.message_id)
    response = take_second_leg(receipt.awaited, pair.b.ports)
    pmodes = pair.a.ports.agreements.pmodes
    pmodes[outgoing.pmode_id] = replace(pmodes[outgoing.pmode_id], sync=0.0)
    refused(pair, outgoing, response)


def test_nobody_can_pull_what_waits_for_a_connection(pair):
    from node.msh.next_action import second_leg_of

    outgoing, _ = ask(pair)
    respond(pair, outgoing.message_id)
    assert pair.b.ports.agreements.offered(second_leg_of(outgoing.message_id)) == []
