"""What the purge does to single rows; whole stories are in tests/test_keeping.py."""

from datetime import timedelta

import pytest

from node.ebms.states import OutboundEvent
from node.msh.ports import StorageUnavailable
from node.msh.retention import Goes, Removes
from node.store import purging
from node.store.finding import Witness
from node.store.invariants import check
from node.store.kept import RemovedOctets
from node.store.rows import IN, OUT

DAY = timedelta(days=1)


@pytest.fixture
def messages(store, a):
    """One message that was acknowledged, with a small and a large payload."""
    store.messages.submit(a.exchange(payloads=(b"<co/>", a.BIG)))
    store.messages.packaged(a.packaged(wire=(b"head", a.BIG, b"tail")), a.NOW)
    store.messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED))
    return store.messages


def candidate(messages, a):
    (one,) = messages.purgeable(OUT, a.NOW, 9)
    return one


def test_candidates_come_by_the_page_and_only_those_that_ended_before(store, a):
    messages = store.messages
    for n in range(5):
        messages.submit(a.exchange(f"m{n}@h"))
        messages.packaged(a.packaged(f"m{n}@h"), a.NOW)
        messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED, f"m{n}@h", at=a.NOW + (4 - n) * DAY))
    messages.submit(a.exchange("open@h"))
    ids = [one.message_id for one in messages.purgeable(OUT, a.NOW + 3 * DAY, 2)]
    assert ids == ["m4@h", "m3@h", "m2@h", "m1@h"]
    assert [one.message_id for one in messages.oldest(OUT, a.NOW, 2)] == [*(f"m{n}@h" for n in range(5)), "open@h"]
    assert list(messages.oldest(OUT, a.NOW - DAY, 2)) == list(messages.purgeable(IN, a.NOW, 2)) == []
    assert messages.last_step_at() == a.NOW


def test_a_wire_body_that_holds_no_envelope_is_kept(messages, a, caplog):
    """The samples are no real message: what cannot be read is never removed."""
    assert messages.remove_payloads(candidate(messages, a), Goes(Removes.PAYLOADS, "rule"), a.NOW) is False
    assert "is not purged" in caplog.text
    assert b"".join(messages.exchange("m1@h").payloads[1].octets.chunks()) == a.BIG


def test_everything_of_a_message_goes_in_one_step(messages, a):
    assert messages.remove_all(candidate(messages, a), Goes(Removes.ALL, "the rule"), a.NOW)
    (left,) = messages.purged("m1@h")
    assert (left.direction, left.rule, left.state, left.ended_at) == (OUT, "the rule", "ACKNOWLEDGED", a.NOW)
    for table in ("history", "payload"):
        assert messages.writer.run(lambda cursor, table=table: cursor.execute(f"SELECT * FROM {table}").fetchall()) == []
    kept = messages.writer.run(lambda cursor: cursor.execute("SELECT content FROM octets").fetchall())
    assert [bytes(one[0]) for one in kept] == [b"<receipt/>"]
    assert len(messages.removals()) == 2
    assert [one.id for one in check(messages, Witness(a.NOW, submitted=["m1@h"]))] == []


def test_nothing_is_kept_that_is_not_there(store, a):
    with pytest.raises(LookupError, match="no message 9"):
        store.messages.keep(IN, 9, "why", a.NOW)
    assert store.messages.kept_because(IN, 9) == ""


def test_files_that_cannot_be_removed_stay_marked(messages, a, monkeypatch, caplog):
    messages.remove_all(candidate(messages, a), Goes(Removes.ALL, "the rule"), a.NOW)

    def fails(name):
        raise StorageUnavailable("payload file: read-only")

    monkeypatch.setattr(messages.files, "remove", fails)
    later = a.NOW + purging.FILE_GRACE
    assert messages.remove_files(later, 9) == 0
    assert len(messages.removals()) == 2 and "read-only" in caplog.text
    monkeypatch.undo()
    assert [messages.remove_files(later - timedelta(seconds=1), 9), messages.remove_files(later, 9)] == [0, 2]
    assert messages.removals() == set()


def test_removed_octets_are_known_by_size_and_hash():
    octets = RemovedOctets(7, None, "2026")
    octets.discard()
    assert (octets.size, octets.sha256) == (7, "")
    with pytest.raises(StorageUnavailable, match="removed by retention at 2026"):
        octets.chunks()


def test_what_a_rule_removes_in_a_bucket_goes_there(s3, store, a):
    store.keep_large_in(s3.bucket())
    messages = store.messages
    messages.accept_once(a.accepted(payloads=(a.BIG,)))
    messages.delivered(1, a.NOW)
    (one,) = messages.purgeable(IN, a.NOW, 9)
    assert len(s3.objects()) == 1
    assert messages.remove_payloads(one, Goes(Removes.PAYLOADS, "rule"), a.NOW)
    s3.kill()
    assert messages.remove_files(a.NOW + DAY, 9) == 0
    s3.start()
    assert messages.remove_files(a.NOW + DAY, 9) == 1
    assert s3.objects() == []


def test_a_receipt_that_is_damaged_keeps_its_message(messages, a, caplog):
    """What proves a message is kept for good, so it is read before anything goes."""
    for damage, said in (
        (
            "UPDATE octets SET content = CAST('x' AS BLOB) WHERE content = CAST('<receipt/>' AS BLOB)",
            "are not those of the receipt",
        ),
        ("DELETE FROM octets WHERE content = CAST('x' AS BLOB)", "its receipt cannot be read"),
    ):
        postgres = damage.replace("CAST('x' AS BLOB)", "'x'::bytea").replace("CAST('<receipt/>' AS BLOB)", "'<receipt/>'::bytea")
        messages.writer.run(lambda cursor, text=postgres if messages.database.shared else damage: cursor.execute(text))
        assert messages.remove_all(candidate(messages, a), Goes(Removes.ALL, "rule"), a.NOW) is False
        assert said in caplog.text
    assert messages.purged("m1@h") == []
