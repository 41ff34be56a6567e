"""The hand-over to an inbox folder."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from node.app import Node
from node.customs.operators import outbound
from node.customs.operators.record_set import FULL
from node.delivering import Delivering
from node.ebms.states import InboundState, OutboundState
from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable
from node.msh.submit import Payload, Submission
from tests.homes import Side, make_pair
from tests.own_lists import TW_AEO, make_arranged_pair, put, row
from tests.registered import certificate
from tests.services import ended, run, serving, submission

ROOT = Path(__file__).parents[1]
#: The places that a batch passes from the moment when the Consumer has it.
PLACES = (
    "hand_over.after_rename",
    "doc.owe.before_commit",
    "doc.owe.after_commit",
    "hand_over.before_commit",
    "hand_over.after_commit",
)
CHILD = """
import sys
from pathlib import Path
from node.app import Node
from node.delivering import Delivering
from node.failpoints import arm
node = Node.open(Path(sys.argv[1]))
delivering = Delivering(
    node.messages, node.home.data, node.clock, take=node.checking.take, answer=node.answer, arrived=node.checking.arrived
)
waiting = delivering.deliverable(16)
for one in waiting:
    delivering.hand_over(one)
arm(sys.argv[2] or None)
if waiting:
    delivering.delivered(waiting)
node.answer()
print(len(waiting))
node.close()
"""


def test_the_one_message_that_was_in_hand_at_a_crash_has_used_up_an_attempt(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            monkeypatch.setattr(there.delivery, "_deliver", lambda batch: False)
            ids = [here.node.submit(submission(here.node, document)).message_id for _ in range(2)]
            here.push.wake()
            for message_id in ids:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)

    run(story)
    node = Node.open(kr.folder)
    one, two = node.messages.deliverable(9)
    making = kr.folder / "data" / "inbox" / "tw"
    names = [Delivering(node.messages, kr.folder / "data", node.clock).name(message) for message in (one, two)]
    for several in (True, False):
        for name in names if several else names[:1]:
            (making / f".making-{name}").mkdir(parents=True)
        delivering = Delivering(node.messages, kr.folder / "data", node.clock)
        assert delivering.tried(one)
        assert delivering.tried(two) is several
        assert [found.delivery_attempts for found in node.messages.deliverable(9)] == [0 if several else 1, 0]
    node.close()


def delivering_once(home: Path, place: str) -> subprocess.CompletedProcess[str]:
    """A process of its own hands over what waits, and dies at a place."""
    words = [sys.executable, "-c", CHILD, str(home), place]
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)


async def waiting_there(sender: Side, receiver: Side, kind: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that the receiver has accepted and not handed over."""
    async with serving(sender) as here, serving(receiver) as there:
        monkeypatch.setattr(there.delivery, "_deliver", lambda _: False)
        if kind == "certificate":
            payload = Payload(HeldOctets(certificate()), "application/xml")
            ids = [here.node.submit(Submission(receiver.name, "co.certificate", (payload,))).message_id]
        else:
            put(here.node, row(1), row(2), row(3))
            arrangement = here.node.setting.arrangements.by_partner[receiver.name]
            here.node.publishing.publish(TW_AEO, arrangement, FULL, here.node.clock.now())
            here.node.publishing.send()
            ids = [one.message_id for one in here.node.lists_out.since(receiver.name, TW_AEO.programme, 0)]
        here.push.wake()
        for message_id in ids:
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
        return [entry.about.document_id for one in ids for entry in here.node.documents.carried_by("out", one)]


async def heard(sender: Side, receiver: Side, documents: list[str], wanted: dict[str, int]) -> list[Counter[str]]:
    """The steps that the sender has of each document, as soon as it has all that it waits for."""
    async with serving(sender) as here, serving(receiver) as there:
        found: list[Counter[str]] = []
        try:
            async with asyncio.timeout(20):
                while not found or any(one.keys() < wanted.keys() for one in found):
                    there.node.answer()
                    there.push.wake()
                    await asyncio.sleep(0.02)
                    found = [Counter(said.level for said in here.node.publishing.said(one)) for one in documents]
        except TimeoutError:
            assert found == [wanted] * len(documents)
            raise
        assert there.node.answer() == 0
        return found


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("kind", "part"), [("list", 10), ("list of parts", 1), ("certificate", 10)])
def test_the_partner_hears_of_the_arrival_once_wherever_the_process_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, part: int, place: str
) -> None:
    monkeypatch.setattr(outbound, "PART", part)
    tw, kr = make_arranged_pair(tmp_path, documents='answers = ["L2", "L3", "L4"]\n')
    sender, receiver = (kr, tw) if kind == "certificate" else (tw, kr)
    documents = asyncio.run(waiting_there(sender, receiver, kind, monkeypatch))
    assert len(documents) == (3 if kind == "list of parts" else 1)
    killed = delivering_once(receiver.folder, place)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for _ in range(2):
        again = delivering_once(receiver.folder, "")
        assert again.returncode == 0, again.stderr
    assert again.stdout == "0\n"
    wanted = dict.fromkeys(("L2", "L3") if kind == "certificate" else ("L2", "L3", "L4"), 1)
    assert asyncio.run(heard(sender, receiver, documents, wanted)) == [wanted] * len(documents)
    # The Consumer has each message once.
    assert len(list((receiver.folder / "data" / "inbox" / sender.name).glob("[0-9]*"))) == len(documents)


def test_an_arrival_that_cannot_be_answered_stops_no_other_message_and_is_heard_again(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> list[str]:
        async with serving(tw) as here, serving(kr) as there:
            monkeypatch.setattr(there.delivery, "_deliver", lambda _: False)
            ids = [here.node.submit(submission(here.node, document)).message_id for _ in range(2)]
            here.push.wake()
            for message_id in ids:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            return ids

    asyncio.run(story())
    node = Node.open(kr.folder)
    wrong: list[Exception] = [StorageUnavailable("full"), ValueError("a pack says so")]

    def arrived(*_: object) -> bool:
        if wrong:
            raise wrong.pop(0)
        return False

    def offered() -> list[bool]:
        delivering = Delivering(node.messages, kr.folder / "data", node.clock, arrived=arrived)
        waiting = delivering.deliverable(9)
        for one in waiting:
            delivering.hand_over(one)
        delivering.delivered(waiting)
        return [node.messages.inbound(one.message_id)[0].state is InboundState.DELIVERED for one in waiting]

    with pytest.raises(StorageUnavailable):
        offered()
    # Nothing was recorded of either; now the first alone fails, and rests.
    assert offered() == [False, True]
    assert offered() == []
    node.close()
