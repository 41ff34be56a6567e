"""The simulated loop: time jumps, threads are none, order is fixed."""

import asyncio
import time

import pytest

from node.simulation.loop import SimulatedLoop


def run(coroutine):
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(coroutine)


def test_a_year_passes_at_once():
    async def year() -> float:
        await asyncio.sleep(365 * 86400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(year()) == 365 * 86400
    assert time.monotonic() - began < 5


def test_timers_fire_in_the_order_of_their_time():
    order = []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append(seconds)

    async def both() -> None:
        await asyncio.gather(wait(3), wait(1), wait(2))

    run(both())
    assert order == [1, 2, 3]


def test_a_timeout_is_simulated_too():
    async def never() -> None:
        async with asyncio.timeout(1000):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(never())


def test_work_for_a_thread_is_done_at_once_and_its_error_is_the_awaiters():
    async def ask():
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, lambda x: x + 1, 1) == 2
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 / 0)
        return loop.time()

    assert run(ask()) == 0


def test_a_crash_passes_through_the_caller():
    class Crash(BaseException):
        pass

    def crash() -> None:
        raise Crash

    async def ask() -> None:
        await asyncio.get_running_loop().run_in_executor(None, crash)

    with pytest.raises(Crash):
        run(ask())


def test_a_simulation_in_which_nothing_can_happen_says_so():
    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing is left to happen"):
        run(never())
