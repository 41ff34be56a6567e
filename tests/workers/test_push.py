"""The push worker against doubles: everything due is sent, nobody holds up anybody, failures of ours rest."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from node.ebms.states import OutboundState
from node.msh.ports import HttpAnswer, NotNow, StorageUnavailable, SubmissionError, TransportError
from node.workers import breaker, pace
from node.workers import push as module
from node.workers.breaker import FAILURES
from node.workers.push import PushWorker


def exchange(message_id: str, partner: str = "b", priority: int = 5) -> Any:
    return SimpleNamespace(message_id=message_id, partner=partner, waits_for="", priority=priority)


@dataclass
class Stories:
    """Exchanges in memory, each claimed by one at a time; `failures` are raised by prepare."""

    due: list[Any] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    outcomes: dict[str, Any] = field(default_factory=dict)
    prepared: list[str] = field(default_factory=list)
    circuits: list[tuple[str, bool]] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    back: list[tuple[str, float, str]] = field(default_factory=list)

    def claim(self, most: int, without: Collection[str]) -> Sequence[Any]:
        taken: Counter[str] = Counter()
        found = []
        for one in self.due:
            if one.partner not in without and one.message_id not in self.claimed and taken[one.partner] < most:
                taken[one.partner] += 1
                self.claimed.add(one.message_id)
                found.append(one)
        return found

    def release(self, claimed: Sequence[Any]) -> None:
        self.claimed -= {one.message_id for one in claimed}

    def release_others(self, in_hand: Collection[str]) -> int:
        lost = self.claimed - set(in_hand)
        self.claimed -= lost
        return len(lost)

    def put_back(self, claimed: Any, rest: float, why: str) -> None:
        self.back.append((claimed.message_id, rest, why))

    def prepare(self, exchange: Any) -> Any:
        self.prepared.append(exchange.message_id)
        if exchange.message_id in self.failures:
            # The store knows when it is due again.
            self.due = [one for one in self.due if one is not exchange]
            raise self.failures[exchange.message_id]
        return exchange

    def settle(self, exchange: Any, outcome: Any) -> OutboundState:
        self.outcomes[exchange.message_id] = outcome
        self.due = [one for one in self.due if one is not exchange]
        self.claimed.discard(exchange.message_id)
        return OutboundState.READY if isinstance(outcome, TransportError) else OutboundState.ACKNOWLEDGED

    def circuit(self, circuit: Any) -> None:
        self.circuits.append((circuit.partner, circuit.is_open))


class Wire:
    """A transport whose partners named in `stuck` never answer until `release`."""

    def __init__(self, stuck: Collection[str] = ()) -> None:
        self.stuck, self.release = stuck, asyncio.Event()
        self.now: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def post(self, outgoing: Any) -> HttpAnswer:
        partner = outgoing.partner
        self.now[partner] = self.now.get(partner, 0) + 1
        self.most[partner] = max(self.most.get(partner, 0), self.now[partner])
        try:
            if partner in self.stuck:
                await self.release.wait()
            else:
                await asyncio.sleep(0)
        finally:
            self.now[partner] -= 1
        return HttpAnswer(200, None, b"")


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever does not ask for the pace goes without it."""
    monkeypatch.setattr(pace, "START_RATE", 1e6)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the doubles have no event to wait for
            await asyncio.sleep(0.005)


def run(story: Callable[[PushWorker, Stories, Wire], Any], stories: Stories, stuck: Collection[str] = ()) -> Wire:
    async def body() -> Wire:
        wire = Wire(stuck)
        with ThreadPoolExecutor(3) as pool:
            worker = PushWorker(stories, wire, pool)
            task = asyncio.create_task(worker.run())
            try:
                await story(worker, stories, wire)
            finally:
                wire.release.set()
                await worker.stop(2)
                await task
        return wire

    return asyncio.run(body())


def test_everything_due_is_sent_once() -> None:
    stories = Stories([exchange(f"{n}@a") for n in range(200)])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: len(stories.outcomes) == 200)

    run(story, stories)
    assert sorted(stories.prepared) == sorted(f"{n}@a" for n in range(200))


def test_a_stuck_partner_is_bounded_and_holds_up_nobody() -> None:
    stories = Stories([exchange(f"{n}@slow", "slow") for n in range(300)] + [exchange(f"{n}@b") for n in range(100)])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: sum(one.endswith("@b") for one in stories.outcomes) == 100)
        assert not any(one.endswith("@slow") for one in stories.outcomes)
        wire.release.set()
        await until(lambda: len(stories.outcomes) == 400)

    wire = run(story, stories, ["slow"])
    assert wire.most["slow"] == module.PER_PARTNER


def test_a_store_that_takes_nothing_back_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)

    class Full(Stories):
        refused = 0

        def put_back(self, claimed: Any, rest: float, why: str) -> None:
            self.refused += 1
            if self.refused < 3:
                raise StorageUnavailable("the disk is full")
            super().put_back(claimed, rest, why)

    stories = Full([exchange("bad@a")], {"bad@a": StorageUnavailable("no room")})

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: stories.back)

    with caplog.at_level(logging.ERROR):
        run(story, stories)
    assert "the disk is full" in caplog.text


def test_what_was_claimed_without_our_hearing_of_it_is_claimed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)

    class Deaf(Stories):
        asked = 0

        def claim(self, most: int, without: Collection[str]) -> Sequence[Any]:
            self.asked += 1
            due = super().claim(most, without)
            if self.asked == 2:
                raise StorageUnavailable("the server was killed after the commit")
            return due

    stories = Deaf([exchange("1@slow", "slow")])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: wire.now.get("slow"))
        stories.due.append(exchange("2@slow", "slow"))
        await until(lambda: wire.now["slow"] == 2)
        assert stories.prepared == ["1@slow", "2@slow"]

    run(story, stories, ["slow"])


def test_what_an_attempt_brought_is_written_down_when_the_store_takes_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.01)

    class Down(Stories):
        asked = 0

        def settle(self, exchange: Any, outcome: Any) -> OutboundState:
            self.asked += 1
            if self.asked < 4:
                raise StorageUnavailable("the server restarts")
            return super().settle(exchange, outcome)

    stories = Down([exchange("1@a")])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: "1@a" in stories.outcomes)
        assert wire.most["b"] == 1

    run(story, stories)
    assert stories.prepared == ["1@a"]


def test_a_wake_makes_the_worker_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 60)
    stories = Stories()

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await asyncio.sleep(0.02)
        stories.due.append(exchange("cli@a"))
        await asyncio.to_thread(worker.wake)
        await until(lambda: "cli@a" in stories.outcomes)

    run(story, stories)


def test_a_transport_error_is_settled_as_the_outcome() -> None:
    class Broken(Wire):
        async def post(self, outgoing: Any) -> HttpAnswer:
            raise TransportError("b:443: nothing listens there")

    async def body(stories: Stories) -> None:
        with ThreadPoolExecutor(1) as pool:
            worker = PushWorker(stories, Broken(), pool)
            task = asyncio.create_task(worker.run())
            await until(lambda: stories.outcomes)
            await worker.stop(1)
            await task

    stories = Stories([exchange("1@a")])
    asyncio.run(body(stories))
    assert isinstance(stories.outcomes["1@a"], TransportError)


@pytest.mark.parametrize(
    ("failure", "traceback"),
    [(SubmissionError("certificate ran out"), False), (ZeroDivisionError("a bug of ours"), True)],
)
def test_a_failure_of_ours_rests_and_lets_the_others_pass(
    failure: Exception, traceback: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    stories = Stories([exchange("bad@a"), exchange("good@a")], {"bad@a": failure})

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: "good@a" in stories.outcomes)
        await until(lambda: stories.back)

    with caplog.at_level(logging.WARNING):
        run(story, stories)
    assert stories.prepared.count("bad@a") == 1
    ((back, rest, why),) = stories.back
    assert (back, rest, str(failure) in why) == ("bad@a", module.REST_SECONDS, True)
    assert str(failure) in caplog.text
    assert ("Traceback" in caplog.text) == traceback


def test_stopping_waits_for_what_is_under_way() -> None:
    stories = Stories([exchange("1@slow", "slow")])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: wire.now.get("slow"))
        asyncio.get_running_loop().call_later(0.05, wire.release.set)
        await worker.stop(2)
        assert "1@slow" in stories.outcomes

    run(story, stories, ["slow"])


# -- circuits, pace, limits --------------------------------------------------------------------------------------------


class Down(Wire):
    """A partner `kr` that cannot be reached until it is `up`."""

    def __init__(self, up: bool = False) -> None:
        super().__init__()
        self.up = up
        self.posted: list[tuple[str, str]] = []

    async def post(self, outgoing: Any) -> HttpAnswer:
        self.posted.append((outgoing.partner, outgoing.message_id))
        if outgoing.partner == "kr" and not self.up:
            await asyncio.sleep(0)
            raise TransportError("kr:443: nothing listens there")
        return await super().post(outgoing)


class Patient(Stories):
    """A store in which a failed message is due again at once."""

    def settle(self, exchange: Any, outcome: Any) -> OutboundState:
        if isinstance(outcome, TransportError):
            self.claimed.discard(exchange.message_id)
            return OutboundState.READY
        return super().settle(exchange, outcome)


def run_with(wire: Callable[[], Any], stories: Stories, story: Callable[[Any], Any], **how: Any) -> Any:
    async def body() -> Any:
        there = wire()
        with ThreadPoolExecutor(3) as pool:
            worker = PushWorker(stories, there, pool, **how)
            task = asyncio.create_task(worker.run())
            try:
                await story(there)
            finally:
                there.up = True
                await worker.stop(2)
                await task
        return there

    return asyncio.run(body())


def test_a_dead_partner_gets_one_probe_at_a_time_and_all_its_messages_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(breaker, "LEAST_SECONDS", 0.05)
    monkeypatch.setattr(breaker, "MOST_SECONDS", 0.05)
    stories = Patient([exchange(f"{n}@kr", "kr") for n in range(200)] + [exchange(f"{n}@jp", "jp") for n in range(50)])

    async def story(wire: Down) -> None:
        await until(lambda: sum(one.endswith("@jp") for one in stories.outcomes) == 50)
        await until(lambda: ("kr", True) in stories.circuits)
        before = len([one for one in wire.posted if one[0] == "kr"])
        # What had begun may still have failed after it opened, no more.
        assert before <= module.PER_PARTNER + FAILURES + 2
        opened = len(stories.circuits)
        await until(lambda: len(stories.circuits) >= opened + 3)
        probes = len([one for one in wire.posted if one[0] == "kr"]) - before
        assert probes <= len(stories.circuits) - opened + module.PER_PARTNER
        wire.up = True
        await until(lambda: len(stories.outcomes) == 250)
        await until(lambda: stories.circuits[-1] == ("kr", False))

    run_with(Down, stories, story)


def test_a_server_that_says_503_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)

    class Busy(Down):
        async def post(self, outgoing: Any) -> HttpAnswer:
            return HttpAnswer(503, None, b"")

    class Owed(Stories):
        def settle(self, exchange: Any, outcome: Any) -> OutboundState:
            return OutboundState.READY

    stories = Owed([exchange(f"{n}@kr", "kr") for n in range(20)])

    async def story(wire: Down) -> None:
        await until(lambda: ("kr", True) in stories.circuits)

    run_with(Busy, stories, story)


def test_each_partner_has_its_own_number_of_connections() -> None:
    stories = Stories([exchange(f"{n}@a", "a") for n in range(30)] + [exchange(f"{n}@b", "b") for n in range(30)])

    async def story(wire: Wire) -> None:
        await until(lambda: wire.now.get("a") == 2 and wire.now.get("b") == 5)
        wire.release.set()
        await until(lambda: len(stories.outcomes) == 60)

    wire = run_with(lambda: Wire(["a", "b"]), stories, story, per_partner=lambda partner: {"a": 2, "b": 5}[partner])
    assert wire.most == {"a": 2, "b": 5}


def test_what_waited_for_a_window_goes_out_at_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "START_RATE", 0.001)
    monkeypatch.setattr(pace, "GROWTH", 0.001)
    waited = [SimpleNamespace(message_id=f"{n}@kr", partner="kr", waits_for="maintenance", priority=5) for n in range(20)]
    stories = Stories([*waited, *(exchange(f"{n}@jp", "jp") for n in range(20))])

    async def story(wire: Wire) -> None:
        await until(lambda: sum(one.endswith("@jp") for one in stories.outcomes) == 20)
        await until(lambda: "0@kr" in stories.outcomes)
        await asyncio.sleep(0.1)
        assert [one for one in stories.outcomes if one.endswith("@kr")] == ["0@kr"]

    run_with(Wire, stories, story)


def test_what_the_store_says_is_not_to_be_sent_now_is_neither_posted_nor_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    stories = Stories([exchange("held@a"), exchange("good@a")], {"held@a": NotNow("held@a is held")})

    async def story(wire: Down) -> None:
        await until(lambda: "good@a" in stories.outcomes)
        await until(lambda: stories.claimed == set())
        assert [message_id for _, message_id in wire.posted] == ["good@a"]

    with caplog.at_level(logging.WARNING):
        run_with(lambda: Down(up=True), stories, story)
    assert caplog.text == ""


def test_circuits_are_told_in_order_and_a_store_that_fails_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(breaker, "LEAST_SECONDS", 0.01)
    monkeypatch.setattr(breaker, "MOST_SECONDS", 0.01)

    class Slow(Patient):
        def circuit(self, circuit: Any) -> None:
            if not self.circuits:
                self.circuits.append(("nobody", True))
                raise OSError("disk full")
            threading.Event().wait(0.03 if circuit.is_open else 0)
            super().circuit(circuit)

    stories = Slow([exchange(f"{n}@kr", "kr") for n in range(10)])

    async def story(wire: Down) -> None:
        await until(lambda: len(stories.circuits) > 1)
        wire.up = True
        await until(lambda: len(stories.outcomes) == 10)
        await until(lambda: stories.circuits[-1] == ("kr", False))
        await asyncio.sleep(0.1)
        assert stories.circuits[-1] == ("kr", False)

    with caplog.at_level(logging.ERROR):
        run_with(Down, stories, story)
    assert "does not take why" in caplog.text


def test_a_long_queue_in_front_holds_up_nobody_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 60)
    stories = Stories([exchange(f"{n}@slow", "slow") for n in range(1000)] + [exchange("last@b")])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: "last@b" in stories.outcomes)

    run(story, stories, ["slow"])


def test_the_urgent_overtakes_what_waits_here_already(monkeypatch: pytest.MonkeyPatch) -> None:
    stories = Stories([exchange(f"{n}@slow", "slow") for n in range(50)])

    async def story(worker: PushWorker, stories: Stories, wire: Wire) -> None:
        await until(lambda: wire.now.get("slow") == module.PER_PARTNER)
        stories.due += [exchange("urgent@slow", "slow", 9), exchange("slow@slow", "slow", 0)]
        worker.wake()
        await until(lambda: len(worker._waiting["slow"]) == 52 - module.PER_PARTNER)
        wire.release.set()
        await until(lambda: len(stories.outcomes) == 52)

    run(story, stories, ["slow"])
    # Of those that begin together any may be the first, and threads may overtake each other; in the order of arrival it would be among the last.
    assert stories.prepared.index("urgent@slow") < 4 * module.PER_PARTNER
    assert "slow@slow" in stories.prepared[-module.PER_PARTNER :]


def test_what_waits_when_a_circuit_opens_goes_back_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    stories = Patient([exchange(f"{n}@kr", "kr") for n in range(module.BATCH)])

    async def story(wire: Down) -> None:
        await until(lambda: ("kr", True) in stories.circuits)
        await until(lambda: stories.claimed == set())

    run_with(Down, stories, story)
