"""Requests whose HTTP exchange stays open for their answer: each waits on the event loop, for a bounded time, and holds no thread."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from node.msh.ports import Answer, Awaited
from node.workers.rest import rest

#: Requests that wait at a time; any more are given their receipt at once, and their answers are pushed.
MOST = 64
#: How often the store is asked even if nobody woke us.
POLL_SECONDS = 0.5

log = logging.getLogger("node.workers.second_legs")


class SecondLegs:
    """`take` runs in `pool` and gives the answer to a request, or None while there is none; `owed` hears that a receipt is to be posted."""

    def __init__(
        self,
        take: Callable[[Awaited], Answer | None],
        pool: Executor,
        owed: Callable[[], object] = lambda: None,
        *,
        most: int = MOST,
    ) -> None:
        self._take, self._pool, self._owed, self._most = take, pool, owed, most
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Event] = set()
        self._stopping = False

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake_all)

    def stop(self) -> None:
        """Let whoever waits have the receipt alone."""
        self._stopping = True
        self._wake_all()

    async def answer(self, receipt: Answer) -> Answer:
        """What goes back to a request: its answer if that comes in time, else the receipt."""
        awaited = receipt.awaited
        if awaited is None:
            return receipt
        if self._stopping or len(self._waiting) >= self._most:
            return receipt
        look = asyncio.Event()
        self._waiting.add(look)
        try:
            return await self._wait(awaited, look) or receipt
        except Exception:
            log.exception("whether %s is answered cannot be said; it gets its receipt alone", awaited.message_id)
            return receipt
        finally:
            self._waiting.discard(look)

    async def _wait(self, awaited: Awaited, look: asyncio.Event) -> Answer | None:
        end = self._loop.time() + awaited.seconds
        while not self._stopping:
            look.clear()
            found = await self._loop.run_in_executor(self._pool, self._take, awaited)
            if found is not None:
                self._owed()
                return found
            left = end - self._loop.time()
            if left <= 0:
                return None
            await rest(look, min(left, POLL_SECONDS))
        return None

    def _wake_all(self) -> None:
        for one in self._waiting:
            one.set()
