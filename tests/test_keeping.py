"""Retention over real stores: what goes, what stays, what a crash in between leaves, and that every promise holds after each story."""

import gzip
import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bench.pair import body_of
from bench.two_nodes import sample
from node.ebms.states import OutboundState
from node.evidence.entry import Kind
from node.failpoints import FAILPOINTS, watched
from node.keeping import BEYOND, Keeping, shortest
from node.msh.intervention import Intervention
from node.msh.ports import NoLongerKept, StorageUnavailable, SubmissionError
from node.msh.retention import STANDARD, YEAR, Goes, Removes, Rule
from node.store import prepared
from node.store.evidence import Evidence
from node.store.finding import Witness
from node.store.header_json import party_key
from node.store.invariants import check
from node.store.messages import open_store
from node.store.purging import FILE_GRACE
from node.store.rows import IN, OUT
from tests.conftest import FixtureClock
from tests.store import samples
from tests.stored import stored_pair

ROOT = Path(__file__).parents[1]
BIG = os.urandom(300 * 1024)
DAY = timedelta(days=1)


class Story:
    """Two nodes; a has sent one small and one large payload to b, which has delivered them."""

    def __init__(self, root, urls=None):
        self.root, self.both = root, stored_pair(root, urls=urls)
        assert self.both.pair.exchange(b"<a/>", BIG) is OutboundState.ACKNOWLEDGED
        self.a, self.b = (self.both.stores[name].messages for name in "ab")
        (message,) = self.b.deliverable(9)
        self.message_id = message.message_id
        self.b.delivered(message.id, self.both.b.clock.now())
        self.clock = FixtureClock(self.both.b.clock.now())

    def keeping(self, side, rule=STANDARD):
        messages = getattr(self, side)
        # These tests jump by years in which nothing happens.
        one = Keeping(messages, lambda *_: rule, [rule], self.clock)
        one.now = self.clock.now
        return one

    def send(self, *payloads):
        """One more message that b accepts."""
        message_id = self.both.a.submit("b", *payloads)
        outgoing = self.both.a.prepare(message_id)
        answer = self.both.b.receive(outgoing.content_type, body_of(outgoing))
        assert answer.status == 200
        assert self.both.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED
        return message_id

    def run(self, rule=STANDARD):
        return [self.keeping(side, rule).run() for side in "ab"]

    def found(self):
        seen = {"now": self.clock.now(), "longest_wait": 100 * YEAR}
        return [*check(self.a, Witness(**seen, submitted=[self.message_id])), *check(self.b, Witness(**seen))]

    def files(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("payloads/*/*"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def story(tmp_path, request):
    urls = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        urls = {side: server.database() for side in "ab"}
    one = Story(tmp_path, urls)
    yield one
    one.both.close()


def ask(messages, statement, **values):
    return messages.writer.run(lambda cursor: cursor.execute(worded(messages, statement), values).fetchall())


def do(messages, statement, **values):
    messages.writer.run(lambda cursor: cursor.execute(worded(messages, statement), values) and None)


def worded(messages, statement):
    return re.sub(r":(\w+)", r"%(\1)s", statement) if messages.database.shared else statement


def read(kept):
    return b"".join(kept.chunks())


def test_nothing_goes_before_its_time(story):
    story.clock.advance(hours=23)
    assert [one.all for one in story.run()] == [0, 0]
    assert list(story.keeping("a").plan()) == []
    story.clock.advance(days=28)
    assert [(one.payloads, one.messages) for one in story.run()] == [(0, 0), (0, 0)]


def test_payloads_go_and_everything_else_proves_what_it_proved(story):
    receipt = read(story.b.inbound(story.message_id)[0].receipt)
    story.clock.advance(days=30)
    planned = [one for side in "ab" for one in story.keeping(side).plan()]
    assert [(one.candidate.direction, one.verdict.what) for one in planned] == [(OUT, Removes.PAYLOADS), (IN, Removes.PAYLOADS)]
    assert [(one.payloads, one.files) for one in story.run()] == [(1, 0), (1, 0)]
    assert story.found() == []
    sent, received = story.a.exchange(story.message_id), story.b.inbound(story.message_id)[0]
    for payload in (*sent.payloads, *received.payloads):
        assert payload.octets.size > 0 and len(payload.octets.sha256) == 64
        with pytest.raises(StorageUnavailable, match="removed by retention"):
            read(payload.octets)
    assert sent.payloads[1].octets.sha256 == hashlib.sha256(BIG).hexdigest()
    assert sent.wire == () and sent.references
    assert read(received.receipt) == receipt
    assert story.a.history(story.message_id)[-1].detail.startswith("payload = 30d after ACKNOWLEDGED at ")
    # Once is enough.
    assert [one.all for one in story.run()] == [0, 0]
    # The files go a day later.
    assert len(story.files()) == 3
    story.clock.advance(days=1)
    assert [one.files for one in story.run()] == [2, 1]
    assert story.files() == [] and story.found() == []
    assert story.a.removals() == story.b.removals() == set()


def test_what_was_removed_is_in_no_page_of_the_database(tmp_path):
    both = stored_pair(tmp_path)
    # What no compression makes smaller lies as it is, also as gzip.
    noise = os.urandom(20_000)
    pieces = [noise[place : place + 32] for place in range(0, len(noise), 1_000)]
    both.pair.exchange(noise)
    messages, clock = both.stores["a"].messages, FixtureClock(both.a.clock.now() + 30 * DAY)
    file = tmp_path / "a" / "node.db"

    def lies_there():
        messages.writer.run(lambda cursor: None)
        messages.database.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        held = file.read_bytes()
        return any(one in held for one in pieces)

    assert lies_there()
    assert Keeping(messages, lambda *_: STANDARD, [STANDARD], clock).run().payloads == 1
    assert not lies_there()
    both.close()


def test_a_message_without_payloads_cannot_be_sent_again(story):
    story.clock.advance(days=30)
    story.run()
    (ordered,) = story.a.order(Intervention.RESEND, [story.message_id], story.clock.now(), story.clock.now(), "please")
    assert "removed by retention" in ordered.problem
    assert story.a.exchange(story.message_id).due_at is None


def rows_of_octets(messages):
    return ask(messages, "SELECT COUNT(*) FROM octets")[0][0]


def test_what_went_over_the_wire_goes_a_day_after_its_receipt_and_says_what_it_said(story):
    before = story.a.exchange(story.message_id)
    envelope, rows = story.a.envelope_of(story.message_id), rows_of_octets(story.a)
    assert envelope in b"".join(map(read, before.wire)) and len(before.wire) == 3
    story.clock.advance(days=1)
    (planned,) = story.keeping("a").plan()
    assert planned.verdict.what is Removes.WIRE and list(story.keeping("b").plan()) == []
    assert [(one.wire, one.all) for one in story.run()] == [(1, 1), (0, 0)]
    after = story.a.exchange(story.message_id)
    assert after.wire == () and story.a.envelope_of(story.message_id) == envelope
    assert [read(one.octets) for one in after.payloads] == [b"<a/>", BIG]
    assert (after.references, after.state) == (before.references, before.state)
    assert rows_of_octets(story.a) == rows - 3 + 1
    last = story.a.history(story.message_id)[-1]
    assert (last.event, last.detail[:28]) == ("WIRE_REMOVED", "sent = 1d after ACKNOWLEDGED")
    assert story.found() == []
    # Once is enough, and its file goes a day later.
    assert story.keeping("a").run().all == 0
    assert len(story.files()) == 3
    story.clock.advance(days=1)
    assert story.keeping("a").run().files == 1 and len(story.files()) == 2
    # The envelope that lay in the body is kept once, however the rest goes.
    story.clock.advance(days=30)
    assert story.keeping("a").run().payloads == 1
    assert story.a.envelope_of(story.message_id) == envelope
    assert rows_of_octets(story.a) == rows - 3 + 1 and story.found() == []
    story.clock.advance(days=3700)
    assert story.keeping("a").run().messages == 1
    assert ask(story.a, "SELECT COUNT(*) FROM octets WHERE id NOT IN (SELECT octets_id FROM evidence_object)")[0][0] == 0
    assert story.found() == []


def test_what_travels_as_gzip_lies_as_it_was_signed_and_is_read_as_it_was_submitted(story):
    small, large = story.a.exchange(story.message_id).payloads
    signed = next(one.entry for one in Evidence(story.a).of_message(story.message_id) if one.entry.kind is Kind.PACKAGED)
    for number, (payload, plain) in enumerate(((small, b"<a/>"), (large, BIG)), 1):
        packed = read(payload.packed)
        assert read(payload.octets) == gzip.decompress(packed) == plain
        assert hashlib.sha256(packed).hexdigest() == signed.objects[f"payload-{number}"]
    assert ask(story.a, "SELECT COUNT(*) FROM octets WHERE packed_size IS NOT NULL")[0][0] == 2


def test_what_we_sent_takes_a_third_of_its_octets_a_day_later_with_all_that_proves_it(tmp_path):
    both, many = stored_pair(tmp_path), 20
    messages, clock = both.stores["a"].messages, FixtureClock(both.a.clock.now())

    def lying():
        """Octets of the pages that hold something."""
        connection = messages.database.connect()
        count, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        connection.close()
        return (count - free) * size

    before = lying()
    for _ in range(many):
        assert both.pair.exchange(sample(100_000)) is OutboundState.ACKNOWLEDGED
    sent = (lying() - before) / many
    clock.advance(days=1)
    assert Keeping(messages, lambda *_: STANDARD, [STANDARD], clock).run().wire == many
    assert (lying() - before) / many < min(sent, 40_000)
    both.close()


def test_a_payload_that_is_damaged_where_it_lies_is_found(story):
    do(story.a, "UPDATE octets SET content = :x WHERE packed_size IS NOT NULL AND content IS NOT NULL", x=gzip.compress(b"<b/"))
    assert "octets were kept" in "".join(one.what for one in story.found() if one.id == "INV-12")


def test_what_is_gone_from_the_wire_is_never_made_anew(story):
    story.clock.advance(days=1)
    story.run()
    (ordered,) = story.a.order(Intervention.RESEND, [story.message_id], story.clock.now(), story.clock.now(), "please")
    assert "others under its MessageId would be other content; submit the document as a new message" in ordered.problem
    assert story.a.exchange(story.message_id).due_at is None
    assert story.found() == []


def test_whoever_is_faster_wins_between_a_resend_and_the_purge_of_the_wire(story):
    story.clock.advance(days=1)
    keeping = story.keeping("a")
    (planned,) = keeping.plan()
    story.a.order(Intervention.RESEND, [story.message_id], story.clock.now(), story.clock.now(), "once more")
    assert story.a.remove_wire(planned.candidate, planned.verdict, story.clock.now()) is False
    assert keeping.run().all == 0 and story.a.exchange(story.message_id).wire


def test_a_receipt_that_comes_again_is_compared_after_the_wire_went(tmp_path):
    one = stored_pair(tmp_path)
    message_id = one.a.submit("b", b"<a/>", BIG)
    outgoing = one.a.prepare(message_id)
    answer = one.b.receive(outgoing.content_type, body_of(outgoing))
    assert one.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED
    messages, clock = one.stores["a"].messages, FixtureClock(one.a.clock.now() + DAY)
    assert Keeping(messages, lambda *_: STANDARD, [STANDARD], clock).run().wire == 1
    assert one.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED
    assert [step.event for step in messages.history(message_id)][-2:] == ["WIRE_REMOVED", "RECEIPT_MATCHED"]
    assert list(check(messages, Witness(clock.now(), longest_wait=100 * YEAR))) == []
    one.close()


def test_what_may_have_to_be_sent_again_keeps_what_goes_over_the_wire(story):
    """Open, failed, without a receipt, held by order: none of them is proven to have come."""
    both, ids = story.both, {}
    for state in ("READY", "SENDING", "AWAITING_RECEIPT", "SENT", "FAILED", "ACKNOWLEDGED"):
        ids[state] = both.a.submit("b", b"<c/>")
        both.a.prepare(ids[state])
        do(story.a, "UPDATE exchange SET state = :state WHERE message_id = :id", state=state, id=ids[state])
    (row,) = [one.id for one in story.a.exchanges(99) if one.message_id == ids["ACKNOWLEDGED"]]
    story.a.keep(OUT, row, "court file 12", story.clock.now())
    story.clock.advance(days=29)
    assert story.keeping("a").run().wire == 1
    assert not story.a.exchange(story.message_id).wire
    assert all(story.a.exchange(one).wire for one in ids.values())
    story.a.keep(OUT, row, "", story.clock.now(), "the court is done")
    assert story.keeping("a").run().wire == 1
    assert not story.a.exchange(ids["ACKNOWLEDGED"]).wire


def test_a_body_whose_envelope_is_not_what_was_signed_is_kept(story, caplog):
    (segment, *_) = ask(story.a, "SELECT wire FROM exchange")[0]
    number = json.loads(segment)[0][0]
    octets = bytes(ask(story.a, "SELECT content FROM octets WHERE id = :id", id=number)[0][0])
    broken = octets.replace(b"originalSender", b"originalsender")
    assert broken != octets
    do(story.a, "UPDATE octets SET content = :broken WHERE id = :id", broken=broken, id=number)
    story.clock.advance(days=1)
    assert story.keeping("a").run().all == 0
    assert "is not the one that was signed" in caplog.text
    assert story.a.exchange(story.message_id).wire


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE exchange SET wire = NULL, envelope_id = 1", "what went over the wire is gone, and no step says"),
        ("UPDATE history SET event = 'WIRE_REMOVED' WHERE event = 'RECEIPT_MATCHED'", "its envelope is not there by itself"),
        (
            "UPDATE history SET event = 'WIRE_REMOVED' WHERE event = 'RECEIPT_MATCHED';UPDATE exchange SET state = 'FAILED'",
            "is FAILED, and a rule removed what it would send again",
        ),
    ],
)
def test_wire_octets_that_are_gone_without_a_rule_are_found(tmp_path, damage, said):
    story = Story(tmp_path)
    for one in damage.split(";"):
        do(story.a, one)
    assert said in "".join(one.what for one in story.found() if one.id == "INV-12")
    story.both.close()


def test_an_envelope_that_is_kept_in_place_of_the_body_is_checked(story):
    story.clock.advance(days=1)
    story.run()
    (envelope,) = ask(story.a, "SELECT envelope_id FROM exchange")[0]
    (other,) = ask(story.a, "SELECT MAX(octets_id) FROM payload")[0]
    assert envelope != other
    do(story.a, "UPDATE exchange SET envelope_id = :other", other=other)
    assert "INV-8" in {one.id for one in story.found()}


def test_a_duplicate_gets_the_stored_receipt_after_the_payloads_went(tmp_path):
    one = stored_pair(tmp_path)
    a, b = one.a, one.b
    message_id = a.submit("b", b"<a/>", BIG)
    outgoing = a.prepare(message_id)
    body = body_of(outgoing)
    first = b.receive(outgoing.content_type, body)
    messages = one.stores["b"].messages
    messages.delivered(messages.deliverable(1)[0].id, b.clock.now())
    clock = FixtureClock(b.clock.now() + timedelta(days=31))
    keeping = Keeping(messages, lambda *_: STANDARD, [STANDARD], clock)
    assert keeping.run().payloads == 1
    again = b.receive(outgoing.content_type, body)
    assert (first.status, again.octets) == (200, first.octets)
    assert messages.inbound(message_id)[0].duplicates == 1 and messages.deliverable(9) == []
    # In the end nothing is left but a line; then it is refused, and still not delivered.
    clock.advance(days=3700)
    keeping.now = clock.now
    assert keeping.run().messages == 1
    refused = b.receive(outgoing.content_type, body)
    assert b"EBMS:0003" in refused.octets and messages.inbound(message_id) == []
    assert messages.deliverable(9) == []
    (left,) = messages.purged(message_id)
    assert left.partner == "a" and left.rule.startswith("evidence = 10y after DELIVERED at ")
    assert list(check(messages, Witness(clock.now(), longest_wait=100 * YEAR))) == []
    one.close()


def test_everything_goes_after_the_evidence_but_a_line(story, a):
    story.clock.advance(days=3661)
    assert [(one.payloads, one.messages) for one in story.run()] == [(0, 1), (0, 1)]
    for messages, table in ((story.a, "exchange"), (story.b, "inbound")):
        for name in (table, "payload", "history"):
            assert ask(messages, f"SELECT COUNT(*) FROM {name}")[0][0] == 0, name
        # What the log of evidence keeps for good: certificates, agreements, and the receipt.
        assert ask(messages, "SELECT COUNT(*) FROM octets WHERE id NOT IN (SELECT octets_id FROM evidence_object)")[0][0] == 0
    assert story.a.exchange(story.message_id) is None
    (left,) = story.a.purged(story.message_id)
    assert (left.state, left.purged_at) == ("ACKNOWLEDGED", story.clock.now())
    assert story.found() == []
    with pytest.raises(SubmissionError, match="an earlier message has it"):
        story.a.submit(a.exchange(story.message_id))
    assert story.a.purged("another") == []


@pytest.fixture
def a():
    return samples


def test_open_held_and_kept_messages_stay_for_ever(story):
    waiting = story.both.a.submit("b", b"<c/>")
    undelivered = story.send(BIG)
    (row,) = story.b.inbound(story.message_id)
    story.b.keep(IN, row.id, "court file 12", story.clock.now())
    assert story.b.kept_because(IN, row.id) == "court file 12"
    story.clock.advance(days=36_000)
    # What a sent and b acknowledged is over for a, but not for b.
    assert [one.all for one in story.run()] == [2, 0]
    assert story.a.exchange(waiting) and story.b.inbound(undelivered)
    assert read(story.b.inbound(story.message_id)[0].payloads[0].octets)
    story.b.keep(IN, row.id, "", story.clock.now(), "the court is done")
    assert [one.event for one in story.b.inbound_history(row.id)][-2:] == ["KEPT", "NO_LONGER_KEPT"]
    assert story.run()[1].messages == 1


def test_a_file_that_two_messages_name_goes_with_the_second(story):
    messages = story.b
    # The same octets once more: compressed by the same rule they have the same hash.
    story.send(BIG)
    named = {row[0] for row in ask(messages, "SELECT file FROM octets WHERE file IS NOT NULL")}
    assert len(named) == 1
    story.clock.advance(days=30)
    story.run()
    assert messages.removals() == set()
    messages.delivered(messages.deliverable(1)[0].id, story.clock.now())
    story.clock.advance(days=30)
    story.run()
    assert messages.removals() == named
    story.clock.advance(days=1)
    assert story.run()[1].files == 1
    assert story.found() == []


def test_a_file_that_is_named_again_is_called_back(story):
    messages = story.b
    story.clock.advance(days=30)
    story.run()
    assert len(messages.removals()) == 1
    second = story.send(BIG)
    assert messages.removals() == set()
    story.clock.advance(days=2)
    story.run()
    assert read(messages.inbound(second)[0].payloads[0].octets)
    assert story.found() == []


def test_a_file_that_lies_there_anew_is_not_removed_before_its_row_is_committed(story):
    story.clock.advance(days=30)
    story.run()
    story.clock.advance(days=1)
    runs = []

    def meanwhile(point):
        if point == "in.14.after_directory_fsync":
            runs.append(story.b.remove_files(story.clock.now(), 9))

    second = story.both.a.submit("b", BIG)
    outgoing = story.both.a.prepare(second)
    with watched(meanwhile):
        answer = story.both.b.receive(outgoing.content_type, body_of(outgoing))
    assert story.both.a.settle(second, answer) is OutboundState.ACKNOWLEDGED
    assert runs == [0]
    assert read(story.b.inbound(second)[0].payloads[0].octets)
    assert story.found() == []


def test_a_mark_that_came_too_late_takes_no_file_from_a_row(story):
    """As when a row was committed between the look for it and the mark."""
    (file,) = {row[0] for row in ask(story.b, "SELECT file FROM octets WHERE file IS NOT NULL")}
    do(story.b, "INSERT INTO removal (file, due_at, going) VALUES (:file, '2026', 0)", file=file)
    assert story.keeping("b").run().files == 0
    assert story.b.removals() == set()
    assert story.found() == []


def test_a_message_that_names_a_file_while_it_is_removed_is_refused_for_now(story):
    messages, both = story.b, story.both
    story.clock.advance(days=30)
    story.run()
    story.clock.advance(days=1)
    second = both.a.submit("b", BIG)
    outgoing = both.a.prepare(second)
    answers = []

    def meanwhile(point):
        if point == "keep.files.marked" and not answers:
            answers.append(both.b.receive(outgoing.content_type, body_of(outgoing)).status)

    with watched(meanwhile):
        story.keeping("b").run()
    assert answers == [503] and messages.inbound(second) == []
    answer = both.b.receive(outgoing.content_type, body_of(outgoing))
    assert both.a.settle(second, answer) is OutboundState.ACKNOWLEDGED
    assert read(messages.inbound(second)[0].payloads[0].octets)
    assert story.found() == []


def test_what_changed_since_it_was_judged_stays(story):
    story.clock.advance(days=30)
    keeping = story.keeping("a")
    (planned,) = keeping.plan()
    story.a.order(Intervention.RESEND, [story.message_id], story.clock.now(), story.clock.now(), "once more")
    assert story.a.remove_payloads(planned.candidate, planned.verdict, story.clock.now()) is False
    assert story.a.remove_all(planned.candidate, planned.verdict, story.clock.now()) is False
    assert keeping.run().all == 0
    assert read(story.a.exchange(story.message_id).payloads[1].octets) == BIG


def test_what_is_lost_is_not_called_removed(story, caplog):
    for path in story.root.rglob("a/payloads/*/*"):
        path.unlink()
    story.clock.advance(days=30)
    assert story.keeping("a").run().payloads == 0
    assert "its octets cannot be read" in caplog.text
    assert {one.id for one in story.found()} >= {"INV-12"}


def test_octets_that_are_gone_without_a_rule_are_found(story):
    do(story.a, "UPDATE octets SET content = NULL, file = NULL, removed_at = 'x' WHERE id = 1")
    assert "no step says which rule removed them" in "".join(one.what for one in story.found())


def test_files_without_a_row_are_marked_after_a_day_and_go(story):
    folder = story.a.files.folder / "zz"
    folder.mkdir()
    left, fresh = folder / "left-over", folder / "fresh"
    for path, age in ((left, 2 * DAY), (fresh, timedelta(hours=1))):
        path.write_bytes(b"x")
        at = (story.clock.now() - age).timestamp()
        os.utime(path, (at, at))
    for path in story.files():
        if "zz" not in path:
            os.utime(story.root / path, (0, 0))
    keeping = story.keeping("a")
    assert [one.where for one in story.found()] == [str(left)]
    assert (keeping.orphans(), keeping.orphans(), keeping.run().files) == (1, 0, 0)
    assert story.found() == []
    story.clock.advance(hours=1)
    assert keeping.run().files == 1
    assert not left.exists() and fresh.exists()
    assert read(story.a.exchange(story.message_id).payloads[1].octets) == BIG


def test_a_clock_that_is_years_ahead_empties_nothing(story):
    keeping = Keeping(story.b, lambda *_: STANDARD, [STANDARD], story.clock)
    story.clock.advance(days=4000)
    last = story.b.last_step_at()
    assert keeping.now() == last + BEYOND
    # 31 days are enough for payloads of 30 days, and no evidence goes.
    assert (keeping.run().payloads, keeping.run().messages) == (1, 0)
    assert Keeping(story.b, lambda *_: STANDARD, [STANDARD], FixtureClock(last)).now() == last


def test_a_run_ends_at_its_most_and_the_next_goes_on(story):
    for _ in range(3):
        assert story.both.pair.exchange(b"<a/>") is OutboundState.ACKNOWLEDGED
    story.clock.advance(days=30)
    assert [story.keeping("a").run(most=2).payloads for _ in range(3)] == [2, 2, 0]
    assert story.found() == []


def test_a_node_that_stops_ends_its_purge_after_the_message_in_hand(story):
    for _ in range(2):
        assert story.both.pair.exchange(b"<a/>") is OutboundState.ACKNOWLEDGED
    story.clock.advance(days=30)
    keeping = story.keeping("a")
    with watched(lambda point: point == "keep.purge.after_commit" and keeping.stop()):
        assert keeping.run().payloads == 1
    assert story.keeping("a").run().payloads == 2
    assert story.found() == []


def test_the_shortest_periods_are_those_before_which_nothing_is_looked_at():
    rules = [Rule(payload=None, failed=7 * DAY, evidence=None), Rule(payload=9 * DAY, evidence=DAY, window=20 * DAY)]
    assert shortest(rules) == (DAY, 7 * DAY, 20 * DAY)
    assert shortest([Rule(None, None, None, sent=None)]) == (None, None, None)


def test_the_purge_uses_its_index(tmp_path):
    story = Story(tmp_path)
    for statement, index in (
        ("PURGEABLE_EXCHANGES", "exchange_purge"),
        ("PURGEABLE_INBOUNDS", "inbound_purge"),
        ("WIRED_EXCHANGES", "exchange_wired"),
    ):
        plan = "EXPLAIN QUERY PLAN " + getattr(prepared, statement).sqlite
        rows = ask(story.a, plan, before="x", after_at="", after=0, most=9)
        assert any(index in row[3] for row in rows), rows
    story.both.close()


# -- crashes ---------------------------------------------------------------------------------------------------------

CHILD = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from node.failpoints import arm
from node.keeping import Keeping
from node.msh.retention import STANDARD
from node.store.archive import Archive, FolderPlace
from node.store.messages import open_store
class Clock:
    def now(self):
        return datetime.fromisoformat(sys.argv[3])
arm(sys.argv[2] or None)
for side in "ab":
    store = open_store(Path(sys.argv[1]) / side, lambda: "unique", Clock().now(), url=sys.argv[4 + "ab".index(side)])
    archive = Archive(store.messages, FolderPlace(Path(sys.argv[1]) / "archive"), lambda: "unique")
    keeping = Keeping(store.messages, lambda *_: STANDARD, [STANDARD], Clock(), archive)
    keeping.now = Clock().now
    keeping.run()
    store.close()
"""
POINTS = [one for one in FAILPOINTS if one.startswith("keep.")]
ARCHIVE = "archive"


def purge(root, point, now, urls):
    words = [sys.executable, "-c", CHILD, str(root), point, now.isoformat(), *urls.values()]
    return subprocess.run(words, cwd=ROOT, capture_output=True, check=False)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_loses_nothing_and_the_next_run_ends_it(tmp_path, request, database, point):
    (tmp_path / ARCHIVE).mkdir()
    server = request.getfixturevalue("postgres") if database == "postgres" else None
    urls = {side: server.database() if server else "" for side in "ab"}
    story = Story(tmp_path, urls)
    story.both.close()
    forget, wire = point.startswith("keep.forget"), point.startswith("keep.wire")
    now = story.clock.now() + (11 * YEAR if forget else DAY if wire else 30 * DAY)
    if point.startswith("keep.files"):
        assert purge(tmp_path, "", now, urls).returncode == 0
        now += FILE_GRACE
    dead = purge(tmp_path, point, now, urls)
    assert dead.returncode == -signal.SIGKILL, dead.stderr.decode()
    both = stored_pair(tmp_path, urls=urls)
    story.both, story.a, story.b = both, both.stores["a"].messages, both.stores["b"].messages
    story.clock = FixtureClock(now)
    assert story.found() == []
    story.run()
    story.clock.advance(days=1)
    story.run()
    assert story.found() == []
    # The payloads themselves.
    assert len(story.files()) == (2 if wire else 0)
    assert not story.a.exchange(story.message_id).wire if wire else True
    assert bool(story.a.purged(story.message_id)) == bool(story.b.purged(story.message_id)) == forget
    both.close()


def test_a_message_without_a_trace_is_a_duplicate_for_good(story, a):
    accepted = a.accepted(story.message_id)
    story.clock.advance(days=4000)
    story.run()
    do(story.b, "UPDATE purged SET from_party = :key", key=party_key(accepted.user_message.from_party))
    for payloads in ((b"x",), (BIG,)):
        with pytest.raises(NoLongerKept, match="came again with other content"):
            story.b.accept_once(a.accepted(story.message_id, payloads=payloads))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def test_a_file_that_comes_and_goes_again_and_again_is_never_missing(tmp_path, request, database):
    """One process accepts the same large payload time after time, while another removes it after each delivery."""
    url = request.getfixturevalue("postgres").database() if database == "postgres" else ""
    numbers = itertools.count()
    stores = [open_store(tmp_path, lambda: f"unique-{next(numbers)}", samples.NOW, url=url) for _ in range(2)]
    accepting, purging = (one.messages for one in stores)
    missing, looks, done = [], [], threading.Event()

    def pause(many):
        until = len(looks) + many
        while len(looks) < until:
            time.sleep(0.001)

    def accept():
        try:
            for n in range(60):
                message_id = f"m{n}@x"
                while True:
                    try:
                        accepting.accept_once(samples.accepted(message_id, payloads=(samples.BIG,)))
                    except StorageUnavailable:
                        # As a partner does: the file is being removed this very moment.
                        continue
                    break
                # Meanwhile the other looks for what it may remove, and this message still waits for its Consumer.
                pause(2)
                (message,) = accepting.inbound(message_id)
                try:
                    missing.append(read(message.payloads[0].octets) != samples.BIG)
                except (OSError, StorageUnavailable) as error:
                    missing.append(error)
                accepting.delivered(message.id, samples.NOW)
                # Until the other has marked the file, and is about to remove it or has done so.
                while sum(map(sum, looks)) <= n:
                    time.sleep(0.0005)
        finally:
            done.set()

    def look():
        # The mark is due at once: nobody who had looked before it was made is still on the way.
        done.wait(0.003 * (len(looks) % 3))
        purging.remove_files(samples.NOW + 2 * FILE_GRACE, 9)
        ended = [one for one in purging.purgeable(IN, samples.NOW, 9) if one.state == "DELIVERED"]
        removed = [purging.remove_payloads(one, Goes(Removes.PAYLOADS, "rule"), samples.NOW) for one in ended]
        looks.append(removed)
        return sum(removed)

    thread = threading.Thread(target=accept)
    thread.start()
    purged = 0
    try:
        while not done.is_set():
            purged += look()
        thread.join()
        purged += look()
        assert len(missing) == purged == 60
        assert not any(missing), missing
    finally:
        thread.join()
        for one in stores:
            one.close()
