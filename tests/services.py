"""Whole nodes that serve inside a test, and what a test waits for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from node.app import Node, World
from node.ebms.states import InboundState, OutboundState
from node.msh.submit import Submission
from node.service import Service
from node.setting import Setting
from tests.homes import ACTION, Side


@asynccontextmanager
async def serving(side: Side, world: World | None = None) -> AsyncIterator[Service]:
    node = Node(Setting(side.folder, lambda _: None), world)
    try:
        service = Service(node)
        started = asyncio.Event()
        task = asyncio.create_task(service.run(lambda _: started.set()))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield service
        finally:
            waiting.cancel()
            service.stop()
            await task
    finally:
        node.close()


def submission(node: Node, path: Path, partner: str = "kr") -> Submission:
    return Submission(partner, ACTION, (node.payload(path, "application/xml"),))


async def ended(node: Node, message_id: str, wanted: OutboundState) -> None:
    async with asyncio.timeout(20):
        while (exchange := node.messages.exchange(message_id)) is None or exchange.state is not wanted:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)


async def delivered(node: Node, message_id: str) -> Path:
    """The inbox folder of a message."""
    async with asyncio.timeout(20):
        while not any(one.state is InboundState.DELIVERED for one in node.messages.inbound(message_id)):  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)
    detail = node.messages.inbound_history(node.messages.inbound(message_id)[0].id)[-1].detail
    return node.home.data / detail


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]
