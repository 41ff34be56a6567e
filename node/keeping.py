"""What the sweeps of retention do over one store: remove what the rules let go, then the files that nothing names any more."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

from node.msh.ports import Clock, StorageUnavailable
from node.msh.retention import Goes, Removes, Rule, Stays, what_goes
from node.store.invariants import ORPHAN_AGE
from node.store.messages import StoredMessages
from node.store.purging import Candidate
from node.store.rows import IN, OUT

#: The rule of a partner, service and action.
RuleOf = Callable[[str, str, str], Rule]

#: Messages that are read at a time; each is removed in a transaction of its own, so that nobody waits for a purge.
PAGE: Final = 200
#: Files in one go.
FILES: Final = 100
#: What one run removes at most; the next run goes on.
MOST: Final = 20_000
#: So many messages are offered to an archive that takes none.
GIVE_UP: Final = 20
#: No period is counted further than this beyond the last thing that happened here: a clock that is years ahead must not empty the store.
BEYOND: Final = timedelta(days=31)

log = logging.getLogger("node.keeping")


class Archived(Protocol):
    """What keeps elsewhere what goes here."""

    def put(self, candidate: Candidate, goes: Goes) -> object:
        """Return only when all of it is there and was read back. Raises StorageUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Planned:
    """One message of which the rules let something go."""

    candidate: Candidate
    verdict: Goes


@dataclass(slots=True)
class Removed:
    """What one run has removed."""

    #: Messages of which the octets that went over the wire are gone.
    wire: int = 0
    payloads: int = 0
    messages: int = 0
    files: int = 0
    #: Messages that stay since the archive did not take them.
    kept: int = 0

    @property
    def all(self) -> int:
        """How many things."""
        return self.wire + self.payloads + self.messages + self.files


def shortest(rules: Iterable[Rule]) -> tuple[timedelta | None, timedelta | None, timedelta | None]:
    """The shortest period after which wire octets may go, payloads may, and everything may; None where nothing ever may."""
    wires: list[timedelta] = []
    payloads: list[timedelta] = []
    evidence: list[timedelta] = []
    for rule in rules:
        wires += [rule.sent] if rule.sent is not None else []
        payloads += [one for one in (rule.payload, rule.failed) if one is not None]
        evidence += [max(rule.evidence, rule.window)] if rule.evidence is not None else []
    return min(wires, default=None), min(payloads, default=None), min(evidence, default=None)


class Keeping:
    """Retention over one store. Every step may be done twice, by two nodes, or cut off by a crash."""

    def __init__(
        self, messages: StoredMessages, rule_of: RuleOf, rules: Iterable[Rule], clock: Clock, archive: Archived | None = None
    ) -> None:
        """`rules` are all that `rule_of` may answer: what is younger than the shortest period of any is not even looked at.

        `archive` is given each message of which payloads are to go, or all; what it does not take stays.
        """
        self._messages, self._rule_of, self._clock, self._archive = messages, rule_of, clock, archive
        self._stopping = Event()
        self.renew(rules)

    def renew(self, rules: Iterable[Rule]) -> None:
        """Other rules hold from the next run on."""
        self._sent, self._payload, self._evidence = shortest(rules)

    def plan(self, as_of: datetime | None = None) -> Iterator[Planned]:
        """What would be removed at an instant, and by which rule; removes nothing."""
        at = as_of or self.now()
        for direction in (OUT, IN):
            if self._payload is not None:
                yield from self._planned(self._messages.purgeable(direction, at - self._payload, PAGE), Removes.PAYLOADS, at)
            if self._evidence is not None:
                yield from self._planned(self._messages.oldest(direction, at - self._evidence, PAGE), Removes.ALL, at)
        # Last, since the octets of most of the messages go so, and a run has an end.
        if self._sent is not None:
            yield from self._planned(self._messages.wired(at - self._sent, PAGE), Removes.WIRE, at)

    def _planned(self, candidates: Iterator[Candidate], what: Removes, at: datetime) -> Iterator[Planned]:
        """Of each message the verdict, where it is about `what`."""
        for one in candidates:
            verdict = self.verdict(one, at)
            if isinstance(verdict, Goes) and verdict.what is what:
                yield Planned(one, verdict)

    def verdict(self, candidate: Candidate, at: datetime) -> Goes | Stays:
        """What the rule of this message says."""
        return what_goes(candidate.facts, self._rule_of(candidate.partner, candidate.service, candidate.action), at)

    def now(self) -> datetime:
        """The instant by which periods are counted."""
        now, last = self._clock.now(), self._messages.last_step_at()
        if last is None or now - last <= BEYOND:
            return now
        log.warning("retention counts to %s only: nothing has happened here since %s", last + BEYOND, last)
        return last + BEYOND

    def run(self, most: int = MOST) -> Removed:
        """Remove what the rules let go now."""
        at, removed = self.now(), Removed()
        for one in self.plan(at):
            if removed.all >= most or removed.kept >= GIVE_UP or self._stopping.is_set():
                break
            self._remove(one, at, removed)
        removed.files = self.remove_files()
        return removed

    def stop(self) -> None:
        """End a run after the message that is in hand; the next process goes on."""
        self._stopping.set()

    def sweep(self) -> int:
        """The same, as a sweep counts."""
        return self.run().all

    def _remove(self, one: Planned, at: datetime, removed: Removed) -> None:
        if one.verdict.what is Removes.WIRE:
            # What it said is in the envelope and the payloads, which the archive gets when they go.
            removed.wire += self._messages.remove_wire(one.candidate, one.verdict, at)
            return
        if self._archive is not None:
            try:
                self._archive.put(one.candidate, one.verdict)
            except StorageUnavailable as error:
                removed.kept += 1
                log.error("%s is not purged: %s", one.candidate.message_id, error)
                return
        if one.verdict.what is Removes.PAYLOADS:
            removed.payloads += self._messages.remove_payloads(one.candidate, one.verdict, at)
        else:
            removed.messages += self._messages.remove_all(one.candidate, one.verdict, at)

    def remove_files(self) -> int:
        """Remove the files of which nothing is to be found in a row for a day; how many."""
        done, now = 0, self._clock.now()
        while not self._stopping.is_set() and (gone := self._messages.remove_files(now, FILES)):
            done += gone
        return done

    def orphans(self) -> int:
        """Mark files that have had no row for a day, such as those of a message that a crash cut off, and tidy up; how many."""
        now = self._clock.now()
        oldest = now - ORPHAN_AGE
        try:
            tidied = self._messages.files.tidy(oldest, now)
            old = [one.name for one in self._messages.files.lying() if one.written_at < oldest]
        except StorageUnavailable as error:
            log.warning("what lies among the payloads cannot be listed now: %s", error)
            return 0
        return tidied + self._messages.mark_orphans(old, now)
