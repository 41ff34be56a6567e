"""What the sender of a list is told of it after its records were taken: the step of the ladder, and what became of each record. Source: DESIGN 4.4, 8."""

import re
from dataclasses import dataclass
from typing import Final

from node.customs.operators.port import RecordLine, SetResult, SetState

#: Which rule a set has broken that was not applied, and where.
_BROKEN: Final = {
    SetState.GAP: ("AEO-12", "/AeoRecordSet/SinceSequence"),
    SetState.REFUSED: ("AEO-15", "/AeoRecordSet/SetDigest"),
}
_SUPERSEDED: Final = frozenset({SetState.OLDER, SetState.OVERTAKEN})


@dataclass(frozen=True, slots=True)
class Told:
    """One step for every document of a set."""

    #: L4 or LX.
    level: str
    #: With LX alone.
    status: str = ""
    #: The rule that the set breaks, where that is found, and what its text names; empty for a set that was applied.
    rule: str = ""
    location: str = ""
    args: tuple[str, ...] = ()
    #: Of a DELTA or URGENT that was applied.
    records: tuple[RecordLine, ...] = ()


def told_of(result: SetResult) -> Told | None:
    """What is to be told of a set; None as long as parts of it are missing."""
    if result.state is SetState.WAITING:
        return None
    if result.state in _SUPERSEDED:
        return Told("LX", "SUPERSEDED")
    if result.state in _BROKEN:
        rule, location = _BROKEN[result.state]
        # What was expected then, and what came.
        args = tuple(re.findall(r"\d+", result.why)[:2]) if result.state is SetState.GAP else ()
        return Told("L4", rule=rule, location=location, args=args)
    return Told("L4", records=result.records)
