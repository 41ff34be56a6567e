"""The life of one version of an agreement: which event leads from which state to which."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class VersionState(StrEnum):
    """Where a version stands on our side."""

    #: Signed by one side, and the other is asked.
    OFFERED = "OFFERED"
    #: The other side, or we, answered it with something else.
    COUNTERED = "COUNTERED"
    #: Signed by both.
    ACCEPTED = "ACCEPTED"
    #: Signed by both, approved, and to be obeyed within its time.
    ACTIVE = "ACTIVE"
    #: Another version has taken its place, and the overlap is over.
    SUPERSEDED = "SUPERSEDED"
    #: Taken back or refused before it was active.
    WITHDRAWN = "WITHDRAWN"
    #: Its time is over, and no other followed; or nobody answered the offer in time.
    EXPIRED = "EXPIRED"
    #: Signed by both, and the second person whom its risk wants did not approve it in time.
    LAPSED = "LAPSED"


class VersionEvent(StrEnum):
    """What happens to a version."""

    COUNTER = "COUNTER"
    ACCEPT = "ACCEPT"
    ACTIVATE = "ACTIVATE"
    SUPERSEDE = "SUPERSEDE"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


_S, _E = VersionState, VersionEvent

STEPS: Final[Mapping[tuple[VersionState, VersionEvent], VersionState]] = {
    (_S.OFFERED, _E.COUNTER): _S.COUNTERED,
    (_S.OFFERED, _E.ACCEPT): _S.ACCEPTED,
    (_S.OFFERED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.OFFERED, _E.EXPIRE): _S.EXPIRED,
    (_S.COUNTERED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _E.ACTIVATE): _S.ACTIVE,
    (_S.ACCEPTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _E.EXPIRE): _S.LAPSED,
    (_S.ACTIVE, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.ACTIVE, _E.EXPIRE): _S.EXPIRED,
}


class IllegalStep(ValueError):
    """A version in this state knows no such event."""


def step(state: VersionState, event: VersionEvent) -> VersionState:
    """The next state. Raises IllegalStep."""
    following = STEPS.get((state, event))
    if following is None:
        able = ", ".join(sorted(one.value for one in VersionEvent if (state, one) in STEPS)) or "nothing"
        raise IllegalStep(f"a version that is {state.value} knows no {event.value}; it knows {able}")
    return following
