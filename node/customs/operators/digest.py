"""SetDigest and TotalDigest: one SHA-256 over a line for each record, in one order, whatever order the parts came in. Source: DESIGN 4.3."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from node.customs.operators.record import OperatorRecord


class Line(NamedTuple):
    """What of a record goes into the digest; lines sort as they are digested."""

    tin: str
    tier: str
    status: str
    version: int


def line_of(record: OperatorRecord) -> Line:
    """The line of a record."""
    return Line(record.tin, record.tier, record.status, record.version)


class SetDigest:
    """The digest of lines that come in their order: it keeps none of them. Raises ValueError for one that comes too early."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._last = Line("", "", "", 0)

    def add(self, line: Line) -> None:
        """Take the next line."""
        if line < self._last:
            raise ValueError(f"{line} comes after {self._last}")
        self._last = line
        self._hash.update(f"{line.tin}|{line.tier}|{line.status}|{line.version}\n".encode())

    def value(self) -> str:
        """Base64, as the element has it."""
        return b64encode(self._hash.digest()).decode()


def set_digest(lines: Iterable[Line]) -> str:
    """The digest of lines in any order, which are all kept until it is made."""
    digest = SetDigest()
    for line in sorted(lines):
        digest.add(line)
    return digest.value()


def total_digests(lines: Iterable[Line]) -> dict[tuple[str, str], tuple[int, str]]:
    """For each tier and status that has records: how many, and their TotalDigest; lines come in the order of a digest."""
    digests: dict[tuple[str, str], SetDigest] = {}
    counts: dict[tuple[str, str], int] = {}
    for line in lines:
        at = (line.tier, line.status)
        digests.setdefault(at, SetDigest()).add(line)
        counts[at] = counts.get(at, 0) + 1
    return {at: (counts[at], digest.value()) for at, digest in digests.items()}
