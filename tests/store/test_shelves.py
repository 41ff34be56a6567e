"""Octets of documents go by their class; rows, and what an order keeps, stay."""

import pytest

from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, OUT, Carried, Decision
from node.store.holding import Order
from node.store.shelves import Shelves
from tests.registered import NOW, Clerk, answering, certificate, documents_of, hold, later, response, utilisation
from tests.store import samples as a


def world(store):
    return Clerk(documents_of(store)), Shelves(store.messages.database, store.messages.writer)


def test_each_class_has_its_own_documents_the_oldest_first(store):
    clerk, shelves = world(store)
    clerk.accept(certificate(), at=later(hours=2))
    clerk.accept(certificate("013-26-0771205"), at=later(hours=1))
    clerk.accept(b"<x/>")
    assert list(shelves.classes()) == ["origin", "other"]
    assert list(shelves.older("origin", later(hours=2))) == [2, 1]
    assert list(shelves.older("origin", later(hours=1.5))) == [2]
    assert list(shelves.older("manifest", later(days=9))) == []


def test_octets_go_and_the_row_stays(store):
    clerk, shelves = world(store)
    clerk.accept(certificate())
    before = clerk.register.entry(1)
    assert shelves.empty(1, later(days=9))
    assert not shelves.empty(1, later(days=10))
    after = clerk.register.entry(1)
    assert (after.removed_at, after.digest, after.about, after.size) == (later(days=9), before.digest, before.about, before.size)
    with pytest.raises(NoLongerThere, match="are not kept since 2026-11-29"):
        clerk.register.octets(1)
    assert list(shelves.classes()) == []
    # It is on file all the same.
    assert clerk.check(certificate()).duplicate
    assert clerk.check(utilisation("u1", "5")).verdict.outcome.value == "RE"


def test_a_response_is_kept_as_long_as_what_it_answers(store):
    clerk, _ = world(store)
    octets = certificate()
    checked, looked = clerk.looked(octets)
    recorded = clerk.record(octets, checked, looked, answer=answering(clerk, checked, octets, "r1"))
    assert recorded.answers[0].about.retention == "origin"
    clerk.accept(response(checked, checked.document.digest, "r2"), Carried(IN, "r2@kr", "kr"))
    assert clerk.register.entries(1)[0].about.retention == "origin"


def test_what_waits_or_is_kept_by_order_stays(store):
    clerk, shelves = world(store)
    octets = certificate()
    entry = hold(clerk, octets, Carried(IN, "h@kr", "kr")).entry
    assert not shelves.empty(entry.id, NOW)
    checked, looked = clerk.looked(octets)
    clerk.register.decide(Decision(entry.id, "w", "y", NOW, checked.filing), looked, answering(clerk, checked, octets, "r1"))
    (owed,) = clerk.register.owed(9)
    assert not shelves.empty(owed.entry.id, NOW)
    clerk.register.sent(owed.entry.id)
    assert shelves.keep(entry.id, "court file 12")
    assert clerk.register.entry(entry.id).kept_because == "court file 12"
    assert not shelves.empty(entry.id, NOW)
    assert shelves.keep(entry.id, "")
    assert shelves.empty(entry.id, NOW)
    assert shelves.empty(owed.entry.id, NOW)
    assert not shelves.keep(99, "x")


def test_an_order_for_a_message_keeps_its_documents(store):
    clerk, shelves = world(store)
    messages, octets = store.messages, certificate()
    messages.submit(a.exchange("c@kr", (octets,)))
    clerk.accept(octets, Carried(OUT, "c@kr", "tw"))
    row_id = messages.exchanges(1)[0].id
    messages.keep("out", row_id, "court file 12", NOW, "operator")
    assert not shelves.empty(1, NOW)
    messages.keep("out", row_id, "", NOW, "operator")
    assert shelves.empty(1, NOW)


def test_an_order_for_a_message_that_came_keeps_its_documents(store):
    clerk, shelves = world(store)
    messages = store.messages
    messages.accept_once(a.accepted("c@tw"))
    (line,) = messages.inbounds(1)
    clerk.accept(certificate(), Carried(IN, "c@tw", line.partner))
    messages.keep("in", line.id, "court file 12", NOW, "operator")
    assert not shelves.empty(1, NOW)
    messages.keep("in", line.id, "", NOW, "operator")
    assert shelves.empty(1, NOW)


def test_a_hold_on_a_partner_keeps_documents_whose_message_has_gone(store):
    clerk, shelves = world(store)
    clerk.accept(certificate(), Carried(IN, "gone@kr", "kr"))
    number = store.messages.place_hold(Order("audit", "Lin", "A-7", (), "kr"), NOW)
    assert not shelves.empty(1, NOW)
    assert store.messages.end_hold(number, NOW, "Lin", "done")
    assert shelves.empty(1, NOW)
