"""The delivery worker: hands each accepted message to the Consumer, then records that it is there."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Generic, Protocol, TypeVar

#: How often the store is asked even if nobody woke us.
POLL_SECONDS = 1.0
#: How long a message rests whose delivery failed.
REST_SECONDS = 30.0
BATCH = 16

D = TypeVar("D")
log = logging.getLogger("node.workers.deliver")


class Consumer(Protocol[D]):
    """What the worker calls, all of it blocking."""

    def deliverable(self, limit: int) -> Sequence[D]:
        """Accepted messages that wait, the oldest first."""
        ...

    def name(self, delivery: D) -> str:
        """The delivery id."""
        ...

    def hand_over(self, delivery: D) -> None:
        """Give it to the Consumer; harmless when done twice."""
        ...

    def delivered(self, deliveries: Sequence[D]) -> None:
        """Record that the Consumer has these, whatever happens to the machine now."""
        ...


class DeliveryWorker(Generic[D]):
    """Runs in `pool`, one message after the other, so that a Consumer sees them in the order in which they came."""

    def __init__(self, consumer: Consumer[D], pool: Executor, *, poll: float = POLL_SECONDS) -> None:
        self._consumer = consumer
        self._pool = pool
        self._poll = poll
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
            if await self._round():
                continue
            try:
                async with asyncio.timeout(self._poll):
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
        self._resting = {name: until for name, until in self._resting.items() if until > now}
        # What rests is still waiting in the store, so it must not use the places of the others.
        limit = BATCH + len(self._resting)
        try:
            batch = await self._loop.run_in_executor(self._pool, self._consumer.deliverable, limit)
        except Exception:
            log.exception("the store does not say what is to be delivered; asking again")
            return False
        due = [delivery for delivery in batch if self._consumer.name(delivery) not in self._resting]
        for failed in await self._loop.run_in_executor(self._pool, self._deliver, due):
            self._resting[self._consumer.name(failed)] = self._loop.time() + REST_SECONDS
        return len(batch) == limit and not self._stopping

    def _deliver(self, due: Sequence[D]) -> list[D]:
        """Hand a batch over, one after the other, and record it in one go; those that failed.

        Recording first would lose a message in a crash; handing over twice is harmless.
        """
        done: list[D] = []
        failed: list[D] = []
        for delivery in due:
            if self._stopping:
                break
            try:
                self._consumer.hand_over(delivery)
                done.append(delivery)
            except Exception:
                log.exception("delivery %s failed; next try in %d s", self._consumer.name(delivery), REST_SECONDS)
                failed.append(delivery)
        try:
            if done:
                self._consumer.delivered(done)
        except Exception:
            log.exception("%d deliveries cannot be recorded; next try in %d s", len(done), REST_SECONDS)
            failed += done
        return failed
