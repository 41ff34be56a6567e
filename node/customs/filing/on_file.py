"""What a check asks of the documents on file: those that were accepted. Source: DESIGN 3.1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol


class NoLongerThere(LookupError):
    """The octets of a document on file are no longer kept; its row says when they went."""


@dataclass(frozen=True, slots=True)
class Filed:
    """One accepted document."""

    #: Reads the octets: most questions do without them.
    read: Callable[[], bytes] = field(repr=False, compare=False)
    #: SHA-256 of the octets.
    digest: bytes
    type_id: str
    message_id: str
    sender: str
    recipient: str
    number: str
    #: 0 where the type has no versions.
    version: int
    issuer: str
    function: str
    filed_at: datetime

    @property
    def octets(self) -> bytes:
        """The document itself. Raises NoLongerThere."""
        return self.read()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a message has come on the ladder: the highest step on file, and whether RE or LX has ended it."""

    level: str = ""
    ended: bool = False


class OnFile(Protocol):
    """The documents on file. Everything is asked by an index; nothing grows with the file."""

    def message(self, sender: str, message_id: str) -> Filed | None:
        """The document that this authority sent under this MessageID."""
        ...

    def numbered(self, type_id: str, number: str, issuer: str | None) -> Sequence[Filed]:
        """Every version of a number, oldest first; of any issuer when None."""
        ...

    def naming(self, type_id: str, subject: tuple[str, str, str], sender: str) -> Sequence[Filed]:
        """The documents of a type, of this sender, that name a subject (type id, number, issuer), oldest first."""
        ...

    def state(self, subject: tuple[str, str, str], machine: str) -> str:
        """The state of a life cycle of a subject; empty before its first event."""
        ...

    def written_off(self, subject: tuple[str, str, str], item: str) -> Decimal:
        """What documents on file have written off from an item of a subject; the item with its unit: `3 KGM`."""
        ...

    def standing(self, sender: str, message_id: str) -> Standing:
        """Where a message stands on the ladder."""
        ...
