"""Notices what other processes wrote into the same store, such as a submission by the command line."""

import asyncio
import logging
from collections.abc import Callable

POLL_SECONDS = 0.15

log = logging.getLogger("node.workers.watch")


class Watch:
    """`version` is a cheap number that changes with every commit of anybody else; each of `woken` is called when it did."""

    def __init__(self, version: Callable[[], int], *woken: Callable[[], object]) -> None:
        self._version = version
        self._woken = woken
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`."""
        last = self._version()
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._stop.wait()
            except TimeoutError:
                last = self._look(last)

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()

    def _look(self, last: int) -> int:
        try:
            current = self._version()
        except Exception:
            log.exception("the store does not say whether it changed")
            return last
        if current != last:
            for wake in self._woken:
                wake()
        return current
