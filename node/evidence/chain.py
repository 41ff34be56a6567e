"""Each entry of the log carries the hash of all before it: whatever is changed, left out, moved or put in is found at its number."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: Before the first entry.
NOTHING: Final = bytes(32)
#: RFC 9162 2.1.1 has 0x00 for leaves and 0x01 for nodes; a third mark keeps a chain value from being taken for either.
_LINK: Final = b"\x02"
_LEAF: Final = b"\x00"


def leaf_hash(entry: bytes) -> bytes:
    """The SHA-256 of an entry as a leaf of the tree. Source: RFC 9162 2.1.1."""
    return hashlib.sha256(_LEAF + entry).digest()


def link(before: bytes, leaf: bytes) -> bytes:
    """The chain value of an entry: over that of the entry before, and its own leaf."""
    return hashlib.sha256(_LINK + before + leaf).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as the log holds it."""

    number: int
    octets: bytes
    leaf: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which the log is not what was written; `number` is that of an entry, from 1."""

    number: int
    what: str


def first_break(links: Iterable[Link], before: bytes = NOTHING, number: int = 1) -> Break | None:
    """Where a run of entries, in the order in which they lie, stops to be one chain; None where it is one."""
    for one in links:
        if one.number != number:
            what = f"entry {number} is missing" if one.number > number else f"entry {one.number} comes a second time"
            return Break(min(one.number, number), what)
        if leaf_hash(one.octets) != one.leaf:
            return Break(number, "the entry is not the one of which the hash was taken")
        before = link(before, one.leaf)
        if one.chain != before:
            return Break(number, "the entry does not follow the one before it")
        number += 1
    return None
