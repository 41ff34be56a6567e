"""One fact of the log: what happened, when, by whose clock, and the SHA-256 of everything that it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

#: Of the form in which entries are written.
VERSION: Final = 1
#: An entry names octets, and holds none: a message of ten payloads takes a fiftieth of it.
MAX_OCTETS: Final = 1 << 17
#: RFC 8785 3.2.2.3: larger ones are no numbers of JSON.
_MAX_INTEGER: Final = (1 << 53) - 1
#: What is nested deeper is no fact; readers that go down call by call end somewhere else each.
_MOST_DEEP: Final = 32
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_NAME: Final = re.compile(r"[a-z][a-z0-9_.\-]*\Z")
_MEMBERS: Final = ("about", "at", "clock", "facts", "kind", "objects", "v")


class Kind(StrEnum):
    """What an entry tells of."""

    #: A user message of a partner was verified and accepted; with the receipt that answers it.
    RECEIVED = "message.received"
    #: A user message of ours was packaged: these are the octets that go out, each time.
    PACKAGED = "message.packaged"
    #: An attempt to send it, and what came back on the connection.
    ATTEMPTED = "message.attempted"
    #: A receipt of the partner was verified against what we signed.
    ACKNOWLEDGED = "message.acknowledged"
    #: The partner, or this node, gave it up.
    FAILED = "message.failed"
    #: The Consumer has it.
    DELIVERED = "message.delivered"
    #: Somebody changed something: configuration, a key, an agreement, or a message by hand.
    ACTED = "act"
    #: Somebody looked evidence up, and why.
    RETRIEVED = "evidence.retrieved"
    #: A rule removed octets, which stay named.
    PURGED = "evidence.purged"


class EntryRefused(ValueError):
    """The octets are no entry of the log; the text says why."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How far the clock was off when it was asked last."""

    #: In milliseconds; positive where this clock is ahead of the reference.
    offset_ms: int
    #: Half of the range in which the true offset lies.
    within_ms: int
    source: str
    measured_at: datetime

    def as_json(self) -> dict[str, Any]:
        """As entries and checkpoints have it."""
        return {
            "offset_ms": self.offset_ms,
            "within_ms": self.within_ms,
            "source": self.source,
            "measured_at": instant(self.measured_at),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact; its octets are the same for whoever writes it."""

    kind: Kind
    at: datetime
    #: Whom or what it is about, by which it is found: message_id, partner, number.
    about: Mapping[str, str] = field(default_factory=dict)
    #: SHA-256, hexadecimal, of each of the octets that it names.
    objects: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: None where nobody has asked a reference yet.
    clock: Clock | None = None

    def octets(self) -> bytes:
        """The canonical form. Raises ValueError for what is no fact: a name of other letters, a digest that is none, a number with a fraction."""
        _check(self.about, str, "about")
        _check(self.objects, str, "objects")
        for name, one in self.objects.items():
            if not _DIGEST.match(one):
                raise ValueError(f"objects.{name} is no SHA-256 in hexadecimal")
        about, objects, facts = dict(self.about), dict(self.objects), dict(self.facts)
        return written(members(self.kind, instant(self.at), about, objects, facts, self.clock))


def members(
    kind: Kind, at: str, about: Mapping[str, str], objects: Mapping[str, str], facts: Mapping[str, Any], clock: Clock | None
) -> dict[str, Any]:
    """What an entry consists of, whoever encodes it; `at` is written already."""
    return {
        "v": VERSION,
        "kind": kind.value,
        "at": at,
        "about": about,
        "objects": objects,
        "facts": facts,
        "clock": clock and clock.as_json(),
    }


def written(value: Any) -> bytes:
    """The form of RFC 8785 for values without fractions whose names are ASCII, nested 32 deep at most. Raises ValueError for others.

    For those, sorted names without spaces are that form; the library that knows the rest of it takes twenty times as long.
    """
    _check_value(value, "", _MOST_DEEP)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode("utf-8")


def read_entry(octets: bytes) -> Entry:
    """The entry that these octets are, and no others. Raises EntryRefused."""
    if len(octets) > MAX_OCTETS:
        raise EntryRefused(f"{len(octets)} octets, at most {MAX_OCTETS}")
    try:
        value = json.loads(octets.decode("utf-8"))
        if not isinstance(value, dict) or tuple(sorted(value)) != _MEMBERS or value["v"] != VERSION:
            raise EntryRefused(f"is not of version {VERSION}")
        entry = Entry(
            Kind(value["kind"]),
            read_instant(value["at"]),
            value["about"],
            value["objects"],
            value["facts"],
            read_clock(value["clock"]),
        )
        if entry.octets() != octets:
            raise EntryRefused("is not in the canonical form")
    except EntryRefused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EntryRefused(f"is no entry: {error}") from error
    return entry


def instant(at: datetime) -> str:
    """As the log writes it: UTC with microseconds."""
    # Half as long as strftime takes, and each entry has several.
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_instant(text: str) -> datetime:
    """Raises ValueError for another form."""
    found = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    if instant(found) != text:
        raise ValueError(f"{text[:40]!r} is no instant")
    return found


def read_clock(value: Any) -> Clock | None:
    """The clock of an entry or a checkpoint. Raises ValueError, TypeError, KeyError."""
    if value is None:
        return None
    clock = Clock(value["offset_ms"], value["within_ms"], value["source"], read_instant(value["measured_at"]))
    if not (type(clock.offset_ms) is type(clock.within_ms) is int and isinstance(clock.source, str)):
        raise ValueError("the offset of its clock is no number of milliseconds, or its source no text")
    if clock.within_ms < 0:
        raise ValueError("half of the range of its clock is less than nothing")
    return clock


def _check(named: Mapping[str, Any], kind: type, place: str) -> None:
    for name, one in named.items():
        if not _NAME.match(name) or not isinstance(one, kind):
            raise ValueError(f"{place}.{name} is no {kind.__name__}, or its name has other letters")


def _check_value(value: Any, place: str, deeper: int) -> None:
    if isinstance(value, dict | list | tuple) and not deeper:
        raise ValueError(f"nested deeper than {_MOST_DEEP}")
    if isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise ValueError(f"{place}.{name}: names are ASCII")
            _check_value(one, f"{place}.{name}", deeper - 1)
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            _check_value(one, f"{place}[{number}]", deeper - 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > _MAX_INTEGER:
            raise ValueError(f"{place}: a number beyond 2^53 is none of JSON")
    elif value is not None and not isinstance(value, str | bool):
        raise ValueError(f"{place}: {type(value).__name__} has no form here")
