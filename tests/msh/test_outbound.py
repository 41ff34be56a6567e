"""Sending: an attempt is written down before it starts, and what each answer means for the message."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.pair import body_of
from node.clock import SteadyClock
from node.ebms.errors import EbmsError, Other
from node.ebms.message import ErrorReport
from node.ebms.pmode import Limits, Protocol, ReceptionAwareness, SendReceipt
from node.ebms.states import OutboundState
from node.msh.next_action import ALWAYS_OPEN, FALL_BACK, REJECT, Calendar, Closed
from node.msh.outbound import begin, error_sentence, overdue, prepare, settle
from node.msh.ports import Exchange, HttpAnswer, NotNow, SubmissionError, TransportError
from node.msh.signals import Verdict, write_error
from node.sending import Sending
from tests.msh.edits import DOCUMENT, PairOf, change, leg, security


def test_the_request_goes_where_the_p_mode_says_with_its_patience(pair_of: PairOf) -> None:
    pair = pair_of()
    limits = Limits(connect_timeout=3, read_timeout=7)
    change(pair.a, lambda p: leg(p, protocol=Protocol("https://kr.example/as4"), limits=limits))
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    assert (outgoing.url, outgoing.connect_timeout, outgoing.read_timeout) == ("https://kr.example/as4", 3, 7)
    assert outgoing.partner == "b"


def test_octets_and_references_are_kept_before_the_request_is_handed_out(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert (exchange.state, exchange.attempts) == (OutboundState.SENDING, 1)
    assert (exchange.wire, exchange.references) == (outgoing.body, outgoing.references)


def test_the_attempt_begins_when_packaging_has_ended(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    sink = pair.a.ports.quarantine.sink

    def slow() -> object:
        pair.a.clock.advance(seconds=40)
        return sink()

    pair.a.ports.quarantine.sink = slow  # type: ignore[method-assign,assignment]
    began = pair.a.clock.now()
    pair.a.prepare(message_id)
    assert (pair.a.messages.history(message_id)[-1].at - began).total_seconds() >= 40


def test_a_message_that_cannot_be_packaged_has_not_been_attempted(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)

    def none(names: object, now: object) -> object:
        raise SubmissionError("no certificate of b is valid now")

    pair.a.ports.keyring.recipient = none  # type: ignore[method-assign]
    with pytest.raises(SubmissionError, match="no certificate of b"):
        pair.a.prepare(message_id)
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert (exchange.state, exchange.attempts) == (OutboundState.SUBMITTED, 0)


def test_a_resend_is_a_new_attempt_and_no_new_signature(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    settle(pair.a.prepare(message_id), TransportError("gone"), pair.a.ports)
    # A key that is no longer there is not needed either.
    pair.a.ports.keyring.own.clear()  # type: ignore[attr-defined]
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    again = prepare(exchange, pair.a.ports)
    assert again.references == exchange.references
    kept = pair.a.messages.exchange(message_id)
    assert kept is not None
    assert kept.attempts == 2


def callback(pmode: Any) -> Any:
    return security(pmode, send_receipt=SendReceipt(reply_pattern="Callback"))


def none_owed(pmode: Any) -> Any:
    return security(pmode, send_receipt=SendReceipt(send=False))


@pytest.mark.parametrize(
    ("edit", "status", "octets", "state", "word"),
    [
        (callback, 202, b"", OutboundState.AWAITING_RECEIPT, "by callback"),
        (callback, 200, b" \r\n", OutboundState.AWAITING_RECEIPT, "by callback"),
        (callback, 404, b"", OutboundState.READY, "HTTP 404"),
        (none_owed, 204, b"", OutboundState.SENT, "no receipt is agreed"),
        (none_owed, 302, b"", OutboundState.READY, "HTTP 302"),
    ],
)
def test_silence_means_what_was_agreed(
    pair_of: PairOf, edit: Any, status: int, octets: bytes, state: OutboundState, word: str
) -> None:
    pair = pair_of()
    change(pair.a, edit)
    message_id = pair.a.submit("b", DOCUMENT)
    assert settle(pair.a.prepare(message_id), HttpAnswer(status, None, octets), pair.a.ports) is state
    assert word in pair.a.messages.history(message_id)[-1].detail


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_signal_is_read_whatever_the_status(pair_of: PairOf, status: int) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, body_of(outgoing))
    received = HttpAnswer(status, answer.content_type, answer.octets)
    assert settle(outgoing, received, pair.a.ports) is OutboundState.ACKNOWLEDGED
    step = pair.a.messages.history(message_id)[-1]
    assert (step.http_status, step.answer.octets if step.answer else None) == (status, answer.octets)  # type: ignore[attr-defined]


def test_a_lost_connection_is_an_attempt_in_the_history_with_its_code(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    lost = TransportError("kr.example:443: connection refused")
    assert settle(pair.a.prepare(message_id), lost, pair.a.ports) is OutboundState.READY
    step = pair.a.messages.history(message_id)[-1]
    assert (step.detail, step.error_code) == ("kr.example:443: connection refused", "EBMS:0005")


def damaged(body: bytes) -> bytes:
    """One bit of the ciphertext is not what it was."""
    at = body.rindex(b"\r\n--") - 30
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def attempt(pair: Any, message_id: str, on_the_way: Callable[[bytes], bytes] = bytes) -> OutboundState:
    """One attempt, whose octets may suffer on their way."""
    pair.a.clock.advance(seconds=3600)
    exchange = pair.a.messages.exchange(message_id)
    outgoing = prepare(exchange, pair.a.ports)
    answer = pair.b.receive(outgoing.content_type, on_the_way(body_of(outgoing)))
    return settle(outgoing, HttpAnswer(answer.status, answer.content_type, answer.octets), pair.a.ports)


def test_a_refusal_that_damage_on_the_way_explains_is_doubted(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    assert attempt(pair, message_id, damaged) is OutboundState.READY
    step = pair.a.messages.history(message_id)[-1]
    assert (step.event, step.error_code) == ("REFUSAL_DOUBTED", "EBMS:0102")
    assert step.detail.endswith("damage on the way looks the same, so the same octets go again")
    assert attempt(pair, message_id) is OutboundState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("parameters", "states"),
    [("", "READY READY FAILED"), ("refused=1", "READY FAILED"), ("refused=0", "FAILED"), ("max_retries=0", "FAILED")],
)
def test_a_refusal_is_the_end_once_it_was_doubted_as_often_as_agreed(pair_of: PairOf, parameters: str, states: str) -> None:
    pair = pair_of()
    change(pair.a, lambda p: leg(p, reception_awareness=ReceptionAwareness(retry_parameters=parameters)))
    message_id = pair.a.submit("b", DOCUMENT)
    assert [attempt(pair, message_id, damaged) for _ in states.split()] == states.split()
    step = pair.a.messages.history(message_id)[-1]
    assert (step.event, step.error_code) == ("ERROR_RECEIVED", "EBMS:0102")


def test_a_refusal_that_no_damage_explains_is_the_end(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, lambda p: security(p, encryption=replace(p.leg.security.encryption, encrypt=False)))
    message_id = pair.a.submit("b", DOCUMENT)
    assert attempt(pair, message_id) is OutboundState.FAILED
    assert pair.a.messages.history(message_id)[-1].error_code == "EBMS:0103"


def test_a_signed_warning_ends_nothing(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    warning = replace(Other, severity="warning")
    pmode = pair.b.ports.agreements.get("a-b:co.certificate")
    content_type, octets = write_error(EbmsError(warning, "", ref_to_message_id=message_id), pmode, pair.b.ports)
    assert settle(outgoing, HttpAnswer(200, content_type, octets), pair.a.ports) is OutboundState.READY
    assert pair.a.messages.history(message_id)[-1].error_code == "EBMS:0004"


def test_an_answer_that_speaks_of_another_message_leaves_this_one_open(pair_of: PairOf) -> None:
    pair = pair_of()
    first, second = (pair.a.prepare(pair.a.submit("b", DOCUMENT)) for _ in range(2))
    answer = pair.b.receive(second.content_type, body_of(second))
    assert settle(first, HttpAnswer(200, answer.content_type, answer.octets), pair.a.ports) is OutboundState.READY
    assert "no signal about" in pair.a.messages.history(first.message_id)[-1].detail


def test_a_user_message_for_an_answer_is_none(pair_of: PairOf) -> None:
    pair = pair_of()
    outgoing = pair.a.prepare(pair.a.submit("b"))
    echo = HttpAnswer(200, outgoing.content_type, body_of(outgoing))
    assert settle(outgoing, echo, pair.a.ports) is OutboundState.READY


def test_the_partners_error_is_told_in_one_line() -> None:
    report = ErrorReport("EBMS:0101", "failure", short_description="FailedAuthentication", error_detail="key unknown")
    verdict = Verdict(matched=False, authentic=False, error=report, detail="the error is not signed, so it is only a hint")
    assert error_sentence(report, verdict) == (
        "partner reports EBMS:0101: FailedAuthentication: key unknown: the error is not signed, so it is only a hint"
    )


# -- when, and for how long --------------------------------------------------------------------------------------------


def retrying(parameters: str) -> Callable[[Any], Any]:
    return lambda pmode: leg(callback(pmode), reception_awareness=ReceptionAwareness(retry_parameters=parameters))


def exchange_of(node: Any, message_id: str) -> Exchange:
    exchange = node.messages.exchange(message_id)
    assert exchange is not None
    return exchange


def test_a_receipt_that_is_overdue_leads_to_the_same_octets_again_and_then_to_the_end(pair_of: PairOf) -> None:
    pair = pair_of()
    a, clock = pair.a, pair.a.clock
    change(a, retrying("max_retries=1; period=1s; receipt=10m"))
    message_id = a.submit("b", DOCUMENT)
    taken = HttpAnswer(202, None, b"")
    first = begin(exchange_of(a, message_id), a.ports)
    assert settle(first, taken, a.ports) is OutboundState.AWAITING_RECEIPT
    assert a.messages.overdue(9, clock.now()) == []
    clock.advance(minutes=10)
    [late] = a.messages.overdue(9, clock.now())
    assert overdue(late, a.ports) is OutboundState.READY
    [due] = a.messages.claim("nobody", 9, clock.now())
    second = begin(due, a.ports)
    assert body_of(second) == body_of(first)
    assert settle(second, taken, a.ports) is OutboundState.AWAITING_RECEIPT
    clock.advance(minutes=10)
    [late] = a.messages.overdue(9, clock.now())
    assert overdue(late, a.ports) is OutboundState.FAILED
    last = a.messages.history(message_id)[-1]
    assert (last.event, last.error_code, last.detail) == ("GAVE_UP", "EBMS:0301", "given up after 2 of 2 attempts")


def test_a_receipt_that_comes_when_all_was_given_up_is_still_proof(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.a, retrying("max_retries=0"))
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = begin(exchange_of(pair.a, message_id), pair.a.ports)
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    assert settle(outgoing, TransportError("b: the answer broke off"), pair.a.ports) is OutboundState.FAILED
    pair.a.clock.advance(days=9)
    assert pair.a.receive(receipt.content_type or "", receipt.octets).status == 202
    assert exchange_of(pair.a, message_id).state is OutboundState.ACKNOWLEDGED
    assert [one.event for one in pair.a.messages.history(message_id)[-2:]] == ["GAVE_UP", "RECEIPT_MATCHED"]


class Window:
    """A calendar that is closed from now for an hour."""

    def __init__(self, now: datetime, policy: str) -> None:
        self.end, self.policy = now + timedelta(hours=1), policy

    def closed(self, at: datetime) -> Closed | None:
        return Closed("monthly maintenance", self.end, self.policy, "https://dr.example/as4") if at < self.end else None

    def after(self, start: datetime, open_time: timedelta) -> tuple[datetime, str]:
        if start < self.end and self.policy != FALL_BACK:
            return self.end + open_time, "monthly maintenance"
        return start + open_time, ""


def under(pair: Any, calendar: Calendar) -> Any:
    pair.a.ports = replace(pair.a.ports, calendar_of=lambda partner: calendar if partner == "b" else ALWAYS_OPEN)
    return pair.a


def test_what_is_submitted_in_a_window_waits_for_its_end_and_says_so(pair_of: PairOf) -> None:
    pair = pair_of()
    a = under(pair, Window(pair.a.clock.now(), "buffer"))
    exchange = exchange_of(a, a.submit("b", DOCUMENT))
    assert (exchange.waits_for, exchange.due_at) == ("monthly maintenance", a.clock.now() + timedelta(hours=1))


def test_a_window_in_which_nothing_is_taken_refuses_the_submission(pair_of: PairOf) -> None:
    pair = pair_of()
    a = under(pair, Window(pair.a.clock.now(), REJECT))
    with pytest.raises(
        SubmissionError, match="partner b: takes nothing now: monthly maintenance until 2026-11-24T09:00Z; submit it again"
    ):
        a.submit("b", DOCUMENT)


def test_an_attempt_that_falls_into_a_window_is_put_off_and_counts_for_nothing(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    a = under(pair, Window(pair.a.clock.now(), "buffer"))
    with pytest.raises(NotNow, match="monthly maintenance"):
        begin(exchange_of(a, message_id), a.ports)
    exchange = exchange_of(a, message_id)
    assert (exchange.attempts, exchange.state) == (0, OutboundState.SUBMITTED)
    assert (exchange.waits_for, exchange.due_at) == (
        "monthly maintenance until 2026-11-24T09:00Z",
        a.clock.now() + timedelta(hours=1),
    )


def test_what_is_offered_before_it_is_due_keeps_its_reason(pair_of: PairOf) -> None:
    pair = pair_of()
    a = under(pair, Window(pair.a.clock.now(), "buffer"))
    exchange = exchange_of(a, a.submit("b", DOCUMENT))
    with pytest.raises(NotNow, match="monthly maintenance"):
        begin(exchange, a.ports)
    assert exchange_of(a, exchange.message_id) == exchange


def test_with_fall_back_the_other_address_gets_the_message(pair_of: PairOf) -> None:
    pair = pair_of()
    a = under(pair, Window(pair.a.clock.now(), FALL_BACK))
    exchange = exchange_of(a, a.submit("b", DOCUMENT))
    assert begin(exchange, a.ports).url == "https://dr.example/as4"


def test_what_waits_longer_than_its_horizon_is_given_up_and_not_sent(pair_of: PairOf) -> None:
    pair = pair_of()
    a = pair.a
    change(a, retrying("period=1h; horizon=2h"))
    message_id = a.submit("b", DOCUMENT)
    settle(begin(exchange_of(a, message_id), a.ports), TransportError("gone"), a.ports)
    a.clock.advance(hours=3)
    with pytest.raises(NotNow, match="no receipt within 2h, 1 attempts"):
        begin(exchange_of(a, message_id), a.ports)
    assert exchange_of(a, message_id).state is OutboundState.FAILED


@pytest.mark.parametrize("priority", [-1, 10])
def test_a_priority_lies_between_0_and_9(pair_of: PairOf, priority: int) -> None:
    with pytest.raises(SubmissionError, match="priority"):
        pair_of().a.submit("b", DOCUMENT, priority=priority)


# -- the whole life of a message under a clock that is set at will (INV-11) ------------------------------------------------


@dataclass
class Machine:
    """A machine whose clock can be set, and whose seconds cannot."""

    wall: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    seconds: float = 0.0

    def now(self) -> datetime:
        return self.wall

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


jumps = st.sampled_from([-86400.0, -3600.0, 3600.0, 86400.0, 10 * 365 * 86400.0])
happenings = st.lists(st.tuples(st.floats(1, 7200), st.none() | jumps), min_size=1, max_size=40)


@given(happenings)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_clock_is_set_each_wait_and_the_horizon_take_their_real_time(
    pair_of: PairOf, history: list[tuple[float, float | None]]
) -> None:
    machine, pair = Machine(), pair_of()
    a = pair.a
    change(a, retrying("intervals=10m 1h; horizon=6h"))
    steady = SteadyClock(machine.now, lambda: machine.seconds)
    a.ports = replace(a.ports, clock=machine, steady=steady)
    sending = Sending(a.messages, lambda: a.ports, steady)  # type: ignore[arg-type]
    message_id = a.submit("b", DOCUMENT)
    attempts: list[float] = []
    # In the end enough real time for the horizon, however little there was before.
    for seconds, jump in [*history, *[(600.0, None)] * 40]:
        machine.run(seconds)
        if jump is not None:
            machine.wall += timedelta(seconds=jump)
        # The jump is noticed only after whatever happens now.
        for due in a.messages.claim("nobody", 9, steady.now()):
            try:
                outgoing = begin(due, a.ports)
            except NotNow:
                a.messages.release([due])
                continue
            attempts.append(machine.seconds)
            settle(outgoing, TransportError("gone"), a.ports)
        assert sending.clock_was_set() is (jump is not None)
        exchange = exchange_of(a, message_id)
        if exchange.state is OutboundState.FAILED:
            assert machine.seconds - attempts[0] >= 6 * 3600 - 1
            break
    assert exchange_of(a, message_id).state is OutboundState.FAILED
    waits = [later - earlier for earlier, later in pairwise(attempts)]
    assert all(wait >= least - 1 for wait, least in zip(waits, [600.0, *[3600.0] * 40], strict=False))
    assert all(at - attempts[0] < 6 * 3600 for at in attempts)


@pytest.mark.parametrize(("status", "waits"), [(503, 300.0), (429, 300.0), (500, 0.0)])
def test_a_busy_partner_is_left_alone_for_as_long_as_it_asks(pair_of: PairOf, status: int, waits: float) -> None:
    pair = pair_of()
    change(pair.a, retrying("intervals=10s; horizon=6h"))
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    settle(outgoing, HttpAnswer(status, None, b"", 300.0), pair.a.ports)
    exchange = exchange_of(pair.a, message_id)
    assert exchange.due_at is not None
    assert exchange.due_at == pair.a.clock.now() + timedelta(seconds=max(waits, 10))
