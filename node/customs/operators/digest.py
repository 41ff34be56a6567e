"""SetDigest: one SHA-256 over a line for each record, in one order, whatever order the parts came in. Source: DESIGN 4.3."""

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
