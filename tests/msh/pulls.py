"""A pair whose node b pulls from node a, and the moves of both."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from node.ebms.pmode import PMode, Pulling
from node.msh.callback import outgoing_signal, settle_signal
from node.msh.opening import open_message
from node.msh.ports import Answer, HttpAnswer, Outgoing, Ports
from node.msh.pulling import Pulled, pull_request, take_pulled

MPC = "urn:n2n:mpc:a-b"
PMODE = "a-b:co.certificate"
URL = "https://memory.invalid/as4"


def pulled(pair: Any) -> Any:
    """What a sends to b is pulled by b."""
    for node in (pair.a, pair.b):
        pmodes = node.ports.agreements.pmodes
        pmodes[PMODE] = as_pulled(pmodes[PMODE])
    return pair


def as_pulled(pmode: PMode) -> PMode:
    leg = pmode.leg
    receipt = replace(leg.security.send_receipt, reply_pattern="Callback", reply_to=URL)
    return replace(
        pmode,
        pulling=Pulling(),
        leg=replace(
            leg,
            business_info=replace(leg.business_info, mpc=MPC),
            security=replace(leg.security, send_receipt=receipt),
            error_handling=replace(leg.error_handling, as_response=False, receiver_errors_to=URL),
        ),
    )


def octets_of(outgoing: Outgoing) -> bytes:
    return b"".join(bytes(chunk) for segment in outgoing.body for chunk in segment.chunks())


def answer_octets(answer: Answer | Outgoing) -> bytes:
    """All that is sent."""
    head = answer.octets if isinstance(answer, Answer) else b""
    return head + b"".join(bytes(chunk) for segment in answer.body for chunk in segment.chunks())


def request_of(pair: Any, change: Callable[[PMode], PMode] = lambda p: p, ports: Ports | None = None) -> tuple[str, bytes]:
    """A PullRequest of b as Content-Type and octets."""
    request = pull_request(change(pair.b.ports.agreements.get(PMODE)), ports or pair.b.ports)
    return request.content_type, octets_of(request)


def take(pair: Any, request: Outgoing, answer: Answer) -> Pulled:
    return take_pulled(request, answer.status, answer.content_type, (answer_octets(answer),), "memory", pair.b.ports)


def pull(pair: Any) -> Pulled:
    """Node b asks node a once."""
    request = pull_request(pair.b.ports.agreements.get(PMODE), pair.b.ports)
    return take(pair, request, pair.a.receive(request.content_type, octets_of(request)))


def post_owed(sender: Any, receiver: Any) -> list[Answer]:
    """Every signal that one node owes goes to the other."""
    answers = []
    for owed in sender.messages.owed(99, sender.ports.waiting.now()):
        outgoing = outgoing_signal(owed, sender.ports)
        answers.append(receiver.receive(outgoing.content_type, octets_of(outgoing)))
        settle_signal(owed, HttpAnswer(answers[-1].status, None, answers[-1].octets), sender.ports)
    return answers


def code_of(answer: Answer) -> tuple[str, str]:
    """Code and severity of the error in an answer."""
    (signal,) = open_message(answer_octets(answer), None).messaging.signal_messages
    return signal.errors[0].code, signal.errors[0].severity
