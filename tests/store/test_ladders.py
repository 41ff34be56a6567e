"""Steps of the ladder on both databases; what is made of them is in tests/test_following.py."""

from datetime import timedelta

from node.customs.filing.registration import OUT, Carried
from node.store.ladders import StoredLadders
from tests.registered import NOW, Clerk, certificate, documents_of, later, message_id, response, utilisation


def world(store):
    return Clerk(documents_of(store)), StoredLadders(store.messages.database, store.messages.writer)


def test_what_documents_have_told_is_heard_in_order(store):
    clerk, ladders = world(store)
    octets = certificate()
    checked = clerk.accept(octets, Carried(OUT, "c@kr", "tw"))
    name = checked.document.header.message_id
    assert ladders.heard("KR-KCS", name) == []
    said = later(days=-3)
    clerk.accept(response(checked, checked.document.digest, "r1", at=said), Carried("in", "r1@tw", "tw"))
    clerk.accept(utilisation("u1", "5"), Carried("in", "u1@tw", "tw"), later(hours=1))
    first, second = ladders.heard("KR-KCS", name)
    # The partner's clock is told, and ours counts.
    assert (first.level, first.outcome, first.at, first.heard_at, first.by) == ("L2", "AP", said, NOW, "r1@tw")
    assert (second.level, second.heard_at, second.by) == ("L5", later(hours=1), "u1@tw")


def test_only_our_documents_that_are_answered_are_awaited(store):
    clerk, ladders = world(store)
    ours = clerk.accept(certificate(), Carried(OUT, "c@kr", "tw")).document.header.message_id
    clerk.accept(utilisation("u1", "5"), Carried("in", "u1@tw", "tw"))
    assert ladders.is_awaited("KR-KCS", ours)
    assert not ladders.is_awaited("TW-CUSTOMS", message_id("u1"))
    assert not ladders.is_awaited("TW-CUSTOMS", "x")


def test_what_was_looked_at_is_due_again_when_it_was_said(store):
    clerk, ladders = world(store)
    clerk.accept(certificate(), Carried(OUT, "c@kr", "tw"))
    clerk.accept(certificate("013-26-0771205"), Carried(OUT, "d@kr", "tw"))
    first, second = ladders.due(NOW, 9)
    assert ladders.look_again(first, "L1", later(hours=1))
    # Somebody else has looked meanwhile.
    assert not ladders.look_again(first, "L1", later(hours=2))
    assert ladders.look_again(second, "", None)
    assert ladders.due(later(minutes=59), 9) == []
    (again,) = ladders.due(later(hours=1), 9)
    assert (again.document, again.awaits, again.due_at) == (first.document, "L1", later(hours=1))
    assert ladders.escalate(again, "L1", None, "c@kr", "late", later(hours=1))
    assert [one.escalated_at for one in ladders.late(9)] == [later(hours=1)]
    assert ladders.due(NOW + timedelta(days=9), 9) == []
