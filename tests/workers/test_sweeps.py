"""Sweeps run again and again, none beside itself; one that fails stops nobody, and a clock that is set delays nobody."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from node.workers import sweeps as module
from node.workers.sweeps import Sweep, Sweeps

HOUR = 3600.0


def run(sweeps: list[Sweep], done: Callable[[], object], **how: Callable[[], bool]) -> None:
    async def body() -> None:
        with ThreadPoolExecutor(4) as pool:
            worker = Sweeps(sweeps, pool, **how)
            task = asyncio.create_task(worker.run())
            async with asyncio.timeout(10):
                while not done():  # noqa: ASYNC110 - the sweeps have no event to wait for
                    await asyncio.sleep(0.005)
            worker.stop()
            await task

    asyncio.run(body())


def test_each_runs_at_the_start_and_again() -> None:
    rare, often = list[int](), list[int]()
    run(
        [Sweep("rare", HOUR, lambda: rare.append(1) or 0), Sweep("often", 0.01, lambda: often.append(1) or 1)],
        lambda: len(often) > 3,
    )
    assert rare == [1]


def test_one_that_fails_is_told_and_tried_again_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    tries, others = list[int](), list[int]()

    def fails() -> int:
        tries.append(1)
        raise OSError("disk full")

    with caplog.at_level(logging.ERROR):
        run(
            [Sweep("missing receipts", 0.01, fails), Sweep("other", 0.01, lambda: others.append(1) or 0)],
            lambda: len(tries) > 2 and others,
        )
    assert "missing receipts failed" in caplog.text
    assert "disk full" in caplog.text


def test_none_runs_beside_itself() -> None:
    inside, most, runs = list[int](), list[int](), list[int]()
    held = threading.Event()

    def slow() -> int:
        inside.append(1)
        most.append(len(inside))
        held.wait(0.05)
        inside.pop()
        runs.append(1)
        return 0

    run([Sweep("slow", 0.01, slow)], lambda: len(runs) > 2)
    assert set(most) == {1}


def test_when_the_clock_was_set_every_sweep_begins_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    runs = list[int]()
    answers = iter([False, OSError("disk full"), True])

    def clock_was_set() -> bool:
        answer = next(answers, False)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with caplog.at_level(logging.ERROR):
        run([Sweep("hourly", HOUR, lambda: runs.append(1) or 0)], lambda: len(runs) > 1, clock_was_set=clock_was_set)
    assert runs == [1, 1]
    assert "cannot be moved" in caplog.text


def test_a_stop_in_the_middle_of_a_sweep_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        go.wait(5)
        return 0

    async def body() -> None:
        with ThreadPoolExecutor(1) as pool:
            worker = Sweeps([Sweep("slow", HOUR, slow)], pool)
            task = asyncio.create_task(worker.run())
            await asyncio.to_thread(begun.wait)
            worker.stop()
            await task
            await asyncio.sleep(0.05)
            go.set()

    with caplog.at_level(logging.ERROR):
        asyncio.run(body())
    assert caplog.text == ""
