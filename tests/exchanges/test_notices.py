"""An urgent notice between two whole nodes: it goes first, somebody is told, it is acknowledged, or it is late once."""

import asyncio
import json
import logging
from datetime import timedelta

import pytest

from node.app import Node
from node.cli.root import run
from node.ebms.states import OutboundEvent, OutboundState
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import response_to
from tests.services import ended, serving
from tests.two_nights import set_dial


@pytest.fixture
def dial(monkeypatch):
    return set_dial(monkeypatch)


@pytest.fixture
def pair(tmp_path, dial):
    return make_customs_pair(tmp_path)


def n2n(side, capsys, *words):
    """A command in the home of a side; its exit code, and what it told."""
    capsys.readouterr()
    code = run(["--home", str(side.folder), *words, "--json"], {})
    out, err = capsys.readouterr()
    return code, json.loads(out or err)


def send(side, capsys, dial, *more, priority="URGENT", hours=2):
    by = (dial.now() + timedelta(hours=hours)).isoformat(timespec="seconds")
    words = ("notice", "send", "kr", "--category", "SAFETY", "--priority", priority, "--ack-by", by)
    said = ("--subject", "Fire on the quay", "--text", "Stop it.", "--subject", "zh-Hant=碼頭火警", "--text", "zh-Hant=請攔停")
    code, told = n2n(side, capsys, *words, *said, *more)
    assert code == 0, told
    return told


async def arrives(pair, *told):
    """Both serve until the notices have arrived and were answered."""
    async with serving(pair[0]) as here, serving(pair[1]) as there:
        here.push.wake()
        for one in told:
            await ended(here.node, one["message_id"], OutboundState.ACKNOWLEDGED)
            assert await response_to(here.node, one["document_id"]) == "AP"
        answers = [one for one in there.node.documents.entries() if one.about.type_id == "gen.response"]
        assert len(answers) == len(told)
        for answer in answers:
            await ended(there.node, answer.carried.message_id, OutboundState.ACKNOWLEDGED)


def test_an_urgent_notice_goes_first_is_told_of_and_acknowledged(pair, dial, capsys, caplog):
    tw, kr = pair
    told = send(tw, capsys, dial, "--number", "TW-N-1", "--about", "UCR=6TW2803AB7741")
    assert told["priority"] == 9
    with caplog.at_level(logging.WARNING):
        asyncio.run(arrives(pair, told))
    (warned,) = [one.getMessage() for one in caplog.records if one.getMessage().startswith("URGENT")]
    assert warned.startswith("URGENT: not.notice TW-N-1 from TW-CUSTOMS, L4 until 20")
    assert "quay" not in caplog.text
    _, listed = n2n(kr, capsys, "notice", "list", "--waiting")
    (row,) = listed["notices"]
    assert (row["number"], row["state"], row["subject"]["zh-Hant"]) == ("TW-N-1", "waits", "碼頭火警")
    assert row["acknowledge_by"]
    for again in (False, True):
        code, acked = n2n(kr, capsys, "notice", "ack", "TW-N-1")
        assert (code, acked["again"]) == (0, again)

    async def answered():
        async with serving(tw) as here, serving(kr):
            (entry,) = here.node.documents.carried_by("out", told["message_id"])
            async with asyncio.timeout(20):
                while here.node.following.ladder(entry).level != "L4":  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.05)

    asyncio.run(answered())
    for side in pair:
        _, listed = n2n(side, capsys, "notice", "list")
        assert [one["state"] for one in listed["notices"]] == ["acknowledged"]
    assert n2n(kr, capsys, "notice", "list", "--waiting")[1]["notices"] == []
    # Nothing is late afterwards.
    dial.turn(dial.now() + timedelta(hours=3))
    node = Node.open(tw.folder)
    assert node.following.sweep() == 0
    node.close()
    code, failed = n2n(tw, capsys, "notice", "ack", "TW-N-1")
    assert code == 2
    assert "KR-KCS acknowledges it" in json.dumps(failed)


def test_an_acknowledgement_that_is_late_is_told_once(pair, dial, capsys, caplog):
    tw, kr = pair
    told = send(tw, capsys, dial, "--number", "TW-N-1")
    asyncio.run(arrives(pair, told))
    node = Node.open(tw.folder)
    dial.turn(dial.now() + timedelta(minutes=119))
    assert node.following.sweep() == 0
    dial.turn(dial.now() + timedelta(minutes=1))
    with caplog.at_level(logging.ERROR):
        assert (node.following.sweep(), node.following.sweep()) == (1, 0)
    assert "LATE: L4 (decided) of not.notice TW-N-1" in caplog.text
    dial.turn(dial.now() + timedelta(hours=9))
    assert node.following.sweep() == 0
    history = node.messages.history(told["message_id"])
    assert [one.event for one in history].count(OutboundEvent.STEP_LATE) == 1
    node.close()
    for side in pair:
        assert [one["state"] for one in n2n(side, capsys, "notice", "list")[1]["notices"]] == ["OVERDUE"]
    code, late = n2n(tw, capsys, "document", "late")
    assert (code, [(one["number"], one["awaits"]) for one in late["late"]]) == (0, [("TW-N-1", "L4")])
    assert kr.name == "kr"


def late(side, capsys):
    return sorted((one["number"], one["awaits"]) for one in n2n(side, capsys, "document", "late")[1]["late"])


def test_a_notice_that_is_withdrawn_is_acknowledged_by_nobody_and_late_no_longer(pair, dial, capsys):
    tw, kr = pair
    told = [send(tw, capsys, dial, "--number", number) for number in ("TW-N-1", "TW-N-2")]
    asyncio.run(arrives(pair, *told))
    dial.turn(dial.now() + timedelta(hours=2))
    node = Node.open(tw.folder)
    assert node.following.sweep() == 2
    node.close()
    assert late(tw, capsys) == [("TW-N-1", "L4"), ("TW-N-2", "L4")]
    words = ("notice", "withdraw", "TW-N-1", "--text", "False alarm.", "--text", "zh-Hant=誤報")
    first, second = (n2n(tw, capsys, *words) for _ in range(2))
    assert (first[0], first[1]["again"], first[1]["partner"]) == (0, False, "kr")
    # Submitted, not delivered yet, and nothing goes out twice.
    assert second == (0, {**first[1], "again": True})
    assert late(tw, capsys) == [("TW-N-2", "L4")]

    async def withdrawn():
        async with serving(tw) as here, serving(kr) as there:
            await ended(here.node, first[1]["message_id"], OutboundState.ACKNOWLEDGED)
            # Whoever serves does so every few seconds.
            assert here.node.following.sweep() == 0
            async with asyncio.timeout(20):
                while not there.node.noticing.one("TW-N-1").withdrawn:  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.05)

    asyncio.run(withdrawn())
    assert late(tw, capsys) == [("TW-N-2", "L4")]
    for side in pair:
        states = {one["number"]: one["state"] for one in n2n(side, capsys, "notice", "list")[1]["notices"]}
        assert states == {"TW-N-1": "withdrawn", "TW-N-2": "OVERDUE"}
        assert n2n(side, capsys, "notice", "show", "TW-N-1")[1]["state"] == "withdrawn"
    assert [one["number"] for one in n2n(kr, capsys, "notice", "list", "--waiting")[1]["notices"]] == ["TW-N-2"]
    code, again = n2n(tw, capsys, *words)
    assert (code, again["again"], again["message_id"]) == (0, True, first[1]["message_id"])
    node = Node.open(tw.folder)
    sent = [one.message_id for one in node.messages.exchanges(50) if one.action == "not.notice"]
    assert len(sent) == 3
    # However late it becomes.
    dial.turn(dial.now() + timedelta(days=9))
    assert node.following.sweep() == 0
    node.close()
    code, failed = n2n(kr, capsys, "notice", "withdraw", "TW-N-2")
    assert (code, "of TW-CUSTOMS, who alone withdraws it" in json.dumps(failed)) == (2, True)


def test_a_notice_that_is_withdrawn_in_time_never_becomes_late(pair, dial, capsys):
    tw, _ = pair
    told = send(tw, capsys, dial, "--number", "TW-N-1")
    asyncio.run(arrives(pair, told))
    assert n2n(tw, capsys, "notice", "withdraw", "TW-N-1")[0] == 0
    dial.turn(dial.now() + timedelta(hours=3))
    node = Node.open(tw.folder)
    assert node.following.sweep() == 0
    node.close()
    assert late(tw, capsys) == []


def test_an_acknowledgement_that_crosses_the_withdrawal_is_taken(pair, dial, capsys):
    tw, kr = pair
    told = send(tw, capsys, dial, "--number", "TW-N-1")
    asyncio.run(arrives(pair, told))
    withdrawn, acked = n2n(tw, capsys, "notice", "withdraw", "TW-N-1"), n2n(kr, capsys, "notice", "ack", "TW-N-1")
    assert (withdrawn[0], acked[0]) == (0, 0)

    async def crossed():
        async with serving(tw) as here, serving(kr):
            (entry,) = here.node.documents.carried_by("out", told["message_id"])
            async with asyncio.timeout(20):
                while here.node.following.ladder(entry).level != "L4":  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.05)
            (entry,) = here.node.documents.carried_by("out", withdrawn[1]["message_id"])
            assert await response_to(here.node, entry.about.document_id) == "AP"
            assert {one.outcome for one in here.node.documents.entries()} == {"AP"}

    asyncio.run(crossed())
    for side in pair:
        assert [one["state"] for one in n2n(side, capsys, "notice", "list")[1]["notices"]] == ["withdrawn"]


def test_what_a_restricted_notice_says_is_left_out_of_lists(pair, dial, capsys):
    tw, kr = pair
    send(tw, capsys, dial, "--number", "TW-N-1", "--about", "UCR=6TW2803AB7741", "--restricted", priority="HIGH")
    told = send(tw, capsys, dial, "--number", "TW-N-2", "--about", "UCR=6TW2803AB7741", priority="NORMAL")
    assert told["priority"] == 5
    for words in (("notice", "list"), ("consignment", "show", "6TW2803AB7741")):
        for form in ([], ["--json"], ["--lang", "zh-Hant"]):
            capsys.readouterr()
            assert run(["--home", str(tw.folder), *words, *form], {}) == 0
            shown = capsys.readouterr().out
            assert "TW-N-1" in shown
            assert shown.count("Fire on the quay") + shown.count("碼頭火警") == (
                2 if words[0] == "notice" and form == ["--json"] else 1
            ), shown
    code, shown = n2n(tw, capsys, "notice", "show", "TW-N-1")
    assert (code, shown["restricted"], shown["text"]) == (0, True, {"en": "Stop it.", "zh-Hant": "請攔停"})
    assert kr.name == "kr"
