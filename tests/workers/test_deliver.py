"""The delivery worker: in order, recorded only after the hand-over, and a failing message rests."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from node.security.keys import KeyUnavailable
from node.workers import deliver as module
from node.workers.deliver import DeliveryWorker


@dataclass
class Inbox:
    """Messages named by strings."""

    waiting: list[str]
    broken: frozenset[str] = frozenset()
    story: list[tuple[str, str]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    #: Looks at which the Consumer takes nothing.
    away: int = 0
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

    def tried(self, delivery: str) -> bool:
        return self.attempts[delivery] > 0

    def down(self) -> str:
        self.away -= 1
        if self.away == 0:
            self.broken = frozenset()
        return "disk full" if self.away >= 0 else ""

    def failed(self, delivery: str, reason: str) -> str:
        self.attempts[delivery] += 1
        self.story.append((reason, delivery))
        if self.attempts[delivery] == 5:
            self.waiting.remove(delivery)
        return "waits"

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
            worker = DeliveryWorker(inbox, pool, poll=module.POLL_SECONDS)
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


def test_a_message_that_cannot_be_delivered_is_counted_and_the_others_pass(caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox(["bad", "good", "better"], frozenset({"bad"}))
    with caplog.at_level(logging.ERROR):
        run(inbox, lambda: not inbox.waiting)
    assert inbox.attempts == {"bad": 5}
    assert [name for step, name in inbox.story if step == "recorded"] == ["good", "better"]
    assert ("OSError: disk full", "bad") in inbox.story
    assert "delivery bad failed" in caplog.text


def test_what_failed_before_goes_last_and_alone() -> None:
    inbox = Inbox(["suspect", "one", "two"], attempts=Counter({"suspect": 1}))
    run(inbox, lambda: not inbox.waiting)
    others = [("handed over", "one"), ("handed over", "two"), ("recorded", "one"), ("recorded", "two")]
    assert inbox.story == [*others, ("handed over", "suspect"), ("recorded", "suspect")]


def test_a_consumer_that_takes_nothing_costs_no_message_an_attempt(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    names = [f"{n:02d}" for n in range(40)]
    inbox = Inbox(list(names), frozenset(names), away=8)
    with caplog.at_level(logging.ERROR):
        run(inbox, lambda: not inbox.waiting)
    assert not inbox.attempts
    assert [name for step, name in inbox.story if step == "recorded"] == names
    assert "the Consumer takes nothing now (disk full)" in caplog.text


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


def test_a_key_that_does_not_answer_costs_no_message_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    inbox = Inbox(["sealed", "other"])
    left = 8

    def hand_over(delivery: str) -> None:
        nonlocal left
        left -= 1
        if delivery == "sealed" and left > 0:
            raise KeyUnavailable("the token is away")
        inbox.story.append(("handed over", delivery))

    monkeypatch.setattr(inbox, "hand_over", hand_over)
    run(inbox, lambda: not inbox.waiting)
    assert inbox.attempts == {}
    assert [name for step, name in inbox.story if step == "recorded"] == ["sealed", "other"]
