"""The store's twins in memory, for tests and for the bench of the core: the same answers, durable for as long as the process lives."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock

from node.ebms.errors import MissingReceipt
from node.ebms.message import UserMessage
from node.ebms.states import INBOUND, OUTBOUND, InboundEvent, InboundState, OutboundEvent, OutboundState, step
from node.msh.intervention import Intervention, NotPossible, Ordered, event_of
from node.msh.next_action import is_second_leg, to_be_pulled
from node.msh.octets import HeldOctets
from node.msh.ports import (
    Acceptance,
    Accepted,
    ContentDiffers,
    Exchange,
    FirstLeg,
    Kept,
    NotNow,
    Owed,
    Packaged,
    Refusal,
    Settlement,
    SubmissionError,
)
from node.store.header_json import party_key
from node.store.outbound import ANEW, OPEN, check_lease
from node.store.values import InboundMessage, Step


class MemorySink:
    """`ports.Sink` that never spills."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        self._held.append(bytes(octets))

    def keep(self, sha256: str | None = None) -> Kept:
        return HeldOctets(self._held[0] if len(self._held) == 1 else b"".join(self._held), sha256)

    def discard(self) -> None:
        self._held.clear()


class InMemoryQuarantine:
    """`ports.Quarantine` without a disk."""

    def sink(self) -> MemorySink:
        return MemorySink()

    def free_for(self, size: int) -> bool:
        return size >= 0


@dataclass(slots=True)
class _Outgoing:
    exchange: Exchange
    #: Who has claimed it.
    worker: str | None = None
    steps: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class _Incoming:
    accepted: Accepted
    state: InboundState
    duplicates: int = 0
    steps: list[Step] = field(default_factory=list)
    attempts: int = 0
    rests_until: datetime | None = None


class InMemoryMessages:
    """`ports.Messages` with the hand-over, in dictionaries."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._outgoing: dict[str, _Outgoing] = {}
        self._incoming: dict[tuple[str, str], _Incoming] = {}
        self._refusals: list[Refusal] = []
        self._owed: dict[int, tuple[Owed, datetime | None]] = {}
        #: Which of them is the receipt of which message.
        self._receipts: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """Begin again with nothing."""
        with self._lock:
            self._outgoing.clear()
            self._incoming.clear()
            self._refusals.clear()
            self._owed.clear()
            self._receipts.clear()

    # -- outbound ------------------------------------------------------------------------------------------------

    def submit(self, exchange: Exchange) -> None:
        with self._lock:
            if exchange.message_id in self._outgoing:
                raise SubmissionError(
                    f"message id {exchange.message_id!r}: an earlier message has it; leave it out or choose another"
                )
            due = exchange.due_at or (None if exchange.mpc else exchange.submitted_at)
            self._outgoing[exchange.message_id] = _Outgoing(replace(exchange, due_at=due))

    def exchange(self, message_id: str) -> Exchange | None:
        with self._lock:
            found = self._outgoing.get(message_id)
            return found.exchange if found else None

    def packaged(self, packaged: Packaged, at: datetime) -> None:
        with self._lock:
            found = self._wanted(packaged.message_id, packaged.lease)
            # Both steps or none, as in one transaction.
            sending = step(OUTBOUND, step(OUTBOUND, found.exchange.state, OutboundEvent.PACKAGED), OutboundEvent.ATTEMPT_STARTED)
            self._move(found, OutboundEvent.PACKAGED, at)
            self._move(found, OutboundEvent.ATTEMPT_STARTED, at)
            found.exchange = replace(
                found.exchange,
                state=sending,
                attempts=found.exchange.attempts + 1,
                due_at=None,
                waits_for="",
                content_type=packaged.content_type,
                wire=packaged.wire,
                references=packaged.references,
            )

    def attempt_started(self, message_id: str, at: datetime, lease: int) -> None:
        with self._lock:
            found = self._wanted(message_id, lease)
            self._move(found, OutboundEvent.ATTEMPT_STARTED, at)
            found.exchange = replace(found.exchange, attempts=found.exchange.attempts + 1, due_at=None, waits_for="")

    def postpone(self, message_id: str, until: datetime, why: str) -> None:
        with self._lock:
            found = self._find(message_id)
            one = found.exchange
            if one.state in OPEN and one.due_at is not None and not one.held:
                found.exchange, found.worker = replace(one, due_at=until, waits_for=why), None

    def settle(self, settlement: Settlement) -> OutboundState:
        with self._lock:
            found = self._find(settlement.message_id)
            check_lease(settlement.message_id, found.exchange.lease, settlement.lease)
            self._move(found, settlement.event, settlement.at, settlement)
            return self._follow(found, settlement)

    def doubted(self, message_id: str) -> int:
        """See `ports.Messages`."""
        count = 0
        for one in self.history(message_id):
            count = 0 if one.event in ANEW else count + (one.event == OutboundEvent.REFUSAL_DOUBTED)
        return count

    def _follow(self, found: _Outgoing, settlement: Settlement) -> OutboundState:
        one = found.exchange
        if one.state not in OPEN:
            found.exchange = replace(one, due_at=None, waits_for="")
        elif settlement.decide is not None:
            decided = settlement.decide(one.state, one.attempts, one.give_up_at)
            if decided.gave_up is not None and not one.held:
                why = Settlement(
                    one.message_id, OutboundEvent.GAVE_UP, settlement.at, decided.gave_up, error_code=MissingReceipt.code
                )
                self._move(found, OutboundEvent.GAVE_UP, settlement.at, why)
            waits = found.exchange.state in OPEN and not one.held
            found.exchange = replace(
                found.exchange,
                due_at=decided.due_at if waits else None,
                give_up_at=decided.give_up_at,
                waits_for=one.waits_for if one.held else decided.waits_for if waits else "",
            )
        return found.exchange.state

    def claim(self, worker: str, most: int, now: datetime, without: Collection[str] = ()) -> list[Exchange]:
        with self._lock:
            waiting = [
                one
                for one in self._outgoing.values()
                if one.exchange.state is not OutboundState.AWAITING_RECEIPT
                and one.exchange.due_at is not None
                and one.exchange.due_at <= now
                and one.exchange.partner not in without
                and one.worker is None
            ]
            waiting.sort(key=lambda one: (one.exchange.partner, -one.exchange.priority, one.exchange.due_at))
            taken: Counter[str] = Counter()
            claimed = []
            for one in waiting:
                taken[one.exchange.partner] += 1
                if taken[one.exchange.partner] <= most:
                    one.worker, one.exchange = worker, replace(one.exchange, lease=one.exchange.lease + 1)
                    claimed.append(one.exchange)
            return claimed

    def release(self, claimed: Sequence[Exchange]) -> None:
        with self._lock:
            for one in claimed:
                found = self._find(one.message_id)
                if found.exchange.lease == one.lease and found.exchange.state is not OutboundState.SENDING:
                    found.worker = None

    def put_back(self, claimed: Exchange, at: datetime, until: datetime, why: str) -> None:
        with self._lock:
            found = self._find(claimed.message_id)
            if found.exchange.lease != claimed.lease:
                return
            if found.exchange.state is OutboundState.SENDING:
                failed = Settlement(claimed.message_id, OutboundEvent.ATTEMPT_FAILED, at, why)
                self._move(found, OutboundEvent.ATTEMPT_FAILED, at, failed)
            began = found.exchange.due_at is None
            found.worker = None
            if not found.exchange.held and (not began or found.exchange.state is OutboundState.READY):
                found.exchange = replace(found.exchange, due_at=until, waits_for=why)

    def alive(self, name: str, place: str, now: datetime) -> None:
        pass

    def take_duty(self, duty: str, worker: str) -> bool:  # noqa: ARG002 - one process has all of them
        return True

    def overdue(self, limit: int, now: datetime) -> list[Exchange]:
        with self._lock:
            found = [one.exchange for one in self._outgoing.values() if one.exchange.state is OutboundState.AWAITING_RECEIPT]
            return [one for one in found if one.due_at is not None and one.due_at <= now][:limit]

    def order(self, order: Intervention, message_ids: Sequence[str], at: datetime, due: datetime, why: str) -> list[Ordered]:
        with self._lock:
            return [self._order(order, message_id, at, due, why) for message_id in message_ids]

    def _order(self, order: Intervention, message_id: str, at: datetime, due: datetime, why: str) -> Ordered:
        found = self._find(message_id)
        one = found.exchange
        try:
            event = event_of(order, one.state, held=one.held, frozen=bool(one.wire))
        except NotPossible as error:
            return Ordered(message_id, one.state, one.state, str(error))
        waits_there = one.mpc and not is_second_leg(one.mpc)
        if waits_there and one.state is OutboundState.ACKNOWLEDGED:
            problem = "is ACKNOWLEDGED, and the partner alone decides whether to pull again"
            return Ordered(message_id, one.state, one.state, problem)
        after = self._move(found, event, at, Settlement(message_id, event, at, why))
        again, holds = order is Intervention.RESEND, order is Intervention.HOLD
        goes_on = again or (order is Intervention.RELEASE and after in OPEN)
        found.exchange = replace(
            found.exchange,
            # What is to be pulled is not due.
            due_at=due if goes_on and (not waits_there or after is OutboundState.AWAITING_RECEIPT) else None,
            give_up_at=None if goes_on else one.give_up_at,
            waits_for=why if holds else to_be_pulled(one.partner, one.mpc) if one.mpc and goes_on else "",
            held=holds,
            attempts=0 if again else one.attempts,
        )
        return Ordered(message_id, one.state, after)

    # -- what is pulled ------------------------------------------------------------------------------------------

    def freeze(self, packaged: Packaged, at: datetime) -> bool:
        with self._lock:
            found = self._find(packaged.message_id)
            if found.exchange.held or found.exchange.state is not OutboundState.SUBMITTED:
                return False
            self._move(found, OutboundEvent.PACKAGED, at)
            one = found.exchange
            found.exchange = replace(
                one,
                content_type=packaged.content_type,
                wire=packaged.wire,
                references=packaged.references,
                waits_for=to_be_pulled(one.partner, one.mpc),
            )
            return True

    def unfrozen(self, partner: str, mpc: str, limit: int) -> list[Exchange]:
        return [one for one in self.unfrozen_of_all(1 << 30) if (one.partner, one.mpc) == (partner, mpc)][:limit]

    def unfrozen_of_all(self, limit: int) -> list[Exchange]:
        with self._lock:
            found = [one.exchange for one in self._outgoing.values()]
            return [one for one in found if one.mpc and one.state is OutboundState.SUBMITTED and not one.held][:limit]

    def claim_pulled(self, partner: str, mpc: str, at: datetime, now: datetime, receipt_by: datetime) -> Exchange | None:
        with self._lock:
            for found in self._outgoing.values():
                one = found.exchange
                if (one.partner, one.mpc, one.state, one.held) != (partner, mpc, OutboundState.READY, False):
                    continue
                if one.give_up_at is not None and one.give_up_at <= now:
                    continue
                self._move(found, OutboundEvent.ATTEMPT_STARTED, at)
                self._move(found, OutboundEvent.TAKEN, at)
                # Whoever had claimed it to push it has lost it.
                found.worker = None
                found.exchange = replace(
                    found.exchange, attempts=one.attempts + 1, due_at=receipt_by, waits_for="", lease=one.lease + 1
                )
                return found.exchange
            return None

    def explain(self, message_id: str, why: str) -> None:
        with self._lock:
            found = self._find(message_id)
            if found.exchange.state is OutboundState.SUBMITTED:
                found.exchange = replace(found.exchange, waits_for=why)

    def unpulled(self, limit: int, now: datetime) -> list[Exchange]:
        with self._lock:
            found = [one.exchange for one in self._outgoing.values() if one.exchange.mpc and not one.exchange.held]
            waiting = [one for one in found if one.state in (OutboundState.SUBMITTED, OutboundState.READY)]
            return [one for one in waiting if one.give_up_at is None or one.give_up_at <= now][:limit]

    def end_pulling(self, message_id: str, end: datetime) -> None:
        with self._lock:
            found = self._find(message_id)
            found.exchange = replace(found.exchange, give_up_at=end)

    # -- signals that are posted by themselves -------------------------------------------------------------------

    def owe(self, owed: Owed, at: datetime, due: datetime) -> None:
        with self._lock:
            self._owe(replace(owed, since=at), due)

    def _owe(self, owed: Owed, due: datetime) -> None:
        number = owed.id or len(self._owed) + 1
        self._owed[number] = (replace(owed, id=number), due)

    def owed(self, limit: int, now: datetime, without: Collection[str] = ()) -> list[Owed]:
        with self._lock:
            waiting = [(due, one) for one, due in self._owed.values() if due is not None and one.partner not in without]
            return [one for due, one in sorted(waiting, key=lambda pair: pair[0]) if due <= now][:limit]

    def posted(self, owed: Owed, due: datetime | None, detail: str) -> None:  # noqa: ARG002 - a port
        with self._lock:
            self._owed[owed.id] = (replace(owed, attempts=owed.attempts + 1), due)

    def shift(self, by: timedelta, now: datetime) -> int:
        with self._lock:
            waiting = [
                one
                for one in self._outgoing.values()
                if (one.exchange.due_at or one.exchange.give_up_at) and not _stays(one.exchange, by, now)
            ]
            for found in waiting:
                due, end = found.exchange.due_at, found.exchange.give_up_at
                found.exchange = replace(found.exchange, due_at=due + by if due else None, give_up_at=end + by if end else None)
            return len(waiting)

    def recover(self, now: datetime) -> int:
        with self._lock:
            stuck = [one for one in self._outgoing.values() if one.exchange.state is OutboundState.SENDING]
            for one in stuck:
                self._move(one, OutboundEvent.ATTEMPT_FAILED, now)
                one.exchange = replace(one.exchange, due_at=None if one.exchange.held else now, lease=one.exchange.lease + 1)
            return len(stuck)

    def history(self, message_id: str) -> list[Step]:
        with self._lock:
            found = self._outgoing.get(message_id)
            return list(found.steps) if found else []

    def _wanted(self, message_id: str, lease: int) -> _Outgoing:
        found = self._find(message_id)
        check_lease(message_id, found.exchange.lease, lease)
        state = found.exchange.state
        if found.exchange.held:
            raise NotNow(f"{message_id} is held")
        if state is OutboundState.FAILED or (state is OutboundState.ACKNOWLEDGED and found.exchange.due_at is None):
            raise NotNow(f"{message_id} is {state} meanwhile")
        return found

    def _find(self, message_id: str) -> _Outgoing:
        try:
            return self._outgoing[message_id]
        except KeyError:
            raise LookupError(f"no exchange {message_id!r}") from None

    def _move(self, found: _Outgoing, event: OutboundEvent, at: datetime, why: Settlement | None = None) -> OutboundState:
        before = found.exchange.state
        after = step(OUTBOUND, before, event)
        found.exchange = replace(found.exchange, state=after)
        if after is not OutboundState.SENDING:
            found.worker = None
        found.steps.append(
            Step(
                at,
                before.value,
                event.value,
                after.value,
                detail=why.detail if why else "",
                http_status=why.http_status if why else None,
                error_code=why.error_code if why else None,
                answer=HeldOctets(why.answer) if why and why.answer else None,
                answer_content_type=(why.answer_content_type or None) if why else None,
            )
        )
        return after

    # -- inbound -------------------------------------------------------------------------------------------------

    def accept_once(self, accepted: Accepted) -> Acceptance:
        key = (party_key(accepted.user_message.from_party), accepted.user_message.message_info.message_id)
        with self._lock:
            seen = self._incoming.get(key)
            if seen is None:
                after = step(INBOUND, InboundState.RECEIVED, InboundEvent.ACCEPTED)
                flagged = accepted.age.words if accepted.age else ""
                first = Step(accepted.received_at, InboundState.RECEIVED, InboundEvent.ACCEPTED, after, flagged)
                self._incoming[key] = _Incoming(accepted, after, steps=[first])
                self._owe_receipt(key, accepted, accepted)
                return Acceptance(False, accepted.receipt, accepted.receipt_content_type)
            if seen.accepted.fingerprint != accepted.fingerprint:
                raise ContentDiffers(f"{key[1]} of {accepted.pmode.partner}, accepted before with other content")
            seen.duplicates += 1
            self._owe_receipt(key, accepted, seen.accepted)
            return Acceptance(True, seen.accepted.receipt, seen.accepted.receipt_content_type)

    def _owe_receipt(self, key: tuple[str, str], accepted: Accepted, first: Accepted) -> None:
        if not accepted.receipt_later:
            return
        number = self._receipts.setdefault(key, len(self._owed) + 1)
        receipt = HeldOctets(first.receipt)
        pmode, at = accepted.pmode, accepted.received_at
        owed = Owed(pmode.partner, pmode.id, key[1], first.receipt_content_type, receipt, id=number, since=at)
        self._owe(owed, at)

    def deliverable(self, limit: int, now: datetime | None = None) -> list[InboundMessage]:
        with self._lock:
            waiting = [
                self._inbound_message(row_id, one)
                for row_id, one in enumerate(self._incoming.values(), 1)
                if one.state is InboundState.ACCEPTED
                and not one.accepted.pmode.test_service
                and (now is None or one.rests_until is None or one.rests_until <= now)
            ]
            return waiting[:limit]

    def waiting(self, most: int) -> int:
        return len(self.deliverable(most))

    def delivery_attempted(self, row_id: int, at: datetime, detail: str, rest: timedelta, most: int = 5) -> InboundState:
        with self._lock:
            one = self._row(row_id)
            one.attempts += 1
            one.rests_until = at + rest if one.attempts < most else None
            if one.attempts < most:
                return one.state
            return self._hand_over(row_id, InboundEvent.DELIVERY_FAILED, at, f"set aside after {one.attempts} attempts: {detail}")

    def inbound(self, message_id: str) -> list[InboundMessage]:
        with self._lock:
            rows = enumerate(self._incoming.values(), 1)
            return [self._inbound_message(row_id, one) for row_id, one in rows if _id_of(one.accepted.user_message) == message_id]

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        found = [one for one in self.inbound(message_id) if one.partner == partner]
        about = found[0].user_message.collaboration_info if found else None
        return FirstLeg(about.service.value, about.action, about.conversation_id) if about else None

    def delivered(self, row_id: int, at: datetime, detail: str = "") -> InboundState:
        return self._hand_over(row_id, InboundEvent.DELIVERED, at, detail)

    def delivery_failed(self, row_id: int, at: datetime, detail: str) -> InboundState:
        return self._hand_over(row_id, InboundEvent.DELIVERY_FAILED, at, detail)

    def deliver_again(self, row_id: int, at: datetime, detail: str = "", who: str = "") -> InboundState:  # noqa: ARG002 - a port
        with self._lock:
            self._row(row_id).attempts = 0
        return self._hand_over(row_id, InboundEvent.DELIVER_AGAIN, at, detail)

    def inbound_history(self, row_id: int) -> list[Step]:
        with self._lock:
            return list(self._row(row_id).steps)

    def _hand_over(self, row_id: int, event: InboundEvent, at: datetime, detail: str) -> InboundState:
        with self._lock:
            one = self._row(row_id)
            before, one.state = one.state, step(INBOUND, one.state, event)
            one.rests_until = None
            one.steps.append(Step(at, before.value, event.value, one.state.value, detail))
            return one.state

    def _row(self, row_id: int) -> _Incoming:
        rows = list(self._incoming.values())
        if not 1 <= row_id <= len(rows):
            raise LookupError(f"no inbound message {row_id}")
        return rows[row_id - 1]

    def _inbound_message(self, row_id: int, one: _Incoming) -> InboundMessage:
        accepted = one.accepted
        return InboundMessage(
            id=row_id,
            state=one.state,
            user_message=accepted.user_message,
            partner=accepted.pmode.partner,
            pmode_id=accepted.pmode.id,
            received_at=accepted.received_at,
            payloads=accepted.payloads,
            signer_sha256=accepted.signer_sha256,
            peer_address=accepted.peer.address,
            duplicates=one.duplicates,
            test_service=accepted.pmode.test_service,
            envelope=HeldOctets(accepted.envelope),
            receipt=HeldOctets(accepted.receipt),
            receipt_content_type=accepted.receipt_content_type,
            delivery_attempts=one.attempts,
            deliver_at=one.rests_until,
        )

    # -- refusals and counts -------------------------------------------------------------------------------------

    def record_refusal(self, refusal: Refusal) -> None:
        with self._lock:
            self._refusals.append(refusal)

    def refused(self) -> list[Refusal]:
        """Every refusal, the newest first."""
        with self._lock:
            return self._refusals[::-1]

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        with self._lock:
            return {
                "outbound": Counter(one.exchange.state.value for one in self._outgoing.values()),
                "inbound": Counter(one.state.value for one in self._incoming.values()),
                "refused": Counter(one.error_code for one in self._refusals),
            }


def _id_of(message: UserMessage) -> str:
    return message.message_info.message_id


def _stays(exchange: Exchange, by: timedelta, now: datetime) -> bool:
    """Whether another process submitted it since the clock was set forward."""
    since, due = now - by / 2, exchange.due_at
    return by > timedelta() and exchange.give_up_at is None and exchange.submitted_at > since and due is not None and due > since
