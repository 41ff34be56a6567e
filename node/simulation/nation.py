"""One nation: a whole node that lives, dies and starts again, its producer and its consumer, neither of which ever dies."""

import asyncio
import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from node.app import Node, World
from node.clock import SteadyClock
from node.delivering import Delivering
from node.ebms.states import OutboundState
from node.msh.deliver import payload_chunks
from node.msh.inbound import receive
from node.msh.next_action import REJECT
from node.msh.octets import HeldOctets
from node.msh.ports import Answer, Exchange, HttpAnswer, NotNow, Outgoing, Peer, StorageUnavailable, TransportError
from node.msh.submit import Payload, Submission
from node.sending import SET_BY, Sending
from node.setting import Setting
from node.simulation.disk import Gone, SimulatedDisk
from node.simulation.homes import ACTION, next_key, stand_by
from node.simulation.ledger import Ledger
from node.simulation.loop import Inline
from node.simulation.network import Network
from node.simulation.plan import Window
from node.store import prepared
from node.store.database import read_instant
from node.store.messages import open_store
from node.store.values import InboundMessage
from node.workers.breaker import Circuit
from node.workers.deliver import REST_SECONDS, DeliveryWorker
from node.workers.push import PushWorker

START: Final = datetime(2027, 1, 1, tzinfo=UTC)
#: The workers are woken for what is due, so they need not look often by themselves.
POLL: Final = 6 * 3600.0
SWEEP: Final = 6 * 3600.0
#: What is due within these seconds wakes the workers once; a real node asks its store every second.
TOGETHER: Final = 10.0


@dataclass(frozen=True)
class SimulatedClock:
    """The wall clock of one machine, which may be wrong by `offset` seconds."""

    seconds: Callable[[], float]
    offset: Callable[[], float] = lambda: 0.0

    def now(self) -> datetime:
        """Now, as this machine believes."""
        return START + timedelta(seconds=self.seconds() + self.offset())


@dataclass(frozen=True)
class SeededIdentifiers:
    """Identifiers that come again with the same seed."""

    chance: random.Random

    def unique(self) -> str:
        """128 bits in hexadecimal."""
        return f"{self.chance.getrandbits(128):032x}"


class Nation:
    """`start` and `die` as often as wanted; what a dead node still tries fails at its disk."""

    def __init__(
        self, name: str, home: Path, ledger: Ledger, network: Network, seed: int, windows: Sequence[Window] = ()
    ) -> None:
        self.name, self.home = name, home
        self.windows, self.stand_by = tuple(windows), stand_by(name)
        self.back = asyncio.Event()
        self._alarms: set[int] = set()
        self.ledger, self._network = ledger, network
        self.chance = random.Random(f"{seed} {name}")
        self.identifiers = SeededIdentifiers(random.Random(f"{seed} {name} identifiers"))
        self.disk = SimulatedDisk()
        self.clock_offset = 0.0
        self.down = True
        #: Fail points to pass before the node dies; None while nothing is planned.
        self.dies_after: int | None = None
        self.dies_of_power = False
        self.consumer_down_until = 0.0
        #: Seconds after which it is started again when it dies.
        self.back_after = 60.0
        self.node: Node | None = None
        self._tasks: list[asyncio.Task[Any]] = []
        self._setting: Setting | None = None
        self._died: Callable[[Nation], object] = lambda _nation: None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self, died: "Callable[[Nation], object]") -> None:
        """A new process: opens the store, resends what was under way, serves."""
        self.disk.start()
        self.down, self._died = False, died
        self.back.set()
        with self._alive():
            self.node = Node(self._setting or Setting(self.home), self._world())
            self._setting = self.node.setting
            self.worker = self.identifiers.unique()
            self.node.recover(self.worker)
            loop, pool = asyncio.get_running_loop(), Inline(self.call)
            self.stories = Stories(self)
            self.push = PushWorker(self.stories, self._network.line(self), pool, poll=POLL)
            self.delivery = DeliveryWorker(Consumer(self), pool, poll=POLL)
            self._tasks = [loop.create_task(one) for one in (self.push.run(), self.delivery.run(), self._sweep())]

    def die(self, *, power: bool) -> None:
        """The process ends here and now, and with `power` the machine; what was begun stays begun."""
        if self.down:
            return
        self.down, self.dies_after = True, None
        self.back.clear()
        if power:
            self.disk.power_cut(self.chance)
        else:
            self.disk.crash()
        for task in (*self._tasks, *self.push.under_way):
            task.cancel()
        node, self.node = self.node, None
        if node is not None:
            # Not from within whatever it died in.
            asyncio.get_running_loop().call_soon(_bury, node)
        self._died(self)

    async def _sweep(self) -> None:
        """What `node.workers.sweeps` does by the machine's clock, now and then."""
        while True:
            if self.call(self.stories.missing_receipts):
                self.push.wake()
            self.call(self.stories.expired)
            await asyncio.sleep(SWEEP)

    def set_clock(self, by: float) -> None:
        """The machine's clock is set, and the node notices; whatever waits has to wait as long as before."""
        if self.down or self.node is None:
            self.clock_offset += by
            return
        before = self._waits()
        self.clock_offset += by
        with suppress(Gone):
            self.call(self.stories.clock_was_set)
            for row_id, rest in self._waits().items():
                if abs(rest - before[row_id]) > SET_BY:
                    what = f"waits {rest} since {self.name}'s clock was set, and {before[row_id]} before"
                    self.ledger.blame("INV-11", f"exchange {row_id}", what)

    def _waits(self) -> dict[int, timedelta]:
        """How long everything that waits has still to wait, by the id of its row."""
        assert self.node is not None
        now = self.node.steady.now()
        return {row["id"]: read_instant(row["due_at"]) - now for row in self.node.messages.all(prepared.PLANS) if row["due_at"]}

    # -- when it is closed ---------------------------------------------------------------------------------------

    def believes(self) -> datetime:
        """The time by which this nation waits, right or wrong."""
        return self.node.steady.now() if self.node else self._true_time()

    def closes_at(self, at: datetime) -> bool:
        """Whether its machine is closed by agreement at this instant."""
        return any(one.holds(at) for one in self.windows)

    def refuses_at(self, at: datetime) -> bool:
        """Whether its partners take nothing for it at this instant."""
        return any(one.policy == REJECT and one.holds(at) for one in self.windows)

    def closed(self, called: str) -> bool:
        """Whether nothing answers now at the address that is called."""
        return called != self.stand_by and self.closes_at(self._true_time())

    def _true_time(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def roll_over(self) -> None:
        """From the next start on, sign with the next key."""
        next_key(self.home)
        self._setting = None

    def call(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run something as this node, which may die of it. Raises Gone."""
        if self.down:
            raise Gone
        with self._alive():
            return work(*args)

    @contextmanager
    def _alive(self) -> "Iterator[None]":
        """What passes a fail point meanwhile is this nation."""
        _running.append(self)
        try:
            yield
        finally:
            _running.pop()

    def passed(self) -> None:
        """A fail point was passed. Raises Gone when the node dies of it."""
        if self.down:
            raise Gone
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after <= 0:
                self.ledger.tell(f"{self.name} dies")
                self.die(power=self.dies_of_power)
                raise Gone

    def _world(self) -> World:
        seconds = asyncio.get_running_loop().time
        clock = SimulatedClock(seconds, lambda: self.clock_offset)
        return World(
            clock=clock,
            steady=SteadyClock(clock.now, seconds),
            identifiers=self.identifiers,
            chance=self.chance.random,
            open_store=lambda home, unique, now: open_store(home.data, unique, now, vfs=self.disk.vfs),
        )

    # -- what others ask of it -----------------------------------------------------------------------------------

    def submit(self, receiver: str, document: bytes, priority: int) -> str:
        """The producer hands over a document; the message id. Raises Gone, StorageUnavailable, SubmissionError."""

        def work() -> Exchange:
            assert self.node is not None
            payload = Payload(HeldOctets(document), "application/xml")
            return self.node.submit(Submission(receiver, ACTION, (payload,), priority=priority))

        exchange: Exchange = self.call(work)
        self.ledger.submitted(exchange.message_id, self.name, receiver, document)
        if exchange.waits_for and exchange.due_at:
            self.ledger.counts["submissions that wait for a window to end"] += 1
            self.alarm_at(exchange.due_at)
        else:
            self.push.wake()
        return exchange.message_id

    def receive(self, content_type: str, octets: bytes, address: str) -> Answer:
        """A request arrives. Raises Gone."""

        def work() -> Answer:
            assert self.node is not None
            return receive(content_type, (octets,), Peer(address), self.node.ports)

        try:
            answer: Answer = self.call(work)
        except StorageUnavailable:
            return Answer(503)
        self.delivery.wake()
        return answer

    def wake(self) -> None:
        """Look for work now."""
        if not self.down:
            self.push.wake()
            self.delivery.wake()

    def alarm_at(self, due: datetime) -> None:
        """Wake the push worker at this instant of the nation's own clock."""
        self.alarm((due - self.believes()).total_seconds())

    def alarm(self, after: float) -> None:
        """Wake the push worker after so many seconds, or a little later together with others."""
        loop = asyncio.get_running_loop()
        slot = math.floor((loop.time() + after) / TOGETHER) + 1
        if slot not in self._alarms:
            self._alarms.add(slot)
            loop.call_at(slot * TOGETHER, self._ring, slot)

    def _ring(self, slot: int) -> None:
        self._alarms.discard(slot)
        if not self.down:
            self.push.wake()


def _bury(node: Node) -> None:
    """Give back file descriptors of the process that simulates; the dead themselves close nothing, and their disk takes nothing."""
    with suppress(Exception, Gone):
        node.close()


#: Whose code runs now, innermost last.
_running: Final[list[Nation]] = []


def passed(_name: str) -> None:
    """Told of every fail point while a simulation runs."""
    if _running:
        _running[-1].passed()


class Stories(Sending):
    """The push worker's stories of one nation, which also wake the worker when something falls due."""

    def __init__(self, nation: Nation) -> None:
        assert nation.node is not None
        node = nation.node
        super().__init__(node.messages, lambda: node.ports, node.steady, nation.worker)
        self._nation = nation

    def prepare(self, exchange: Exchange) -> Outgoing:
        """See `node.workers.push.Stories`."""
        try:
            return super().prepare(exchange)
        except NotNow:
            self._nation.ledger.counts["attempts put off by a calendar"] += 1
            self._alarm_for(exchange.message_id)
            raise

    def settle(self, exchange: Exchange, outcome: HttpAnswer | TransportError) -> OutboundState:
        """See `node.workers.push.Stories`."""
        state = super().settle(exchange, outcome)
        if state in (OutboundState.READY, OutboundState.AWAITING_RECEIPT):
            self._alarm_for(exchange.message_id)
        return state

    def _alarm_for(self, message_id: str) -> None:
        # Only the row: reading the whole exchange each time would cost more than the attempt.
        row = self._messages.one(prepared.EXCHANGE, message_id=message_id)
        if row is not None and row["due_at"]:
            self._nation.alarm_at(read_instant(row["due_at"]))

    def circuit(self, circuit: Circuit) -> None:
        """See `node.workers.push.Stories`."""
        super().circuit(circuit)
        if circuit.is_open:
            self._nation.alarm(circuit.rest)


class Consumer(Delivering):
    """The delivery worker's consumer: a system that has its own memory and sometimes takes nothing."""

    def __init__(self, nation: Nation) -> None:
        assert nation.node is not None
        super().__init__(nation.node.messages, nation.node.home.data, nation.node.clock)
        self._nation, self._ledger = nation, nation.ledger

    def down(self) -> str:
        """See `node.workers.deliver.Consumer`."""
        return "the consumer takes nothing" if self._ledger.now() < self._nation.consumer_down_until else ""

    def hand_over(self, delivery: InboundMessage) -> None:
        """See `node.workers.deliver.Consumer`."""
        if self.down():
            rest = self._nation.consumer_down_until - self._ledger.now()
            asyncio.get_running_loop().call_later(rest + REST_SECONDS + 1, self._nation.wake)
            raise OSError("the consumer takes nothing")
        document = b"".join(bytes(chunk) for payload in delivery.payloads for chunk in payload_chunks(payload))
        self._ledger.handed_over(self._nation.name, delivery.message_id, self.name(delivery), document)

    def delivered(self, deliveries: Sequence[InboundMessage]) -> None:
        """See `node.workers.deliver.Consumer`."""
        rows = [(one.id, self.name(one)) for one in deliveries]
        self._messages.delivered_all(rows, self._clock.now())
