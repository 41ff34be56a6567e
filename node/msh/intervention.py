"""What an operator may do to a message that we send, in which state, and why not in the others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node.ebms.states import OUTBOUND, OutboundEvent, OutboundState, step

_S, _E = OutboundState, OutboundEvent


class Intervention(StrEnum):
    """An operator's order."""

    #: The same octets again, now.
    RESEND = "resend"
    #: No further attempt.
    CANCEL = "cancel"
    #: No attempt until it is released.
    HOLD = "hold"
    RELEASE = "release"


class NotPossible(Exception):
    """The order makes no sense for this message as it stands; the text says why and what does."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of an operator's order for one message; `problem` is empty where it was done."""

    message_id: str
    before: OutboundState
    after: OutboundState
    problem: str = ""


_EVENTS: Final = {
    Intervention.RESEND: _E.RESEND_ASKED,
    Intervention.CANCEL: _E.CANCELLED,
    Intervention.HOLD: _E.HELD,
    Intervention.RELEASE: _E.RELEASED,
}
_GONE: Final = (
    "cannot be sent again: the octets that went were removed by retention, and others under its MessageId would be other content; "
    "submit the document as a new message"
)
_ENDED: Final = "has ended; a message that has ended can only be sent again: n2n message resend"


def event_of(order: Intervention, state: OutboundState, *, held: bool, frozen: bool) -> OutboundEvent:
    """The event that the order is. `frozen` says whether the octets to be sent are there. Raises NotPossible."""
    if order is Intervention.RESEND:
        return _resend(state, held=held, frozen=frozen)
    if order is Intervention.HOLD and held:
        raise NotPossible("is held already")
    if order is Intervention.RELEASE and not held:
        raise NotPossible("is not held")
    event = _EVENTS[order]
    if event not in OUTBOUND[state]:
        raise NotPossible(f"is {state}: it {_ENDED}")
    return event


def _resend(state: OutboundState, *, held: bool, frozen: bool) -> OutboundEvent:
    if held and _E.HELD in OUTBOUND[state]:
        raise NotPossible("is held; release it: n2n message release")
    if state is _S.SENDING:
        raise NotPossible("is SENDING: an attempt is under way; wait for its end")
    if state in (_S.ACKNOWLEDGED, _S.SENT) and not frozen:
        raise NotPossible(_GONE)
    # Where nothing was frozen, there are no octets to send again.
    return _E.RESTARTED if state is _S.FAILED and not frozen else _E.RESEND_ASKED


def state_after(event: OutboundEvent, state: OutboundState) -> OutboundState:
    """The state that follows."""
    return step(OUTBOUND, state, event)
