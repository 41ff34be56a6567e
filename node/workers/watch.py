"""Notices what other processes wrote into the same store, such as a submission by the command line."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from node.workers.rest import rest

POLL_SECONDS = 0.15

log = logging.getLogger("node.workers.watch")


class Watch:
    """`version` runs in `pool` and gives a number that changes with every commit of another process; each of `woken` is called when it did."""

    def __init__(self, version: Callable[[], int], pool: Executor, *woken: Callable[[], object]) -> None:
        self._version = version
        self._pool = pool
        self._woken = woken
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`."""
        last = await self._look(None)
        while not self._stop.is_set():
            if not await rest(self._stop, POLL_SECONDS):
                last = await self._look(last)

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()

    async def _look(self, last: int | None) -> int | None:
        try:
            current = await asyncio.get_running_loop().run_in_executor(self._pool, self._version)
        except Exception:
            log.exception("the store does not say whether it changed")
            return last
        if last is not None and current != last:
            for wake in self._woken:
                wake()
        return current
