"""Each fact is in the log once: what is left out, written twice or made up is found."""

import pytest

from node.ebms.states import OutboundEvent
from node.evidence.entry import Entry, Kind
from node.msh.ports import Peer, Settlement
from node.store.finding import Witness
from node.store.invariants import check
from node.store.log import append
from node.store.witnessed import log_is_whole
from tests.logged import logged
from tests.seals import NOW


@pytest.fixture
def made(tmp_path):
    one = logged(tmp_path)
    one.message_id = one.exchange(b"<document/>")
    yield one
    one.close()


def found(made, side):
    return [one.what for one in log_is_whole(made.both.stores[side].messages, Witness(NOW))]


def note(made, side, kind, **about):
    entry = Entry(kind, NOW, {"message_id": made.message_id, **about})
    made.both.stores[side].messages.writer.run(lambda cursor: append(cursor, entry))


def test_what_happened_is_there_once(made):
    for side in "ab":
        assert list(check(made.both.stores[side].messages, Witness(NOW))) == []


@pytest.mark.parametrize(
    ("side", "kind", "partner", "direction"),
    [
        ("b", Kind.RECEIVED, "a", "in"),
        ("b", Kind.DELIVERED, "a", "in"),
        ("a", Kind.PACKAGED, "b", "out"),
        ("a", Kind.ACKNOWLEDGED, "b", "out"),
        ("a", Kind.FAILED, "b", "out"),
    ],
)
def test_what_is_written_once_too_often_is_found(made, side, kind, partner, direction):
    note(made, side, kind, partner=partner, direction=direction)
    count = 1 if kind is Kind.FAILED else 2
    assert found(made, side) == [
        f"it has {count} entries {kind} in the log of evidence, and was so {count - 1} times",
    ]


def test_what_was_left_out_is_found(made, monkeypatch):
    monkeypatch.setattr("node.store.inbound.append_noted", lambda *_: None)
    made.exchange(b"<other/>")
    assert found(made, "b") == [
        "it has 0 entries message.received in the log of evidence, and was so 1 times",
        "it has 0 entries message.delivered in the log of evidence, and was so 1 times",
    ]


def test_a_message_that_never_was_is_found(made):
    made.message_id = "nobody@nowhere"
    note(made, "b", Kind.RECEIVED, partner="a", direction="in")
    note(made, "a", Kind.PACKAGED, partner="b", direction="out")
    for side in "ab":
        assert found(made, side) == ["the message nobody@nowhere that it speaks of is not here"]


def test_what_failed_is_there_once(made):
    message_id = made.both.a.submit("b", b"<document/>")
    outgoing = made.both.a.prepare(message_id)
    messages = made.both.stores["a"].messages
    peer = Peer("192.0.2.9", called=True, head=b"HTTP/1.1 500 no")
    failed = Settlement(
        message_id,
        OutboundEvent.ATTEMPT_FAILED,
        NOW,
        "no",
        b"<html/>",
        "text/html",
        http_status=500,
        lease=outgoing.lease,
        peer=peer,
    )
    messages.settle(failed)
    messages.settle(Settlement(message_id, OutboundEvent.GAVE_UP, NOW, "no attempt is left"))
    assert found(made, "a") == []
    evidence = made.evidence("a")
    assert [one.entry.kind for one in evidence.of_message(message_id)] == [Kind.PACKAGED, Kind.ATTEMPTED, Kind.FAILED]
    attempted = evidence.of_message(message_id)[1]
    assert set(attempted.entry.objects) == {"answer", "http"}
    assert attempted.entry.facts["http_status"] == 500


def test_what_was_before_the_log_is_not_asked_for(made):
    messages = made.both.stores["b"].messages
    messages.writer.run(lambda cursor: cursor.execute("UPDATE evidence_head SET inbound_before = 1") and None)
    messages.writer.run(lambda cursor: cursor.execute("DELETE FROM evidence_entry") and None)
    messages.writer.run(lambda cursor: cursor.execute("UPDATE evidence_head SET number = 0, chain = zeroblob(32)") and None)
    assert found(made, "b") == []
