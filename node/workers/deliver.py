"""The delivery worker: hands each accepted message to the Consumer, then records that it is there."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, Protocol, TypeVar

#: How often the store is asked even if nobody woke us.
POLL_SECONDS = 1.0
#: How long a message rests whose delivery failed.
REST_SECONDS = 30.0
BATCH = 16

D = TypeVar("D", bound="Waiting")
log = logging.getLogger("node.workers.deliver")


class Waiting(Protocol):
    """One accepted message that waits for its Consumer."""

    @property
    def delivery_id(self) -> str: ...


class DeliveryWorker(Generic[D]):
    """`waiting(limit, exclude)`, `hand_over` and `delivered` are blocking and run in `pool`, one message after the other."""

    def __init__(
        self,
        waiting: Callable[[int, Sequence[str]], Sequence[D]],
        hand_over: Callable[[D], object],
        delivered: Callable[[D], object],
        pool: Executor,
    ) -> None:
        self._waiting = waiting
        self._hand_over = hand_over
        self._delivered = delivered
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._wake.clear()
            busy = await self._round()
            if busy:
                continue
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Finish the message in hand and begin no other."""
        self._stopping = True
        self._wake.set()

    async def _round(self) -> bool:
        """Deliver one batch; true when there may be more."""
        now = self._loop.time()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        exclude = list(self._resting)
        try:
            batch = await self._loop.run_in_executor(self._pool, self._waiting, BATCH, exclude)
        except Exception:
            log.exception("the store does not say what is to be delivered; asking again")
            return False
        for delivery in batch:
            if self._stopping:
                return False
            await self._loop.run_in_executor(self._pool, self._one, delivery)
        return len(batch) == BATCH

    def _one(self, delivery: D) -> None:
        try:
            # Handing over twice is harmless (same name, same octets); recording before handing over would lose a message in a crash.
            self._hand_over(delivery)
            self._delivered(delivery)
        except Exception:
            log.exception("delivery %s failed; next try in %d s", delivery.delivery_id, REST_SECONDS)
            self._resting[delivery.delivery_id] = self._loop.time() + REST_SECONDS
