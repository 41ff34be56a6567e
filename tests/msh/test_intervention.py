"""What an operator may do in which state: every order in every state, and why not in the others."""

import pytest

from node.ebms.states import OutboundEvent, OutboundState
from node.msh.intervention import Intervention, NotPossible, event_of, state_after

Order, S, E = Intervention, OutboundState, OutboundEvent

# order -> state -> the state after, for a message whose octets are frozen and that is not held; what is not here is refused
POSSIBLE = {
    Order.RESEND: {
        S.SUBMITTED: S.SUBMITTED,
        S.READY: S.READY,
        S.AWAITING_RECEIPT: S.READY,
        S.SENT: S.READY,
        S.FAILED: S.READY,
        # The proof stays whatever the attempt brings.
        S.ACKNOWLEDGED: S.ACKNOWLEDGED,
    },
    Order.CANCEL: dict.fromkeys((S.SUBMITTED, S.READY, S.SENDING, S.AWAITING_RECEIPT), S.FAILED),
    Order.HOLD: {one: one for one in (S.SUBMITTED, S.READY, S.SENDING, S.AWAITING_RECEIPT)},
    Order.RELEASE: {one: one for one in (S.SUBMITTED, S.READY, S.SENDING, S.AWAITING_RECEIPT)},
}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("state", S)
def test_each_order_in_each_state(order: Intervention, state: OutboundState) -> None:
    held = order is Order.RELEASE
    if state in POSSIBLE[order]:
        event = event_of(order, state, held=held, frozen=True)
        assert state_after(event, state) is POSSIBLE[order][state]
        return
    with pytest.raises(NotPossible, match=f"is {state}"):
        event_of(order, state, held=held, frozen=True)


@pytest.mark.parametrize(
    ("order", "held", "said"),
    [(Order.HOLD, True, "is held already"), (Order.RELEASE, False, "is not held"), (Order.RESEND, True, "is held; release it")],
)
def test_what_is_held_is_held_once_and_is_released_first(order: Intervention, held: bool, said: str) -> None:
    with pytest.raises(NotPossible, match=said):
        event_of(order, S.READY, held=held, frozen=True)


@pytest.mark.parametrize("state", [S.ACKNOWLEDGED, S.SENT])
def test_what_has_gone_and_is_kept_no_longer_cannot_be_sent_again(state: OutboundState) -> None:
    with pytest.raises(NotPossible, match="others under its MessageId would be other content"):
        event_of(Order.RESEND, state, held=False, frozen=False)


def test_a_held_message_can_be_cancelled() -> None:
    assert event_of(Order.CANCEL, S.READY, held=True, frozen=True) is E.CANCELLED


def test_what_was_ended_before_it_was_frozen_begins_at_the_beginning() -> None:
    event = event_of(Order.RESEND, S.FAILED, held=False, frozen=False)
    assert (event, state_after(event, S.FAILED)) == (E.RESTARTED, S.SUBMITTED)
