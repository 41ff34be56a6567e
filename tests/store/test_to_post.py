"""Signals that are still to be posted: owed in the transaction of their message, and until the partner has them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.msh.octets import HeldOctets
from node.msh.ports import ContentDiffers, Owed
from node.store import to_post


def later(a, message_id="in1@x", **other):
    return a.accepted(message_id, receipt_later=True, **other)


def octets(owed):
    return b"".join(owed.octets.chunks())


def test_a_receipt_is_owed_with_its_message(messages, a):
    messages.accept_once(later(a))
    messages.accept_once(a.accepted("in2@x"))
    (one,) = messages.owed(9, a.NOW)
    assert (one.partner, one.pmode_id, one.about, one.is_error) == ("xx", "xx/receive", "in1@x", False)
    assert (octets(one), one.content_type, one.since, one.attempts) == (b"<rcpt 1/>", "application/soap+xml", a.NOW, 0)
    assert messages.owed(9, a.NOW, without=["xx"]) == []


def test_it_is_owed_until_it_is_posted(messages, a):
    messages.accept_once(later(a))
    (one,) = messages.owed(9, a.NOW)
    messages.posted(one, a.NOW + timedelta(minutes=1), "nobody there")
    assert messages.owed(9, a.NOW) == []
    (one,) = messages.owed(9, a.NOW + timedelta(minutes=1))
    assert one.attempts == 1
    messages.posted(one, None, "posted")
    assert messages.owed(9, a.NOW + timedelta(days=99)) == []


def test_a_duplicate_makes_the_same_octets_due_again(messages, a):
    messages.accept_once(later(a))
    messages.posted(messages.owed(9, a.NOW)[0], None, "posted")
    again = later(a, receipt=b"<rcpt 2/>", received_at=a.NOW + timedelta(days=1))
    assert messages.accept_once(again).duplicate
    (one,) = messages.owed(9, a.NOW + timedelta(days=1))
    assert (octets(one), one.since, one.attempts) == (b"<rcpt 1/>", a.NOW + timedelta(days=1), 0)


def test_a_duplicate_is_owed_a_receipt_that_went_another_way_before(messages, a):
    messages.accept_once(a.accepted())
    assert messages.accept_once(later(a, receipt=b"<rcpt 2/>")).duplicate
    assert [octets(one) for one in messages.owed(9, a.NOW)] == [b"<rcpt 1/>"]


def test_other_content_is_owed_nothing(messages, a):
    messages.accept_once(later(a))
    messages.posted(messages.owed(9, a.NOW)[0], None, "posted")
    with pytest.raises(ContentDiffers):
        messages.accept_once(later(a, fingerprint="fp2"))
    assert messages.owed(9, a.NOW) == []


def error(about="bad@x"):
    return Owed("xx", "xx/receive", about, "application/soap+xml", HeldOctets(b"<error/>"), is_error=True)


def test_an_error_is_owed_by_itself(messages, a):
    messages.owe(error(), a.NOW, a.NOW)
    (one,) = messages.owed(9, a.NOW)
    assert (one.about, one.is_error, octets(one), one.since) == ("bad@x", True, b"<error/>", a.NOW)
    messages.posted(one, None, "posted")
    assert messages.owed(9, a.NOW) == []


def test_errors_that_wait_for_one_partner_are_bounded(store, a, monkeypatch):
    monkeypatch.setattr(to_post, "MOST_ERRORS", 2)
    for n in range(3):
        store.messages.owe(error(f"bad{n}@x"), a.NOW, a.NOW)
    store.messages.owe(replace(error(), partner="yy"), a.NOW, a.NOW)
    assert [one.about for one in store.messages.owed(9, a.NOW)] == ["bad0@x", "bad1@x", "bad@x"]


def test_it_is_still_owed_after_a_restart(open_at, a):
    open_at().messages.accept_once(later(a))
    assert [one.about for one in open_at().messages.owed(9, a.NOW)] == ["in1@x"]


def test_a_clock_that_was_ahead_puts_nothing_off_for_ever(store, a):
    store.messages.accept_once(later(a))
    (one,) = store.messages.owed(9, a.NOW)
    store.messages.posted(one, a.NOW + timedelta(days=365), "nobody there")
    assert len(store.messages.owed(9, a.NOW)) == 1
