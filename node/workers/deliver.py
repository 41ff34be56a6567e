"""The delivery worker: hands each accepted message to the Consumer, then records that it is there."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, Protocol, TypeVar

from node.security.keys import KeyUnavailable
from node.workers.rest import rest

#: How often the store is asked even if nobody woke us.
POLL_SECONDS = 1.0
#: How long everything rests while the Consumer takes nothing, or the store cannot record what it took.
REST_SECONDS = 30.0
BATCH = 16

D = TypeVar("D")
log = logging.getLogger("node.workers.deliver")


class Consumer(Protocol[D]):
    """What the worker calls, all of it blocking."""

    def deliverable(self, limit: int) -> Sequence[D]:
        """Accepted messages that wait and do not rest, the oldest first."""
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

    def failed(self, delivery: D, reason: str) -> str:
        """Record that the Consumer could not be given this one, which then rests or is set aside; what follows, in words."""
        ...

    def tried(self, delivery: D) -> bool:
        """Whether it has failed before, or a crash found it in hand."""
        ...

    def down(self) -> str:
        """Why the Consumer takes nothing at all now; empty while it does."""
        ...


class DeliveryWorker(Generic[D]):
    """Runs in `pool`, one message after the other, so that a Consumer sees them in the order in which they came."""

    def __init__(
        self,
        consumer: Consumer[D],
        pool: Executor,
        *,
        handed: Callable[[int], object] = lambda _: None,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._consumer = consumer
        self._pool = pool
        self._handed = handed
        self._poll = poll
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        #: Until when nothing is handed over.
        self._pause = 0.0

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._wake.clear()
            if await self._round():
                continue
            await rest(self._wake, self._poll)

    def stop(self) -> None:
        """Finish the message in hand and begin no other."""
        self._stopping = True
        self._wake.set()

    async def _round(self) -> bool:
        """Deliver one batch; true when there may be more."""
        if self._loop.time() < self._pause:
            return False
        try:
            batch = await self._loop.run_in_executor(self._pool, self._consumer.deliverable, BATCH)
        except Exception:
            log.exception("the store does not say what is to be delivered; asking again")
            return False
        if not await self._loop.run_in_executor(self._pool, self._deliver, batch):
            self._pause = self._loop.time() + REST_SECONDS
            return False
        return len(batch) == BATCH and not self._stopping

    def _deliver(self, batch: Sequence[D]) -> bool:
        """Hand a batch over; false when the Consumer or the store takes nothing now.

        What failed before goes alone and last: should it take the process down, it takes no other message with it.
        """
        tried = [one for one in batch if self._consumer.tried(one)]
        fresh = [one for one in batch if not self._consumer.tried(one)]
        return all(self._hand_over(group) for group in [fresh, *([one] for one in tried)])

    def _hand_over(self, group: Sequence[D]) -> bool:
        """Hand over one after the other, and record it in one go.

        Recording first would lose a message in a crash; handing over twice is harmless.
        """
        done: list[D] = []
        going = True
        for delivery in group:
            if self._stopping or not going:
                break
            try:
                self._consumer.hand_over(delivery)
                done.append(delivery)
            except KeyUnavailable as error:
                # Nobody's fault: no attempt is used up, as where the Consumer takes nothing.
                log.error("delivery %s waits: %s; next try in %d s", self._consumer.name(delivery), error, REST_SECONDS)
                going = False
            except Exception as error:  # noqa: BLE001 - whatever it is, one message must not stop the others
                going = self._failed(delivery, error)
        try:
            if done:
                self._consumer.delivered(done)
                self._handed(len(done))
        except Exception:
            log.exception("%d deliveries cannot be recorded; next try in %d s", len(done), REST_SECONDS)
            return False
        return going

    def _failed(self, delivery: D, error: Exception) -> bool:
        """Judge whose fault it is: a Consumer that takes nothing uses up no attempt of any message. False when it takes nothing."""
        name = self._consumer.name(delivery)
        try:
            if why := self._consumer.down():
                log.error("the Consumer takes nothing now (%s); next try in %d s", why, REST_SECONDS)
                return False
            log.error("delivery %s failed: %s", name, error, exc_info=error)
            log.error("delivery %s: %s", name, self._consumer.failed(delivery, f"{type(error).__name__}: {error}"))
        except Exception:
            log.exception("the failure of delivery %s cannot be recorded; next try in %d s", name, REST_SECONDS)
            return False
        return True
