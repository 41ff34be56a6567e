"""The lives of a message as tables: every state, every event and every step from one state to the next.

The store changes a state only through `step`. What our own work brings about is allowed in one state only, so that a bug is seen. What a partner
may say, or what may overtake an attempt on another connection, has a row in every state in which it can happen.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar


class OutboundState(StrEnum):
    """Where a user message is that we send."""

    #: The submission is durable and nothing has been packaged yet.
    SUBMITTED = "SUBMITTED"
    #: The octets are frozen and wait for an attempt.
    READY = "READY"
    #: An attempt is under way.
    SENDING = "SENDING"
    #: The partner took the octets and owes the receipt by another way.
    AWAITING_RECEIPT = "AWAITING_RECEIPT"
    #: The partner took the octets and the agreement asks for no receipt.
    SENT = "SENT"
    #: A receipt repeated every digest that we signed.
    ACKNOWLEDGED = "ACKNOWLEDGED"
    #: The partner refused the message, or we gave up; only a late receipt can still change that.
    FAILED = "FAILED"


class OutboundEvent(StrEnum):
    """What may happen to a user message that we send."""

    #: Header, payloads and signature were made and kept.
    PACKAGED = "PACKAGED"
    #: The octets go out now.
    ATTEMPT_STARTED = "ATTEMPT_STARTED"
    #: The answer was empty and the receipt comes by callback.
    TAKEN = "TAKEN"
    #: The answer was empty and no receipt is agreed.
    TAKEN_NO_RECEIPT_OWED = "TAKEN_NO_RECEIPT_OWED"
    #: A receipt from the partner repeats every digest that we signed.
    RECEIPT_MATCHED = "RECEIPT_MATCHED"
    #: A proven error from the partner says that the message failed.
    ERROR_RECEIVED = "ERROR_RECEIVED"
    #: A proven error says that the octets do not verify or decrypt. Damage on the way looks the same, so the same octets go again.
    REFUSAL_DOUBTED = "REFUSAL_DOUBTED"
    #: A signal says something about the message that proves nothing: an unsigned error, or a warning.
    HINT_RECEIVED = "HINT_RECEIVED"
    #: The attempt ended without a usable answer, or with none at all.
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    #: The receipt is overdue and an attempt is left.
    RESEND_DUE = "RESEND_DUE"
    #: No attempt is left, or the horizon has passed.
    GAVE_UP = "GAVE_UP"
    #: An operator holds it back: no attempt begins until it is released.
    HELD = "HELD"
    #: An operator lets it go on.
    RELEASED = "RELEASED"
    #: An operator ended it: no further attempt; what is on its way may still be receipted.
    CANCELLED = "CANCELLED"
    #: An operator wants the same octets sent now, with a new count of attempts and a new horizon.
    RESEND_ASKED = "RESEND_ASKED"
    #: An operator wants a message sent that was ended before its octets were frozen.
    RESTARTED = "RESTARTED"
    #: The octets that went over the wire were removed, since a receipt says that they came; its envelope and payloads stay.
    WIRE_REMOVED = "WIRE_REMOVED"
    #: The octets of its payloads were removed, since they were kept as long as the rule says.
    PAYLOADS_REMOVED = "PAYLOADS_REMOVED"
    #: Somebody ordered that all of it is kept, whatever the rule says.
    KEPT = "KEPT"
    #: The order to keep it was taken back.
    NO_LONGER_KEPT = "NO_LONGER_KEPT"
    #: A step of the ladder that was agreed for a document in it is late.
    STEP_LATE = "STEP_LATE"


class InboundState(StrEnum):
    """Where a user message is that we receive."""

    #: Octets are arriving and nothing of them is proven.
    RECEIVED = "RECEIVED"
    #: Message and receipt are durable, and the Consumer has still to take it.
    ACCEPTED = "ACCEPTED"
    #: The Consumer has taken it.
    DELIVERED = "DELIVERED"
    #: The Consumer did not take it in all attempts, and an operator must look.
    DELIVERY_FAILED = "DELIVERY_FAILED"
    #: The same message was accepted before; the stored receipt answers it.
    DUPLICATE = "DUPLICATE"
    #: An ebMS error answers it, and none of its payloads is kept.
    REJECTED = "REJECTED"


class InboundEvent(StrEnum):
    """What may happen to a user message that we receive."""

    #: Everything was proven and the transaction with the receipt is on disk.
    ACCEPTED = "ACCEPTED"
    #: The store holds the same message of the same sender.
    SEEN_BEFORE = "SEEN_BEFORE"
    #: A check raised an ebMS error.
    REFUSED = "REFUSED"
    #: The Consumer confirmed that it has the message.
    DELIVERED = "DELIVERED"
    #: No attempt at delivery is left.
    DELIVERY_FAILED = "DELIVERY_FAILED"
    #: An operator asked for another delivery.
    DELIVER_AGAIN = "DELIVER_AGAIN"
    #: A person decided about the document in it that was held, so the Consumer gets it in another place.
    DECIDED = "DECIDED"
    #: The octets of its payloads were removed, since they were kept as long as the rule says.
    PAYLOADS_REMOVED = "PAYLOADS_REMOVED"
    #: Somebody ordered that all of it is kept, whatever the rule says.
    KEPT = "KEPT"
    #: The order to keep it was taken back.
    NO_LONGER_KEPT = "NO_LONGER_KEPT"


_S, _E = OutboundState, OutboundEvent

OUTBOUND: Final[Mapping[OutboundState, Mapping[OutboundEvent, OutboundState]]] = {
    _S.SUBMITTED: {
        _E.PACKAGED: _S.READY,
        _E.GAVE_UP: _S.FAILED,
        _E.HELD: _S.SUBMITTED,
        _E.RELEASED: _S.SUBMITTED,
        _E.CANCELLED: _S.FAILED,
        _E.RESEND_ASKED: _S.SUBMITTED,
        _E.KEPT: _S.SUBMITTED,
        _E.NO_LONGER_KEPT: _S.SUBMITTED,
        _E.STEP_LATE: _S.SUBMITTED,
    },
    _S.READY: {
        _E.ATTEMPT_STARTED: _S.SENDING,
        _E.GAVE_UP: _S.FAILED,
        # spec: A 3.2, the answer to an earlier attempt may come by callback while the next one waits.
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.FAILED,
        _E.HINT_RECEIVED: _S.READY,
        _E.HELD: _S.READY,
        _E.RELEASED: _S.READY,
        _E.CANCELLED: _S.FAILED,
        _E.RESEND_ASKED: _S.READY,
        _E.KEPT: _S.READY,
        _E.NO_LONGER_KEPT: _S.READY,
        _E.STEP_LATE: _S.READY,
    },
    _S.SENDING: {
        _E.TAKEN: _S.AWAITING_RECEIPT,
        _E.TAKEN_NO_RECEIPT_OWED: _S.SENT,
        _E.ATTEMPT_FAILED: _S.READY,
        _E.REFUSAL_DOUBTED: _S.READY,
        # On the same HTTP exchange, or by callback before the HTTP exchange has ended.
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.FAILED,
        _E.HINT_RECEIVED: _S.SENDING,
        # The attempt under way cannot be called back; what follows it can.
        _E.HELD: _S.SENDING,
        _E.RELEASED: _S.SENDING,
        _E.CANCELLED: _S.FAILED,
        _E.KEPT: _S.SENDING,
        _E.NO_LONGER_KEPT: _S.SENDING,
        _E.STEP_LATE: _S.SENDING,
    },
    _S.AWAITING_RECEIPT: {
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.FAILED,
        _E.HINT_RECEIVED: _S.AWAITING_RECEIPT,
        _E.RESEND_DUE: _S.READY,
        _E.GAVE_UP: _S.FAILED,
        _E.HELD: _S.AWAITING_RECEIPT,
        _E.RELEASED: _S.AWAITING_RECEIPT,
        _E.CANCELLED: _S.FAILED,
        _E.RESEND_ASKED: _S.READY,
        _E.KEPT: _S.AWAITING_RECEIPT,
        _E.NO_LONGER_KEPT: _S.AWAITING_RECEIPT,
        _E.STEP_LATE: _S.AWAITING_RECEIPT,
    },
    _S.SENT: {
        # Nobody asked for it, yet it is proof.
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.FAILED,
        _E.HINT_RECEIVED: _S.SENT,
        _E.RESEND_ASKED: _S.READY,
        _E.PAYLOADS_REMOVED: _S.SENT,
        _E.KEPT: _S.SENT,
        _E.NO_LONGER_KEPT: _S.SENT,
        _E.STEP_LATE: _S.SENT,
    },
    _S.ACKNOWLEDGED: {
        # spec: A 3.4, a second receipt proves nothing new; and no error undoes a proof.
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.ACKNOWLEDGED,
        _E.HINT_RECEIVED: _S.ACKNOWLEDGED,
        # The end of an attempt that a receipt by callback has overtaken.
        _E.TAKEN: _S.ACKNOWLEDGED,
        _E.TAKEN_NO_RECEIPT_OWED: _S.ACKNOWLEDGED,
        _E.ATTEMPT_FAILED: _S.ACKNOWLEDGED,
        _E.REFUSAL_DOUBTED: _S.ACKNOWLEDGED,
        # One more attempt, as a favour: whatever it brings, the proof stays.
        _E.RESEND_ASKED: _S.ACKNOWLEDGED,
        _E.ATTEMPT_STARTED: _S.ACKNOWLEDGED,
        _E.WIRE_REMOVED: _S.ACKNOWLEDGED,
        _E.PAYLOADS_REMOVED: _S.ACKNOWLEDGED,
        _E.KEPT: _S.ACKNOWLEDGED,
        _E.NO_LONGER_KEPT: _S.ACKNOWLEDGED,
        _E.STEP_LATE: _S.ACKNOWLEDGED,
    },
    _S.FAILED: {
        # A late receipt is still proof.
        _E.RECEIPT_MATCHED: _S.ACKNOWLEDGED,
        _E.ERROR_RECEIVED: _S.FAILED,
        _E.HINT_RECEIVED: _S.FAILED,
        # The end of an attempt that an error by callback has overtaken.
        _E.TAKEN: _S.FAILED,
        _E.TAKEN_NO_RECEIPT_OWED: _S.FAILED,
        _E.ATTEMPT_FAILED: _S.FAILED,
        _E.REFUSAL_DOUBTED: _S.FAILED,
        _E.RESEND_ASKED: _S.READY,
        _E.RESTARTED: _S.SUBMITTED,
        _E.PAYLOADS_REMOVED: _S.FAILED,
        _E.KEPT: _S.FAILED,
        _E.NO_LONGER_KEPT: _S.FAILED,
        _E.STEP_LATE: _S.FAILED,
    },
}

#: Where nothing is tried any more; an operator may send a message again that has failed.
OUTBOUND_ENDS: Final = frozenset({_S.ACKNOWLEDGED, _S.SENT, _S.FAILED})

INBOUND: Final[Mapping[InboundState, Mapping[InboundEvent, InboundState]]] = {
    InboundState.RECEIVED: {
        InboundEvent.ACCEPTED: InboundState.ACCEPTED,
        InboundEvent.SEEN_BEFORE: InboundState.DUPLICATE,
        InboundEvent.REFUSED: InboundState.REJECTED,
    },
    InboundState.ACCEPTED: {
        InboundEvent.DELIVERED: InboundState.DELIVERED,
        InboundEvent.DELIVERY_FAILED: InboundState.DELIVERY_FAILED,
        # Of a test message alone, which nobody delivers.
        InboundEvent.PAYLOADS_REMOVED: InboundState.ACCEPTED,
        InboundEvent.KEPT: InboundState.ACCEPTED,
        InboundEvent.NO_LONGER_KEPT: InboundState.ACCEPTED,
    },
    InboundState.DELIVERY_FAILED: {
        InboundEvent.DELIVER_AGAIN: InboundState.ACCEPTED,
        InboundEvent.KEPT: InboundState.DELIVERY_FAILED,
        InboundEvent.NO_LONGER_KEPT: InboundState.DELIVERY_FAILED,
    },
    InboundState.DELIVERED: {
        InboundEvent.DECIDED: InboundState.ACCEPTED,
        InboundEvent.PAYLOADS_REMOVED: InboundState.DELIVERED,
        InboundEvent.KEPT: InboundState.DELIVERED,
        InboundEvent.NO_LONGER_KEPT: InboundState.DELIVERED,
    },
    InboundState.DUPLICATE: {},
    InboundState.REJECTED: {},
}


class IllegalTransition(Exception):
    """The table has no row for this event in this state: a mistake of ours, never of a partner."""

    def __init__(self, state: StrEnum, event: StrEnum) -> None:
        super().__init__(f"{type(state).__name__} {state}: no step for {event}")
        self.state = state
        self.event = event


State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def step(table: Mapping[State, Mapping[Event, State]], state: State, event: Event) -> State:
    """The state that follows. Raises IllegalTransition."""
    try:
        return table[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
