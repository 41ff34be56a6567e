"""A night between two whole nodes: both list what they have, and both find what differs."""

import asyncio
import json
import re
from contextlib import asynccontextmanager

import pytest

from node.app import Node
from node.cli.root import run
from node.ebms.states import OutboundState
from node.service import Service
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh, message_id_of, response_to, send
from tests.services import ended, serving
from tests.two_nights import after, set_dial


@pytest.fixture
def dial(monkeypatch):
    return set_dial(monkeypatch)


@pytest.fixture
def pair(tmp_path, dial):
    return make_customs_pair(tmp_path)


@asynccontextmanager
async def both(pair):
    async with serving(pair[0]) as here, serving(pair[1]) as there:
        yield here, there


async def day(pair) -> tuple[str, str]:
    """TW sends a notice, which KR takes and answers; the MessageID of the notice, and the AS4 MessageId."""
    octets = notice()
    async with both(pair) as (here, there):
        message_id = send(here.node, octets, "not.notice")
        here.push.wake()
        await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
        assert await response_to(here.node, message_id_of(octets)) == "AP"
        (answer,) = [one for one in there.node.documents.entries() if one.about.type_id == "gen.response"]
        await ended(there.node, answer.carried.message_id, OutboundState.ACKNOWLEDGED)
    return message_id_of(octets), message_id


def notice(number: str = "TW-N-1") -> bytes:
    octets = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
    return octets.replace(b"KR-N-2026-0044", number.encode())


async def compared(service: Service, partner: str):
    """The last night, when it was compared."""
    async with asyncio.timeout(30):
        while not (found := service.node.reconciling.nights.nights(partner, 1)) or found[0].compared_at is None:
            await asyncio.sleep(0.05)
            service.node.reconcile()
            service.push.wake()
    return found[0]


async def night(pair, dial) -> tuple[dict, dict]:
    """Both sides look at the night; what each finds."""
    dial.turn(after(dial.now()))
    async with both(pair) as (here, there):
        results = [(await compared(one, name)).result for one, name in ((here, "kr"), (there, "tw"))]
        for service, other in ((here, there), (there, here)):
            (ours,) = manifests(service.node, "out")
            await answered(service, ours, other)
    return results[0], results[1]


def manifests(node, direction):
    found = [one for one in node.documents.entries() if one.about.type_id == "rec.manifest"]
    return [one for one in found if one.carried.direction == direction]


async def answered(service, entry, other) -> None:
    """Our list was accepted, and compared."""
    async with asyncio.timeout(30):
        while not {"L2", "L4"} <= {one.level for one in service.node.following.ladder(entry).reached}:
            await asyncio.sleep(0.05)
            # Now, and not at the next round of the sweep.
            other.node.answer()
            other.push.wake()


def execute(node: Node, statement: str, *values) -> None:
    """What no program does: something is lost, or altered."""
    node.messages.writer.run(lambda cursor: cursor.execute(statement, values))


def told(result):
    return [(one["what"], one["type"], one["remedy"], one["actor"]) for one in result["differences"]]


def test_both_sides_agree_about_a_night(pair, dial):
    async def story():
        await day(pair)
        return await night(pair, dial)

    ours, theirs = asyncio.run(story())
    assert (ours["outcome"], ours["agreed"], ours["differences"]) == ("AP", 2, [])
    assert (theirs["outcome"], theirs["agreed"], theirs["differences"]) == ("AP", 2, [])


def test_a_document_that_one_side_has_lost_is_found_on_both(pair, dial, capsys):
    async def story():
        document_id, message_id = await day(pair)
        node = Node.open(pair[1].folder)
        execute(node, "DELETE FROM document WHERE document_id = ?", document_id)
        node.close()
        return document_id, message_id, *await night(pair, dial)

    document_id, message_id, ours, theirs = asyncio.run(story())
    assert told(ours) == [("missing there", "not.notice", "resend", "TW-CUSTOMS")]
    assert told(theirs) == [("missing here", "not.notice", "resend", "TW-CUSTOMS")]
    for side, partner in zip(pair, ("kr", "tw"), strict=True):
        assert run(["--home", str(side.folder), "reconcile", "show", partner, "--json"], {}) == 1
        shown = json.loads(capsys.readouterr().out)
        assert shown["outcome"] == "AJ"
        (one,) = shown["result"]["differences"]
        assert (one["document"], one["message_id"]) == (document_id, message_id)
        assert run(["--home", str(side.folder), "reconcile", "show", partner, "--lang", "zh-Hant"], {}) == 1
        assert f"請 TW-CUSTOMS 重新傳送 AS4 訊息 {message_id}" in capsys.readouterr().out
    # The answer on the wire says the same.
    node = Node.open(pair[0].folder)
    answers = [node.documents.octets(one.id) for one in node.documents.entries() if one.about.type_id == "gen.response"]
    (answer,) = [one for one in answers if b"<LadderLevelCode>L4<" in one and b"<SenderAuthority>KR-KCS<" in one]
    assert (re.findall(rb"<OutcomeCode>(..)<", answer), re.findall(rb"<ValidationCode>([^<]+)<", answer)) == (
        [b"AJ"],
        [b"REC-21"],
    )
    node.close()


def test_other_octets_and_an_answer_that_never_came_are_found_on_both(pair, dial):
    async def story():
        document_id, _ = await day(pair)
        for side in pair:
            node = Node.open(side.folder)
            if side.name == "kr":
                execute(node, "UPDATE document SET digest = ? WHERE document_id = ?", "00" * 32, document_id)
            else:
                # The answer came, they say.
                execute(node, "DELETE FROM document_filed WHERE type_id = 'gen.response'")
                execute(node, "DELETE FROM document WHERE type_id = 'gen.response'")
                execute(node, "DELETE FROM document_step")
            node.close()
        return await night(pair, dial)

    ours, theirs = asyncio.run(story())
    assert told(ours) == [
        ("other document", "not.notice", "investigate", ""),
        ("missing here", "gen.response", "resend", "KR-KCS"),
    ]
    assert told(theirs) == [
        ("missing there", "gen.response", "resend", "KR-KCS"),
        ("other document", "not.notice", "investigate", ""),
    ]


def test_an_answer_that_was_never_heard_is_another_step_on_both(pair, dial):
    async def story():
        await day(pair)
        node = Node.open(pair[0].folder)
        execute(node, "DELETE FROM document_step")
        node.close()
        return await night(pair, dial)

    ours, theirs = asyncio.run(story())
    assert told(ours) == told(theirs) == [("other level", "not.notice", "answer again", "KR-KCS")]
    assert (ours["differences"][0]["ours"], ours["differences"][0]["theirs"]) == ("L1", "L2 AP")


def test_after_the_repair_both_sides_agree(pair, dial, capsys):
    async def story():
        document_id, _ = await day(pair)
        node = Node.open(pair[1].folder)
        rows = node.documents.said(document_id)
        execute(node, "UPDATE document SET partner = 'nobody' WHERE id = ?", rows[0].id)
        node.close()
        found = await night(pair, dial)
        node = Node.open(pair[1].folder)
        execute(node, "UPDATE document SET partner = 'tw' WHERE id = ?", rows[0].id)
        node.close()
        return found

    ours, theirs = asyncio.run(story())
    assert (ours["outcome"], theirs["outcome"]) == ("AJ", "AJ")
    # Here the register has what theirs lists; there theirs was made before the repair.
    capsys.readouterr()
    assert run(["--home", str(pair[1].folder), "reconcile", "run", "tw"], {}) == 0
    assert "both sides agree" in capsys.readouterr().out
    assert run(["--home", str(pair[0].folder), "reconcile", "run", "kr"], {}) == 1
