"""Which of our own keys is used when: each purpose has a first key, and those that follow it at a time that was written down before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PURPOSES: Final = ("sign", "encrypt", "tls")
#: How long a partner may go on encrypting to a certificate after its successor has begun.
KEEP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NextKey:
    """A key of certs/own that takes over a purpose at an instant."""

    purpose: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """One key with the time for which it is the one in use; `opens_until` is when what was encrypted to it is no longer opened."""

    name: str
    since: datetime | None = None
    until: datetime | None = None
    opens_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """The keys of node.toml by purpose and time. Whoever names the first key of a purpose gets the one that follows it by now; any other name stands for itself."""

    sign: str
    encrypt: str
    tls: str | None = None
    following: tuple[NextKey, ...] = ()
    keep: timedelta = KEEP
    #: The longest time for which any partner may send a message again.
    resends: timedelta = timedelta(0)

    def first(self, purpose: str) -> str | None:
        """The key that `[keys]` names."""
        return {"sign": self.sign, "encrypt": self.encrypt, "tls": self.tls}[purpose]

    def turns(self, purpose: str) -> list[Turn]:
        """The keys of a purpose one after the other."""
        first = self.first(purpose)
        if first is None:
            return []
        nexts = sorted((one for one in self.following if one.purpose == purpose), key=lambda one: one.since)
        names: list[tuple[str, datetime | None]] = [(first, None), *((one.name, one.since) for one in nexts)]
        ends: list[datetime | None] = [*(one.since for one in nexts), None]
        return [Turn(name, since, end, self.opens_until(end)) for (name, since), end in zip(names, ends, strict=True)]

    def opens_until(self, end: datetime | None) -> datetime | None:
        """Until when what was encrypted to a key is opened: a partner may begin a message during `keep`, and then send it again as long as agreed."""
        return None if end is None else end + self.keep + self.resends

    def current(self, purpose: str, name: str | None, now: datetime) -> str | None:
        """The key that is used where `name` was agreed."""
        if name is None or name != self.first(purpose):
            return name
        return next((one.name for one in reversed(self.turns(purpose)) if one.since is None or one.since <= now), name)

    def opening(self, name: str, now: datetime) -> list[str]:
        """The keys that may open what was encrypted where `name` was agreed: the current one first, then those to come and those of before."""
        if name != self.encrypt:
            return [name]
        current = self.current("encrypt", name, now)
        held = [one.name for one in self.turns("encrypt") if one.opens_until is None or now < one.opens_until]
        return sorted(dict.fromkeys(held), key=lambda one: one != current)

    def instants(self, purposes: Iterable[str] = PURPOSES) -> list[datetime]:
        """When another key takes over."""
        return [one.since for one in self.following if one.purpose in purposes]
