"""The watch wakes the others when, and only when, the store's version changes."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from node.workers import watch as module
from node.workers.watch import Watch


def test_every_change_wakes_and_silence_does_not(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    versions = iter([7, 7, 7, 8, 8, ZeroDivisionError("disk"), 9])
    woken: list[int] = []

    async def body() -> None:
        loop = asyncio.get_running_loop()

        def version() -> int:
            value = next(versions, None)
            if value is None:
                loop.call_soon_threadsafe(watch.stop)
                return 9
            if isinstance(value, Exception):
                raise value
            return value

        with ThreadPoolExecutor(1) as pool:
            watch = Watch(version, pool, lambda: woken.append(1), lambda: woken.append(2))
            async with asyncio.timeout(5):
                await watch.run()

    with caplog.at_level(logging.ERROR):
        asyncio.run(body())
    assert woken == [1, 2, 1, 2]
    assert "disk" in caplog.text
