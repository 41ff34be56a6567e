"""The push worker: takes what can be sent, sends it, and settles the answer; a slow partner holds up nobody else."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Protocol, TypeVar

from node.ebms.states import OutboundState
from node.failpoints import failpoint
from node.msh.ports import Exchange, HttpAnswer, NotNow, Outgoing, StorageUnavailable, SubmissionError, TransportError
from node.workers.breaker import Breaker, Circuit
from node.workers.pace import Pace
from node.workers.rest import rest

#: Messages under way to one partner at a time.
PER_PARTNER = 8
#: Messages taken from the store that wait here for their partner; further ones stay in the store.
QUEUE = 128
BATCH = 64
#: How long an exchange rests after a failure on our side (a bug, a full disk, an expired certificate) before it is tried again.
REST_SECONDS = 30.0
#: How often the store is asked even if nobody woke us: a resend falls due by itself.
POLL_SECONDS = 1.0

#: HTTP statuses of a server that is there and cannot: as good as no answer for the circuit of its partner.
BUSY = frozenset({429, 502, 503, 504})

T = TypeVar("T")
log = logging.getLogger("node.workers.push")


class Stories(Protocol):
    """What the worker calls, all of it blocking: the handler's stories with their ports."""

    def sendable(self, limit: int, without: Collection[str]) -> Sequence[Exchange]:
        """Exchanges that are due now, the longest due first, leaving out these partners."""
        ...

    def prepare(self, exchange: Exchange) -> Outgoing:
        """Raises SubmissionError, StorageUnavailable, and NotNow where the store knows why it is not to be sent now."""
        ...

    def settle(self, exchange: Exchange, outcome: HttpAnswer | TransportError) -> OutboundState:
        """The state after the attempt; whether and when another one follows is decided there."""
        ...

    def circuit(self, circuit: Circuit) -> None:
        """A partner does not answer any more, or answers again: shown as the reason why its messages wait."""
        ...


class Transport(Protocol):
    """Whatever posts one message."""

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """Raises TransportError."""
        ...


class PushWorker:
    """Stories run in `pool`, the posting on the event loop; `settled` hears of every attempt's end."""

    def __init__(
        self,
        stories: Stories,
        transport: Transport,
        pool: Executor,
        *,
        per_partner: Callable[[str], int] = lambda _partner: PER_PARTNER,
        settled: Callable[[str, OutboundState], None] = lambda _id, _state: None,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._stories = stories
        self.transport = transport
        self._pool = pool
        self._limit = per_partner
        self._settled = settled
        self._poll = poll
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        #: MessageIds that wait here or are under way.
        self._known: set[str] = set()
        self._waiting: dict[str, deque[Exchange]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        #: What the store does not know yet of circuits, the latest of each partner, and the task that tells it.
        self._untold: dict[str, Circuit] = {}
        self._telling: asyncio.Task[None] | None = None
        self._breaker = Breaker(self._loop.time, self._tell)
        self._pace = Pace(self._loop.time)
        #: Partners whose next message waits for its place in the pace.
        self._paced: set[str] = set()
        self._started = False
        self._busy: Counter[str] = Counter()
        self._resting: dict[str, float] = {}
        #: Partners of whom more is due in the store than was taken.
        self._more: set[str] = set()
        #: MessageIds whose attempt ended while the store was asked.
        self._finished: set[str] = set()

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def reopen(self, partner: str, failures: int, why: str) -> None:
        """This partner did not answer when the node was stopped: one message asks before the others go."""
        self._breaker.reopen(partner, failures, why)

    def offer(self, exchange: Exchange) -> None:
        """Send this freshly submitted exchange without asking the store for it; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._take, exchange)

    @property
    def under_way(self) -> Collection[asyncio.Task[None]]:
        """The attempts that have begun."""
        return tuple(self._under_way)

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._wake.clear()
            await self._look()
            await rest(self._wake, self._poll)

    async def stop(self, patience: float) -> None:
        """Begin nothing new, and give what is under way `patience` seconds to finish; the rest is resent after the next start."""
        self._stopping = True
        self._wake.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=patience)
        for task in self._under_way:
            task.cancel()

    async def _look(self) -> None:
        """Take what is due, but not more of one partner than it can use soon."""
        now = self._loop.time()
        self._resting = {message_id: until for message_id, until in self._resting.items() if until > now}
        full = [partner for partner, waiting in self._waiting.items() if len(waiting) >= QUEUE]
        # What waits for a probe is left in the store, where the next probe is chosen anew.
        resting = self._breaker.resting()
        # What is known here is still due in the store, so it must not use the places of what is new.
        limit = BATCH + len(self._known) + len(self._resting)
        self._finished.clear()
        try:
            due = await self._in_pool(lambda: self._stories.sendable(limit, [*full, *resting]))
        except Exception:
            log.exception("the store does not say what is to be sent; asking again")
            return
        self._more = set(full)
        if len(due) == limit:
            self._more.update(exchange.partner for exchange in due)
        if not self._started:
            # After a start everything may be due at once.
            self._started = True
            for partner in self._more:
                self._pace.begin(partner)
        # What ended while the store was asked looks due and is not.
        taken = [self._take(exchange) for exchange in due if exchange.message_id not in self._finished]
        if len(due) == limit and any(taken):
            # There is more, and the next look leaves out whoever has enough now: a long queue in front holds up nobody behind it.
            self._wake.set()
        for partner in tuple(self._waiting):
            # A probe may begin, of what was offered while the circuit rested.
            self._fill(partner)

    def _take(self, exchange: Exchange) -> bool:
        """Whether it is now waiting here and was not before."""
        if self._stopping or exchange.message_id in self._known or exchange.message_id in self._resting:
            return False
        waiting = self._waiting.setdefault(exchange.partner, deque())
        if len(waiting) >= QUEUE:
            self._more.add(exchange.partner)
            return False
        self._known.add(exchange.message_id)
        place = len(waiting)
        while place and waiting[place - 1].priority < exchange.priority:
            place -= 1
        waiting.insert(place, exchange)
        if exchange.waits_for:
            # All that waited for the same end is due now.
            self._pace.begin(exchange.partner)
        self._fill(exchange.partner)
        return True

    def _fill(self, partner: str) -> None:
        """Start as many of a partner's exchanges as may run at once."""
        waiting = self._waiting.get(partner)
        while waiting and not self._stopping and self._busy[partner] < self._limit(partner):
            if partner in self._paced or not self._breaker.may_begin(partner):
                return
            if pause := self._pace.wait(partner):
                self._breaker.abandoned(partner)
                self._paced.add(partner)
                self._loop.call_later(pause, self._go_on, partner)
                return
            self._busy[partner] += 1
            task = self._loop.create_task(self._attempt(waiting.popleft()))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def _go_on(self, partner: str) -> None:
        self._paced.discard(partner)
        self._fill(partner)

    async def _attempt(self, exchange: Exchange) -> None:
        message_id, partner = exchange.message_id, exchange.partner
        try:
            state = await self._send(exchange)
            failpoint("out.notify.before")
            self._settled(message_id, state)
        except NotNow as reason:
            self._breaker.abandoned(partner)
            log.info("%s to %s is not sent now: %s", message_id, partner, reason)
        except (SubmissionError, StorageUnavailable) as error:
            self._breaker.abandoned(partner)
            self._resting[message_id] = self._loop.time() + REST_SECONDS
            log.warning("%s to %s cannot be sent now: %s; next try in %d s", message_id, partner, error, REST_SECONDS)
        except Exception:
            self._breaker.abandoned(partner)
            self._resting[message_id] = self._loop.time() + REST_SECONDS
            log.exception("sending %s to %s failed here; next try in %d s", message_id, partner, REST_SECONDS)
        finally:
            self._known.discard(message_id)
            self._finished.add(message_id)
            self._busy[partner] -= 1
            self._fill(partner)
            left = len(self._waiting.get(partner, ()))
            if partner in self._more and left <= self._limit(partner):
                self._wake.set()
            elif not left and not self._busy[partner]:
                self._pace.end(partner)

    async def _send(self, exchange: Exchange) -> OutboundState:
        outcome: HttpAnswer | TransportError
        outgoing = await self._in_pool(lambda: self._stories.prepare(exchange))
        try:
            outcome = await self.transport.post(outgoing)
        except TransportError as error:
            outcome = error
        self._judge(exchange.partner, outcome)
        state = await self._in_pool(lambda: self._stories.settle(exchange, outcome))
        if isinstance(outcome, TransportError):
            log.warning("%s to %s: %s; now %s", exchange.message_id, exchange.partner, outcome, state.value)
        else:
            log.info("%s to %s: HTTP %d; now %s", exchange.message_id, exchange.partner, outcome.status, state.value)
        return state

    def _judge(self, partner: str, outcome: HttpAnswer | TransportError) -> None:
        """What an outcome says of the partner's line."""
        if isinstance(outcome, HttpAnswer) and outcome.status not in BUSY:
            if self._breaker.succeeded(partner):
                log.info("%s answers again; what waits goes out slowly at first", partner)
                self._pace.begin(partner)
                self._more.add(partner)
            return
        why = f"HTTP {outcome.status}" if isinstance(outcome, HttpAnswer) else str(outcome)
        if self._breaker.failed(partner, why):
            log.warning("%s does not answer: %s; one message at a time asks whether it is back", partner, why)
            # The next probe is chosen from the store, by priority and by what was cancelled meanwhile.
            for exchange in self._waiting.pop(partner, ()):
                self._known.discard(exchange.message_id)

    def _tell(self, circuit: Circuit) -> None:
        """Let the store know, in its own time and in this order."""
        self._untold[circuit.partner] = replace(circuit)
        if self._telling is None or self._telling.done():
            self._telling = self._loop.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        while self._untold:
            circuit = self._untold.pop(next(iter(self._untold)))
            try:
                await self._in_pool(lambda one=circuit: self._stories.circuit(one))  # type: ignore[misc]
            except Exception:
                log.exception("the store does not take why messages to %s wait", circuit.partner)

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._pool, work)
