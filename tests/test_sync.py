"""Sync between two whole nodes on loopback TLS: the answer on the connection of its request."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from node.app import Node
from node.ebms.namespaces import SYNC
from node.ebms.states import OutboundState
from node.msh.submit import Submission
from node.service import Service
from node.store.finding import Witness
from node.store.invariants import check
from tests.homes import ACTION, SERVICE, make_pair
from tests.services import delivered, ended, serving

ANSWER = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["co.answer"]\nanswers = "{ACTION}"\nbinding = "sync"\n[leg.x.sync]\nwait = "WAIT"\n'


def send(node: Node, partner: str, document: Path, action: str = ACTION, ref: str | None = None) -> str:
    payload = (node.payload(document, "application/xml"),)
    return node.submit(Submission(partner, action, payload, ref_to_message_id=ref)).message_id


def sound(*services: Service) -> None:
    for one in services:
        assert list(check(one.node.messages, Witness(datetime.now(UTC), serving=True))) == []


def details(node: Node, message_id: str) -> list[str]:
    return [one.detail for one in node.messages.history(message_id)]


def test_an_answer_in_time_comes_on_the_same_connection(tmp_path: Path, document: Path) -> None:
    async def story() -> None:
        tw, kr = make_pair(tmp_path, more=ANSWER.replace("WAIT", "60s"))
        async with serving(tw) as here, serving(kr) as there:
            assert {one.mep_binding for one in here.node.setting.agreements.pmodes("kr") if not one.test_service} == {SYNC}
            asked = send(here.node, "kr", document)
            here.push.wake()
            await delivered(there.node, asked)
            answer = send(there.node, "tw", document, "co.answer", asked)
            there.second_legs.wake()
            await delivered(here.node, answer)
            await ended(here.node, asked, OutboundState.ACKNOWLEDGED)
            await ended(there.node, answer, OutboundState.ACKNOWLEDGED)
            assert any("with the answer" in one for one in details(here.node, asked))
            assert "on the connection of what it answers" in details(there.node, answer)
            assert there.second_legs.waiting == 0
            sound(here, there)

    asyncio.run(story())


def test_without_an_answer_in_time_the_receipt_comes_and_the_answer_is_pushed(tmp_path: Path, document: Path) -> None:
    async def story() -> None:
        tw, kr = make_pair(tmp_path, more=ANSWER.replace("WAIT", "100ms"))
        async with serving(tw) as here, serving(kr) as there:
            asked = send(here.node, "kr", document)
            here.push.wake()
            await ended(here.node, asked, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, asked)
            answer = send(there.node, "tw", document, "co.answer", asked)
            there.push.wake()
            await delivered(here.node, answer)
            await ended(there.node, answer, OutboundState.ACKNOWLEDGED)
            assert "on the connection of what it answers" not in details(there.node, answer)
            sound(here, there)

    asyncio.run(story())


def test_a_node_that_stops_lets_whoever_waits_have_the_receipt(tmp_path: Path, document: Path) -> None:
    async def story() -> None:
        tw, kr = make_pair(tmp_path, more=ANSWER.replace("WAIT", "100s"))
        async with serving(tw) as here:
            async with serving(kr) as there:
                asked = send(here.node, "kr", document)
                here.push.wake()
                await delivered(there.node, asked)
            await ended(here.node, asked, OutboundState.ACKNOWLEDGED)
            sound(here)

    asyncio.run(story())
