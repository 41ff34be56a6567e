"""Accepted messages in the store and in its twin: one contract for both."""

import hashlib
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from node.ebms.message import Party, PartyId
from node.ebms.pmode import MessageTime
from node.ebms.states import IllegalTransition, InboundState
from node.msh.age import judge_age
from node.msh.ports import ContentDiffers


def test_an_accepted_message_waits_for_the_consumer_with_all_that_was_kept(messages, a):
    one = a.accepted(payloads=(b"\x1f\x8b gz", a.BIG))
    acceptance = messages.accept_once(one)
    assert (acceptance.duplicate, acceptance.receipt, acceptance.receipt_content_type) == (
        False,
        b"<rcpt 1/>",
        "application/soap+xml",
    )
    [found] = messages.deliverable(9)
    assert (found.user_message, found.partner, found.state) == (one.user_message, "xx", InboundState.ACCEPTED)
    assert (a.read(found.envelope), a.read(found.receipt)) == (b"<env/>", b"<rcpt 1/>")
    assert [a.read(p.octets) for p in found.payloads] == [b"\x1f\x8b gz", a.BIG]
    assert [p.octets.sha256 for p in found.payloads] == [hashlib.sha256(x).hexdigest() for x in (b"\x1f\x8b gz", a.BIG)]
    assert [replace(p, octets=None) for p in found.payloads] == [replace(p, octets=None) for p in one.payloads]
    assert messages.inbound("in1@x")[0].delivery_id == found.delivery_id


def test_a_duplicate_gets_the_stored_receipt_and_changes_nothing_but_a_counter(messages, a):
    messages.accept_once(a.accepted())
    again = messages.accept_once(a.accepted(receipt=b"<rcpt 2/>", received_at=a.NOW + timedelta(days=1)))
    assert (again.duplicate, again.receipt) == (True, b"<rcpt 1/>")
    [found] = messages.inbound("in1@x")
    assert (found.duplicates, found.received_at, a.read(found.receipt)) == (1, a.NOW, b"<rcpt 1/>")
    assert len(messages.inbound_history(found.id)) == 1


def test_a_delivered_message_that_comes_again_is_not_delivered_again(messages, a):
    messages.accept_once(a.accepted())
    messages.delivered(messages.deliverable(1)[0].id, a.NOW)
    assert messages.accept_once(a.accepted()).duplicate
    assert messages.deliverable(9) == []


@pytest.mark.parametrize("payload", [b"small", b"large" * 100_000])
def test_the_same_message_id_with_other_content_is_refused(messages, a, payload):
    messages.accept_once(a.accepted(payloads=(payload,)))
    with pytest.raises(ContentDiffers, match="in1@x"):
        messages.accept_once(a.accepted(payloads=(payload,), fingerprint="fp2", receipt=b"<rcpt 2/>"))
    [found] = messages.inbound("in1@x")
    assert (found.duplicates, a.read(found.payloads[0].octets)) == (0, payload)


def test_two_senders_may_use_the_same_message_id(messages, a):
    messages.accept_once(a.accepted())
    other = a.user_message("in1@x", 1, Party((PartyId("YY", "urn:x"),), "r"), a.US)
    assert not messages.accept_once(a.accepted(user_message=other)).duplicate
    assert len(messages.deliverable(9)) == 2


def test_the_order_of_party_ids_does_not_make_another_sender(messages, a):
    ids = (PartyId("A", "t1"), PartyId("B", "t2"))
    for number, party_ids in enumerate((ids, ids[::-1])):
        message = a.user_message("in1@x", 1, Party(party_ids, "r"), a.US)
        assert messages.accept_once(a.accepted(user_message=message)).duplicate == bool(number)


def test_a_test_message_is_delivered_to_nobody(messages, a):
    messages.accept_once(a.accepted(pmode=a.pmode(test_service=True)))
    assert messages.deliverable(9) == []
    assert messages.accept_once(a.accepted()).duplicate


def test_a_message_that_was_handed_over_rests_no_more(messages, a):
    """Else it rests for ten years, to whoever looks, where the clock was ahead when it was offered in vain."""
    messages.accept_once(a.accepted())
    (one,) = messages.deliverable(9, a.NOW)
    messages.delivery_attempted(one.id, a.NOW + timedelta(days=3650), "rotten", timedelta(minutes=1))
    messages.delivered(one.id, a.NOW)
    (done,) = messages.inbound(one.user_message.message_info.message_id)
    assert (done.state, done.deliver_at) == (InboundState.DELIVERED, None)


def test_a_message_that_cannot_be_handed_over_rests_and_is_set_aside_after_five_attempts(messages, a):
    messages.accept_once(a.accepted())
    (one,) = messages.deliverable(9, a.NOW)
    rest = timedelta(minutes=1)
    for number in range(1, 5):
        assert messages.delivery_attempted(one.id, a.NOW, "rotten", rest) is InboundState.ACCEPTED
        assert messages.deliverable(9, a.NOW) == []
        (rested,) = messages.deliverable(9, a.NOW + rest)
        assert (rested.delivery_attempts, rested.deliver_at) == (number, a.NOW + rest)
        assert len(messages.deliverable(9)) == messages.waiting(9) == 1
    assert messages.delivery_attempted(one.id, a.NOW, "rotten", rest) is InboundState.DELIVERY_FAILED
    assert messages.inbound_history(one.id)[-1].detail == "set aside after 5 attempts: rotten"
    assert (messages.deliverable(9), messages.waiting(9)) == ([], 0)
    messages.deliver_again(one.id, a.NOW)
    (again,) = messages.deliverable(9, a.NOW)
    assert (again.delivery_attempts, again.deliver_at) == (0, None)


def test_a_message_rests_across_a_restart_and_not_for_ever(open_at, a):
    first = open_at()
    first.messages.accept_once(a.accepted())
    # The clock was ten years ahead.
    first.messages.delivery_attempted(1, a.NOW + timedelta(days=3650), "rotten", timedelta(minutes=1))
    first.close()
    again = open_at().messages
    assert len(again.deliverable(9, a.NOW)) == 1
    again.delivery_attempted(1, a.NOW, "rotten", timedelta(minutes=1))
    assert again.deliverable(9, a.NOW) == []
    assert again.deliverable(9)[0].delivery_attempts == 2


def test_what_is_delivered_is_not_tried_again(messages, a):
    messages.accept_once(a.accepted())
    messages.delivered(1, a.NOW)
    assert messages.delivery_attempted(1, a.NOW, "late", timedelta(0)) is InboundState.DELIVERED
    with pytest.raises(LookupError):
        messages.delivery_attempted(7, a.NOW, "nobody", timedelta(0))


def test_no_more_than_the_limit_is_counted(messages, a):
    for number in range(4):
        messages.accept_once(a.accepted(f"in{number}@x"))
    assert [messages.waiting(most) for most in (1, 3, 9)] == [1, 3, 4]


def test_other_content_under_a_known_message_id_raises_an_alarm(store, a, caplog):
    store.messages.accept_once(a.accepted())
    with pytest.raises(ContentDiffers), caplog.at_level(logging.ERROR):
        store.messages.accept_once(a.accepted(fingerprint="fp2"))
    assert "ALARM: xx sent other content under the MessageId in1@x" in caplog.text


def test_delivery_ends_in_delivered_or_failed_and_can_be_asked_for_again(messages, a):
    for number in range(3):
        messages.accept_once(a.accepted(f"in{number}@x"))
    first, second, third = messages.deliverable(9)
    assert messages.delivered(first.id, a.NOW) is InboundState.DELIVERED
    assert messages.delivery_failed(second.id, a.NOW, "inbox is full") is InboundState.DELIVERY_FAILED
    assert [one.id for one in messages.deliverable(9)] == [third.id]
    assert messages.deliver_again(second.id, a.NOW) is InboundState.ACCEPTED
    assert [one.delivery_id for one in messages.deliverable(9)] == [second.delivery_id, third.delivery_id]
    assert [one.detail for one in messages.inbound_history(second.id)] == ["", "inbox is full", ""]
    with pytest.raises(IllegalTransition):
        messages.delivered(first.id, a.NOW)
    with pytest.raises(LookupError):
        messages.delivered(999, a.NOW)


def test_what_the_agreement_makes_of_its_age_stands_in_its_history(messages, a):
    late = judge_age("2020-01-01T00:00:00Z", a.NOW, MessageTime())
    messages.accept_once(a.accepted("late@x", age=late))
    messages.accept_once(a.accepted("timely@x", fingerprint="fp2", age=judge_age(a.NOW.isoformat(), a.NOW, MessageTime())))
    told = [messages.inbound_history(messages.inbound(one)[0].id)[0].detail for one in ("late@x", "timely@x")]
    assert told == [late.words, ""]
    assert "its eb:Timestamp 2020-01-01T00:00:00Z is" in late.words
