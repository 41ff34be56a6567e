"""Two-way exchanges between two nodes in memory: an answer belongs to what it answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from node.ebms.message import MessageInfo
from node.ebms.namespaces import PUSH_AND_PUSH, TWO_WAY
from node.ebms.states import OutboundState
from node.msh.ports import SubmissionError
from tests.msh.pulls import code_of, octets_of

ASK, ANSWER = "co.certificate", "co.answer"


@pytest.fixture
def pair(pair_of: Callable[..., Any]) -> Any:
    """a asks with co.certificate, b answers with co.answer."""
    pair = pair_of()
    for node in (pair.a, pair.b):
        pmodes = node.ports.agreements.pmodes
        back = pmodes[f"b-a:{ASK}"]
        leg = replace(back.leg, business_info=replace(back.leg.business_info, action=ANSWER))
        pmodes["answer"] = replace(back, id="answer", leg=leg, answers=ASK, mep=TWO_WAY, mep_binding=PUSH_AND_PUSH)
    return pair


def push(sender: Any, receiver: Any, message_id: str, change: Callable[[bytes], bytes] = lambda octets: octets) -> Any:
    outgoing = sender.prepare(message_id)
    answer = receiver.receive(outgoing.content_type, change(octets_of(outgoing)))
    sender.settle(message_id, answer)
    return answer


def ask(pair: Any) -> str:
    message_id: str = pair.a.submit("b", b"<co/>")
    push(pair.a, pair.b, message_id)
    return message_id


def test_an_answer_names_what_it_answers_and_keeps_the_conversation(pair):
    asked = ask(pair)
    answer = pair.b.submit("a", b"<yes/>", action=ANSWER, ref_to_message_id=asked)
    push(pair.b, pair.a, answer)
    assert pair.b.messages.exchange(answer).state is OutboundState.ACKNOWLEDGED
    (got,) = pair.a.messages.deliverable(9)
    first = pair.a.messages.exchange(asked).user_message
    assert got.user_message.message_info.ref_to_message_id == asked
    assert got.user_message.collaboration_info.conversation_id == first.collaboration_info.conversation_id
    assert got.user_message.from_party.party_ids == first.to_party.party_ids


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "no message is named; say which: --ref-to MESSAGE-ID"),
        ({"ref_to_message_id": "no@h"}, "'no@h' is no such message of a"),
        ({"conversation_id": "other@h"}, "leave it out"),
    ],
)
def test_what_is_no_answer_cannot_be_submitted(pair, how, said):
    asked = ask(pair)
    if "conversation_id" in how:
        how = {**how, "ref_to_message_id": asked}
    with pytest.raises(SubmissionError, match=said):
        pair.b.submit("a", b"<yes/>", action=ANSWER, **how)


def test_an_answer_is_no_question(pair):
    """A message of another action cannot be answered with this one."""
    back = pair.b.submit("a", b"<co/>")
    push(pair.b, pair.a, back)
    with pytest.raises(SubmissionError, match="no such message"):
        pair.b.submit("a", b"<yes/>", action=ANSWER, ref_to_message_id=back)


def answered_wrongly(pair: Any, **change: Any) -> Any:
    """An answer whose header says something else, signed all the same."""
    asked = ask(pair)
    message_id = pair.b.submit("a", b"<yes/>", action=ANSWER, ref_to_message_id=asked)
    exchange = pair.b.messages.exchange(message_id)
    message = exchange.user_message
    about = change.pop("conversation_id", message.collaboration_info.conversation_id)
    info = MessageInfo(message.message_info.timestamp, message_id, change.pop("ref", asked))
    wrong = replace(message, message_info=info, collaboration_info=replace(message.collaboration_info, conversation_id=about))
    pair.b.messages._outgoing[message_id].exchange = replace(exchange, user_message=wrong)
    return push(pair.b, pair.a, message_id)


@pytest.mark.parametrize("change", [{"ref": None}, {"ref": "no@h"}, {"conversation_id": "other@h"}])
def test_an_answer_to_nothing_of_ours_is_refused(pair, change):
    assert code_of(answered_wrongly(pair, **change)) == ("EBMS:0003", "failure")
    assert pair.a.messages.deliverable(9) == []


def test_only_who_was_asked_may_answer(pair):
    """INV-10: the same MessageId, sent to another partner."""
    asked = ask(pair)
    sent = pair.a.messages._outgoing[asked]
    sent.exchange = replace(sent.exchange, partner="c")
    answer = pair.b.submit("a", b"<yes/>", action=ANSWER, ref_to_message_id=asked)
    assert code_of(push(pair.b, pair.a, answer)) == ("EBMS:0003", "failure")
