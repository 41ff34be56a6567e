"""Where octets lie that are too large for a row: what a folder and a bucket have in common."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from node.msh.ports import Kept
from node.store.files import FileOctets, FileQuarantine, Lying


class Payloads(Protocol):
    """The place of large octets; a name is what the column `file` of a row holds."""

    @property
    def quarantine(self) -> FileQuarantine: ...

    def adopt(self, kept: Kept, claim: Callable[[str], None] = lambda name: None) -> tuple[str, FileOctets]:
        """Make octets durable: their name, and what reads them now. Raises StorageUnavailable, and then nothing was promised.

        `claim` is told a name that others may have given too, before anything lies under it: what is being removed must not be put there.

        They are there for good when this returns; a crash before the row is committed leaves octets without a row, never a row without its octets.
        """
        ...

    def open(self, name: str, size: int, sha256: str | None) -> Kept:
        """The octets that a row names."""
        ...

    def lying(self) -> Iterator[Lying]:
        """Everything that lies there, also what no row names. Raises StorageUnavailable."""
        ...

    def remove(self, name: str) -> None:
        """Remove one for good; harmless for what is gone already. Raises StorageUnavailable."""
        ...

    def tidy(self, before: datetime, now: datetime) -> int:
        """Remove what was begun before an instant and never became a payload; how many. Raises StorageUnavailable."""
        ...

    def where(self, name: str) -> str:
        """The place of one, for people."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be written there now, or None."""
        ...
