"""What an entry of each kind must look like before anything of it is judged. Source: the format of evidence, 1."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any, Final

from node.evidence.entry import Clock, Entry, EntryRefused, Kind, read_instant

_NAMES: Final = "http|envelope|wire|receipt|answer|signer|tls|agreement|(?:payload|signer-path|revocation)-[1-9][0-9]{0,5}"
_OBJECT: Final = re.compile(rf"(?:{_NAMES})\Z")
_OF_ACT: Final = re.compile(rf"(?:{_NAMES}|(?:file|was|is)-[1-9][0-9]{{0,5}})\Z")
#: Only what a message carried, and what carried it, goes by a rule; receipts and certificates never do.
_GONE: Final = re.compile(r"(?:http|envelope|wire|answer|payload-[1-9][0-9]{0,5})\.[1-9][0-9]{0,15}\Z")
_SERIES: Final = ("payload", "signer-path", "revocation")
#: Without these an entry tells of a signature that nobody can see.
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.RECEIVED: ("envelope", "signer"),
    Kind.PACKAGED: ("envelope", "signer"),
    Kind.ACKNOWLEDGED: ("receipt", "signer"),
}
_DIRECTIONS: Final = {Kind.RECEIVED: "in", Kind.DELIVERED: "in", Kind.PACKAGED: "out", Kind.ACKNOWLEDGED: "out"}
_ACTS: Final = (Kind.ACTED, Kind.RETRIEVED, Kind.PURGED)
_SIGNED: Final = frozenset({"signature_algorithm", "signer", "references"})
_VERIFIED: Final = _SIGNED | {"policy", "revocation"}
#: How far two clocks may be apart.
APART: Final = timedelta(minutes=5)


def check_form(entry: Entry) -> None:
    """Raises EntryRefused for an entry that is not what the format says of its kind."""
    if not isinstance(entry.facts, dict):
        raise EntryRefused("its facts are no object")
    _check_names(entry)
    check_clock(entry.clock, entry)
    if entry.kind in _ACTS:
        if missing := [one for one in ("who", "what", "why") if not isinstance(entry.facts.get(one), str)]:
            raise EntryRefused(f"it does not say {missing[0]}")
        return
    if missing := [one for one in ("message_id", "partner", "direction") if not entry.about.get(one)]:
        raise EntryRefused(f"it does not say its {missing[0]}")
    way = entry.about["direction"]
    if way not in ("in", "out") or way != _DIRECTIONS.get(entry.kind, way):
        raise EntryRefused(f"a {entry.kind.value} is not of the direction {way!r}")
    if missing := [one for one in _NEEDED.get(entry.kind, ()) if one not in entry.objects]:
        raise EntryRefused(f"it names no {missing[0]}")
    _check_facts(entry)


def check_clock(clock: Clock | None, entry: Entry) -> None:
    """Raises EntryRefused for an offset that was measured after the fact, or a range that is none."""
    if clock is not None and (clock.within_ms < 0 or clock.measured_at > entry.at + APART):
        raise EntryRefused("the offset of its clock was measured after it, or within less than nothing")


def _check_names(entry: Entry) -> None:
    form = _GONE if entry.kind is Kind.PURGED else _OF_ACT if entry.kind is Kind.ACTED else _OBJECT
    for name in entry.objects:
        if not form.match(name):
            raise EntryRefused(f"it names {name}, which an entry of its kind does not")
    for series in _SERIES if entry.kind is not Kind.PURGED else ():
        numbers = sorted(int(one.rpartition("-")[2]) for one in entry.objects if one.startswith(f"{series}-"))
        if any(number != wanted for number, wanted in zip(numbers, count(1), strict=False)):
            raise EntryRefused(f"its {series}-N have a gap")


def _check_facts(entry: Entry) -> None:
    facts = entry.facts
    if entry.kind in (Kind.RECEIVED, Kind.ACKNOWLEDGED) or "verified" in facts:
        _check_signed(facts.get("verified"), _VERIFIED, "verified")
        if facts["verified"]["revocation"] not in ("good", "unknown", "off"):
            raise EntryRefused("facts.verified.revocation is none that is known")
    if entry.kind is Kind.PACKAGED and "signed" in facts:
        _check_signed(facts["signed"], _SIGNED, "signed")
    if "due_at" in facts:
        try:
            read_instant(facts["due_at"])
        except (TypeError, ValueError):
            raise EntryRefused("facts.due_at is no instant") from None


def _check_signed(told: Any, members: frozenset[str], name: str) -> None:
    if not isinstance(told, dict) or set(told) != members:
        raise EntryRefused(f"facts.{name} has other members than the format knows")
    rows = told["references"]
    texts = [told[one] for one in members - {"references"}]
    if not isinstance(rows, list) or not all(isinstance(one, str) for one in texts):
        raise EntryRefused(f"facts.{name} is not of its form")
    for row in rows:
        if (
            not isinstance(row, dict)
            or set(row) != {"uri", "method", "digest"}
            or not all(isinstance(one, str) for one in row.values())
        ):
            raise EntryRefused(f"facts.{name}.references is not of its form")
