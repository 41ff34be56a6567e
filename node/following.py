"""Where documents stand on the ladder, and the sweep that tells of steps that are late. Source: DESIGN 8."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.customs.filing.registration import IN, Entry
from node.customs.ladder import NO_DEADLINES, RUNGS, Deadlines, Ladder, Reached, stand
from node.ebms.states import OutboundEvent
from node.msh.ports import Clock
from node.store.documents import StoredDocuments
from node.store.ladders import Standing, StoredLadders
from node.store.messages import StoredMessages

#: What is looked at in one go.
PAGE: Final = 200
#: A receipt that is late is looked for again after this: nothing else tells that it came.
AGAIN: Final = timedelta(minutes=5)

log = logging.getLogger("node.following")

#: The deadlines of a partner and type.
DeadlinesOf = Callable[[str, str], Deadlines]
#: Until when a document itself wants which step.
WantedBy = Callable[[Entry], Mapping[str, datetime]]
#: The steps of a document that nobody waits for any more, because its life is over.
Over = Callable[[Entry], Collection[str]]


@dataclass(frozen=True, slots=True)
class Late:
    """A document of ours of which a step is late."""

    entry: Entry
    ladder: Ladder
    #: Since when that is known.
    since: datetime


class Following:
    """Follows our documents up the ladder."""

    def __init__(
        self,
        documents: StoredDocuments,
        ladders: StoredLadders,
        messages: StoredMessages,
        deadlines_of: DeadlinesOf,
        clock: Clock,
        wanted_by: WantedBy = lambda _: {},
        over: Over = lambda _: (),
    ) -> None:
        self._documents, self._ladders, self._messages = documents, ladders, messages
        self._deadlines_of, self._clock, self._wanted_by, self._over = deadlines_of, clock, wanted_by, over

    def ladder(self, entry: Entry) -> Ladder:
        """Where a document stands: by what this node knows itself, and by what documents have told."""
        about = entry.about
        heard = [*self._known(entry), *self._ladders.heard(about.sender, about.document_id)]
        # What others send is for them to follow, and what nothing answers is only received.
        ours = entry.carried.direction != IN
        answered = not ours or self._ladders.is_awaited(about.sender, about.document_id)
        deadlines, wanted = self._awaited(entry) if ours else (NO_DEADLINES, {})
        return stand(heard, deadlines, self._clock.now(), answered=answered, wanted=wanted)

    def _awaited(self, entry: Entry) -> tuple[Deadlines, Mapping[str, datetime]]:
        """What was agreed, and what the document itself wants; without the steps that nobody waits for any more."""
        deadlines, wanted = self._deadlines_of(entry.carried.partner, entry.about.type_id), self._wanted_by(entry)
        over = self._over(entry)
        if not over:
            return deadlines, wanted
        periods = {level: period for level, period in deadlines.periods.items() if level not in over}
        return Deadlines(periods), {level: at for level, at in wanted.items() if level not in over}

    def _known(self, entry: Entry) -> Iterator[Reached]:
        """L0 and L1."""
        at = entry.registered_at
        if entry.carried.direction == IN:
            # Our receipt says so.
            yield Reached("L1", "", at, at, entry.carried.message_id)
            return
        yield Reached("L0", "", at, at, entry.carried.message_id)
        for step in self._messages.history(entry.carried.message_id):
            if step.event == OutboundEvent.RECEIPT_MATCHED:
                yield Reached("L1", "", step.at, step.at)
                return

    def late(self, most: int = PAGE) -> list[Late]:
        """What is late, the longest first."""
        found = []
        for standing in self._ladders.late(most):
            entry = self._documents.entry(standing.document)
            if entry is not None and standing.escalated_at is not None:
                found.append(Late(entry, self.ladder(entry), standing.escalated_at))
        return found

    def sweep(self) -> int:
        """Look at everything that is due, and tell of each step that is late once; how many were told."""
        told = 0
        while due := self._ladders.due(self._clock.now(), PAGE):
            told += sum(self._look(standing) for standing in due)
        return told

    def _look(self, standing: Standing) -> bool:
        """Whether a step was found to be late that was not known to be."""
        entry = self._documents.entry(standing.document)
        ladder = self.ladder(entry) if entry is not None else None
        if entry is None or ladder is None or not ladder.awaits:
            self._ladders.look_again(standing, "", None)
            return False
        if not ladder.late:
            self._ladders.look_again(standing, ladder.awaits, ladder.due_at)
            return False
        now = self._clock.now()
        again_at = now + AGAIN if ladder.awaits == "L1" else None
        if standing.awaits == ladder.awaits and standing.escalated_at is not None:
            self._ladders.look_again(standing, ladder.awaits, again_at, standing.escalated_at)
            return False
        why = f"{ladder.awaits} ({RUNGS[ladder.awaits].en}) of {entry.about.type_id} {shown(entry)} was due {ladder.due_at:%Y-%m-%dT%H:%M:%SZ}"
        if not self._ladders.escalate(standing, ladder.awaits, again_at, entry.carried.message_id, why, now):
            return False
        log.error("LATE: %s, message %s to %s", why, entry.carried.message_id, entry.carried.partner)
        return True


def shown(entry: Entry) -> str:
    """A document as people call it: its number, or its MessageID where it has none."""
    about = entry.about
    return f"{about.number} version {about.version}" if about.number and about.version else about.number or about.document_id
