"""The post worker: receipts and errors that go out as requests of their own; a partner that does not answer holds up nobody else."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from node.failpoints import failpoint
from node.msh.ports import HttpAnswer, Outgoing, Owed, TransportError
from node.workers.rest import rest

BATCH = 64
#: How often the store is asked even if nobody woke us.
POLL_SECONDS = 1.0
#: A partner that did not answer is left alone for so long, whatever else is owed to it.
REST_SECONDS = 15.0

T = TypeVar("T")
log = logging.getLogger("node.workers.post")


class Stories(Protocol):
    """What the worker calls, all of it blocking."""

    def owed(self, limit: int, without: Collection[str]) -> Sequence[Owed]:
        """Signals that are due, the longest due first, leaving out these partners."""
        ...

    def outgoing(self, owed: Owed) -> Outgoing | None:
        """The request, or None for a signal that has no address any more, which is then written down."""
        ...

    def settle(self, owed: Owed, outcome: HttpAnswer | TransportError) -> str:
        """Empty where the partner has taken it, else why not; when it is posted again is decided there."""
        ...


class Transport(Protocol):
    """Whatever posts one request."""

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """Raises TransportError."""
        ...


class PostWorker:
    """Stories run in `pool`; of one partner's signals as many are under way as `per_partner` says."""

    def __init__(
        self,
        stories: Stories,
        transport: Transport,
        pool: Executor,
        *,
        per_partner: Callable[[str], int] = lambda _partner: 4,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._stories, self._transport, self._pool = stories, transport, pool
        self._limit, self._poll = per_partner, poll
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._wake.clear()
            await self._look()
            await rest(self._wake, self._poll)

    async def stop(self, patience: float) -> None:
        """Begin nothing new; what is cut off is posted again after the next start."""
        self._stopping = True
        self._wake.set()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=patience)
        for task in self._busy.values():
            task.cancel()

    async def _look(self) -> None:
        now = self._loop.time()
        self._resting = {partner: until for partner, until in self._resting.items() if until > now}
        without = [*self._busy, *self._resting]
        try:
            found = await self._in_pool(lambda: self._stories.owed(BATCH, without))
        except Exception:
            log.exception("the store does not say what is to be posted; asking again")
            return
        of_partner: dict[str, list[Owed]] = {}
        for owed in found:
            of_partner.setdefault(owed.partner, []).append(owed)
        for partner, some in of_partner.items():
            if not self._stopping and partner not in self._busy:
                self._busy[partner] = self._loop.create_task(self._post_all(partner, some))

    async def _post_all(self, partner: str, some: list[Owed]) -> None:
        waiting = iter(some)
        try:
            await asyncio.gather(*(self._post_some(partner, waiting) for _ in range(min(len(some), self._limit(partner)))))
        finally:
            self._busy.pop(partner, None)
            # There may be more of this partner.
            self._wake.set()

    async def _post_some(self, partner: str, waiting: Iterator[Owed]) -> None:
        for owed in waiting:
            if self._stopping or partner in self._resting:
                return
            try:
                await self._post(owed)
            except Exception:
                self._resting[partner] = self._loop.time() + REST_SECONDS
                log.exception("the signal about %s cannot be posted to %s; next try in %d s", owed.about, partner, REST_SECONDS)

    async def _post(self, owed: Owed) -> None:
        outgoing = await self._in_pool(lambda: self._stories.outgoing(owed))
        if outgoing is None:
            log.warning("the signal about %s has no address at %s any more", owed.about, owed.partner)
            return
        outcome: HttpAnswer | TransportError
        failpoint("pull.post.before")
        try:
            outcome = await self._transport.post(outgoing)
        except TransportError as error:
            outcome = error
        why = await self._in_pool(lambda: self._stories.settle(owed, outcome))
        if not why:
            log.info("posted to %s: the signal about %s", owed.partner, owed.about)
            return
        self._resting[owed.partner] = self._loop.time() + REST_SECONDS
        log.warning("the signal about %s was not taken by %s: %s", owed.about, owed.partner, why)

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._pool, work)
