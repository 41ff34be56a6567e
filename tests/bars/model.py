"""Goal 14: hypothesis plays sender, lossy network, receiver, Consumer, crashes and clocks against INV-1 to INV-14."""

import hashlib
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bench.pair import SetClock, body_of
from node import failpoints
from node.ebms.states import InboundState, OutboundState
from node.msh.ports import TransportError
from node.store.finding import Witness
from node.store.invariants import check
from tests.bars.bar import Outcome, main
from tests.stored import StoredPair, attach, stored_pair

#: Fail points that a story in one process passes.
OUTBOUND = [
    one for one in failpoints.FAILPOINTS if one.startswith(("out.build", "out.packaged", "out.lease", "out.settle", "out.submit"))
]
INBOUND = [one for one in failpoints.FAILPOINTS if one.startswith("in.") and one != "in.16.half_sent"]
SIZES = st.sampled_from([0, 200, 300_000])
JUMPS = [timedelta(days=-1), timedelta(hours=-1), timedelta(hours=1), timedelta(days=1), timedelta(days=3650)]


class Crash(BaseException):
    """The process is gone here."""


class World(RuleBasedStateMachine):
    """Everything that may happen, in any order; the end brings it to rest and judges."""

    both: StoredPair

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="n2n-model-"))
        self.both = stored_pair(self.folder)
        for side in (self.both.a, self.both.b):
            side.ports = replace(side.ports, passed=failpoints.failpoint)
        self.start = self.both.a.clock.at
        self.submitted: list[str] = []
        self.bodies: dict[str, set[str]] = {}
        self.receipts: dict[str, set[bytes]] = {}
        self.posted: list[tuple[str, str, bytes]] = []
        #: By delivery id, as the folder has it: the same name twice is the same folder.
        self.consumed: dict[str, tuple[str, str, str]] = {}

    @rule(size=SIZES, crash=st.sampled_from([None, *OUTBOUND]))
    def submit(self, size: int, crash: str | None) -> None:
        number = len(self.submitted)
        octets = bytes([number % 256]) + bytes(hashlib.shake_128(bytes([number % 256])).digest(size))
        with self.crashing("a", crash):
            self.submitted.append(self.both.a.submit("b", octets, media_type="application/pdf"))

    @rule(
        fate=st.sampled_from(["arrives", "is lost", "answer is lost", "arrives twice", "is damaged"]),
        crash_a=st.sampled_from([None, None, *OUTBOUND]),
        crash_b=st.sampled_from([None, None, *INBOUND]),
    )
    @precondition(lambda self: self.due())
    def send(self, fate: str, crash_a: str | None, crash_b: str | None) -> None:
        exchange = self.due()[0]
        outgoing = None
        with self.crashing("a", crash_a):
            outgoing = self.both.a.prepare(exchange.message_id)
        if outgoing is None:
            return
        body = body_of(outgoing)
        answer: Any = None
        if fate != "is lost":
            sent = body[: len(body) // 2] + b"\0" + body[len(body) // 2 + 1 :] if fate == "is damaged" else body
            for _ in range(2 if fate == "arrives twice" else 1):
                answer = self.post(exchange.message_id, outgoing.content_type, sent, crash_b)
        with self.crashing("a", crash_a):
            if answer is None or fate == "answer is lost":
                from node.msh.outbound import settle

                settle(outgoing, TransportError("nothing came back"), self.both.a.ports)
            else:
                self.both.a.settle(exchange.message_id, answer)

    def post(self, message_id: str, content_type: str, body: bytes, crash: str | None) -> Any:
        with self.crashing("b", crash):
            answer = self.both.b.receive(content_type, body)
            digest = hashlib.sha256(body).hexdigest()
            if answer.status == 200 and b"NonRepudiationInformation" in answer.octets:
                self.receipts.setdefault(message_id, set()).add(answer.octets)
                self.bodies.setdefault(message_id, set()).add(digest)
            self.posted.append((message_id, content_type, body))
            return answer
        return None

    @rule(which=st.integers(0, 99), crash=st.sampled_from([None, *INBOUND]))
    @precondition(lambda self: self.posted)
    def an_old_one_comes_again(self, which: int, crash: str | None) -> None:
        self.post(*self.posted[which % len(self.posted)], crash)

    @rule(crash=st.sampled_from([None, "hand_over.before_commit", "hand_over.after_commit"]), fails=st.booleans())
    def hand_over(self, crash: str | None, fails: bool) -> None:
        messages, now = self.both.stores["b"].messages, self.both.b.clock.now()
        for one in messages.deliverable(1, now):
            with self.crashing("b", crash):
                if fails:
                    messages.delivery_attempted(one.id, now, "rotten", timedelta(seconds=30))
                else:
                    self.consumed[one.delivery_id] = (one.partner, one.message_id, one.delivery_id)
                    messages.delivered(one.id, now)

    @rule(side=st.sampled_from("ab"))
    def restart(self, side: str) -> None:
        self.reopen(side)

    @rule(side=st.sampled_from("ab"), jump=st.sampled_from(JUMPS))
    def the_clock_jumps(self, side: str, jump: timedelta) -> None:
        self.set_clock(side, self.start + jump)

    @rule(seconds=st.sampled_from([1, 60, 900]))
    def time_passes(self, seconds: int) -> None:
        for side in (self.both.a, self.both.b):
            side.clock.advance(seconds=seconds)

    # -- the machinery -----------------------------------------------------------------------------------------------

    def set_clock(self, side: str, at: datetime) -> None:
        clock: SetClock = getattr(self.both, side).clock
        by, clock.at = at - clock.at, at
        if side == "a":
            # As the node does when it sees it.
            self.both.stores["a"].messages.shift(by, at)

    def due(self) -> Any:
        return self.both.stores["a"].messages.claim("nobody", 1, self.both.a.clock.now())

    def crashing(self, side: str, point: str | None) -> Any:
        return _Crashing(self, side, point)

    def reopen(self, side: str) -> None:
        node = getattr(self.both, side)
        self.both.stores[side].close()
        self.both.stores[side] = attach(node, self.folder / side)
        self.both.stores[side].messages.recover(node.clock.now())

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self.come_to_rest()
            self.judge()
        finally:
            self.both.close()
            shutil.rmtree(self.folder)

    def come_to_rest(self) -> None:
        """The network is whole, the clocks are right, and everybody works."""
        for side in "ab":
            self.set_clock(side, self.start + timedelta(hours=1))
        for _ in range(len(self.submitted) + 60):
            for side in (self.both.a, self.both.b):
                side.clock.advance(minutes=11)
            if self.due():
                self.send("arrives", None, None)
            self.hand_over(None, fails=False)

    def judge(self) -> None:
        sent, received = (self.both.stores[side].messages for side in "ab")
        now = self.both.a.clock.now()
        times = {one[1] for one in self.consumed.values()}
        aside = {one.message_id for one in received.inbounds(999, state=InboundState.DELIVERY_FAILED)}
        found = [*check(sent, Witness(now, submitted=self.submitted, bodies=self.bodies))]
        found += check(received, Witness(now, receipts=self.receipts, consumed=list(self.consumed.values())))
        assert found == []
        for message_id in self.submitted:
            exchange = sent.exchange(message_id)
            assert exchange is not None
            # A signed error ends a message: failed and reported. Everything else is acknowledged in the end.
            assert exchange.state in (OutboundState.ACKNOWLEDGED, OutboundState.FAILED), exchange.state
            assert exchange.state is OutboundState.FAILED or message_id in times | aside, "lost"
        assert len(self.consumed) == len(times), "doubled"


class _Crashing:
    """Arms a fail point in this process; the crash closes and opens the store of its side."""

    def __init__(self, world: World, side: str, point: str | None) -> None:
        self.world, self.side, self.point = world, side, point

    def __enter__(self) -> None:
        failpoints.arm(self.point)

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        failpoints.arm(None)
        if not isinstance(error, Crash):
            return False
        self.world.reopen(self.side)
        return True


def _crash(*_: object) -> None:
    raise Crash


def run(folder: Path, full: bool, histories: int | None = None) -> Outcome:
    """So many histories of at most 14 steps each; the shortest that fails is told."""
    del folder
    histories = histories or (20_000 if full else 200)
    before, failpoints.os = failpoints.os, SimpleNamespace(kill=_crash, getpid=lambda: 0)  # type: ignore[assignment]
    try:
        run_state_machine_as_test(
            World,
            settings=settings(
                max_examples=histories,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        found = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
        told = ["\n".join([repr(one), *getattr(one, "__notes__", [])])[-2500:] for one in found]
        return Outcome(f"{histories} histories: {len(told)} kinds of violation", tuple(told))
    finally:
        failpoints.os = before
    return Outcome(f"{histories} histories, 0 violations")


if __name__ == "__main__":
    sys.exit(main(run))
