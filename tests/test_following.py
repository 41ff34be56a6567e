"""Our documents are followed up the ladder; a late step is told once, and never again when it has come."""

import logging
from datetime import timedelta

import pytest

from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.registration import IN, OUT, Carried, unjudged
from node.customs.ladder import Deadlines
from node.ebms.states import OutboundEvent
from node.following import AGAIN, Following, shown
from node.store.finding import Witness
from node.store.invariants import check
from node.store.ladders import StoredLadders
from node.store.messages import open_store
from tests.registered import NOW, Clerk, certificate, documents_of, message_id, packs, response, utilisation
from tests.store import samples as a

AGREED = Deadlines({"L1": timedelta(hours=1), "L2": timedelta(minutes=15), "L4": timedelta(days=2)})


class Watch:
    """A clock that a test sets."""

    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at

    def go(self, **time):
        self.at += timedelta(**time)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def store(request, tmp_path):
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    store = open_store(tmp_path / "data", lambda: "unique", NOW, url=url)
    yield store
    store.close()


class World:
    def __init__(self, store):
        self.store, self.clock = store, Watch()
        self.clerk = Clerk(documents_of(store))
        self.ladders = StoredLadders(store.messages.database, store.messages.writer)
        self.following = Following(self.clerk.register, self.ladders, store.messages, lambda *_: AGREED, self.clock)

    def send(self, octets, name):
        """We are KR, and submit a document."""
        self.store.messages.submit(a.exchange(name, (octets,)))
        checked, looked = self.clerk.looked(octets)
        return self.clerk.record(octets, checked, looked, Carried(OUT, name, "tw"), self.clock.now()).entry

    def hear(self, octets, name):
        """Something comes from TW."""
        checked, looked = self.clerk.looked(octets, self.clock.now())
        assert checked.filing is not None, checked.verdict
        return self.clerk.record(octets, checked, looked, Carried(IN, name, "tw"), self.clock.now()).entry

    def receipt(self, name):
        messages = self.store.messages
        (claimed,) = [one for one in messages.claim("w", 9, self.clock.now() + timedelta(days=999)) if one.message_id == name]
        messages.packaged(a.packaged(name, lease=claimed.lease), self.clock.now())
        messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED, name, at=self.clock.now(), lease=claimed.lease))

    def respond(self, octets, name, level="L2"):
        checked = checked_alone(octets)
        return self.hear(response(checked, checked.document.digest, name, level=level, at=self.clock.now()), f"{name}@tw")


def checked_alone(octets):
    return Clerk(DocumentsInMemory()).check(octets)


@pytest.fixture
def world(store):
    return World(store)


def stands(world, entry):
    ladder = world.following.ladder(entry)
    return ladder.level, ladder.awaits, ladder.late


def test_a_certificate_goes_up_step_by_step(world):
    octets = certificate()
    entry = world.send(octets, "m1@kr")
    assert stands(world, entry) == ("L0", "L1", False)
    world.clock.go(minutes=1)
    world.receipt("m1@kr")
    assert stands(world, entry) == ("L1", "L2", False)
    world.clock.go(minutes=1)
    world.respond(octets, "r1")
    assert stands(world, entry) == ("L2", "L4", False)
    world.respond(octets, "r2", "L4")
    world.hear(utilisation("u1", "5"), "u1@tw")
    ladder = world.following.ladder(entry)
    assert (ladder.level, ladder.ended, ladder.due_at) == ("L5", True, None)
    assert [(one.level, one.by) for one in ladder.reached] == [
        ("L0", "m1@kr"),
        ("L1", ""),
        ("L2", "r1@tw"),
        ("L4", "r2@tw"),
        ("L5", "u1@tw"),
    ]
    assert world.following.sweep() == 0
    assert world.ladders.due(world.clock.now(), 9) == []


def test_a_late_step_is_told_once_and_no_longer_when_it_has_come(world, caplog):
    octets = certificate()
    entry = world.send(octets, "m1@kr")
    assert world.following.sweep() == 0
    world.clock.go(minutes=59)
    assert (world.following.sweep(), world.following.late()) == (0, [])
    world.clock.go(minutes=1)
    with caplog.at_level(logging.ERROR):
        assert (world.following.sweep(), world.following.sweep()) == (1, 0)
    assert [one.getMessage() for one in caplog.records] == [
        "LATE: L1 (held there) of co.certificate 013-26-0771204 version 1 was due 2026-11-20T13:00:00Z, message m1@kr to tw"
    ]
    (late,) = world.following.late()
    assert (late.entry, late.ladder.awaits, late.ladder.late, late.since) == (entry, "L1", True, world.clock.now())
    world.clock.go(days=1)
    assert world.following.sweep() == 0
    steps = world.store.messages.history("m1@kr")
    assert [one.event for one in steps].count("STEP_LATE") == 1
    # The receipt comes, and nobody but the store knows.
    world.receipt("m1@kr")
    assert world.following.sweep() == 0
    world.clock.at += AGAIN
    assert world.following.sweep() == 0
    assert world.following.late() == []
    # The next step is late in its turn.
    world.clock.go(minutes=15)
    assert world.following.sweep() == 1
    assert [one.ladder.awaits for one in world.following.late()] == ["L2"]
    world.respond(octets, "r1")
    assert world.following.late() == []
    # Its receipt is no real one.
    found = check(world.store.messages, Witness(world.clock.now(), serving=False))
    assert [one.id for one in found if one.id != "INV-10"] == []


def test_two_nodes_tell_of_a_late_step_once(world, store):
    entry = world.send(certificate(), "m1@kr")
    world.clock.go(hours=2)
    other = World(store)
    other.clock.at = world.clock.at
    (standing,) = world.ladders.due(world.clock.now(), 9)
    assert other.following.sweep() == 1
    assert world.following._look(standing) is False
    assert world.following.sweep() == 0
    assert [one.event for one in store.messages.history("m1@kr")].count("STEP_LATE") == 1
    assert shown(entry) == "013-26-0771204 version 1"


def test_nobody_waits_for_the_steps_of_a_document_whose_life_is_over(world):
    entry = world.send(certificate(), "m1@kr")
    world.receipt("m1@kr")
    over, wanted = set(), {"L4": world.clock.now() + timedelta(hours=5)}
    following = Following(
        world.clerk.register,
        world.ladders,
        world.store.messages,
        lambda *_: AGREED,
        world.clock,
        lambda _: wanted,
        lambda _: over,
    )
    world.clock.go(days=9)
    assert following.ladder(entry).awaits == "L2"
    over.add("L4")
    assert following.ladder(entry).awaits == "L2"
    over.add("L2")
    # Neither for what was agreed nor for what it wants itself.
    assert (following.ladder(entry).awaits, following.ladder(entry).late) == ("", False)
    over.remove("L4")
    assert following.ladder(entry).awaits == "L4"


def test_what_comes_in_is_not_followed_and_what_is_refused_has_ended(world):
    octets = certificate()
    came = world.hear(octets, "c1@tw")
    assert stands(world, came) == ("L1", "", False)
    own = world.send(certificate("013-26-0771205"), "m2@kr")
    world.clock.go(days=9)
    assert world.following.sweep() == 1
    assert [one.entry for one in world.following.late()] == [own]


def test_a_response_of_ours_needs_no_answer(world):
    octets = certificate()
    world.hear(octets, "c1@tw")
    checked = checked_alone(octets)
    answer = response(checked, checked.document.digest, "r1")
    looked = world.clerk.register.look()
    registered = unjudged(answer, packs(), looked, Carried(OUT, "r1@kr", "tw"), NOW)
    entry = world.clerk.register.record(registered, None).entry
    assert entry.about.document_id == message_id("r1")
    world.clock.go(days=9)
    assert world.following.sweep() == 0
    # Its receipt alone is waited for, by whoever looks at it.
    assert stands(world, entry) == ("L0", "L1", True)
