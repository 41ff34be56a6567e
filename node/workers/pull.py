"""The pull worker: asks each partner for what waits on its channels, by the interval of the agreement, until the channel is empty."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from node.msh.ports import Outgoing, TransportError
from node.msh.pulling import Brought, Pulled
from node.workers.rest import rest

#: Messages taken in one run at most, so that one full channel does not keep a stop waiting.
MOST = 1000

log = logging.getLogger("node.workers.pull")


@dataclass(frozen=True, slots=True)
class Channel:
    """One message partition channel of one partner; `pmode_id` is one of the P-Modes whose messages come on it."""

    partner: str
    mpc: str
    pmode_id: str
    #: Seconds from the end of one run to the next.
    interval: float


class Stories(Protocol):
    """What the worker calls, all of it blocking."""

    def closed(self, channel: Channel) -> str:
        """Why nobody should be asked now, or nothing."""
        ...

    def request(self, channel: Channel) -> Outgoing:
        """A new PullRequest."""
        ...

    def take(self, request: Outgoing, status: int, content_type: str | None, chunks: Iterator[bytes]) -> Pulled:
        """Take the answer in; drawn only as far as it proves worth reading. Raises whatever `chunks` raises."""
        ...


class Transport(Protocol):
    """Whatever posts a request whose answer may be large."""

    async def fetch(
        self, outgoing: Outgoing, take: Callable[[Outgoing, int, str | None, Iterator[bytes]], Pulled], pool: Executor
    ) -> Pulled:
        """`take` runs in `pool`, on the answer as it arrives. Raises TransportError, and what `take` raises."""
        ...


class PullWorker:
    """One task for each channel; `took` is told when a message was accepted, and `full` says that no more may be."""

    def __init__(
        self,
        stories: Stories,
        transport: Transport,
        pool: Executor,
        channels: Sequence[Channel],
        *,
        took: Callable[[Pulled], object] = lambda _: None,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stories, self._transport, self._pool = stories, transport, pool
        self.channels, self._took, self._full = tuple(channels), took, full
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        self._changed = asyncio.Event()
        self._tasks: dict[Channel, asyncio.Task[None]] = {}
        self._wakes = {one: asyncio.Event() for one in self.channels}

    def wake(self) -> None:
        """Ask every partner now; may be called from any thread."""
        for one in list(self._wakes.values()):
            self._loop.call_soon_threadsafe(one.set)

    def renew(self, channels: Sequence[Channel]) -> None:
        """Ask on these channels from now on; what is being taken in on another is finished."""
        self.channels = tuple(channels)
        for gone in set(self._wakes) - set(channels):
            self._wakes[gone].set()
        self._wakes = {one: self._wakes.get(one) or asyncio.Event() for one in self.channels}
        self._changed.set()

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._changed.clear()
            for one in self.channels:
                if one not in self._tasks or self._tasks[one].done():
                    self._tasks[one] = self._loop.create_task(self._poll(one, self._wakes[one]))
            self._tasks = {one: task for one, task in self._tasks.items() if not task.done()}
            await self._changed.wait()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def stop(self, patience: float) -> None:
        """Ask nobody any more; what is being taken in has so many seconds left, and is offered again if it was not accepted."""
        self._stopping = True
        self._changed.set()
        for one in self._wakes.values():
            one.set()
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()

    async def _poll(self, channel: Channel, wake: asyncio.Event) -> None:
        while not self._stopping and channel in self.channels:
            wake.clear()
            try:
                await self._empty(channel)
            except TransportError as error:
                log.warning("pulling %s from %s: %s; next try in %g s", channel.mpc, channel.partner, error, channel.interval)
            except Exception:
                log.exception("pulling %s from %s failed here; next try in %g s", channel.mpc, channel.partner, channel.interval)
            if not self._stopping:
                await rest(wake, channel.interval)

    async def _empty(self, channel: Channel) -> None:
        """Take what waits, one message after the other."""
        for _ in range(MOST):
            if self._stopping or self._full():
                return
            if why := await self._loop.run_in_executor(self._pool, self._stories.closed, channel):
                log.info("pulling %s from %s waits: %s", channel.mpc, channel.partner, why)
                return
            request = await self._loop.run_in_executor(self._pool, self._stories.request, channel)
            pulled = await self._transport.fetch(request, self._stories.take, self._pool)
            if pulled.brought is Brought.NOTHING:
                return
            if pulled.brought is Brought.TROUBLE:
                log.warning(
                    "pulling %s from %s: %s; next try in %g s", channel.mpc, channel.partner, pulled.detail, channel.interval
                )
                return
            log.info("pulled %s from %s", pulled.detail, channel.partner)
            self._took(pulled)
