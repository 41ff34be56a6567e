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
from node.security.keys import KeyUnavailable
from node.workers.breaker import Breaker, Circuit
from node.workers.pace import Pace
from node.workers.rest import rest

#: Messages under way to one partner at a time.
PER_PARTNER = 8
#: Messages of one partner that are claimed at a time; as long as so many wait here for it, no more are.
BATCH = 64
#: How long an exchange rests after a failure on our side (a bug, a full disk, an expired certificate) before it is tried again.
REST_SECONDS = 30.0
#: How soon the store is asked again to write down what an attempt brought.
SETTLE_SECONDS = 2.0
#: How often the store is asked even if nobody woke us: a resend falls due by itself.
POLL_SECONDS = 1.0

#: HTTP statuses of a server that is there and cannot: as good as no answer for the circuit of its partner.
BUSY = frozenset({429, 502, 503, 504})

T = TypeVar("T")
log = logging.getLogger("node.workers.push")


class Stories(Protocol):
    """What the worker calls, all of it blocking: the handler's stories with their ports."""

    def claim(self, most: int, without: Collection[str]) -> Sequence[Exchange]:
        """Exchanges that are due now and are ours from now on, up to `most` of each partner, leaving out these partners."""
        ...

    def release(self, claimed: Sequence[Exchange]) -> None:
        """Give back what was claimed and not begun."""
        ...

    def release_others(self, in_hand: Collection[str]) -> int:
        """Give back what is claimed and not one of these MessageIds: the answer to a claim was lost. How many messages that were."""
        ...

    def put_back(self, claimed: Exchange, rest: float, why: str) -> None:
        """Give back what failed here; it is due after `rest` seconds."""
        ...

    def prepare(self, exchange: Exchange) -> Outgoing:
        """Raises SubmissionError, StorageUnavailable, and NotNow where the store knows why it is not to be sent now."""
        ...

    def settle(self, exchange: Exchange, outcome: HttpAnswer | TransportError) -> OutboundState:
        """The state after the attempt; whether and when another one follows is decided there. May be asked again after StorageUnavailable."""
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
        #: Whether a claim failed and may have been made all the same.
        self._lost_a_claim = False
        #: MessageIds under way.
        self._in_hand: set[str] = set()
        #: What could not be given back yet, since the store takes nothing: how long it rests, and why; None for what simply goes back.
        self._to_give_back: list[tuple[Exchange, tuple[float, str] | None]] = []
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
        #: Partners of whom more is due in the store than was claimed.
        self._more: set[str] = set()

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def reopen(self, partner: str, failures: int, why: str) -> None:
        """This partner did not answer when the node was stopped: one message asks before the others go."""
        self._breaker.reopen(partner, failures, why)

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
        """Begin nothing new, and give what is under way `patience` seconds to finish; the rest goes to whoever claims it next."""
        self._stopping = True
        self._wake.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=patience)
        for task in self._under_way:
            task.cancel()

    async def _look(self) -> None:
        """Claim what is due, but not more of one partner than it can use soon."""
        full = [partner for partner, waiting in self._waiting.items() if len(waiting) >= BATCH]
        # What waits for a probe is left in the store, where the next probe is chosen anew.
        resting = self._breaker.resting()
        try:
            if self._to_give_back:
                await self._give_back()
            if self._lost_a_claim:
                await self._release_others()
            due = await self._in_pool(lambda: self._stories.claim(BATCH, [*full, *resting]))
        except Exception:
            self._lost_a_claim = True
            log.exception("the store does not say what is to be sent; asking again")
            return
        taken = Counter(exchange.partner for exchange in due)
        self._more = {*full, *(partner for partner, count in taken.items() if count >= BATCH)}
        if not self._started:
            # After a start everything may be due at once.
            self._started = True
            for partner in self._more:
                self._pace.begin(partner)
        for exchange in due:
            self._take(exchange)

    def _take(self, exchange: Exchange) -> None:
        """Let it wait for its turn with its partner, behind whatever is as urgent."""
        waiting = self._waiting.setdefault(exchange.partner, deque())
        place = len(waiting)
        while place and waiting[place - 1].priority < exchange.priority:
            place -= 1
        waiting.insert(place, exchange)
        if exchange.waits_for:
            # All that waited for the same end is due now.
            self._pace.begin(exchange.partner)
        self._fill(exchange.partner)

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
            exchange = waiting.popleft()
            self._in_hand.add(exchange.message_id)
            task = self._loop.create_task(self._attempt(exchange))
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
            self._to_give_back.append((exchange, None))
            log.info("%s to %s is not sent now: %s", message_id, partner, reason)
        except (SubmissionError, StorageUnavailable, KeyUnavailable) as error:
            self._failed_here(exchange, str(error))
            log.warning("%s to %s cannot be sent now: %s; next try in %d s", message_id, partner, error, REST_SECONDS)
        except Exception as error:
            self._failed_here(exchange, f"{type(error).__name__}: {error}")
            log.exception("sending %s to %s failed here; next try in %d s", message_id, partner, REST_SECONDS)
        finally:
            self._in_hand.discard(message_id)
            self._busy[partner] -= 1
            self._fill(partner)
            left = len(self._waiting.get(partner, ()))
            if partner in self._more and left <= self._limit(partner):
                self._wake.set()
            elif not left and not self._busy[partner]:
                self._pace.end(partner)

    def _failed_here(self, exchange: Exchange, why: str) -> None:
        """It is nobody's fault but ours."""
        self._breaker.abandoned(exchange.partner)
        self._to_give_back.append((exchange, (REST_SECONDS, f"cannot be sent now: {why}")))

    async def _give_back(self) -> None:
        """Let the store have what is not sent by us now; what fails of it is tried again at the next look."""
        claimed, self._to_give_back = self._to_give_back, []
        try:
            await self._in_pool(lambda: self._stories.release([exchange for exchange, failed in claimed if failed is None]))
            for exchange, failed in claimed:
                if failed is not None:
                    await self._in_pool(lambda one=exchange, why=failed: self._stories.put_back(one, *why))  # type: ignore[misc]
        except BaseException:
            self._to_give_back += claimed
            raise

    async def _release_others(self) -> None:
        """After a failed claim: what is ours without our knowing it would wait for ever."""
        waiting = {exchange.message_id for queue in self._waiting.values() for exchange in queue}
        found = await self._in_pool(lambda: self._stories.release_others(self._in_hand | waiting))
        self._lost_a_claim = False
        if found:
            log.warning("%d messages were claimed and the store's answer was lost; they are free again", found)

    async def _send(self, exchange: Exchange) -> OutboundState:
        outcome: HttpAnswer | TransportError
        outgoing = await self._in_pool(lambda: self._stories.prepare(exchange))
        try:
            outcome = await self.transport.post(outgoing)
        except TransportError as error:
            outcome = error
        self._judge(exchange.partner, outcome)
        state = await self._settle(exchange, outcome)
        if isinstance(outcome, TransportError):
            log.warning("%s to %s: %s; now %s", exchange.message_id, exchange.partner, outcome, state.value)
        else:
            log.info("%s to %s: HTTP %d; now %s", exchange.message_id, exchange.partner, outcome.status, state.value)
        return state

    async def _settle(self, exchange: Exchange, outcome: HttpAnswer | TransportError) -> OutboundState:
        """Write down what an attempt brought, however long the store takes nothing: a receipt in hand is not thrown away."""
        while True:
            try:
                return await self._in_pool(lambda: self._stories.settle(exchange, outcome))
            except StorageUnavailable as error:
                log.error("what came of %s cannot be written down: %s; again in %g s", exchange.message_id, error, SETTLE_SECONDS)
            await asyncio.sleep(SETTLE_SECONDS)

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
            self._to_give_back += [(exchange, None) for exchange in self._waiting.pop(partner, ())]

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
