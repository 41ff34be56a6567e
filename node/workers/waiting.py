"""How many accepted messages wait for the Consumer, so that intake can stop before there are too many."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from node.workers.rest import rest

POLL_SECONDS = 1.0

log = logging.getLogger("node.workers.waiting")


class Waiting:
    """`count(most)` runs in `pool`; between two counts what was accepted and handed over is added up here."""

    def __init__(self, count: Callable[[int], int], pool: Executor, limit: int) -> None:
        self._count, self._pool, self._limit = count, pool, limit
        self._known = 0
        self._told = False
        self._stop = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether nothing more may be accepted now."""
        return self._known >= self._limit

    def accepted(self) -> None:
        """One more waits."""
        self._known += 1

    def handed(self, count: int) -> None:
        """The Consumer has so many of them; may be called from any thread."""
        self._known -= count

    async def run(self) -> None:
        """Count until `stop`."""
        while not self._stop.is_set():
            await self._look()
            await rest(self._stop, POLL_SECONDS)

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()

    async def _look(self) -> None:
        try:
            self._known = await asyncio.get_running_loop().run_in_executor(self._pool, self._count, self._limit)
        except Exception:
            log.exception("the store does not say how many messages wait")
            return
        if self.full != self._told:
            self._told = self.full
            if self.full:
                log.error("%d messages wait for the Consumer: partners are answered 503 until it takes some", self._limit)
            else:
                log.warning("the Consumer takes messages again, and so does the node")
