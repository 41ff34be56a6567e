"""Messages that wait to be pulled: both stores keep one contract."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from node.ebms.states import OutboundEvent, OutboundState
from node.msh.intervention import Intervention
from node.msh.next_action import Next, second_leg_of, to_be_pulled
from node.msh.ports import NotNow

MPC = "urn:mpc"
WAITS = to_be_pulled("xx", MPC)


@pytest.fixture
def submit(messages, a):
    def make(message_id="m1@h", **other):
        values = {"mpc": MPC, "waits_for": WAITS, "give_up_at": a.NOW + timedelta(days=3)}
        messages.submit(a.exchange(message_id, **(values | other)))
        return message_id

    return make


@pytest.fixture
def ready(messages, submit, a):
    def make(message_id="m1@h", **other):
        submit(message_id, **other)
        assert messages.freeze(a.packaged(message_id), a.NOW)
        return message_id

    return make


def claim(messages, a, mpc=MPC, partner="xx", later=timedelta()):
    now = a.NOW + later
    found = messages.claim_pulled(partner, mpc, now, now, now + timedelta(minutes=10))
    return found.message_id if found else None


def test_it_is_not_due_and_says_what_it_waits_for(messages, submit, a):
    submit()
    found = messages.exchange("m1@h")
    assert (found.due_at, found.mpc, found.waits_for) == (None, MPC, WAITS)
    assert messages.claim("nobody", 9, a.NOW + timedelta(days=1)) == []
    assert [one.message_id for one in messages.unfrozen("xx", MPC, 9)] == ["m1@h"]
    assert messages.unfrozen("xx", "urn:other", 9) == []
    assert messages.unfrozen("yy", MPC, 9) == []


def test_it_is_frozen_once(messages, submit, a):
    submit()
    assert messages.freeze(a.packaged(), a.NOW)
    assert not messages.freeze(a.packaged(wire=(b"other",)), a.NOW)
    found = messages.exchange("m1@h")
    assert (found.state, found.attempts, found.waits_for) == (OutboundState.READY, 0, WAITS)
    assert b"".join(b"".join(one.chunks()) for one in found.wire) == b"headciphertail"
    assert messages.unfrozen_of_all(9) == []


def test_what_is_held_is_neither_frozen_nor_claimed(messages, submit, ready, a):
    submit("m1@h")
    ready("m2@h")
    messages.order(Intervention.HOLD, ["m1@h", "m2@h"], a.NOW, a.NOW, "wait")
    assert not messages.freeze(a.packaged("m1@h"), a.NOW)
    assert claim(messages, a) is None
    messages.order(Intervention.RELEASE, ["m1@h", "m2@h"], a.NOW, a.NOW, "go on")
    assert [messages.exchange(one).due_at for one in ("m1@h", "m2@h")] == [None, None]
    assert messages.exchange("m2@h").waits_for == WAITS
    assert claim(messages, a) == "m2@h"


def test_the_oldest_of_this_partner_and_channel_is_claimed_once(messages, ready, a):
    ready("m1@h")
    ready("m2@h")
    ready("m3@h", mpc="urn:other")
    ready("m4@h", partner="yy")
    assert [claim(messages, a) for _ in range(3)] == ["m1@h", "m2@h", None]
    found = messages.exchange("m1@h")
    assert (found.state, found.attempts, found.due_at) == (OutboundState.AWAITING_RECEIPT, 1, a.NOW + timedelta(minutes=10))
    assert [one.event for one in messages.history("m1@h")] == ["PACKAGED", "ATTEMPT_STARTED", "TAKEN"]
    assert messages.overdue(9, a.NOW) == []
    assert [one.message_id for one in messages.overdue(9, a.NOW + timedelta(minutes=10))] == ["m1@h", "m2@h"]


def test_ten_pulls_at_once_get_five_messages_once_each(messages, ready, a):
    sent = {ready(f"m{n}@h") for n in range(5)}
    with ThreadPoolExecutor(10) as pool:
        got = list(pool.map(lambda _: claim(messages, a), range(10)))
    assert sorted(filter(None, got)) == sorted(sent)
    assert got.count(None) == 5


def test_each_claim_raises_the_fencing_number(open_at, a):
    messages = open_at().messages
    messages.submit(a.exchange(mpc=MPC))
    messages.freeze(a.packaged(), a.NOW)
    for n in (1, 2):
        assert claim(messages, a) == "m1@h"
        assert messages.one("SELECT lease FROM exchange")[0] == n
        again = a.settlement(OutboundEvent.RESEND_DUE, decide=lambda *_: Next(None, None, WAITS))
        messages.settle(again)


def test_after_its_horizon_it_is_not_claimed(messages, ready, a):
    ready()
    assert claim(messages, a, later=timedelta(days=3)) is None
    assert [one.message_id for one in messages.unpulled(9, a.NOW + timedelta(days=3))] == ["m1@h"]
    assert messages.unpulled(9, a.NOW) == []


def test_what_an_operator_lets_go_on_gets_a_new_end(messages, ready, submit, a):
    ready()
    messages.settle(a.settlement(OutboundEvent.GAVE_UP, answer=b""))
    messages.order(Intervention.RESEND, ["m1@h"], a.NOW, a.NOW, "again")
    (found,) = messages.unpulled(9, a.NOW)
    assert (found.give_up_at, found.due_at, found.waits_for) == (None, None, WAITS)
    messages.end_pulling("m1@h", a.NOW + timedelta(days=1))
    assert messages.unpulled(9, a.NOW) == []
    assert claim(messages, a) == "m1@h"


def test_an_operator_may_offer_it_again_before_the_receipt_is_overdue(messages, ready, a):
    ready()
    claim(messages, a)
    (done,) = messages.order(Intervention.RESEND, ["m1@h"], a.NOW, a.NOW, "again")
    assert (done.after, done.problem) == (OutboundState.READY, "")
    assert claim(messages, a) == "m1@h"


def test_held_while_its_receipt_is_awaited_it_is_overdue_when_released(messages, ready, a):
    ready()
    claim(messages, a)
    messages.order(Intervention.HOLD, ["m1@h"], a.NOW, a.NOW, "wait")
    assert messages.overdue(9, a.NOW + timedelta(days=1)) == []
    messages.order(Intervention.RELEASE, ["m1@h"], a.NOW, a.NOW, "go on")
    assert [one.message_id for one in messages.overdue(9, a.NOW)] == ["m1@h"]


def test_what_is_receipted_is_not_offered_again(messages, ready, a):
    ready()
    claim(messages, a)
    messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED))
    (ordered,) = messages.order(Intervention.RESEND, ["m1@h"], a.NOW, a.NOW, "again")
    assert "the partner alone decides" in ordered.problem
    assert claim(messages, a) is None


def test_why_it_cannot_be_packaged_is_told(messages, submit, ready):
    submit("m1@h")
    ready("m2@h")
    messages.explain("m1@h", "no certificate")
    messages.explain("m2@h", "no certificate")
    assert [messages.exchange(one).waits_for for one in ("m1@h", "m2@h")] == ["no certificate", WAITS]


def test_a_restart_leaves_a_claim_as_it_is(open_at, a):
    messages = open_at().messages
    messages.submit(a.exchange(mpc=MPC, give_up_at=a.NOW + timedelta(days=3)))
    messages.freeze(a.packaged(), a.NOW)
    claim(messages, a)
    again = open_at().messages
    assert again.recover(a.NOW) == 0
    before, after = messages.exchange("m1@h"), again.exchange("m1@h")
    assert (after.state, after.due_at, after.attempts) == (before.state, before.due_at, 1)
    assert claim(again, a) is None


# -- answers that wait for the connection of their request -----------------------------------------------------------

LEG = second_leg_of("first@h")


def test_an_answer_waits_for_its_connection_and_is_then_due(messages, ready, a):
    ready(mpc=LEG, due_at=a.NOW + timedelta(seconds=20))
    found = messages.exchange("m1@h")
    assert found.due_at == a.NOW + timedelta(seconds=20)
    assert found.waits_for == "to go to xx on the connection of first@h, else to be pushed"
    assert messages.claim("w", 9, a.NOW) == []
    assert claim(messages, a, mpc=second_leg_of("other@h")) is None
    assert claim(messages, a, mpc=LEG, partner="yy") is None
    assert claim(messages, a, mpc=LEG) == "m1@h"
    assert messages.exchange("m1@h").state is OutboundState.AWAITING_RECEIPT
    # It has gone: nobody pushes it meanwhile.
    assert messages.claim("w", 9, a.NOW + timedelta(seconds=30)) == []


def test_of_the_connection_and_the_push_worker_only_one_sends_an_answer(messages, ready, a):
    ready(mpc=LEG, due_at=a.NOW)
    (due,) = messages.claim("w", 9, a.NOW)
    assert claim(messages, a, mpc=LEG) == "m1@h"
    with pytest.raises(NotNow):
        messages.attempt_started("m1@h", a.NOW, due.lease)
    assert messages.exchange("m1@h").attempts == 1


def test_an_answer_that_is_being_pushed_is_not_given_to_a_connection(messages, ready, a):
    ready(mpc=LEG, due_at=a.NOW)
    (due,) = messages.claim("w", 9, a.NOW)
    messages.attempt_started("m1@h", a.NOW, due.lease)
    assert claim(messages, a, mpc=LEG) is None


def test_an_operator_has_an_answer_pushed_again(messages, ready, a):
    ready(mpc=LEG, due_at=a.NOW)
    assert claim(messages, a, mpc=LEG) == "m1@h"
    messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED))
    (done,) = messages.order(Intervention.RESEND, ["m1@h"], a.NOW, a.NOW, "again")
    assert done.problem == ""
    assert [one.message_id for one in messages.claim("w", 9, a.NOW)] == ["m1@h"]
