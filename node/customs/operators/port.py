"""What the checker, the command line and the inbox ask of the register of operators; `node.store` and `in_memory` keep it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from node.customs.operators.history import OnFile, OperatorHistory
from node.customs.operators.record import OperatorRecord, Source
from node.customs.operators.record_set import SetHead

#: TIN and tier.
Key = tuple[str, str]


class SetState(Enum):
    """What became of a set."""

    #: Parts are missing; nothing of it has taken effect.
    WAITING = "WAITING"
    APPLIED = "APPLIED"
    #: It follows another sequence than ours: a full list is needed.
    GAP = "GAP"
    #: We have a newer list; it changes nothing.
    OLDER = "OLDER"
    #: Its records do not make the digest that it names, or it is not one set.
    REFUSED = "REFUSED"
    #: A newer list was applied before all of its parts had come.
    OVERTAKEN = "OVERTAKEN"


@dataclass(frozen=True, slots=True)
class RecordLine:
    """What became of one record of a DELTA or URGENT."""

    tin: str
    tier: str
    version: int
    effect: str


@dataclass(frozen=True, slots=True)
class SetResult:
    """What a set did: kept with it, and given again when it comes again."""

    state: SetState
    #: Records by their effect, and `GONE` for operators that a full list no longer has.
    counts: Mapping[str, int] = field(default_factory=dict)
    #: The numbers of the parts that have not come.
    missing: tuple[int, ...] = ()
    why: str = ""
    #: Unusual changes of status, in words; at most `REMARKS` of them.
    remarks: tuple[str, ...] = ()
    #: For DELTA and URGENT.
    records: tuple[RecordLine, ...] = ()
    #: Whether it had come before, so that nothing was done.
    again: bool = False

    def as_json(self) -> dict[str, Any]:
        """What is kept of it."""
        return {
            "state": self.state.value,
            "counts": dict(self.counts),
            "missing": list(self.missing),
            "why": self.why,
            "remarks": list(self.remarks),
            "records": [[one.tin, one.tier, one.version, one.effect] for one in self.records],
        }


def result_from(said: Mapping[str, Any], *, again: bool) -> SetResult:
    """The result of `SetResult.as_json`."""
    return SetResult(
        SetState(said["state"]),
        dict(said["counts"]),
        tuple(said["missing"]),
        said["why"],
        tuple(said["remarks"]),
        tuple(RecordLine(*one) for one in said["records"]),
        again,
    )


#: So many remarks of one set are kept.
REMARKS = 1000
#: So many results of single records are kept: as many as a response may list. Source: DESIGN 8.
LISTED = 10_000
#: So many records of one set may speak of one operator.
OF_ONE_OPERATOR = 1000
#: So many numbers of missing parts are told.
TOLD_MISSING = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """The parts of one set that have come."""

    parts: frozenset[int] = frozenset()
    #: Records by part.
    quantities: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetLine:
    """One set in a list, the latest first."""

    mode: str
    since: int | None
    to: int
    parts: int
    snapshot_at: datetime
    received_at: datetime
    #: Records that have come.
    quantity: int
    #: MessageID of the document that brought the last part, and the AS4 message.
    document_id: str
    message_id: str
    result: SetResult


@dataclass(frozen=True, slots=True)
class ProgrammeState:
    """What we hold of one programme of one sender."""

    sender: str
    programme: str
    sequence: int
    #: Records in the last full list; None if none came.
    full_quantity: int | None
    #: Record time of the last set applied, and when it came; None if none did.
    snapshot_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Query:
    """One look-up, as it is written down: who asked what, when, and why."""

    at: datetime
    who: str
    purpose: str
    #: What was asked, such as `TW-UBN 45725232 as of 2026-11-20`.
    asked: str
    #: Operators found.
    found: int


class OperatorRegister(Protocol):
    """Foreign operators: what we know, since when, from which message."""

    def latest_sequence(self, sender: str, programme: str) -> int:
        """ToSequence of the latest set applied; 0 if none was."""
        ...

    def last_full(self, sender: str, programme: str) -> int | None:
        """Number of records in the last full list applied."""
        ...

    def on_file(self, sender: str, programme: str, keys: Sequence[Key]) -> Mapping[Key, OnFile]:
        """What is on file of each of these, as far as something is; to be asked for some thousands at a time."""
        ...

    def waiting(self, head: SetHead) -> Waiting:
        """What has come of the set of which this is a part, as long as it is not whole."""
        ...

    def result_of(self, sender: str, programme: str, document_id: str) -> SetResult | None:
        """What became of a document that has come before."""
        ...

    def parts_like(self, sender: str, programme: str, document_id: str) -> list[tuple[str, str]]:
        """The documents of the set of which this is a part, itself included: MessageID and AS4 MessageId of each."""
        ...

    def take(self, head: SetHead, records: Iterable[OperatorRecord], source: Source) -> SetResult:
        """Take one part of a set, in one transaction; the set takes effect with the part that makes it whole. Raises StorageUnavailable."""
        ...

    def find(self, identifier: str, scheme: str = "") -> list[OperatorHistory]:
        """Every operator that ever had this identifier; scheme `TIN`, `AEO`, `TW-UBN`, .. or empty for any."""
        ...

    def find_name(self, words: str, most: int) -> list[OperatorHistory]:
        """Operators whose name of today holds these words, from the beginning of a word on."""
        ...

    def programmes(self) -> list[ProgrammeState]:
        """Every programme of which something came."""
        ...

    def sets(self, sender: str, programme: str, most: int) -> list[SetLine]:
        """The latest sets of a programme, those that wait or were refused included."""
        ...

    def totals(self, sender: str, programme: str) -> Mapping[tuple[str, str], int]:
        """Operators of today by tier and status."""
        ...

    def coverage(self, sender: str, programme: str) -> Mapping[str, int]:
        """Operators of today that have an identifier, by its scheme."""
        ...

    def shared(self, most: int) -> list[tuple[OperatorHistory, ...]]:
        """Groups of operators that have or had one identifier in common."""
        ...

    def note(self, query: Query) -> None:
        """Write down a look-up."""
        ...

    def queries(self, most: int) -> list[Query]:
        """The latest look-ups."""
        ...
