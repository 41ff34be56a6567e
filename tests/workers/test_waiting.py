"""What waits for the Consumer is counted, and between two counts what comes and goes is added up."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from node.workers import waiting as module
from node.workers.waiting import Waiting


def test_the_count_decides_and_a_store_that_does_not_answer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    counts = iter([2, 3, ZeroDivisionError("disk"), 3, 1])
    seen: list[bool] = []

    async def body() -> None:
        loop = asyncio.get_running_loop()

        def count(most: int) -> int:
            assert most == 3
            seen.append(waiting.full)
            value = next(counts, None)
            if value is None:
                loop.call_soon_threadsafe(waiting.stop)
                return 0
            if isinstance(value, Exception):
                raise value
            return value

        with ThreadPoolExecutor(1) as pool:
            waiting = Waiting(count, pool, 3)
            async with asyncio.timeout(5):
                await waiting.run()

    with caplog.at_level(logging.WARNING):
        asyncio.run(body())
    assert seen == [False, False, True, True, True, False]
    assert caplog.text.count("3 messages wait for the Consumer") == 1
    assert caplog.text.count("takes messages again") == 1
    assert "disk" in caplog.text


def test_what_comes_between_two_counts_is_added_and_what_goes_is_taken_off() -> None:
    async def body() -> None:
        with ThreadPoolExecutor(1) as pool:
            waiting = Waiting(lambda most: 0, pool, 2)
            waiting.accepted()
            assert not waiting.full
            waiting.accepted()
            assert waiting.full
            waiting.handed(1)
            assert not waiting.full

    asyncio.run(body())
