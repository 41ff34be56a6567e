"""When the parts of a set are one set, when it is whole, and whether it comes in its turn. Source: DESIGN 4.3, 4.4."""

from collections.abc import Collection
from datetime import UTC
from typing import NamedTuple, Self

from node.customs.operators.port import OF_ONE_OPERATOR, TOLD_MISSING, SetResult, SetState
from node.customs.operators.record_set import FULL, SetHead


class SetIdentity(NamedTuple):
    """What all parts of one set say alike."""

    mode: str
    since: int
    to: int
    parts: int
    #: UTC.
    snapshot_at: str
    digest: str

    @classmethod
    def of(cls, head: SetHead) -> Self:
        """That of a part."""
        snapshot = head.snapshot_at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
        since = -1 if head.since is None else head.since
        return cls(head.mode, since, head.to, head.parts, snapshot, head.digest)


def out_of_turn(head: SetHead, sequence: int) -> SetResult | None:
    """Why a set cannot be applied on top of this sequence; None where it can."""
    if head.mode == FULL:
        if head.to < sequence:
            return SetResult(SetState.OLDER, why=f"a full list of sequence {head.to}, and we are at {sequence}")
        return None
    if head.since != sequence:
        return SetResult(SetState.GAP, why=f"sequence {sequence} expected, {head.since} received: send FULL")
    return None


def missing_parts(have: Collection[int], parts: int) -> tuple[int, ...]:
    """The first of the parts that have not come."""
    if len(have) == parts:
        return ()
    return tuple(n for n in range(1, min(parts, len(have) + TOLD_MISSING) + 1) if n not in have)[:TOLD_MISSING]


def too_many_of_one(tin: str, tier: str) -> SetResult:
    """The refusal of a set that says too much of one operator."""
    return SetResult(SetState.REFUSED, why=f"more than {OF_ONE_OPERATOR} records of {tin} {tier}")
