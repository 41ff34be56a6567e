"""Our own list is recorded and submitted: nothing is lost and nothing goes out twice, wherever the process dies."""

import signal
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from node.app import Node
from node.customs.filing.filing import Step
from node.customs.ladder import Reached
from node.customs.operators.arrangement import OwnProgramme
from node.customs.operators.outbound import record_xml
from node.customs.operators.record_set import DELTA, FULL, URGENT, RecordSetReader
from node.customs.operators.schedule import FAILED, HELD, READ, REFUSED, SENT, TAKEN
from node.msh.octets import HeldOctets
from node.msh.ports import SubmissionError
from node.msh.submit import Payload, Submission
from node.publishing import NothingYet, Stopped, state_heard
from node.store.filing import add_step
from tests.exchanges.test_documents import fresh
from tests.operators import at
from tests.own_lists import TW_AEO, make_arranged_pair, put, row

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path):
    return make_arranged_pair(tmp_path)[0].folder


@pytest.fixture
def node(home):
    opened = Node.open(home)
    yield opened
    opened.close()


def publish(node, mode):
    return node.publishing.publish(TW_AEO, node.setting.arrangements.by_partner["kr"], mode, node.clock.now())


def outgoing(node):
    """Mode, sequence, part and octets of each message, in the order of submission."""
    found = []
    for exchange in reversed(node.messages.exchanges(limit=50)):
        whole = node.messages.exchange(exchange.message_id)
        octets = b"".join(b"".join(map(bytes, one.octets.chunks())) for one in whole.payloads)
        found.append((exchange.message_id, octets))
    return found


def test_a_list_that_was_handed_in_is_the_last_one_too(node):
    assert node.publishing.last_out(TW_AEO, ["kr"]) == {}
    assert node.publishing.last_out(None, ["kr"]) == {}
    node.submit(Submission("kr", "aeo.recordset", (Payload(HeldOctets(fresh("aeo-full-50")), "application/xml"),)))
    handed_in = node.publishing.last_out(TW_AEO, ["kr"])["kr"]
    assert (handed_in.mode, handed_in.sequence, handed_in.quantity) == ("", 1200, None)
    assert node.publishing.last_out(TW_AEO, ["jp"]) == {}
    put(node, row(1))
    publish(node, FULL)
    # Another numbering, and lower: what the partner got last is the higher one.
    assert node.publishing.last_out(TW_AEO, ["kr"])["kr"] == handed_in


def test_a_first_list_is_full(node):
    put(node, row(1))
    with pytest.raises(NothingYet, match="holds nothing of our list yet"):
        publish(node, DELTA)
    assert publish(node, FULL).to == 1
    assert publish(node, DELTA).empty
    (part,) = node.lists_out.due()
    assert (node.publishing.send(), node.publishing.send()) == (1, 0)
    assert node.messages.exchange(part.message_id) is not None


def test_what_our_own_rules_refuse_is_not_recorded(node, caplog):
    put(node, row(1).replace("Company 1", "公司"))
    with pytest.raises(SubmissionError, match="AEO-07"):
        publish(node, FULL)
    assert (node.lists_out.due(), node.own_operators.sequence("kr", "TW-AEO")) == ([], 0)
    assert node.publish() == 0
    assert "kr gets no FULL of TW-AEO: AEO-07" in caplog.text
    caplog.clear()
    # Tried again when the list has changed, and not before.
    assert node.publish() == 0
    assert "AEO-07" not in caplog.text
    put(node, row(1))
    assert node.publish() == 1


def test_a_set_waits_until_the_one_before_has_arrived(node):
    put(node, row(1), row(2))
    publish(node, FULL)
    put(node, row(1, "SUSPENDED"))
    publish(node, URGENT)
    assert node.publishing.send() == 1
    assert [one.mode for one in node.lists_out.due()] == [URGENT]
    assert node.publishing.send() == 0


def test_a_process_that_ends_records_no_half_set_and_the_next_one_goes_on(home):
    node = Node.open(home)
    put(node, row(1))
    node.publishing.stop()
    assert (node.publish(), node.own_operators.sequence("kr", "TW-AEO")) == (0, 0)
    with pytest.raises(Stopped):
        publish(node, FULL)
    node.close()
    node = Node.open(home)
    publish(node, FULL)
    node.publishing.stop()
    assert (node.publishing.send(), len(node.lists_out.due())) == (0, 1)
    node.close()
    node = Node.open(home)
    assert node.publish() == 1
    node.close()


def test_without_our_own_programme_or_before_an_import_nothing_is_told(home, node):
    assert node.publish() == 0
    assert node.lists_out.sets("kr", "TW-AEO", 9) == []
    assert node.own_operators.version(OwnProgramme("TW-CUSTOMS", "OTHER")) == 0


def with_most(node, most):
    """The profile of the arrangement lets a document have so many octets."""
    profiles = node.checking.packs._profiles
    profile = profiles["mra.tw-kr.1"]
    profiles[profile.id] = replace(profile, values={**profile.values, "maxBytes": most})


@pytest.mark.parametrize("documents", ["", 'seal = "sign"\n'])
def test_no_part_is_larger_than_its_profile_lets_it_be(tmp_path, documents):
    node = Node.open(make_arranged_pair(tmp_path, documents=documents)[0].folder)
    put(node, *map(row, range(1, 41)))
    # Each part is judged by the real check, seal and all, before it counts.
    assert publish(node, FULL).to == 40
    (whole,) = node.lists_out.since("kr", "TW-AEO", 0)
    assert (b"Signature" in node.lists_out.octets(whole.id)) is bool(documents)
    most = len(node.lists_out.octets(whole.id)) // 2
    with_most(node, most)
    assert "GEN-01" in {
        one.rule for one in node.checking.judging.trial(node.lists_out.octets(whole.id), "kr", "aeo.recordset", node.clock.now())
    }
    publish(node, FULL)
    parts = [one for one in node.lists_out.since("kr", "TW-AEO", 0) if one.sequence == 41]
    sizes = [len(node.lists_out.octets(one.id)) for one in parts]
    assert len(sizes) > 2
    assert max(sizes) <= most
    # No part could take the first record of the next one as well.
    record = max(map(len, map(record_xml, node.own_operators.records(TW_AEO))))
    assert min(sizes[:-1]) > most - record - 600
    assert [
        node.checking.judging.trial(node.lists_out.octets(one.id), "kr", "aeo.recordset", node.clock.now()) for one in parts
    ] == [()] * len(parts)
    node.close()


def test_a_record_that_no_document_of_the_profile_holds_is_refused(node, caplog):
    put(node, row(1))
    with_most(node, 1000)
    said = (
        r"the record of TW\d+ in tier AEOS has \d+ octets, and maxBytes 1000 of profile mra.tw-kr.1 leaves \d+ .*aeo.toml for kr"
    )
    with pytest.raises(SubmissionError, match=said):
        publish(node, FULL)
    assert (node.lists_out.due(), node.own_operators.sequence("kr", "TW-AEO")) == ([], 0)
    assert node.publish() == 0
    assert "kr gets no FULL of TW-AEO: the record of" in caplog.text


CHILD = """
import sys
from pathlib import Path
from node.app import Node
from node.failpoints import arm
node = Node.open(Path(sys.argv[1]))
arm(sys.argv[2] or None)
print(node.publish())
node.close()
"""
PLACES = (
    "aeo.publish.made",
    "aeo.published.before_commit",
    "aeo.published.after_commit",
    "doc.record.before_commit",
    "doc.record.after_commit",
    "out.submit.before_commit",
    "out.submit.after_commit",
    "aeo.publish.submitted",
    "aeo.moved.before_commit",
    "aeo.moved.after_commit",
)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_set_goes_out_once_wherever_the_process_dies(home, place):
    node = Node.open(home)
    put(node, *map(row, range(1, 6)))
    node.close()
    killed = run(home, place)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for _ in range(2):
        again = run(home, "")
        assert again.returncode == 0, again.stderr
    node = Node.open(home)
    try:
        ((message_id, octets),) = outgoing(node)
        head = RecordSetReader(BytesIO(octets)).head
        assert (head.mode, head.to, head.quantity) == (FULL, 5, 5)
        (part,) = node.lists_out.since("kr", "TW-AEO", 0)
        assert (part.document_id, part.message_id, part.state) == (head.document_id, message_id, SENT)
        assert node.own_operators.sequence("kr", "TW-AEO") == 5
        # What was registered is what went out.
        (entry,) = node.documents.carried_by("out", message_id)
        assert (entry.about.document_id, entry.outcome) == (head.document_id, "AP")
    finally:
        node.close()


def run(home, place):
    words = [sys.executable, "-c", CHILD, home, place]
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("", SENT),
        ("L2 AP", READ),
        ("L2 CA, L3 AP", READ),
        ("L2 RE", REFUSED),
        ("L2 AP, L4 RE", REFUSED),
        ("L2 AP, L4 AP", TAKEN),
        ("L2 AP, LX AP", TAKEN),
        ("L3 AJ", HELD),
        ("L3 AJ, L3 AP", READ),
        ("L3 AJ, L4 RE", REFUSED),
        ("L4 AJ", HELD),
        ("L4 AJ, L4 CA", TAKEN),
        ("L4 AJ, L4 RE", REFUSED),
        ("L4 AJ, L2 AP", HELD),
    ],
)
def test_the_state_of_a_part_is_what_the_partner_has_told(heard, wanted):
    steps = [one.split() for one in heard.split(", ") if one]
    assert state_heard([Reached(level, outcome, at(1), at(1)) for level, outcome in steps]) == wanted


@pytest.mark.parametrize(("heard", "wanted"), [("", FAILED), ("L2 AP", READ), ("L4 AP", TAKEN), ("L4 RE", REFUSED)])
def test_a_part_that_had_failed_and_was_sent_again_is_what_the_partner_tells_of_it(node, heard, wanted):
    put(node, row(1))
    publish(node, FULL)
    assert node.publishing.send() == 1
    (part,) = node.lists_out.since("kr", "TW-AEO", 1)
    node.lists_out.moved(part.id, FAILED)
    # Somebody has mended the way there, and sent it once more.
    for level, outcome in (one.split() for one in heard.split(", ") if one):
        step = Step(TW_AEO.authority, part.document_id, level, outcome, node.clock.now().isoformat())
        node.messages.writer.run(lambda cursor, step=step: add_step(cursor, None, step, node.clock.now()))
    node.publishing.follow(TW_AEO, "kr")
    assert [one.state for one in node.lists_out.since("kr", "TW-AEO", 1)] == [wanted]
