"""A process says that it is alive, whatever else is slow."""

import asyncio
import logging

import pytest

from node.workers import heartbeat as module
from node.workers.heartbeat import Heartbeat


def test_it_beats_until_it_is_stopped_and_a_store_that_fails_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.01)
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 2:
            raise OSError("the server restarts")

    async def body() -> None:
        one = Heartbeat(beat)
        task = asyncio.create_task(one.run())
        async with asyncio.timeout(5):
            while len(beats) < 4:  # noqa: ASYNC110 - the beat is in a thread
                await asyncio.sleep(0.005)
        one.stop()
        await task

    with caplog.at_level(logging.ERROR):
        asyncio.run(body())
    assert "does not take that this process is alive" in caplog.text
