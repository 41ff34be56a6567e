"""The push worker: takes what can be sent, sends it, and settles the answer; a slow partner holds up nobody else."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from node.ebms.states import OutboundState
from node.msh.ports import Exchange, HttpAnswer, Outgoing, StorageUnavailable, SubmissionError, TransportError

#: Messages under way to one partner at a time.
PER_PARTNER = 8
#: How long an exchange rests after an exception of ours (a bug, a full disk) before it is tried again.
REST_SECONDS = 30.0
#: How often the store is asked even if nobody woke us: a resend falls due by itself.
POLL_SECONDS = 1.0

T = TypeVar("T")
log = logging.getLogger("node.workers.push")


class Outbox(Protocol):
    """Where exchanges wait."""

    def to_send(self, limit: int, exclude: Sequence[str]) -> Sequence[Exchange]:
        """The oldest exchanges that are due now, leaving out these MessageIds."""
        ...


class Transport(Protocol):
    """Whatever posts one message."""

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """Raises TransportError."""
        ...


class PushWorker:
    """`prepare` and `settle` are the handler's stories with their ports; they run in `pool`, the posting on the event loop."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        prepare: Callable[[Exchange], Outgoing],
        settle: Callable[[str, HttpAnswer | TransportError], OutboundState],
        pool: Executor,
        *,
        per_partner: int = PER_PARTNER,
        settled: Callable[[str, OutboundState], None] = lambda _id, _state: None,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._prepare = prepare
        self._settle = settle
        self._pool = pool
        self._per_partner = per_partner
        self._settled = settled
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._per_partner_now: Counter[str] = Counter()
        self._waiting: dict[str, deque[Exchange]] = {}
        self._known: set[str] = set()
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def offer(self, exchange: Exchange) -> None:
        """Send this freshly submitted exchange without asking the store for it; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._take, exchange)

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._wake.clear()
            await self._look()
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def stop(self, patience: float) -> None:
        """Begin nothing new, and give what is under way `patience` seconds to finish; the rest is resent after the next start."""
        self._stopping = True
        self._wake.set()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=patience)
        for task in self._under_way.values():
            task.cancel()

    async def _look(self) -> None:
        now = self._loop.time()
        self._resting = {message_id: until for message_id, until in self._resting.items() if until > now}
        exclude = [*self._known, *self._resting]
        try:
            due = await self._in_pool(lambda: self._outbox.to_send(64, exclude))
        except Exception:
            log.exception("the store does not say what is to be sent; asking again")
            return
        for exchange in due:
            self._take(exchange)
        if len(due) == 64:
            self._wake.set()

    def _take(self, exchange: Exchange) -> None:
        if self._stopping or exchange.message_id in self._known:
            return
        self._known.add(exchange.message_id)
        self._waiting.setdefault(exchange.partner, deque()).append(exchange)
        self._fill(exchange.partner)

    def _fill(self, partner: str) -> None:
        """Start as many of a partner's exchanges as may run at once."""
        waiting = self._waiting.get(partner)
        while waiting and not self._stopping and self._per_partner_now[partner] < self._per_partner:
            exchange = waiting.popleft()
            self._per_partner_now[partner] += 1
            self._under_way[exchange.message_id] = self._loop.create_task(self._attempt(exchange))

    async def _attempt(self, exchange: Exchange) -> None:
        try:
            state = await self._send(exchange)
            self._settled(exchange.message_id, state)
        except (SubmissionError, StorageUnavailable) as error:
            self._rest(exchange)
            log.warning(
                "%s to %s cannot be sent now: %s; next try in %d s", exchange.message_id, exchange.partner, error, REST_SECONDS
            )
        except Exception:
            self._rest(exchange)
            log.exception("sending %s to %s failed here; next try in %d s", exchange.message_id, exchange.partner, REST_SECONDS)
        finally:
            self._known.discard(exchange.message_id)
            self._under_way.pop(exchange.message_id, None)
            self._per_partner_now[exchange.partner] -= 1
            self._fill(exchange.partner)

    def _rest(self, exchange: Exchange) -> None:
        self._resting[exchange.message_id] = self._loop.time() + REST_SECONDS

    async def _send(self, exchange: Exchange) -> OutboundState:
        outcome: HttpAnswer | TransportError
        outgoing = await self._in_pool(lambda: self._prepare(exchange))
        try:
            outcome = await self._transport.post(outgoing)
        except TransportError as error:
            outcome = error
        state = await self._in_pool(lambda: self._settle(exchange.message_id, outcome))
        if isinstance(outcome, TransportError):
            log.warning("%s to %s: %s; now %s", exchange.message_id, exchange.partner, outcome, state.name)
        else:
            log.info("%s to %s: HTTP %d; now %s", exchange.message_id, exchange.partner, outcome.status, state.name)
        return state

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._pool, work)
