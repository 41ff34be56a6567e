"""Pulling between two whole nodes on loopback TLS: messages, receipts, crashes; the promises hold after each story."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.failpoints import watched
from node.keyring.demo_authority import DemoAuthority
from node.msh.submit import Submission
from node.store.finding import Witness
from node.store.invariants import check
from tests.homes import ACTION, agree, make_pair, make_side
from tests.services import delivered, ended, serving, submission

PULL = 'binding = "pull"\nmpc = "urn:n2n:mpc:test"\n[leg.x.pull]\ninterval = "200ms"\n'


def kept_promises(*nodes: Node) -> None:
    for node in nodes:
        found = list(check(node.messages, Witness(datetime.now(UTC), serving=True)))
        assert found == []


@pytest.fixture
def sides(tmp_path: Path) -> Any:
    return make_pair(tmp_path, more=PULL)


def test_messages_are_pulled_in_their_order_and_receipted_by_callback(sides: Any, document: Path) -> None:
    async def story() -> None:
        tw, kr = sides
        async with serving(tw) as here, serving(kr) as there:
            sent = [here.node.submit(submission(here.node, document)).message_id for _ in range(5)]
            for message_id in sent:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, message_id)
            lines = there.node.messages.inbounds()
            assert [one.message_id for one in reversed(lines)] == sent
            assert {here.node.messages.exchange(one).attempts for one in sent} == {1}
            kept_promises(here.node, there.node)

    asyncio.run(story())


def test_a_large_message_is_pulled_as_it_lies(sides: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(5_000_000))

    async def story() -> None:
        tw, kr = sides
        async with serving(tw) as here, serving(kr) as there:
            payload = here.node.payload(large, "application/octet-stream")
            message_id = here.node.submit(Submission("kr", ACTION, (payload,))).message_id
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            folder = await delivered(there.node, message_id)
            assert any(one.read_bytes() == large.read_bytes() for one in folder.iterdir() if one.stat().st_size > 4_000_000)
            kept_promises(here.node, there.node)

    asyncio.run(story())


@pytest.mark.parametrize("lost", ["the answer", "the receipt"])
def test_what_is_lost_on_the_way_is_pulled_again_or_receipted_again(sides: Any, document: Path, lost: str) -> None:
    """A cut between claim and receipt loses nothing and delivers nothing twice."""
    tw, kr = sides
    for side in (tw, kr):
        path = side.folder / "partners" / ("kr" if side is tw else "tw") / "agreement.toml"
        path.write_text(path.read_text() + '[leg.x.retry]\nreceipt = "1s"\n')
    point = {"the answer": "pull.answer.half", "the receipt": "pull.post.before"}[lost]
    cuts: list[str] = []

    def visit(name: str) -> None:
        if name == point and not cuts:
            cuts.append(name)
            raise ConnectionError("the line is cut")

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            with watched(visit):
                message_id = here.node.submit(submission(here.node, document)).message_id
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)
            assert cuts == [point]
            exchange = here.node.messages.exchange(message_id)
            assert exchange is not None
            assert exchange.attempts >= (2 if lost == "the answer" else 1)
            assert len(there.node.messages.inbounds()) == 1
            kept_promises(here.node, there.node)

    asyncio.run(story())


TOKEN = PULL + '[initiator.authorization]\nusername = "kr"\npassword = "token"\n[leg.security]\npmode_authorize = true\n'


def give_password(side: Any, word: str) -> None:
    path = side.folder / "certs" / "own" / "token.password"
    path.write_text(word)
    path.chmod(0o600)


@pytest.mark.parametrize("right", [True, False])
def test_a_username_token_opens_the_channel_and_a_wrong_password_does_not(tmp_path: Path, document: Path, right: bool) -> None:
    tw, kr = make_pair(tmp_path, more=TOKEN)
    give_password(tw, "open sesame")
    give_password(kr, "open sesame" if right else "open, sesame")

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            message_id = here.node.submit(submission(here.node, document)).message_id
            if right:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, message_id)
            else:
                async with asyncio.timeout(20):
                    while not here.node.messages.refusals():  # noqa: ASYNC110 - the store has no event to wait for
                        await asyncio.sleep(0.05)
                refusal = here.node.messages.refusals()[0]
                assert (refusal.error_code, refusal.partner) == ("EBMS:0101", "kr")
                assert "user or password is wrong" in refusal.detail
                assert there.node.messages.inbounds() == []
                exchange = here.node.messages.exchange(message_id)
                assert exchange is not None
                assert exchange.attempts == 0
            kept_promises(here.node, there.node)

    asyncio.run(story())


def test_another_partner_gets_nothing_of_this_one(tmp_path: Path, document: Path) -> None:
    """Three whole nodes: jp, itself a partner that may pull, asks for kr's channel with its own keys (INV-10)."""
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr, jp = (make_side(tmp_path, name, authority) for name in ("tw", "kr", "jp"))
    slow = PULL.replace("200ms", "1h")
    agree(tw, kr, more=slow)
    agree(tw, jp, more=slow.replace("mpc:test", "mpc:jp"))
    agree(jp, tw, more=slow)

    async def story() -> None:
        async with serving(tw) as here, serving(jp) as there:
            message_id = here.node.submit(submission(here.node, document)).message_id
            # Its own channel is the one of its agreement; here that says kr's.
            there.pull.wake()
            async with asyncio.timeout(20):
                while not here.node.messages.refusals():  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.05)
            assert {one.error_code for one in here.node.messages.refusals()} == {"EBMS:0101"}
            assert there.node.messages.inbounds() == []
            exchange = here.node.messages.exchange(message_id)
            assert exchange is not None
            assert exchange.attempts == 0
            kept_promises(here.node, there.node)

    asyncio.run(story())
