"""What the functions of a rule may ask of the check they run in: the profile, the day, the code lists and what is on file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from node.customs.profile import Profile


class Lists(Protocol):
    """The code lists of the packs, as they were on a day."""

    def between(self, sender: str, recipient: str) -> "Lists":
        """The lists for documents between two authorities, without what packs of other partners change."""
        ...

    def holds(self, name: str, code: str, day: date) -> bool:
        """Whether the code is in the list; true as well for a code that an incomplete list cannot judge."""
        ...

    def flags(self, name: str, code: str, day: date) -> str | None:
        """The flags of the code; None when the list does not have it."""
        ...

    def correlated(self, name: str, code: str, day: date) -> Sequence[tuple[str, str]]:
        """Editions of the list in which the code stands, with the codes of `name` that correspond to it: ("2017", "391239")."""
        ...


class Files(Protocol):
    """The documents on file that a rule of stage 7 looks at, as root elements."""

    def latest(self) -> Sequence[Any]:
        """The latest version on file of the document's number; none or one."""
        ...

    def first(self) -> Sequence[Any]:
        """Version 1 of the document's number; none or one."""
        ...

    def version(self, type_id: str, number: str, version: str, issuer: str) -> Sequence[Any]:
        """The document of that type, number, version and issuer (empty text for any); none or one."""
        ...

    def written_off(self, type_id: str, number: str, issuer: str, item: str) -> Decimal:
        """What the documents on file have written off from the item of that document; the item with its unit: `3 KGM`."""
        ...

    def standing(self, message_id: str) -> tuple[str, bool]:
        """The highest step on file of the message that is answered, and whether it has ended."""
        ...

    def digest(self, message_id: str) -> str:
        """SHA-256, base64, of what the recipient of this one sent to its sender under that MessageID; empty when there is none."""
        ...


@dataclass(slots=True)
class Scope:
    """One check's answers to the functions of its rules."""

    profile: Profile
    #: The date of header IssueDateTime in the document's own zone.
    day: date
    lists: Lists
    #: None until stage 7.
    files: Files | None = None
    #: Which row of its name is being judged, from 1.
    place: int = 0
    #: How many rows of each name have been read.
    rows: dict[str, int] = field(default_factory=dict)
    #: Elements of other documents that elementpath was given, kept while the check runs.
    trees: dict[Any, Any] = field(default_factory=dict)


# libxml2 calls an extension function with nothing but its arguments, so what belongs to one check reaches it this way.
_SCOPE: ContextVar[Scope] = ContextVar("customs_scope")


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Expressions asked inside belong to this check."""
    token = _SCOPE.set(scope)
    try:
        yield
    finally:
        _SCOPE.reset(token)


def scope() -> Scope:
    """The check that asks. Raises LookupError outside of one."""
    return _SCOPE.get()
