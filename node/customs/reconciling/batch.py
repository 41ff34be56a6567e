"""Documents sent together: every message of a batch says which it is of how many, so that the receiver sees what is missing before the night is over.

The marks are message properties: `batchId`, `batchSequence`, `batchTotal`. A sender puts them on with

    n2n submit --batch FOLDER --partner kr --type aeo.recordset

Each file of the folder is one message, in code-point order of the file names; `batch_id` follows from what is in the folder and `transport_id` from the batch, so that the
same command after a crash goes on where it stopped: the store refuses a message id that it has, and the command takes that as done. A folder that was changed in between
is another batch.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.customs.finding import Finding, RuleText, Severity

BATCH_ID: Final = "batchId"
SEQUENCE: Final = "batchSequence"
TOTAL: Final = "batchTotal"
#: Messages of one batch.
MOST: Final = 999_999
#: Characters of a batch id.
_LONGEST_ID: Final = 70

MISSING: Final = RuleText(
    "BAT-01",
    Severity.HOLD,
    7,
    "Of batch {0} from {1}, {2} of {3} messages are missing: {4}. Remedy: {1} submits the same batch again; what has arrived counts once.",
    "{1} 之批次 {0} 共 {3} 則訊息，缺 {2} 則：{4}。處理：請 {1} 重新提交同一批次，已送達者不重複計算。",
)
TWICE: Final = RuleText(
    "BAT-02",
    Severity.HOLD,
    7,
    "In batch {0} from {1}, place {2} is taken by two documents. Remedy: people on both sides compare what they have.",
    "{1} 之批次 {0} 第 {2} 則有兩份不同文件。處理：雙方須由人員比對資料。",
)
TOTALS: Final = RuleText(
    "BAT-03",
    Severity.HOLD,
    7,
    "Messages of batch {0} from {1} name different totals: {2}. Remedy: {1} submits the batch again under another id.",
    "{1} 之批次 {0} 所載總數不一致：{2}。處理：請 {1} 以另一批次代碼重新提交。",
)


class MarkRefused(ValueError):
    """The message properties are no mark of a batch; the text says why."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which message of a batch it is."""

    batch_id: str
    #: From 1.
    sequence: int
    total: int

    def properties(self) -> Mapping[str, str]:
        """The message properties, by name."""
        return {BATCH_ID: self.batch_id, SEQUENCE: str(self.sequence), TOTAL: str(self.total)}

    def transport_id(self, host: str) -> str:
        """The AS4 MessageId: the same message of the same batch has the same, so that submitting it again changes nothing."""
        batch = hashlib.sha256(self.batch_id.encode()).hexdigest()[:32]
        return f"batch.{batch}.{self.sequence}@{host}"


def batch_id(partner: str, files: Iterable[tuple[str, bytes]]) -> str:
    """The id of a batch: it follows from the partner, and from the names and digests of the files in their order."""
    digest = hashlib.sha256(partner.encode() + b"\n")
    for name, octets_digest in files:
        encoded = name.encode()
        digest.update(f"{len(encoded)} ".encode() + encoded + octets_digest.hex().encode() + b"\n")
    return digest.hexdigest()[:32]


def marks(batch: str, total: int) -> Iterator[Mark]:
    """The marks of the messages, in their order. Raises MarkRefused for a batch that is too long."""
    if not 1 <= total <= MOST:
        raise MarkRefused(f"{total} messages; a batch has 1 to {MOST}")
    return (Mark(batch, sequence, total) for sequence in range(1, total + 1))


def read_mark(properties: Mapping[str, str]) -> Mark | None:
    """The mark among the properties of a message; None for a message that came alone. Raises MarkRefused."""
    said = {name: properties.get(name, "") for name in (BATCH_ID, SEQUENCE, TOTAL)}
    if not any(said.values()):
        return None
    if missing := [name for name, value in said.items() if not value]:
        raise MarkRefused(f"{missing[0]} is missing beside {', '.join(name for name, value in said.items() if value)}")
    if len(said[BATCH_ID]) > _LONGEST_ID:
        raise MarkRefused(f"{BATCH_ID} has more than {_LONGEST_ID} characters")
    sequence, total = _count(SEQUENCE, said[SEQUENCE]), _count(TOTAL, said[TOTAL])
    if sequence > total:
        raise MarkRefused(f"{SEQUENCE} {sequence} is above {TOTAL} {total}")
    return Mark(said[BATCH_ID], sequence, total)


def _count(name: str, said: str) -> int:
    # Not int() alone, which takes other digits, signs and underscores, and reads a number of any length.
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(MOST))) or not 1 <= int(said) <= MOST:
        raise MarkRefused(f"{name} is {said[:20]!r}, not a number from 1 to {MOST}")
    return int(said)


@dataclass(frozen=True, slots=True)
class BatchState:
    """What has come of one batch."""

    batch_id: str
    #: The largest that a message named.
    total: int
    #: Places that are taken.
    arrived: int
    #: First and last of each run of places that nothing has taken.
    missing: tuple[tuple[int, int], ...]
    #: Places that two different documents have taken.
    twice: tuple[int, ...]
    #: Every total that a message named; one when nothing is wrong.
    totals: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether every place is taken, once, and all messages name the same total."""
        return not self.missing and not self.twice and len(self.totals) == 1

    @property
    def missing_count(self) -> int:
        """Places that nothing has taken."""
        return self.total - self.arrived

    def findings(self, sender: str) -> Iterator[Finding]:
        """What is wrong, in words; nothing for a complete batch."""
        if len(self.totals) > 1:
            yield TOTALS.found("", self.batch_id, sender, _listed(tuple(map(str, self.totals))))
        for place in self.twice:
            yield TWICE.found("", self.batch_id, sender, str(place))
        if self.missing:
            runs = tuple(str(first) if first == last else f"{first}-{last}" for first, last in self.missing)
            yield MISSING.found("", self.batch_id, sender, str(self.missing_count), str(self.total), _listed(runs))


#: Runs that are told one by one.
_MOST_TOLD: Final = 20


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_MOST_TOLD]) + (", .." if len(texts) > _MOST_TOLD else "")


def completeness(arrived: Iterable[tuple[Mark, bytes]]) -> Mapping[str, BatchState]:
    """What has come of each batch of one sender: marks with the digests of their documents, in any order, doubled or not.

    Takes time and memory for the messages that came, whatever totals they name.
    """
    batches: dict[str, dict[int, set[bytes]]] = {}
    totals: dict[str, set[int]] = {}
    for mark, digest in arrived:
        batches.setdefault(mark.batch_id, {}).setdefault(mark.sequence, set()).add(digest)
        totals.setdefault(mark.batch_id, set()).add(mark.total)
    return {batch: _state(batch, places, totals[batch]) for batch, places in batches.items()}


def _state(batch: str, places: Mapping[int, set[bytes]], totals: set[int]) -> BatchState:
    total = max(totals)
    missing, expected = [], 1
    for place in sorted(places):
        if place > expected:
            missing.append((expected, place - 1))
        expected = place + 1
    if expected <= total:
        missing.append((expected, total))
    twice = tuple(sorted(place for place, digests in places.items() if len(digests) > 1))
    return BatchState(batch, total, len(places), tuple(missing), twice, tuple(sorted(totals)))
