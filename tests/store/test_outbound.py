"""Exchanges in the store and in its twin: one contract for both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.ebms.states import IllegalTransition, OutboundEvent, OutboundState
from node.msh.ports import SubmissionError
from node.store.outbound import wait_after

E, S = OutboundEvent, OutboundState


def test_what_a_clock_that_was_ahead_has_put_off_is_due_when_it_goes_back(store, a):
    ahead = a.NOW + timedelta(days=3650)
    messages = store.messages
    messages.submit(a.exchange("ahead@h", submitted_at=ahead))
    messages.submit(a.exchange("failed@h"))
    messages.packaged(a.packaged("failed@h"), ahead)
    messages.settle(a.settlement(OutboundEvent.ATTEMPT_FAILED, "failed@h", at=ahead))
    messages.submit(a.exchange("right@h"))
    assert [one.message_id for one in messages.sendable(9, a.NOW)] == ["right@h"]
    assert messages.clock_went_back(a.NOW) == 2
    assert {one.message_id for one in messages.sendable(9, a.NOW)} == {"ahead@h", "failed@h", "right@h"}


def test_a_start_makes_due_what_a_wrong_clock_has_put_off(store, a):
    store.messages.submit(a.exchange(submitted_at=a.NOW + timedelta(days=1)))
    store.messages.recover(a.NOW)
    assert len(store.messages.sendable(9, a.NOW)) == 1


def test_an_exchange_is_read_as_it_was_submitted(messages, a):
    submitted = a.exchange(payloads=(b"<co/>", b"", a.BIG))
    messages.submit(submitted)
    found = messages.exchange("m1@h")
    assert replace(found, payloads=()) == replace(submitted, payloads=())
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
    assert [one.message_id for one in messages.sendable(9, a.NOW)] == ["m2@h", "m3@h"]
    assert [one.message_id for one in messages.sendable(1, a.NOW)] == ["m2@h"]
    assert messages.sendable(9, a.NOW, without=["xx"]) == []
    assert messages.sendable(9, a.NOW - timedelta(seconds=1)) == []


def test_a_failed_attempt_waits_before_the_next(messages, a):
    messages.submit(a.exchange())
    messages.packaged(a.packaged(), a.NOW)
    messages.settle(a.settlement(E.ATTEMPT_FAILED))
    assert messages.sendable(9, a.NOW + timedelta(seconds=9)) == []
    [due] = messages.sendable(9, a.NOW + timedelta(seconds=10))
    assert [a.read(one) for one in due.wire] == [b"head", b"cipher", b"tail"]
    messages.attempt_started("m1@h", a.NOW)
    assert messages.exchange("m1@h").attempts == 2
    messages.settle(a.settlement(E.ATTEMPT_FAILED))
    assert messages.sendable(9, a.NOW + timedelta(seconds=19)) == []


def test_recovery_voids_what_a_dead_process_left_in_sending(messages, a):
    for message_id in ("m1@h", "m2@h", "m3@h"):
        messages.submit(a.exchange(message_id))
    messages.packaged(a.packaged("m1@h"), a.NOW)
    messages.packaged(a.packaged("m2@h"), a.NOW)
    messages.settle(a.settlement(E.RECEIPT_MATCHED, "m2@h"))
    assert messages.recover(a.NOW) == 1
    assert messages.exchange("m1@h").state is S.READY
    assert messages.exchange("m2@h").state is S.ACKNOWLEDGED
    assert [one.message_id for one in messages.sendable(9, a.NOW)] == ["m1@h", "m3@h"]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 10), (1, 10), (2, 20), (5, 160), (7, 600), (60, 600)])
def test_waiting_doubles_up_to_ten_minutes(attempts, seconds):
    assert wait_after(attempts) == timedelta(seconds=seconds)
