"""The eight gates, and where a partner stands: a record counts for the version of the agreement under which it was made, so that a change asks for it anew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate."""

    number: int
    en: str
    zh: str
    #: What opens it.
    asks: str


# fmt: off
GATES: Final = (
    Gate(1, "agreement",                  "協議",           "both sides have signed the version that is in force"),
    Gate(2, "certificate and endpoint",   "憑證與位址",      "a fingerprint compared by another way, usable certificates, an https address"),
    Gate(3, "connectivity and clock",     "連線與時鐘",      "a signed receipt for a test message, and clocks that agree"),
    Gate(4, "conformance cases",          "符合性測試",      "what is right is receipted, what is wrong is refused"),
    Gate(5, "document validation",        "文件驗證",        "each agreed type was sent in a campaign and found valid by the other side"),
    Gate(6, "volume and outage drill",    "流量與中斷演練",   "many messages in a row, and a break that loses nothing"),
    Gate(7, "parallel run",               "並行運作",        "nights of which both sides' lists agree"),
    Gate(8, "production",                 "正式上線",        "all gates before are passed under the version in force"),
)
# fmt: on


class Standing(StrEnum):
    """How a gate stands."""

    PASSED = "PASSED"
    #: It was looked at, and something was missing.
    FAILED = "FAILED"
    #: It was passed under another version.
    AGAIN = "AGAIN"
    #: It can be run now.
    OPEN = "OPEN"
    #: Another gate comes first.
    CLOSED = "CLOSED"


class Record(Protocol):
    """What one look at one gate found."""

    @property
    def gate(self) -> int: ...
    @property
    def agreed(self) -> str:
        """The digest of the version under which it was made; empty for an agreement of one side."""
        ...

    @property
    def passed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class GateStanding:
    """A gate, how it stands, and the record that says so."""

    gate: Gate
    standing: Standing
    record: Any = None


def gate(number: int) -> Gate:
    """The gate of a number. Raises KeyError."""
    if not 1 <= number <= len(GATES):
        raise KeyError(number)
    return GATES[number - 1]


def standings(records: Iterable[Record], agreed: str) -> list[GateStanding]:
    """Where a partner stands under the version of this digest; the last record of each gate counts."""
    latest: dict[int, Record] = {one.gate: one for one in records}
    found: list[GateStanding] = []
    reached = True
    for each in GATES:
        record = latest.get(each.number)
        standing = _standing(record, agreed, reached)
        # What depends on a gate that fell is no longer passed either: production alone depends on all.
        if each.number == len(GATES) and standing is Standing.PASSED and not reached:
            standing = Standing.AGAIN
        found.append(GateStanding(each, standing, record))
        reached = reached and standing is Standing.PASSED
    return found


def _standing(record: Record | None, agreed: str, reached: bool) -> Standing:
    if record is None:
        return Standing.OPEN if reached else Standing.CLOSED
    if record.agreed != agreed:
        return Standing.AGAIN
    return Standing.PASSED if record.passed else Standing.FAILED


def missing(found: Sequence[GateStanding], number: int) -> list[Gate]:
    """The gates before this one that are not passed."""
    return [one.gate for one in found if one.gate.number < number and one.standing is not Standing.PASSED]


def opens_next(found: Sequence[GateStanding]) -> str:
    """What to do next, in words."""
    for one in found:
        if one.standing is not Standing.PASSED:
            return f"gate {one.gate.number}, {one.gate.en}: {one.gate.asks}"
    return ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a gate found: its facts, and what is missing; nothing missing opens it."""

    facts: Mapping[str, Any]
    missing: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.missing
