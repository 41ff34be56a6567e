"""Finds evidence: entries of the log by partner, document number, MessageId, time, payload and kind. Source: reliability 4 (調閱)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import islice
from typing import Final, Protocol

from node.evidence.entry import Kind, read_instant
from node.retrieving import Message
from node.store.evidence import Evidence, Numbered

#: The whole of time.
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
#: How many MessageIds around a mistyped one are looked at.
_AROUND: Final = 50
#: Documents of one number.
_DOCUMENTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: everything that is said here holds at once."""

    partner: str = ""
    #: The number of a document that a message carried.
    number: str = ""
    message_id: str = ""
    #: At or after the first, before the second.
    since: datetime = _FIRST
    until: datetime = _LAST
    #: SHA-256 of a payload as it was signed, in hexadecimal.
    sha256: str = ""
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that was looked for: without a kind the first of each message."""

    number: int
    kind: str
    at: datetime
    message_id: str
    partner: str
    direction: str


class Documents(Protocol):
    """Which messages carried documents of a number: the register, or whatever reads them. `unread` of it, where it is there, are messages that could not be read."""

    def __call__(self, number: str, most: int) -> Iterable[Message]: ...


class Searching:
    """Over one log; `documents` knows which messages carried a number."""

    def __init__(self, evidence: Evidence, documents: Documents) -> None:
        self._evidence, self._documents = evidence, documents

    def find(self, sought: Sought, most: int) -> list[Found]:
        """What fits, in the order of the log, at most so many."""
        fitting = (_found(one) for one in self._candidates(sought) if _fits(one, sought))
        # The time of a message is that of its first entry.
        found = fitting if sought.kind is not None else self._first_of_each(fitting)
        return list(islice((one for one in found if sought.since <= one.at < sought.until), most))

    @property
    def unread(self) -> int:
        """Messages of which nobody could tell, at the last search by number, whether they carried it: their payloads are gone."""
        return int(getattr(self._documents, "unread", 0))

    def knows(self, partner: str) -> bool:
        """Whether the log has a message with a partner of this name."""
        return next(iter(self._evidence.begun(partner, _FIRST, _LAST)), None) is not None

    def completed(self, beginning: str) -> list[str]:
        """The MessageIds in the log that begin like this: it alone where it is one, else a few of them."""
        found = self._evidence.beginning(beginning, _AROUND)
        return [beginning] if beginning in found else found

    def nearest(self, message_id: str) -> str:
        """The MessageId in the log that is nearest to one that is not; empty where none is near."""
        return next(iter(get_close_matches(message_id, self._evidence.near(message_id, _AROUND), 1, 0.8)), "")

    def _candidates(self, sought: Sought) -> Iterable[Numbered]:
        """By the narrowest that was said; a time alone reads the whole log."""
        evidence = self._evidence
        if sought.number or sought.sha256:
            return _ordered(
                entry
                for one in self._messages(sought)
                for entry in evidence.of_message(one.message_id, one.partner, one.direction)
            )
        if sought.message_id:
            return evidence.of_message(sought.message_id)
        if sought.kind is not None:
            return evidence.kinds(sought.kind)
        if sought.partner:
            begun = evidence.begun(sought.partner, sought.since, sought.until)
            return (one for one in map(evidence.entry, (one.number for one in begun)) if one is not None)
        return evidence.walk()

    def _messages(self, sought: Sought) -> set[Message]:
        """Those that carried a document of this number, and this payload."""
        found = set(self._documents(sought.number, _DOCUMENTS)) if sought.number else None
        if sought.sha256:
            with_it = {message_of(_found(one)) for one in self._evidence.with_payload(sought.sha256)}
            found = with_it if found is None else found & with_it
        return found or set()

    def _first_of_each(self, entries: Iterable[Found]) -> Iterator[Found]:
        seen: set[Message] = set()
        for one in entries:
            message = message_of(one)
            # What is not about a message is found by its kind.
            if one.message_id and one.partner and message not in seen:
                seen.add(message)
                yield one


def message_of(found: Found) -> Message:
    """The message that an entry is about."""
    return Message(found.message_id, found.partner, found.direction)


def _fits(one: Numbered, sought: Sought) -> bool:
    kind, _, message_id, partner, _ = one.searched
    return (
        (not sought.partner or partner == sought.partner)
        and (not sought.message_id or message_id == sought.message_id)
        and (sought.kind is None or kind == sought.kind.value)
    )


def _found(one: Numbered) -> Found:
    kind, at, message_id, partner, direction = one.searched
    return Found(one.number, kind, read_instant(at), message_id, partner, direction)


def _ordered(entries: Iterable[Numbered]) -> list[Numbered]:
    return sorted({one.number: one for one in entries}.values(), key=lambda one: one.number)
