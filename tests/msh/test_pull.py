"""Answering PullRequests between two nodes in memory: who gets what, and who learns nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from node.ebms.errors import FailedAuthentication
from node.ebms.message import MessageInfo, PullRequest, SignalMessage
from node.ebms.pmode import Pulling
from node.ebms.states import OutboundState
from node.msh.opening import open_message
from node.msh.ports import Answer
from node.msh.pulling import Brought, pull_request, take_pulled
from node.msh.seen import Seen
from node.msh.signals import write_signal
from node.msh.submit import timestamp
from tests.msh.pulls import MPC, PMODE, answer_octets, code_of, post_owed, pull, pulled, request_of, take

DOCUMENT = b"<co/>"


@pytest.fixture
def pair(pair_of: Callable[..., Any]) -> Any:
    return pulled(pair_of())


def state(pair: Any, message_id: str) -> OutboundState:
    return pair.a.messages.exchange(message_id).state


def test_a_message_is_pulled_and_its_receipt_posted(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    waiting = pair.a.messages.exchange(message_id)
    assert (waiting.due_at, waiting.waits_for) == (None, f"to be pulled by b on MPC {MPC}")
    assert pair.a.messages.claim("nobody", 9, pair.a.clock.now()) == []
    assert pull(pair).brought is Brought.MESSAGE
    assert state(pair, message_id) is OutboundState.AWAITING_RECEIPT
    assert [one.message_id for one in pair.b.messages.deliverable(9)] == [message_id]
    assert post_owed(pair.b, pair.a) == [Answer(202)]
    assert state(pair, message_id) is OutboundState.ACKNOWLEDGED
    assert pull(pair).brought is Brought.NOTHING


def test_whoever_asks_tells_its_time(pair):
    told = []
    pair.a.ports = replace(pair.a.ports, told_time=lambda *one: told.append(one))
    pair.b.clock.advance(minutes=3)
    pair.a.receive(*request_of(pair))
    assert told == [("b", pair.b.clock.at, pair.a.clock.at)]


def test_the_oldest_goes_first_and_none_goes_twice(pair):
    sent = [pair.a.submit("b", DOCUMENT) for _ in range(3)]
    answers = [pair.a.receive(*request_of(pair)) for _ in range(4)]
    got = [open_root(answer).user_message.message_info.message_id for answer in answers[:3]]
    assert got == sent
    assert code_of(answers[3]) == ("EBMS:0006", "warning")


def open_root(answer: Answer) -> Any:
    from node.mime.package import Package

    root = Package.open(answer.content_type or "", (answer_octets(answer),)).root
    return open_message(root.octets, root.media_type).messaging


def test_the_pulled_message_names_its_channel_and_not_the_request(pair):
    pair.a.submit("b", DOCUMENT)
    message = open_root(pair.a.receive(*request_of(pair))).user_message
    assert message.mpc == MPC
    assert message.message_info.ref_to_message_id is None


def test_nothing_to_pull_is_said_about_the_request_and_signed(pair):
    content_type, octets = request_of(pair)
    opened = open_message(answer_octets(pair.a.receive(content_type, octets)), None)
    (signal,) = opened.messaging.signal_messages
    asked = open_message(octets, None).messaging.signal_messages[0].message_info.message_id
    assert signal.message_info.ref_to_message_id == asked
    assert opened.claim.signature is not None
    assert not pair.a.messages.refused()


def test_without_a_receipt_the_same_octets_are_pulled_again(pair):
    from node.msh.outbound import overdue

    message_id = pair.a.submit("b", DOCUMENT)
    first = answer_octets(pair.a.receive(*request_of(pair)))
    assert code_of(pair.a.receive(*request_of(pair)))[0] == "EBMS:0006"
    pair.a.clock.advance(minutes=11)
    pair.b.clock.advance(minutes=11)
    (late,) = pair.a.messages.overdue(9, pair.a.clock.now())
    assert overdue(late, pair.a.ports) is OutboundState.READY
    assert pair.a.messages.exchange(message_id).due_at is None
    assert answer_octets(pair.a.receive(*request_of(pair))) == first
    assert pair.a.messages.exchange(message_id).attempts == 2


def test_a_message_that_nobody_pulls_is_given_up_at_its_horizon(pair):
    from node.msh.outbound import expire

    message_id = pair.a.submit("b", DOCUMENT)
    assert pair.a.messages.unpulled(9, pair.a.clock.now()) == []
    pair.a.clock.advance(days=3)
    (old,) = pair.a.messages.unpulled(9, pair.a.clock.now())
    assert expire(old, None, pair.a.ports)
    assert state(pair, message_id) is OutboundState.FAILED
    last = pair.a.messages.history(message_id)[-1]
    assert (last.error_code, last.detail) == ("EBMS:0301", f"given up: not pulled in time by b on MPC {MPC}")


def test_what_is_over_its_horizon_is_not_handed_out_before_the_sweep_has_seen_it(pair):
    pair.a.submit("b", DOCUMENT)
    pair.a.messages.unfrozen_of_all(9)
    answer_octets(pair.a.receive(*request_of(pair)))
    pair.a.clock.advance(minutes=11)
    from node.msh.outbound import overdue

    overdue(pair.a.messages.overdue(9, pair.a.clock.now())[0], pair.a.ports)
    pair.a.clock.advance(days=4)
    pair.b.clock.advance(days=4, minutes=11)
    assert code_of(pair.a.receive(*request_of(pair)))[0] == "EBMS:0006"


# -- attackers -------------------------------------------------------------------------------------------------------


def test_nobody_else_learns_whether_there_is_a_message_or_a_channel(pair, keys_of):
    message_id = pair.a.submit("b", DOCUMENT)
    before = pair.a.messages.exchange(message_id)
    stranger = replace(
        pair.b.ports.keyring, own={**pair.b.ports.keyring.own, "b-sign": keys_of("stranger", "edelivery-1.15").sign}
    )
    not_entitled = request_of(pair, ports=replace(pair.b.ports, keyring=stranger))
    unsigned = request_of(pair, lambda p: replace(p, leg=replace(p.leg, security=without_signature(p.leg.security))))
    unknown = request_of(pair, lambda p: replace(p, leg=replace(p.leg, business_info=replace(p.leg.business_info, mpc="urn:no"))))
    answers = [pair.a.receive(*one) for one in (not_entitled, unsigned, unknown)]
    assert [code_of(one) for one in answers] == [("EBMS:0101", "failure")] * 3
    # The same but for what is new in every signal.
    shapes = {len(answer_octets(one)) for one in answers}
    assert max(shapes) - min(shapes) <= 4
    assert all(open_message(answer_octets(one), None).claim.signature is None for one in answers)
    assert pair.a.messages.exchange(message_id) == before
    said = [one.detail for one in pair.a.messages.refused()]
    assert ["no agreement has this channel" in one for one in said] == [True, False, False]


def without_signature(security: Any) -> Any:
    return replace(security, signal_signature=replace(security.signal_signature, sign=False))


def test_a_request_is_answered_once(pair):
    pair.a.ports = replace(pair.a.ports, first_seen=Seen().first)
    for _ in range(2):
        pair.a.submit("b", DOCUMENT)
    request = request_of(pair)
    assert pair.a.receive(*request).body
    assert code_of(pair.a.receive(*request)) == ("EBMS:0101", "failure")
    assert "answered before" in pair.a.messages.refused()[0].detail


@pytest.mark.parametrize("apart", [timedelta(minutes=11), timedelta(minutes=-11)])
def test_an_old_request_is_not_answered(pair, apart):
    pair.a.submit("b", DOCUMENT)
    request = request_of(pair)
    pair.a.clock.at += apart
    assert code_of(pair.a.receive(*request))[0] == "EBMS:0101"
    assert "from our clock" in pair.a.messages.refused()[0].detail


WORDS = {"token": b"open sesame"}


def with_token(pair: Any, *, digest: bool = True, sign: bool = False, words: dict[str, bytes] | None = None) -> Any:
    pulling = Pulling(username="b-user", password="token", digest=digest)
    for node, known in ((pair.a, WORDS), (pair.b, WORDS if words is None else words)):
        node.ports.keyring.passwords.update(known)
        for name, pmode in node.ports.agreements.pmodes.items():
            if pmode.pulling:
                security = pmode.leg.security if sign else without_signature(pmode.leg.security)
                node.ports.agreements.pmodes[name] = replace(pmode, pulling=pulling, leg=replace(pmode.leg, security=security))
    return pair


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize("sign", [True, False])
def test_a_username_token_may_authorise_instead(pair, digest, sign):
    with_token(pair, digest=digest, sign=sign)
    pair.a.submit("b", DOCUMENT)
    assert pull(pair).brought is Brought.MESSAGE
    assert pull(pair).brought is Brought.NOTHING


@pytest.mark.parametrize("digest", [True, False])
def test_a_wrong_password_gets_nothing(pair, digest):
    with_token(pair, digest=digest, words={"token": b"open, sesame"})
    pair.a.submit("b", DOCUMENT)
    assert code_of(pair.a.receive(*request_of(pair))) == ("EBMS:0101", "failure")
    assert "user or password is wrong" in pair.a.messages.refused()[0].detail


def test_a_token_in_the_other_form_and_no_token_get_nothing(pair):
    with_token(pair)
    pair.a.submit("b", DOCUMENT)
    as_text = request_of(pair, lambda p: replace(p, pulling=replace(p.pulling, digest=False)))
    none = request_of(pair, lambda p: replace(p, pulling=Pulling()))
    assert [code_of(pair.a.receive(*one))[0] for one in (as_text, none)] == ["EBMS:0101"] * 2
    said = [one.detail for one in pair.a.messages.refused()]
    assert "no wsse:UsernameToken" in said[0]
    assert "agreed is as a digest" in said[1]


def test_a_nonce_is_good_once(pair):
    with_token(pair)
    pair.a.ports = replace(pair.a.ports, first_seen=Seen().first)
    pair.a.submit("b", DOCUMENT)
    request = request_of(pair)
    assert pair.a.receive(*request).body
    assert code_of(pair.a.receive(*request))[0] == "EBMS:0101"


def test_what_is_agreed_to_be_pulled_may_not_be_pushed(pair):
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, b"".join(bytes(c) for s in outgoing.body for c in s.chunks()))
    assert code_of(answer)[0] == "EBMS:0010"


# -- receipts --------------------------------------------------------------------------------------------------------


def test_a_receipt_may_travel_with_the_next_request(pair):
    first, second = pair.a.submit("b", DOCUMENT), pair.a.submit("b", DOCUMENT)
    pull(pair)
    (owed,) = pair.b.messages.owed(9, pair.b.clock.now())
    receipt = open_message(b"".join(owed.octets.chunks()), None).messaging.signal_messages[0].receipt
    pmode, ports = pair.b.ports.agreements.get(PMODE), pair.b.ports
    from node.ebms.envelope import empty_body, write_envelope
    from node.ebms.header_writer import write_messaging
    from node.ebms.message import Messaging
    from node.security.sign import security_header, sign

    now = timestamp(pair.b.clock.now())
    signals = (
        SignalMessage(MessageInfo(now, "r@b", first), receipt=receipt),
        SignalMessage(MessageInfo(now, "p@b"), pull_request=PullRequest(MPC)),
    )
    messaging, body = write_messaging(Messaging(signal_messages=signals), "_m"), empty_body("_b")
    policy = pmode.leg.security.signal_signature
    parts = sign(
        messaging, "_m", body, "_b", (), policy, ports.keyring.signing_key(policy.certificate[0], pair.b.clock.now()), "u"
    )
    octets = write_envelope(security_header((parts.octets,)), messaging, body)
    assert pair.a.receive("application/soap+xml", octets).body
    assert state(pair, first) is OutboundState.ACKNOWLEDGED
    assert state(pair, second) is OutboundState.AWAITING_RECEIPT


def test_a_wrong_receipt_leaves_the_message_where_it_is(pair):
    first, second = pair.a.submit("b", DOCUMENT), pair.a.submit("b", b"<other/>")
    pull(pair)
    pull(pair)
    one, two = pair.b.messages.owed(9, pair.b.clock.now())
    wrong = open_message(b"".join(two.octets.chunks()), None).messaging.signal_messages[0].receipt
    info = MessageInfo(timestamp(pair.b.clock.now()), "r@b", first)
    forged = write_signal(SignalMessage(info, receipt=wrong), pair.b.ports.agreements.get(PMODE), pair.b.ports)
    assert code_of(pair.a.receive(*forged))[0] == "EBMS:0302"
    assert {state(pair, first), state(pair, second)} == {OutboundState.AWAITING_RECEIPT}
    assert one.about == first


def test_the_same_message_twice_is_receipted_twice_and_delivered_once(pair):
    pair.a.submit("b", DOCUMENT)
    request = pull_request(pair.b.ports.agreements.get(PMODE), pair.b.ports)
    answer = pair.a.receive(request.content_type, answer_octets(request))
    first = take(pair, request, answer)
    receipts = [b"".join(one.octets.chunks()) for one in pair.b.messages.owed(9, pair.b.clock.now())]
    post_owed(pair.b, pair.a)
    again = take(pair, request, answer)
    assert (first.accepted, again.accepted) == (True, False)
    assert [b"".join(one.octets.chunks()) for one in pair.b.messages.owed(9, pair.b.clock.now())] == receipts
    assert len(pair.b.messages.deliverable(9)) == 1


def test_a_damaged_message_is_refused_by_a_posted_error(pair):
    pair.a.submit("b", DOCUMENT)
    request = pull_request(pair.b.ports.agreements.get(PMODE), pair.b.ports)
    answer = pair.a.receive(request.content_type, answer_octets(request))
    octets = answer_octets(answer).replace(b"co.certificate", b"co.certificatf", 1).replace(b"originalSender", b"originalSendet")
    octets = answer_octets(answer).replace(b">C4<", b">C5<")
    taken = take_pulled(request, 200, answer.content_type, (octets,), "memory", pair.b.ports)
    assert taken.brought is Brought.TROUBLE
    assert pair.b.messages.deliverable(9) == []
    (owed,) = pair.b.messages.owed(9, pair.b.clock.now())
    assert owed.is_error
    assert code_of(Answer(200, owed.content_type, b"".join(owed.octets.chunks())))[0] == FailedAuthentication.code


def test_a_message_of_another_channel_is_not_taken(pair):
    pair.a.submit("b", DOCUMENT)
    request = pull_request(pair.b.ports.agreements.get(PMODE), pair.b.ports)
    answer = pair.a.receive(request.content_type, answer_octets(request))
    pmodes = pair.b.ports.agreements.pmodes
    pmodes["other"] = replace(
        pmodes[PMODE],
        id="other",
        leg=replace(pmodes[PMODE].leg, business_info=replace(pmodes[PMODE].leg.business_info, mpc="urn:other")),
    )
    taken = take_pulled(
        replace(request, pmode_id="other"), 200, answer.content_type, (answer_octets(answer),), "memory", pair.b.ports
    )
    assert taken.brought is Brought.TROUBLE
    assert "and it says" in taken.detail
    assert pair.b.messages.deliverable(9) == []
