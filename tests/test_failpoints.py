"""Fail points kill when armed, and the list of them is the one in the source."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node import failpoints
from node.ebms.states import OutboundState
from node.failpoints import FAILPOINTS, arm, armed, failpoint
from node.msh.submit import Submission
from node.store.messages import open_store
from tests.homes import ACTION, make_pair
from tests.services import delivered, ended, serving

ROOT = Path(__file__).parents[1]
SOURCES = [path.read_text("utf-8") for path in (ROOT / "node").rglob("*.py") if path.name != "failpoints.py"]


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm(None)


def test_every_fail_point_is_in_the_source_and_every_one_in_the_source_is_known():
    named = {name for text in SOURCES for name in re.findall(r'(?:failpoint|passed)\("([^"]+)"\)', text)}
    committed = {name for text in SOURCES for name in re.findall(r'writer\.run\(\w+, "([^"]+)"\)', text)}
    named |= {f"{name}.{moment}" for name in committed for moment in ("before_commit", "after_commit")}
    assert named == set(FAILPOINTS)


class Recorder:
    """In place of the armed names: none is armed, and each that is asked for is written down."""

    def __init__(self):
        self.names = []

    def __contains__(self, name):
        self.names.append(name)
        return False

    def __len__(self):
        return 1

    def clear(self):
        pass


def test_a_message_meets_them_in_the_order_of_the_list(tmp_path, monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(failpoints, "_armed", recorder)
    tw, kr = make_pair(tmp_path)
    document = tmp_path / "large.bin"
    document.write_bytes(os.urandom(3_000_000))

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            node = here.node
            exchange = node.submit(Submission("kr", ACTION, (node.payload(document, "application/octet-stream"),)))
            here.push.wake()
            await ended(node, exchange.message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, exchange.message_id)

    asyncio.run(story())
    # The sender adopts large files too, before anything arrives: the last time counts.
    last = {name: place for place, name in enumerate(recorder.names)}
    # Met by a resend; by retention (tests/test_keeping.py); by pulling (tests/test_pulling.py); by lists of operators (tests/store/test_operators.py) and documents (tests/store/test_documents.py) and updates (tests/test_updating.py); where payloads lie in a bucket (tests/exchanges/test_bucket.py).
    resent = {"out.lease.before_commit", "out.lease.after_commit"}
    kept = {name for name in FAILPOINTS if name.startswith(("keep.", "pull.", "migration.", "aeo.", "doc.", "update."))}
    # A checkpoint may or may not be due meanwhile (tests/test_proving.py).
    missed = {name for name in FAILPOINTS if name not in last and not name.startswith("evidence.")}
    assert missed == resent | kept | {"in.14.before_upload", "in.14.after_upload"}
    for family in ("out.", "in.", "hand_over."):
        met = [name for name in sorted(last, key=last.__getitem__) if name.startswith(family)]
        assert met == [name for name in FAILPOINTS if name.startswith(family) and name in last]


def test_nothing_happens_unless_armed():
    assert not armed()
    for name in FAILPOINTS:
        failpoint(name)


def test_an_armed_place_kills_and_the_others_do_not(monkeypatch):
    killed = []
    monkeypatch.setattr(failpoints.os, "kill", lambda pid, number: killed.append(number))
    arm("in.15.before_commit")
    failpoint("in.15.after_commit")
    assert killed == []
    failpoint("in.15.before_commit")
    assert killed == [signal.SIGKILL]


def test_a_name_that_no_place_has_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"in\.15\.before_commit"):
        arm("in.15.before_comit")


# INV-1 and INV-3: before the commit nothing happened, after it everything did.
CASES = [
    (name, name.endswith("after_commit"))
    for name in FAILPOINTS
    if name.startswith(("in.13", "in.14", "in.15", "out.submit")) and "upload" not in name
]

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from importlib.util import module_from_spec, spec_from_file_location
from node.failpoints import arm
from node.store.messages import open_store
spec = spec_from_file_location("values_of_tests", sys.argv[1])
values = module_from_spec(spec)
sys.modules["values_of_tests"] = values
spec.loader.exec_module(values)
messages = open_store(Path(sys.argv[2]), lambda: "unique", values.NOW).messages
arm(sys.argv[3])
if sys.argv[3].startswith("in."):
    messages.accept_once(values.accepted(payloads=(values.BIG,)))
else:
    messages.submit(values.exchange())
"""


@pytest.mark.parametrize(("name", "done"), CASES)
def test_a_crash_leaves_all_of_a_transaction_or_nothing(tmp_path, name, done):
    values = ROOT / "tests" / "store" / "samples.py"
    ended = subprocess.run([sys.executable, "-c", CHILD, values, tmp_path, name], cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    store = open_store(tmp_path, lambda: "again", datetime(2026, 11, 24, 8, tzinfo=UTC))
    counts = store.messages.counts()
    assert counts["inbound" if name.startswith("in.") else "outbound"] == (
        {"ACCEPTED" if name.startswith("in.") else "SUBMITTED": 1} if done else {}
    )
    for message in store.messages.deliverable(9):
        assert b"".join(message.payloads[0].octets.chunks()).startswith(b"0123456789abcdef")
    store.close()
