"""Exchanges in the store and in its twin: one contract for both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.ebms.states import IllegalTransition, OutboundEvent, OutboundState
from node.msh.intervention import Intervention
from node.msh.next_action import ALWAYS_OPEN, Next, decide_after
from node.msh.ports import NotNow, SubmissionError
from node.msh.schedule import read_schedule

E, S = OutboundEvent, OutboundState

#: Where one clock alone rules the store.
alone = pytest.mark.parametrize("messages", ["sqlite", "memory"], indirect=True)


def test_a_start_makes_due_what_a_wrong_clock_has_put_off(store, a):
    store.messages.submit(a.exchange(submitted_at=a.NOW + timedelta(days=1)))
    store.messages.recover(a.NOW)
    assert len(a.due(store.messages, 9, a.NOW)) == 1


def test_an_exchange_is_read_as_it_was_submitted(messages, a):
    submitted = a.exchange(payloads=(b"<co/>", b"", a.BIG))
    messages.submit(submitted)
    found = messages.exchange("m1@h")
    assert replace(found, payloads=()) == replace(submitted, payloads=(), due_at=submitted.submitted_at)
    assert [a.read(one.octets) for one in found.payloads] == [b"<co/>", b"", a.BIG]
    assert [(one.media_type, one.part_info, one.name) for one in found.payloads] == [
        (one.media_type, one.part_info, one.name) for one in submitted.payloads
    ]
    assert [one.octets.size for one in found.payloads] == [5, 0, len(a.BIG)]


def test_an_unknown_message_id_has_no_exchange(messages):
    assert messages.exchange("nobody@h") is None
    assert messages.history("nobody@h") == []


def test_a_message_id_is_used_once(messages, a):
    messages.submit(a.exchange())
    with pytest.raises(SubmissionError, match="m1@h"):
        messages.submit(a.exchange(payloads=(b"other",)))
    assert a.read(messages.exchange("m1@h").payloads[0].octets) == b"<co/>"


def test_packaging_freezes_the_octets_and_starts_the_first_attempt(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(wire=(b"head", a.BIG, b"tail")), a.NOW)
    found = messages.exchange("m1@h")
    assert (found.state, found.attempts, found.content_type) == (S.SENDING, 1, "multipart/related; x")
    assert [a.read(one) for one in found.wire] == [b"head", a.BIG, b"tail"]
    assert found.references == (a.REFERENCE,)
    assert found.references[0].octets == a.REFERENCE.octets
    assert [(one.event, one.to_state) for one in messages.history("m1@h")] == [
        ("PACKAGED", "READY"),
        ("ATTEMPT_STARTED", "SENDING"),
    ]


def test_packaging_twice_changes_nothing(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    with pytest.raises(IllegalTransition):
        messages.packaged(a.packaged(wire=(b"other",)), a.NOW)
    assert a.read(messages.exchange("m1@h").wire[0]) == b"head"
    assert len(messages.history("m1@h")) == 2


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (E.RECEIPT_MATCHED, S.ACKNOWLEDGED),
        (E.ERROR_RECEIVED, S.FAILED),
        (E.ATTEMPT_FAILED, S.READY),
        (E.REFUSAL_DOUBTED, S.READY),
        (E.TAKEN, S.AWAITING_RECEIPT),
        (E.TAKEN_NO_RECEIPT_OWED, S.SENT),
    ],
)
def test_settling_moves_the_state_and_keeps_the_answer(messages, a, event, state):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    assert messages.settle(a.settlement(event, error_code="EBMS:0005")) is state
    assert messages.exchange("m1@h").state is state
    last = messages.history("m1@h")[-1]
    assert (last.from_state, last.event, last.to_state) == ("SENDING", event.value, state.value)
    assert (last.at, last.detail, last.http_status, last.error_code) == (a.NOW, "because", 200, "EBMS:0005")
    assert (a.read(last.answer), last.answer_content_type) == (b"<receipt/>", "application/soap+xml")


def test_refusals_that_were_doubted_are_counted_until_an_operator_has_it_sent_anew(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.REFUSAL_DOUBTED, decide=decide(a)))
    messages.attempt_started("m1@h", a.NOW, 0)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a)))
    messages.attempt_started("m1@h", a.NOW, 0)
    messages.settle(a.settlement(E.REFUSAL_DOUBTED, decide=decide(a, "max_retries=9")))
    assert (messages.doubted("m1@h"), messages.doubted("nobody@h")) == (2, 0)
    messages.order(Intervention.RESEND, ["m1@h"], a.NOW, a.NOW, "")
    assert messages.doubted("m1@h") == 0


def test_a_late_receipt_is_still_proof(messages, a):
    messages.submit(a.exchange())
    messages.settle(a.settlement(E.GAVE_UP, answer=b""))
    assert messages.settle(a.settlement(E.RECEIPT_MATCHED)) is S.ACKNOWLEDGED
    assert [one.answer is None for one in messages.history("m1@h")] == [True, False]


def test_an_event_that_the_state_does_not_know_leaves_no_trace(messages, a):
    messages.submit(a.exchange())
    with pytest.raises(IllegalTransition):
        messages.settle(a.settlement(E.RESEND_DUE))
    assert messages.exchange("m1@h").state is S.SUBMITTED
    assert messages.history("m1@h") == []


def test_settling_an_unknown_message_is_refused(messages, a):
    with pytest.raises(LookupError, match="nobody@h"):
        messages.settle(a.settlement(E.GAVE_UP, message_id="nobody@h"))


def test_what_is_submitted_or_ready_can_be_sent_when_it_is_due(messages, a):
    for message_id in ("m1@h", "m2@h", "m3@h"):
        messages.submit(a.exchange(message_id))
    messages.packaged(a.packaged("m1@h"), a.NOW)
    assert a.due(messages, 9, a.NOW) == ["m2@h", "m3@h"]
    assert a.due(messages, 1, a.NOW) == ["m2@h"]
    assert a.due(messages, 9, a.NOW, without=["xx"]) == []
    assert messages.claim("nobody", 9, a.NOW - timedelta(seconds=1)) == []


def decide(a, text="period=10s; factor=2; jitter=none; max_retries=2", **other):
    return decide_after(read_schedule(text), ALWAYS_OPEN, a.NOW, 0.5, **other)


def test_a_failed_attempt_waits_before_the_next(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a)))
    assert messages.claim("nobody", 9, a.NOW + timedelta(seconds=9)) == []
    [due] = messages.claim("nobody", 9, a.NOW + timedelta(seconds=10))
    assert [a.read(one) for one in due.wire] == [b"head", b"cipher", b"tail"]
    a.start(messages, "m1@h", a.NOW)
    assert messages.exchange("m1@h").attempts == 2
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a)))
    assert messages.claim("nobody", 9, a.NOW + timedelta(seconds=19)) == []


def test_the_last_attempt_and_giving_up_are_one_transaction(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    ended = messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a, "max_retries=0")))
    assert ended is S.FAILED
    assert [(one.event, one.error_code) for one in messages.history("m1@h")[-2:]] == [
        ("ATTEMPT_FAILED", None),
        ("GAVE_UP", "EBMS:0301"),
    ]
    assert messages.exchange("m1@h").due_at is None
    assert messages.settle(a.settlement(E.RECEIPT_MATCHED)) is S.ACKNOWLEDGED


def test_the_horizon_is_set_once_and_what_it_waits_for_is_kept(messages, a):
    later = a.NOW + timedelta(hours=3)
    decided = Next(later, a.NOW + timedelta(days=3), "maintenance")
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=lambda state, attempts, end: decided))
    found = messages.exchange("m1@h")
    assert (found.due_at, found.give_up_at, found.waits_for) == (later, a.NOW + timedelta(days=3), "maintenance")
    seen = []
    a.start(messages, "m1@h", later)
    assert messages.exchange("m1@h").waits_for == ""
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=lambda *facts: seen.append(facts) or decided))
    assert seen == [(S.READY, 2, a.NOW + timedelta(days=3))]


def test_a_hint_moves_no_due_time(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a)))
    due = messages.exchange("m1@h").due_at
    messages.settle(a.settlement(E.HINT_RECEIVED))
    assert messages.exchange("m1@h").due_at == due == a.NOW + timedelta(seconds=10)


def test_a_receipt_that_is_overdue_is_found_and_never_sent_as_it_is(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.TAKEN, decide=decide(a, "max_retries=2; period=1s; receipt=10m")))
    late = a.NOW + timedelta(minutes=10)
    assert messages.overdue(9, late - timedelta(seconds=1)) == []
    assert [one.message_id for one in messages.overdue(9, late)] == ["m1@h"]
    assert a.due(messages, 9, late) == []
    assert messages.settle(a.settlement(E.RESEND_DUE)) is S.READY
    assert a.due(messages, 9, late) == ["m1@h"]


def test_what_is_postponed_is_due_later_and_says_why(messages, a):
    messages.submit(a.exchange())
    until = a.NOW + timedelta(hours=1)
    messages.postpone("m1@h", until, "maintenance until 09:00Z")
    assert messages.claim("nobody", 9, until - timedelta(seconds=1)) == []
    assert messages.claim("nobody", 9, until)[0].waits_for == "maintenance until 09:00Z"
    messages.settle(a.settlement(E.GAVE_UP))
    messages.postpone("m1@h", until, "too late")
    assert a.due(messages, 9, until) == []


def test_the_urgent_goes_first_and_then_the_longest_due(messages, a):
    for n, priority in enumerate([5, 9, 5, 0]):
        at = a.NOW - timedelta(seconds=n)
        messages.submit(a.exchange(f"m{n}@h", priority=priority, due_at=at))
    assert a.due(messages, 9, a.NOW) == ["m1@h", "m2@h", "m0@h", "m3@h"]
    assert a.due(messages, 2, a.NOW) == ["m1@h", "m2@h"]
    assert messages.exchange("m3@h").priority == 0


def test_an_attempt_at_what_has_ended_meanwhile_does_not_begin(messages, a):
    messages.submit(a.exchange())
    messages.settle(a.settlement(E.GAVE_UP))
    with pytest.raises(NotNow, match="FAILED"):
        messages.packaged(a.packaged(), a.NOW)
    messages.submit(a.exchange("m2@h"))
    messages.packaged(a.packaged("m2@h"), a.NOW)
    messages.settle(a.settlement(E.RECEIPT_MATCHED, "m2@h"))
    with pytest.raises(NotNow, match="ACKNOWLEDGED"):
        a.start(messages, "m2@h", a.NOW)


@alone
def test_when_the_clock_was_set_everything_that_waits_moves_with_it(messages, a):
    messages.submit(a.exchange())
    messages.submit(a.exchange("m2@h"))
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a, "period=10s; horizon=3d")))
    messages.packaged(a.packaged("m2@h"), a.NOW)
    messages.settle(a.settlement(E.RECEIPT_MATCHED, "m2@h"))
    day = timedelta(days=1)
    assert messages.shift(-day, a.NOW - day) == 1
    found = messages.exchange("m1@h")
    assert (found.due_at, found.give_up_at) == (a.NOW + timedelta(seconds=10) - day, a.NOW + 2 * day)
    assert messages.exchange("m2@h").due_at is None


@alone
def test_what_was_written_by_the_clock_as_it_was_set_stays_where_it_is(messages, a):
    day = timedelta(days=1)
    messages.submit(a.exchange("before@h"))
    messages.submit(a.exchange("after@h", submitted_at=a.NOW + day))
    assert messages.shift(day, a.NOW + day + timedelta(seconds=1)) == 1
    assert {one: messages.exchange(one).due_at for one in ("before@h", "after@h")} == {
        "before@h": a.NOW + day,
        "after@h": a.NOW + day,
    }


def test_recovery_voids_what_a_dead_process_left_in_sending(messages, a):
    for message_id in ("m1@h", "m2@h", "m3@h"):
        messages.submit(a.exchange(message_id))
    messages.packaged(a.packaged("m1@h"), a.NOW)
    messages.packaged(a.packaged("m2@h"), a.NOW)
    messages.settle(a.settlement(E.RECEIPT_MATCHED, "m2@h"))
    assert messages.recover(a.NOW) == 1
    assert messages.exchange("m1@h").state is S.READY
    assert messages.exchange("m2@h").state is S.ACKNOWLEDGED
    assert a.due(messages, 9, a.NOW) == ["m1@h", "m3@h"]


# -- an operator's orders ----------------------------------------------------------------------------------------------


def ordered(messages, a, order, *message_ids, why="operator: ticket 7"):
    return [(one.after, one.problem) for one in messages.order(order, message_ids, a.NOW, a.NOW, why)]


def test_what_is_held_is_not_sent_until_it_is_released(messages, a):
    messages.submit(a.exchange())
    assert ordered(messages, a, Intervention.HOLD, "m1@h") == [(S.SUBMITTED, "")]
    found = messages.exchange("m1@h")
    assert (found.held, found.due_at, found.waits_for) == (True, None, "operator: ticket 7")
    assert a.due(messages, 9, a.NOW) == []
    with pytest.raises(NotNow, match="held"):
        messages.packaged(a.packaged(), a.NOW)
    assert ordered(messages, a, Intervention.RELEASE, "m1@h") == [(S.SUBMITTED, "")]
    assert a.due(messages, 9, a.NOW) == ["m1@h"]
    assert [(one.event, one.detail) for one in messages.history("m1@h")] == [
        ("HELD", "operator: ticket 7"),
        ("RELEASED", "operator: ticket 7"),
    ]


def test_what_is_held_during_an_attempt_rests_when_it_has_ended(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    ordered(messages, a, Intervention.HOLD, "m1@h")
    assert messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a, "max_retries=0"))) is S.READY
    found = messages.exchange("m1@h")
    assert (found.held, found.due_at, found.waits_for) == (True, None, "operator: ticket 7")
    ordered(messages, a, Intervention.RELEASE, "m1@h")
    assert a.due(messages, 9, a.NOW) == ["m1@h"]


def test_a_crash_does_not_release_what_is_held(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    ordered(messages, a, Intervention.HOLD, "m1@h")
    messages.recover(a.NOW)
    assert a.due(messages, 9, a.NOW) == []


def test_what_is_cancelled_during_an_attempt_ends_and_a_receipt_is_still_proof(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    assert ordered(messages, a, Intervention.CANCEL, "m1@h") == [(S.FAILED, "")]
    assert messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a))) is S.FAILED
    assert messages.claim("nobody", 9, a.NOW + timedelta(days=9)) == []
    assert messages.settle(a.settlement(E.RECEIPT_MATCHED)) is S.ACKNOWLEDGED


def test_a_resend_sends_the_kept_octets_with_a_new_count_and_horizon(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a, "max_retries=0; horizon=3d")))
    assert ordered(messages, a, Intervention.RESEND, "m1@h") == [(S.READY, "")]
    [due] = messages.claim("nobody", 9, a.NOW)
    assert (due.attempts, due.give_up_at, [a.read(one) for one in due.wire]) == (0, None, [b"head", b"cipher", b"tail"])


def test_a_resend_of_what_is_acknowledged_is_one_attempt_that_undoes_no_proof(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.RECEIPT_MATCHED))
    assert ordered(messages, a, Intervention.RESEND, "m1@h") == [(S.ACKNOWLEDGED, "")]
    assert a.due(messages, 9, a.NOW) == ["m1@h"]
    a.start(messages, "m1@h", a.NOW)
    assert a.due(messages, 9, a.NOW) == []
    assert messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a))) is S.ACKNOWLEDGED
    assert messages.claim("nobody", 9, a.NOW + timedelta(days=9)) == []


def test_what_was_cancelled_before_it_was_packaged_can_begin_again(messages, a):
    messages.submit(a.exchange())
    ordered(messages, a, Intervention.CANCEL, "m1@h")
    assert ordered(messages, a, Intervention.RESEND, "m1@h") == [(S.SUBMITTED, "")]
    messages.packaged(a.packaged(), a.NOW)
    assert messages.exchange("m1@h").state is S.SENDING


def test_an_order_that_is_not_possible_changes_nothing_and_says_why(messages, a):
    messages.submit(a.exchange())
    messages.submit(a.exchange("m2@h"))
    messages.settle(a.settlement(E.GAVE_UP))
    [(state, problem), (other, none)] = ordered(messages, a, Intervention.CANCEL, "m1@h", "m2@h")
    assert (state, other, none) == (S.FAILED, S.FAILED, "")
    assert "has ended" in problem
    assert len(messages.history("m1@h")) == 1


# -- partners that do not answer, and horizons that have passed -----------------------------------------------------------


def test_a_partner_that_does_not_answer_is_kept_with_its_reason_until_it_answers(store, a):
    messages = store.messages
    messages.open_circuit("kr", a.NOW, a.NOW + timedelta(seconds=5), 5, "refused")
    messages.open_circuit("kr", a.NOW + timedelta(hours=1), a.NOW + timedelta(hours=2), 9, "no answer")
    [circuit] = messages.circuits().values()
    assert circuit.words == "kr does not answer since 2026-11-24T08:00Z, 9 attempts: no answer"
    assert circuit.probe_at == a.NOW + timedelta(hours=2)
    messages.close_circuit("kr")
    assert messages.circuits() == {}


def test_what_has_passed_its_horizon_and_what_was_never_tried_is_found(store, a):
    messages = store.messages
    for message_id in ("m1@h", "m2@h", "m3@h"):
        messages.submit(a.exchange(message_id))
    messages.packaged(a.packaged("m1@h"), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED, decide=decide(a, "period=1h; horizon=2h")))
    ordered(messages, a, Intervention.HOLD, "m3@h")
    assert messages.expired(9, a.NOW + timedelta(hours=1)) == []
    assert [one.message_id for one in messages.expired(9, a.NOW + timedelta(hours=2))] == ["m1@h"]
    assert [one.message_id for one in messages.never_tried("xx", 9, a.NOW)] == ["m2@h"]
    assert messages.never_tried("kr", 9, a.NOW) == []
