"""Updates by message on both databases: each step is one transaction, and a partner's update needs two people whoever calls."""

from datetime import UTC, datetime, timedelta

import pytest

from node.store.finding import Witness
from node.store.invariants import INVARIANTS
from node.store.people import Acted
from node.store.steps import NotAgreed
from node.store.updates import Answer, Asked, Carrier, StoredUpdates, accepted
from node.updates.states import UpdateDirection, UpdateEvent, UpdateState

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ANN, BEN = Acted("ann", NOW, "compared"), Acted("ben", NOW)
YES = Answer(b"yes", "answer@tw")
NO = Answer(b"no", "refusal@tw")


@pytest.fixture
def updates(store):
    return StoredUpdates(store.messages.database, store.messages.writer)


def asked(direction=UpdateDirection.IN, name="r1", content=b"request", respond=2, activate=3):
    carrier = Carrier("m1@kr", "c1")
    ends = [None if days is None else NOW + timedelta(days=days) for days in (respond, activate)]
    return Asked("kr", direction, name, content.hex(), content, carrier, *ends)


def test_a_request_is_kept_once(updates):
    kept, new = updates.record(asked(), Acted("n2n", NOW))
    assert (kept.state, kept.sending, kept.asked, new) == (UpdateState.PROPOSED, "", asked(), True)
    assert updates.record(asked(), Acted("n2n", NOW)) == (kept, False)
    other, new = updates.record(asked(content=b"other"), Acted("n2n", NOW), NO)
    assert (other.id, new) != (kept.id, False)
    assert (updates.exact(asked()), updates.exact(asked(content=b"other")), updates.exact(asked(content=b"none"))) == (
        kept,
        other,
        None,
    )
    assert updates.named("kr", UpdateDirection.IN, "r1") in (kept, other)
    assert updates.named("kr", UpdateDirection.OUT, "r1") is None
    assert (other.state, other.answer, other.sending, other.sending_id) == (UpdateState.REJECTED, b"no", "DUE", "refusal@tw")
    assert [one.id for one in updates.due()] == [other.id]
    assert updates.of("kr") == updates.of() == [kept, other]
    assert (updates.of("jp"), updates.waiting("kr"), updates.waiting("jp"), updates.unanswered()) == ([], 1, 0, [])


def test_a_partners_update_needs_two_people_whoever_calls(updates):
    kept, _ = updates.record(asked(), Acted("n2n", NOW))
    mark = updates.mark()
    one = updates.approve(kept.id, ANN, YES)
    assert (one.state, one.answer, one.sending) == (UpdateState.PROPOSED, None, "")
    for name in ("ann", " ANN  "):
        with pytest.raises(NotAgreed, match="another person"):
            updates.approve(kept.id, Acted(name, NOW), YES)
    assert updates.get(kept.id).state is UpdateState.PROPOSED
    assert updates.mark() == mark
    both = updates.approve(kept.id, BEN, YES)
    assert (both.state, both.answer, both.sending, both.sending_id) == (UpdateState.ACCEPTED, b"yes", "DUE", "answer@tw")
    assert [one.who for one in updates.approvals(kept.id)] == ["ann", "ben"]
    assert [(one.who, one.event, one.after) for one in updates.steps(kept.id)] == [
        ("n2n", "PROPOSE", "PROPOSED"),
        ("ann", "APPROVE", "PROPOSED"),
        ("ben", "APPROVE", "PROPOSED"),
        ("ben", "ACCEPT", "ACCEPTED"),
    ]
    assert updates.mark() != mark
    assert accepted(updates._database.read) == updates.accepted("kr") == [both]
    assert updates.accepted("jp") == []
    with pytest.raises(NotAgreed, match="ACCEPTED knows no"):
        updates.approve(kept.id, Acted("cho", NOW), YES)
    with pytest.raises(NotAgreed, match="ACCEPTED knows no"):
        updates.reject(kept.id, ANN, NO)


def test_what_was_owed_is_sent_once(updates):
    kept, _ = updates.record(asked(), Acted("n2n", NOW), NO)
    updates.sent(kept.id)
    assert (updates.get(kept.id).sending, updates.due()) == ("SENT", [])


def test_a_partners_update_may_be_refused_by_one(updates):
    kept, _ = updates.record(asked(), Acted("n2n", NOW))
    updates.approve(kept.id, ANN, YES)
    refused = updates.reject(kept.id, BEN, NO)
    assert (refused.state, refused.answer, refused.sending_id) == (UpdateState.REJECTED, b"no", "refusal@tw")


@pytest.mark.parametrize(("respond", "activate"), [(1, 3), (3, 1), (None, 1), (1, None)])
def test_nobody_accepts_what_is_over(updates, respond, activate):
    kept, _ = updates.record(asked(respond=respond, activate=activate), Acted("n2n", NOW))
    assert updates.expire(NOW + timedelta(hours=23)) == []
    late = NOW + timedelta(days=1)
    with pytest.raises(NotAgreed, match="its time was over"):
        updates.approve(kept.id, Acted("ann", late), YES)
    (over,) = updates.expire(late)
    assert (over.state, updates.waiting("kr"), updates.expire(late)) == (UpdateState.EXPIRED, 0, [])


def test_ours_is_sent_and_answered_by_the_partner_alone(updates):
    kept, _ = updates.record(asked(UpdateDirection.OUT), ANN, sending_id="m1@tw")
    assert (updates.unanswered(), updates.waiting("kr")) == ([kept], 0)
    assert (kept.is_ours, kept.sending, kept.sending_id) == (True, "DUE", "m1@tw")
    for act in (lambda: updates.approve(kept.id, ANN, YES), lambda: updates.reject(kept.id, ANN, NO)):
        with pytest.raises(NotAgreed, match="is ours"):
            act()
    updates.sent(kept.id)
    done = updates.answered(kept.id, UpdateEvent.ACCEPT, Acted("kr", NOW), b"yes")
    assert (done.state, done.answer, done.sending) == (UpdateState.ACCEPTED, b"yes", "SENT")
    with pytest.raises(NotAgreed):
        updates.answered(kept.id, UpdateEvent.REJECT, Acted("kr", NOW), b"no")


def test_ours_that_was_never_sent_is_not_sent_when_its_time_is_over(updates):
    kept, _ = updates.record(asked(UpdateDirection.OUT), ANN, sending_id="m1@tw")
    (over,) = updates.expire(NOW + timedelta(days=9))
    assert (over.id, over.sending, updates.due()) == (kept.id, "", [])


def test_a_late_answer_to_ours_counts(updates):
    kept, _ = updates.record(asked(UpdateDirection.OUT), ANN, sending_id="m1@tw")
    updates.expire(NOW + timedelta(days=9))
    assert updates.answered(kept.id, UpdateEvent.ACCEPT, Acted("kr", NOW), b"yes").state is UpdateState.ACCEPTED


def test_what_is_not_there_is_told(updates):
    for act in (updates.get, lambda one: updates.approve(one, ANN, YES)):
        with pytest.raises(NotAgreed, match="no update 7"):
            act(7)


def test_an_update_that_only_one_person_saw_is_a_breach(updates, store):
    kept, _ = updates.record(asked(), Acted("n2n", NOW))
    updates.approve(kept.id, ANN, YES)
    updates.approve(kept.id, BEN, YES)
    ours, _ = updates.record(asked(UpdateDirection.OUT), ANN, sending_id="m1@tw")
    updates.answered(ours.id, UpdateEvent.ACCEPT, Acted("kr", NOW), b"yes")
    (invariant,) = [one for one in INVARIANTS if one.id == "INV-15"]
    assert list(invariant.check(store.messages, Witness(NOW))) == []
    # Somebody at the database itself.
    updates._writer.run(lambda cursor: cursor.execute("DELETE FROM update_approval WHERE who = 'ben'").rowcount)
    (found,) = invariant.check(store.messages, Witness(NOW))
    assert found.where == f"update {kept.id} of kr"
