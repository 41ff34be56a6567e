"""Requests that wait for their answers: how long, how many, and what they get in the end."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from node.msh.ports import Answer, Awaited, StorageUnavailable
from node.workers import second_legs as module
from node.workers.second_legs import SecondLegs

RESPONSE = Answer(200, "multipart/related", b"answer")


def receipt(seconds: float = 1000.0) -> Answer:
    return Answer(200, "application/soap+xml", b"receipt", awaited=Awaited("p", "m@h", seconds))


def run(story: Callable[[Callable[..., SecondLegs]], Any]) -> None:
    async def body() -> None:
        with ThreadPoolExecutor(1) as pool:
            async with asyncio.timeout(10):
                await story(lambda take, owed=lambda: None, **how: SecondLegs(take, pool, owed, **how))

    asyncio.run(body())


async def waiting(legs: SecondLegs, count: int) -> None:
    while legs.waiting != count:  # noqa: ASYNC110 - what waits has no event
        await asyncio.sleep(0)


def test_what_awaits_nothing_goes_back_as_it_is() -> None:
    async def story(make: Callable[..., SecondLegs]) -> None:
        plain = Answer(202)
        assert await make(lambda _: RESPONSE).answer(plain) is plain

    run(story)


def test_a_wake_finds_the_answer_and_its_receipt_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 1000.0)

    async def story(make: Callable[..., SecondLegs]) -> None:
        found: list[Answer] = []
        owed: list[int] = []
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def take(_: Awaited) -> Answer | None:
            loop.call_soon_threadsafe(asked.set)
            return found[0] if found else None

        legs = make(take, lambda: owed.append(1))
        task = asyncio.create_task(legs.answer(receipt()))
        await asked.wait()
        assert owed == []
        found.append(RESPONSE)
        legs.wake()
        assert await task is RESPONSE
        assert (owed, legs.waiting) == ([1], 0)

    run(story)


def test_when_the_time_is_over_the_receipt_goes() -> None:
    async def story(make: Callable[..., SecondLegs]) -> None:
        asked: list[Awaited] = []
        first, again = receipt(0.01), receipt(0.0)
        assert await make(asked.append).answer(first) is first
        before = len(asked)
        assert before
        # A request that came again is looked for once.
        assert await make(asked.append).answer(again) is again
        assert len(asked) == before + 1

    run(story)


def test_no_more_wait_than_may_and_a_stop_ends_it() -> None:
    async def story(make: Callable[..., SecondLegs]) -> None:
        legs = make(lambda _: None, most=2)
        held = [receipt(), receipt()]
        tasks = [asyncio.create_task(legs.answer(one)) for one in held]
        await waiting(legs, 2)
        third = receipt()
        assert await legs.answer(third) is third
        legs.stop()
        assert [await task for task in tasks] == held
        assert await legs.answer(third) is third

    run(story)


def test_a_store_that_fails_costs_nobody_the_receipt(caplog: pytest.LogCaptureFixture) -> None:
    def take(_: Awaited) -> Answer:
        raise StorageUnavailable("full")

    async def story(make: Callable[..., SecondLegs]) -> None:
        one = receipt()
        assert await make(take).answer(one) is one

    with caplog.at_level(logging.ERROR):
        run(story)
    assert "gets its receipt alone" in caplog.text
