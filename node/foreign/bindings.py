"""The two patterns and their bindings as legs: who sends each, and whether it is pulled or comes on the connection of the first."""

from dataclasses import dataclass
from typing import Final

from node.ebms.namespaces import EB, ONE_WAY, TWO_WAY


@dataclass(frozen=True, slots=True)
class LegWay:
    """How the user message of one leg travels. spec: C 2.2."""

    by_initiator: bool
    pulled: bool = False
    sync: bool = False


_PUSHED, _PULLED = LegWay(True), LegWay(False, pulled=True)
_ANSWER: Final = LegWay(False)
WAYS: Final = {
    (ONE_WAY, EB + "push"): (_PUSHED,),
    (ONE_WAY, EB + "pull"): (_PULLED,),
    (TWO_WAY, EB + "sync"): (_PUSHED, LegWay(False, sync=True)),
    (TWO_WAY, EB + "pushAndPush"): (_PUSHED, _ANSWER),
    (TWO_WAY, EB + "pushAndPull"): (_PUSHED, _PULLED),
    (TWO_WAY, EB + "pullAndPush"): (_PULLED, _PUSHED),
}


def ways(mep: str, binding: str) -> tuple[LegWay, ...] | None:
    """The legs of a pattern and its binding; None for one that this node cannot do."""
    return WAYS.get((mep, binding))


def named(legs: tuple[LegWay, ...]) -> tuple[str, str]:
    """Pattern and binding of these legs."""
    return next(name for name, found in WAYS.items() if found == legs)


def of_legs(*, pulled: bool, second: tuple[bool, bool] | None) -> tuple[LegWay, ...]:
    """The legs of an exchange whose first leg is pulled or not; `second`: whether its answer is pulled, and whether it is synchronous."""
    first = _PULLED if pulled else _PUSHED
    if second is None:
        return (first,)
    answer_pulled, sync = second
    if pulled:
        return (first, _PUSHED)
    return (first, LegWay(False, sync=True) if sync else _PULLED if answer_pulled else _ANSWER)
