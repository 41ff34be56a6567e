"""Parts that go out: recorded with their set, all or none, and moved on one by one."""

import pytest

from node.customs.operators.outbound import plan
from node.customs.operators.record_set import DELTA, FULL
from node.customs.operators.schedule import REFUSED, SENT
from node.store.compressed import deflated
from node.store.lists_out import ListsOut, NewPart
from node.store.own_operators import Overtaken
from tests.operators import at, record
from tests.store.test_own_operators import KR, TW_AEO, listed, own, put  # noqa: F401 - `own` is a fixture


@pytest.fixture
def lists(store):
    return ListsOut(store.messages.database, store.messages.writer)


def parts(*names):
    return [
        NewPart(place, f"urn:{name}", f"{name}@tw.example", deflated(name.encode() * 100)) for place, name in enumerate(names, 1)
    ]


def publish(own, mode, *names, days=10.0):  # noqa: F811
    since = own.sequence("kr", "TW-AEO")
    publication = plan(KR, mode, since, own.records(TW_AEO), own.held("kr", "TW-AEO"), at(days))
    own.published("kr", "TW-AEO", publication, at(days), parts(*names))
    return publication


def test_parts_are_due_until_somebody_has_handed_them_over(own, lists):  # noqa: F811
    put(own, listed(record("TW1")))
    publish(own, FULL, "a", "b")
    first, second = lists.due()
    assert (first.partner, first.programme, first.mode, first.sequence, first.part) == ("kr", "TW-AEO", FULL, 1, 1)
    assert (first.document_id, first.message_id, first.made_at, first.state) == ("urn:a", "a@tw.example", at(10), "DUE")
    assert lists.octets(second.id) == b"b" * 100
    lists.moved(first.id, SENT)
    assert lists.due() == [second]
    assert lists.octets(first.id) is None
    assert lists.octets(99) is None


def test_a_set_that_comes_too_late_leaves_no_parts(own, lists):  # noqa: F811
    put(own, listed(record("TW1")))
    late = plan(KR, FULL, 0, own.records(TW_AEO), [], at(10))
    publish(own, FULL, "a")
    with pytest.raises(Overtaken):
        own.published("kr", "TW-AEO", late, at(11), parts("b"))
    assert [one.document_id for one in lists.due()] == ["urn:a"]


def test_sets_have_the_state_of_their_worst_part(own, lists):  # noqa: F811
    put(own, listed(record("TW1")))
    publish(own, FULL, "a", "b")
    put(own, listed(record("TW1", name="New")), days=2)
    publish(own, DELTA, "c", days=11)
    put(own, listed(record("TW1", name="Newer")), days=3)
    publish(own, DELTA, days=12)
    a, b, c = lists.due()
    lists.moved(a.id, SENT)
    lists.moved(b.id, REFUSED)
    lists.moved(c.id, SENT)
    assert [(one.mode, one.sequence, one.made_at, one.state) for one in lists.sets("kr", "TW-AEO", 9)] == [
        (DELTA, 3, at(12), ""),
        (DELTA, 2, at(11), SENT),
        (FULL, 1, at(10), REFUSED),
    ]
    assert [one.state for one in lists.sets("kr", "TW-AEO", 2)] == ["", SENT]
    assert lists.sets("jp", "TW-AEO", 9) == []
    assert [one.document_id for one in lists.since("kr", "TW-AEO", 2)] == ["urn:c"]
