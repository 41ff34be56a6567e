"""The delivery worker: in order, recorded only after the hand-over, and a failing message rests."""

import asyncio
import logging
from collections.abc import Callable, Sequence
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
    #: The first record fails.
    forgetful: bool = False

    def deliverable(self, limit: int) -> list[str]:
        return self.waiting[:limit]

    def name(self, delivery: str) -> str:
        return delivery

    def hand_over(self, delivery: str) -> None:
        self.story.append(("handed over", delivery))
        if delivery in self.broken:
            raise OSError("disk full")

    def delivered(self, deliveries: Sequence[str]) -> None:
        if self.forgetful:
            self.forgetful = False
            raise OSError("disk full")
        for delivery in deliveries:
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
    for step in ("handed over", "recorded"):
        assert [name for done, name in inbox.story if done == step] == names
    for name in names:
        assert inbox.story.index(("handed over", name)) < inbox.story.index(("recorded", name))


def test_a_message_that_cannot_be_delivered_rests_and_the_others_pass(caplog: pytest.LogCaptureFixture) -> None:
    bad = [f"bad-{n}" for n in range(module.BATCH)]
    inbox = Inbox([*bad, "good"], frozenset(bad))
    with caplog.at_level(logging.ERROR):
        run(inbox, lambda: "good" not in inbox.waiting)
    assert inbox.waiting == bad
    assert [name for step, name in inbox.story if step == "handed over"] == [*bad, "good"]
    assert "disk full" in caplog.text


def test_what_cannot_be_recorded_waits_and_is_handed_over_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    inbox = Inbox(["one", "two"], forgetful=True)
    with caplog.at_level(logging.ERROR):
        run(inbox, lambda: not inbox.waiting)
    assert [name for step, name in inbox.story if step == "handed over"] == ["one", "two", "one", "two"]
    assert "cannot be recorded" in caplog.text
