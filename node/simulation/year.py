"""Runs a plan: the events at their times, then quiet until each message's fate must be settled, then the reckoning."""

import asyncio
import logging
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from node import failpoints
from node.ebms.states import OutboundState
from node.msh.ports import StorageUnavailable, SubmissionError
from node.simulation.disk import Gone
from node.simulation.homes import HORIZON_DAYS, make_homes, url
from node.simulation.ledger import Ledger, Sent, Violation
from node.simulation.loop import SimulatedLoop
from node.simulation.nation import START, Nation, passed
from node.simulation.network import Network
from node.simulation.plan import (
    DAY,
    QUIET_DAYS,
    ClockJump,
    ConsumerDown,
    Crash,
    Event,
    Outage,
    Plan,
    RollOver,
    Submission,
    Weather,
    name,
)
from node.store.finding import Witness
from node.store.invariants import check

#: How long a producer waits before it offers a document again that was not taken.
PRODUCER_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run showed."""

    plan: Plan
    violations: tuple[Violation, ...]
    ledger: Ledger
    simulated: float
    seconds: float
    states: dict[str, int] = field(default_factory=dict)


def run(plan: Plan) -> Outcome:
    """Run a plan from beginning to end in a folder that is then removed."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="n2n-simulate-") as folder,
        failpoints.watched(passed),
        _silence(),
        asyncio.Runner(loop_factory=SimulatedLoop) as runner,
    ):
        year = Year(plan, Path(folder))
        runner.run(year.run())
        simulated = runner.get_loop().time()
    violations = tuple(year.ledger.violations)
    return Outcome(plan, violations, year.ledger, simulated, time.monotonic() - began, year.states)


class Year:
    """One run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self._folder = folder
        self._pending: set[asyncio.Task[Any]] = set()
        self.states: dict[str, int] = {}

    async def run(self) -> None:
        """Everything."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_the_dead)
        self.ledger = Ledger(loop.time)
        self._network = Network(self.ledger, random.Random(f"{self.plan.seed} network"))
        self._nations = self._found()
        for nation in self._nations:
            nation.start(self._died)
        for event in self.plan.events:
            await asyncio.sleep(max(0.0, event.at - loop.time()))
            self._happen(event)
        await self._calm()
        self._reckon()
        for nation in self._nations:
            nation.die(power=False)

    def _found(self) -> list[Nation]:
        homes = make_homes(self._folder, self.plan, START)
        nations = [
            Nation(one, home, self.ledger, self._network, self.plan.seed, [w for w in self.plan.windows if name(w.nation) == one])
            for one, home in homes.items()
        ]
        for nation in nations:
            for address in (url(nation.name), nation.stand_by):
                self._network.join(address, nation)
        return nations

    # -- events --------------------------------------------------------------------------------------------------

    def _happen(self, event: Event) -> None:
        self.ledger.tell(str(event))
        match event:
            case Submission():
                self._later(self._produce(event))
            case Outage():
                nation = self._nations[event.nation]
                if not nation.down:
                    nation.back_after = event.seconds
                    nation.die(power=True)
            case Crash():
                nation = self._nations[event.nation]
                nation.dies_after, nation.dies_of_power, nation.back_after = event.passes, event.power, event.seconds
            case Weather():
                self._network.spoil(name(event.one), name(event.other), event)
            case ClockJump():
                self._nations[event.nation].set_clock(event.seconds)
            case RollOver():
                self._nations[event.nation].roll_over()
                self._restart(self._nations[event.nation])
            case ConsumerDown():
                self._nations[event.nation].consumer_down_until = event.at + event.seconds

    async def _produce(self, submission: Submission) -> None:
        """A producer offers its document until it is told that the node has it."""
        sender = self._nations[submission.sender]
        document = b"<certificate>%s</certificate>" % sender.chance.randbytes(submission.size // 2).hex().encode()
        receiver = self._nations[submission.receiver]
        while True:
            believed = sender.believes()
            try:
                message_id = sender.submit(receiver.name, document, submission.priority)
            except (Gone, StorageUnavailable):
                await sender.back.wait()
                await asyncio.sleep(PRODUCER_PATIENCE)
            except SubmissionError as error:
                self._refused(sender, receiver, believed, str(error))
                await asyncio.sleep(PRODUCER_PATIENCE)
            else:
                if receiver.refuses_at(believed):
                    self.ledger.blame("INV-2", message_id, f"was taken although {receiver.name} refuses everything in its window")
                return

    def _refused(self, sender: Nation, receiver: Nation, believed: datetime, why: str) -> None:
        self.ledger.counts["submissions refused for a window"] += 1
        if not receiver.refuses_at(believed):
            self.ledger.blame("INV-2", "", f"{sender.name} refuses a document for {receiver.name}, which is open: {why}")

    def _restart(self, nation: Nation) -> None:
        if not nation.down:
            nation.back_after = 5.0
            nation.die(power=False)

    def _died(self, nation: Nation) -> None:
        self.ledger.counts["deaths"] += 1
        self._later(self._revive(nation, nation.back_after))

    async def _revive(self, nation: Nation, after: float) -> None:
        await asyncio.sleep(max(after, 1.0))
        try:
            nation.start(self._died)
            self.ledger.tell(f"{nation.name} is back")
        except Gone:
            self.ledger.tell(f"{nation.name} died while starting")

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    # -- the end -------------------------------------------------------------------------------------------------

    async def _calm(self) -> None:
        """Nothing is broken any more; everything open has until the schedule's end."""
        loop = asyncio.get_running_loop()
        for nation in self._nations:
            nation.dies_after = None
        self._network.clear()
        self.ledger.tell("from here on everything works")
        until = max(loop.time(), self.plan.days * DAY) + QUIET_DAYS * DAY
        while loop.time() < until:
            await asyncio.sleep(3600)
            for nation in self._nations:
                nation.wake()
            if not self._pending and all(self._idle(nation) for nation in self._nations):
                return

    def _idle(self, nation: Nation) -> bool:
        if nation.node is None:
            return False
        counts = nation.node.messages.counts()
        still = set(counts["outbound"]) - {OutboundState.ACKNOWLEDGED.value, OutboundState.FAILED.value}
        return not still and "ACCEPTED" not in counts["inbound"]

    def _reckon(self) -> None:
        """Each message that a node took is delivered, or it failed and its sender says why."""
        by_name = {nation.name: nation for nation in self._nations}
        for message_id, sent in self.ledger.sent.items():
            node = by_name[sent.sender].node
            exchange = node.messages.exchange(message_id) if node else None
            if exchange is None:
                self.ledger.blame("INV-1", message_id, f"{sent.sender} took it and does not know it any more")
                continue
            sent.state = state = exchange.state.value
            self.states[state] = self.states.get(state, 0) + 1
            delivered = (sent.receiver, message_id) in self.ledger.deliveries
            if exchange.state is OutboundState.ACKNOWLEDGED and not delivered:
                self.ledger.blame("INV-4", message_id, f"acknowledged by {sent.receiver} and never handed over there")
            elif exchange.state is OutboundState.FAILED:
                self.ledger.counts["failed and reported" + (", yet delivered" if delivered else "")] += 1
                if not self._may_fail(message_id, sent):
                    self.ledger.blame(
                        "INV-2", message_id, f"failed at {sent.sender} although nothing damaged it and its time is not over"
                    )
            elif exchange.state is not OutboundState.ACKNOWLEDGED:
                self.ledger.blame("INV-14", message_id, f"still {state} although everything has worked for {QUIET_DAYS} days")
        for nation in self._nations:
            self._examine(nation)

    def _may_fail(self, message_id: str, sent: Sent) -> bool:
        """Whether a message may end so: the network damaged what was sent, or it was tried in vain for as long as was agreed."""
        tried = sent.tried_last - sent.tried_first if sent.tried_first is not None else 0.0
        return message_id in self.ledger.damaged or tried > (HORIZON_DAYS - 1) * DAY

    def _examine(self, nation: Nation) -> None:
        """What the doctor finds in the store of a nation."""
        if nation.node is None:
            return
        submitted = [one for one, sent in self.ledger.sent.items() if sent.sender == nation.name]
        witness = Witness(nation.node.steady.now(), serving=True, submitted=submitted)
        for finding in check(nation.node.messages, witness):
            self.ledger.blame(finding.id, finding.where, f"{nation.name}: {finding.what}")


def _ignore_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A task that a crash ended is no news; everything else is."""
    if not isinstance(context.get("exception"), Gone):
        loop.default_exception_handler(context)


@contextmanager
def _silence() -> Iterator[None]:
    """The nodes' log lines would be millions."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def percentiles(values: Iterable[float]) -> tuple[float, float, float]:
    """The 50th, 95th and 100th percentile; zeros of nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0.0, 0.0, 0.0
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)], ordered[-1]
