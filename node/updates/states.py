"""The life of one update, on the side that asks and on the side that is asked: which event leads from which state to which."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class UpdateDirection(StrEnum):
    """Who asks."""

    #: The partner asks us.
    IN = "in"
    #: We ask the partner.
    OUT = "out"


class UpdateState(StrEnum):
    """Where an update stands on our side."""

    #: Asked, and not answered yet.
    PROPOSED = "PROPOSED"
    #: Both sides use it from its time.
    ACCEPTED = "ACCEPTED"
    #: Nothing changes.
    REJECTED = "REJECTED"
    #: Nobody answered in time, so nothing changes.
    EXPIRED = "EXPIRED"


class UpdateEvent(StrEnum):
    """What happens to an update."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    EXPIRE = "EXPIRE"


_D, _S, _E = UpdateDirection, UpdateState, UpdateEvent

STEPS: Final[Mapping[tuple[UpdateDirection, UpdateState, UpdateEvent], UpdateState]] = {
    (_D.IN, _S.PROPOSED, _E.ACCEPT): _S.ACCEPTED,
    (_D.IN, _S.PROPOSED, _E.REJECT): _S.REJECTED,
    (_D.IN, _S.PROPOSED, _E.EXPIRE): _S.EXPIRED,
    (_D.OUT, _S.PROPOSED, _E.ACCEPT): _S.ACCEPTED,
    (_D.OUT, _S.PROPOSED, _E.REJECT): _S.REJECTED,
    (_D.OUT, _S.PROPOSED, _E.EXPIRE): _S.EXPIRED,
    # The partner answered in time, and its answer was long under way: what the partner does is what counts.
    (_D.OUT, _S.EXPIRED, _E.ACCEPT): _S.ACCEPTED,
    (_D.OUT, _S.EXPIRED, _E.REJECT): _S.REJECTED,
}


class IllegalUpdateStep(ValueError):
    """An update in this state knows no such event."""


def step(direction: UpdateDirection, state: UpdateState, event: UpdateEvent) -> UpdateState:
    """The next state. Raises IllegalUpdateStep."""
    following = STEPS.get((direction, state, event))
    if following is None:
        able = ", ".join(sorted(one.value for one in UpdateEvent if (direction, state, one) in STEPS)) or "nothing"
        raise IllegalUpdateStep(f"an update that is {state.value} knows no {event.value}; it knows {able}")
    return following
