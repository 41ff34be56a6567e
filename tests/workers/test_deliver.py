"""The delivery worker: in order, recorded only after the hand-over, and a failing message rests."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from node.workers import deliver as module
from node.workers.deliver import DeliveryWorker


@dataclass
class Inbox:
    """Messages named by strings."""

    waiting: list[str]
    broken: frozenset[str] = frozenset()
    story: list[tuple[str, str]] = field(default_factory=list)

    def deliverable(self, limit: int) -> list[str]:
        return self.waiting[:limit]

    def name(self, delivery: str) -> str:
        return delivery

    def hand_over(self, delivery: str) -> None:
        self.story.append(("handed over", delivery))
        if delivery in self.broken:
            raise OSError("disk full")

    def delivered(self, delivery: str) -> None:
        self.story.append(("recorded", delivery))
        self.waiting.remove(delivery)


def run(inbox: Inbox, done: Callable[[], bool]) -> None:
    async def body() -> None:
        with ThreadPoolExecutor(1) as pool:
            worker = DeliveryWorker(inbox, pool)
            task = asyncio.create_task(worker.run())
            async with asyncio.timeout(5):
                while not done():  # noqa: ASYNC110 - the double has no event to wait for
                    await asyncio.sleep(0.005)
            worker.stop()
            await task

    asyncio.run(body())


def test_each_message_is_handed_over_in_order_and_then_recorded() -> None:
    names = [f"{n:03d}" for n in range(3 * module.BATCH)]
    inbox = Inbox(list(names))
    run(inbox, lambda: not inbox.waiting)
    assert inbox.story == [step for name in names for step in (("handed over", name), ("recorded", name))]


def test_a_message_that_cannot_be_delivered_rests_and_the_others_pass(caplog: pytest.LogCaptureFixture) -> None:
    bad = [f"bad-{n}" for n in range(module.BATCH)]
    inbox = Inbox([*bad, "good"], frozenset(bad))
    with caplog.at_level(logging.ERROR):
        run(inbox, lambda: "good" not in inbox.waiting)
    assert inbox.waiting == bad
    assert [name for step, name in inbox.story if step == "handed over"] == [*bad, "good"]
    assert "disk full" in caplog.text
