"""Who sends what: each message is claimed by one worker, and what a dead one left is taken over."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from node.ebms.states import OutboundEvent, OutboundState
from node.msh.ports import LeaseLost
from node.store.claims import ALONE

ids = lambda claimed: [one.message_id for one in claimed]  # noqa: E731


@pytest.fixture
def one(open_at, a):
    """A store with a living worker `w1`."""
    made = open_at()
    made.messages.alive("w1", "here", a.NOW)
    return made.messages


def submit(messages, a, *message_ids, **more):
    for message_id in message_ids:
        messages.submit(a.exchange(message_id, **more))


def test_what_is_claimed_is_nobody_elses(messages, a):
    for name in ("w1", "w2"):
        messages.alive(name, "here", a.NOW)
    submit(messages, a, "m1@h", "m2@h", "m3@h")
    first = messages.claim("w1", 2, a.NOW)
    assert ids(first) == ["m1@h", "m2@h"]
    assert [one.lease for one in first] == [1, 1]
    assert ids(messages.claim("w2", 9, a.NOW)) == ["m3@h"]
    assert messages.claim("w1", 9, a.NOW) == []


def test_each_partner_gets_as_many_and_the_urgent_first(messages, a):
    messages.alive("w1", "here", a.NOW)
    for number in range(3):
        submit(messages, a, f"x{number}@h", partner="xx")
        submit(messages, a, f"y{number}@h", partner="yy", priority=number)
    assert ids(messages.claim("w1", 2, a.NOW)) == ["x0@h", "x1@h", "y2@h", "y1@h"]
    assert ids(messages.claim("w1", 2, a.NOW, without=["yy"])) == ["x2@h"]


def test_what_is_given_back_can_be_claimed_again_under_a_higher_number(messages, a):
    messages.alive("w1", "here", a.NOW)
    submit(messages, a, "m1@h")
    claimed = messages.claim("w1", 9, a.NOW)
    messages.release(claimed)
    (again,) = messages.claim("w1", 9, a.NOW)
    assert again.lease == 2
    # The first claim is worth nothing any more.
    messages.release(claimed)
    assert messages.claim("w1", 9, a.NOW) == []


def test_a_late_worker_writes_nothing(messages, a):
    submit(messages, a, "m1@h")
    (old,) = messages.claim("dead", 9, a.NOW)
    messages.release([old])
    messages.alive("w2", "there", a.NOW)
    (new,) = messages.claim("w2", 9, a.NOW)
    with pytest.raises(LeaseLost, match="m1@h was claimed anew meanwhile: lease 1 has become 2"):
        messages.packaged(a.packaged(lease=old.lease), a.NOW)
    messages.packaged(a.packaged(lease=new.lease), a.NOW)
    with pytest.raises(LeaseLost):
        messages.settle(a.settlement(OutboundEvent.ATTEMPT_FAILED, lease=old.lease))
    assert messages.exchange("m1@h").state is OutboundState.SENDING
    # A receipt is true whoever brings it.
    assert messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED)) is OutboundState.ACKNOWLEDGED
    assert messages.settle(a.settlement(OutboundEvent.ATTEMPT_FAILED, lease=new.lease)) is OutboundState.ACKNOWLEDGED


def test_what_failed_here_rests_and_says_why(messages, a):
    messages.alive("w1", "here", a.NOW)
    submit(messages, a, "m1@h", "m2@h")
    queued, begun = messages.claim("w1", 9, a.NOW)
    messages.packaged(a.packaged("m2@h", lease=begun.lease), a.NOW)
    until = a.NOW + timedelta(seconds=30)
    for claimed in (queued, begun):
        messages.put_back(claimed, a.NOW, until, "no room")
        found = messages.exchange(claimed.message_id)
        assert (found.due_at, found.waits_for) == (until, "no room")
    assert messages.exchange("m2@h").state is OutboundState.READY
    assert messages.history("m2@h")[-1].event == "ATTEMPT_FAILED"
    assert messages.claim("w1", 9, a.NOW) == []
    assert ids(messages.claim("w1", 9, until)) == ["m1@h", "m2@h"]
    # Whoever comes late changes nothing.
    messages.put_back(queued, a.NOW, until + timedelta(days=1), "late")
    assert messages.exchange("m1@h").waits_for == "no room"


def test_what_a_dead_worker_had_in_hand_is_sent_again_by_another(one, a):
    submit(one, a, "m1@h", "m2@h", "m3@h")
    (first, *_) = one.claim("w1", 9, a.NOW)
    one.packaged(a.packaged("m1@h", lease=first.lease), a.NOW)
    one.alive("w2", "there", a.NOW)
    assert one.lapsed(a.NOW) == 0
    assert one.claim("w2", 9, a.NOW) == []
    one.retire("w1")
    assert one.lapsed(a.NOW) == 1
    assert one.lapsed(a.NOW) == 0
    assert sorted(ids(one.claim("w2", 9, a.NOW))) == ["m1@h", "m2@h", "m3@h"]
    with pytest.raises(LeaseLost):
        one.settle(a.settlement(OutboundEvent.TAKEN, lease=first.lease))


def test_an_attempt_that_no_worker_makes_is_lost_only_after_a_while_or_with_the_process(one, a):
    submit(one, a, "m1@h", "m2@h")
    one.packaged(a.packaged("m1@h"), a.NOW)
    assert one.lapsed(a.NOW + ALONE - timedelta(seconds=1)) == 0
    one.settle(a.settlement(OutboundEvent.TAKEN, lease=0))
    one.packaged(a.packaged("m2@h"), a.NOW)
    assert one.lapsed(a.NOW + ALONE) == 1
    with pytest.raises(LeaseLost):
        one.settle(a.settlement(OutboundEvent.TAKEN, message_id="m2@h", lease=0))
    one.attempt_started("m2@h", a.NOW, 1)
    # The clock was set back meanwhile.
    assert one.recover(a.NOW - timedelta(days=1)) == 1


def test_what_was_claimed_and_is_not_in_hand_is_free_again(one, a):
    submit(one, a, "m1@h", "m2@h", "m3@h")
    one.claim("w1", 9, a.NOW)
    assert one.release_others("w2", ()) == 0
    assert one.release_others("w1", ["m2@h"]) == 2
    assert ids(one.claim("w1", 9, a.NOW)) == ["m1@h", "m3@h"]


def test_a_duty_has_one_holder_as_long_as_that_one_lives(one, a):
    one.alive("w2", "there", a.NOW)
    assert one.take_duty("expire", "w1")
    assert one.take_duty("expire", "w1")
    assert not one.take_duty("expire", "w2")
    assert one.take_duty("hand-over", "w2")
    assert [(worker.name, worker.place, worker.duties) for worker in one.workers()] == [
        ("w1", "here", ("expire",)),
        ("w2", "there", ("hand-over",)),
    ]
    one.retire("w1")
    assert one.take_duty("expire", "w2")


def test_a_duty_that_somebody_has_costs_no_transaction(one, a, monkeypatch):
    one.alive("w2", "there", a.NOW)
    assert one.take_duty("expire", "w1")
    monkeypatch.setattr(one.writer, "run", lambda *_: pytest.fail("nothing is to be written"))
    assert one.take_duty("expire", "w1")
    assert not one.take_duty("expire", "w2")


def test_two_processes_at_once_never_claim_the_same(open_at, a):
    stores = [open_at() for _ in range(2)]
    for name, store in zip("ab", stores, strict=True):
        store.messages.alive(name, "here", a.NOW)
    submit(stores[0].messages, a, *(f"m{number}@h" for number in range(200)))
    begin, taken = Barrier(2), {"a": [], "b": []}

    def work(name, messages):
        begin.wait()
        while claimed := messages.claim(name, 5, a.NOW):
            taken[name] += ids(claimed)

    threads = [Thread(target=work, args=(name, store.messages)) for name, store in zip("ab", stores, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken["a"] + taken["b"]) == sorted(f"m{number}@h" for number in range(200))
    assert not set(taken["a"]) & set(taken["b"])
