"""What the push worker and the sweeps of the outbound half do, over one store."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from node.clock import SteadyClock
from node.ebms.states import IllegalTransition, OutboundState
from node.msh.outbound import begin, expire, overdue
from node.msh.ports import Exchange, HttpAnswer, Outgoing, Ports, TransportError
from node.msh.second_leg import settle_first_leg
from node.store.messages import StoredMessages
from node.workers.breaker import Circuit

#: A clock that was set by less is not worth moving everything that waits.
SET_BY = timedelta(seconds=2)
#: How many overdue exchanges are taken at a time.
OVERDUE = 500

log = logging.getLogger("node.sending")


class Sending:
    """The push worker's stories over one store."""

    def __init__(
        self,
        messages: StoredMessages,
        ports: Callable[[], Ports],
        steady: SteadyClock,
        worker: str = "",
        took: Callable[[], object] = lambda: None,
    ) -> None:
        """`ports` gives those of the setting that is in force; an attempt ends with those that it began with.

        `worker` is the name under which this process claims; `took` hears of each message that came as the answer to one of ours.
        """
        self._messages, self._ports, self._steady = messages, ports, steady
        self._worker, self._took = worker, took
        #: What is under way, so that the answer is judged by what was really posted.
        self._posted: dict[str, tuple[Outgoing, Ports]] = {}

    def claim(self, most: int, without: Collection[str]) -> Sequence[Exchange]:
        """See `node.workers.push.Stories`."""
        return self._messages.claim(self._worker, most, self._steady.now(), without)

    def release(self, claimed: Sequence[Exchange]) -> None:
        """See `node.workers.push.Stories`."""
        self._messages.release(claimed)

    def release_others(self, in_hand: Collection[str]) -> int:
        """See `node.workers.push.Stories`."""
        return self._messages.release_others(self._worker, in_hand)

    def put_back(self, claimed: Exchange, rest: float, why: str) -> None:
        """See `node.workers.push.Stories`."""
        self._posted.pop(claimed.message_id, None)
        until = self._steady.now() + timedelta(seconds=rest)
        self._messages.put_back(claimed, self._ports().clock.now(), until, why[:500])

    def prepare(self, exchange: Exchange) -> Outgoing:
        """See `node.workers.push.Stories`."""
        ports = self._ports()
        outgoing = begin(exchange, ports)
        self._posted[exchange.message_id] = outgoing, ports
        return outgoing

    def settle(self, exchange: Exchange, outcome: HttpAnswer | TransportError) -> OutboundState:
        """See `node.workers.push.Stories`."""
        # Asked again where the store could not write it down.
        outgoing, ports = self._posted[exchange.message_id]
        state, accepted = settle_first_leg(outgoing, outcome, urlsplit(outgoing.url).hostname or "", ports)
        del self._posted[exchange.message_id]
        if accepted:
            self._took()
        return state

    def lapsed(self) -> int:
        """What a process that is no longer alive was sending is sent again; how many attempts that were."""
        return self._messages.lapsed(self._ports().clock.now())

    def missing_receipts(self) -> int:
        """What the partner took and did not acknowledge in time is sent again, or given up; how many there were."""
        found = self._messages.overdue(OVERDUE, self._steady.now())
        for exchange in found:
            try:
                overdue(exchange, self._ports())
            except IllegalTransition:
                # The receipt came, or another node was faster.
                continue
        return len(found)

    def expired(self) -> int:
        """What has passed its horizon while its partner's circuit was open is given up; how many there were."""
        done = 0
        now, circuits = self._steady.now(), self._messages.circuits()
        for exchange in self._messages.expired(OVERDUE, now):
            done += self._expire(exchange, None)
        for partner, circuit in circuits.items():
            for exchange in self._messages.never_tried(partner, OVERDUE, now):
                done += self._expire(exchange, circuit.opened_at)
        return done

    def _expire(self, exchange: Exchange, asked_since: datetime | None) -> bool:
        try:
            return expire(exchange, asked_since, self._ports())
        except (IllegalTransition, KeyError):
            # It has moved on meanwhile, or its agreement is gone and the next attempt says so.
            return False

    def circuit(self, circuit: Circuit) -> None:
        """See `node.workers.push.Stories`."""
        if not circuit.is_open:
            self._messages.close_circuit(circuit.partner)
            return
        now = self._steady.now()
        self._messages.open_circuit(
            circuit.partner, now, now + timedelta(seconds=circuit.rest), circuit.failures, circuit.why[:500]
        )

    def clock_was_set(self) -> bool:
        """Whether the machine's clock was set; whatever waits is then moved as far, so that nothing is sent earlier or later for it (INV-11)."""
        by = self._steady.jump()
        if abs(by) < SET_BY:
            return False
        # In the order in which nothing looks due in between.
        if by < timedelta():
            by = self._steady.follow()
        moved = self._messages.shift(by, self._steady.now() + max(by, timedelta()))
        if by > timedelta():
            self._steady.follow()
        log.warning("the machine's clock was set by %+.0f s; %d messages that wait are moved as far", by.total_seconds(), moved)
        return True
