"""What the delivery worker does: each accepted message, its documents judged, into the folder where the Consumer looks for it, over one store."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from node.checking import HELD, INBOX, PLACES, Taken
from node.delivery.folder import Delivery, FolderInbox, Made
from node.ebms.states import InboundState
from node.msh.ports import Clock, StorageUnavailable
from node.store.messages import StoredMessages
from node.store.values import InboundMessage

#: How often the Consumer is offered a message, and how long the message rests after the first time; twice as long after each further one
#: (never longer than LONGEST_REST of the store).
DELIVERY_ATTEMPTS = 5
REST = timedelta(seconds=30)

log = logging.getLogger("node.delivering")


class Delivering:
    """The delivery worker's consumer: one folder below `data` for each place where a message may go."""

    def __init__(
        self,
        messages: StoredMessages,
        data: Path,
        clock: Clock,
        mine: Callable[[], bool] = lambda: True,
        take: Callable[[InboundMessage], Taken] = lambda _: Taken(INBOX),
        answer: Callable[[], object] = lambda: None,
        arrived: Callable[[str, str, datetime], bool] = lambda *_: False,
    ) -> None:
        """`mine` tells whether this process, of several on one store, is the one that hands over; `take` judges the documents of a message and says
        where it goes; `arrived` hears what the Consumer has now, more than once if a crash comes between, and tells whether
        that is to be answered; `answer` sends what is owed.
        """
        self._mine, self._take, self._answer, self._arrived = mine, take, answer, arrived
        self._messages, self._clock = messages, clock
        self._places = {place: FolderInbox(data / place) for place in PLACES}
        #: What was handed over and is not recorded yet, with its place, by delivery id.
        self._made: dict[str, tuple[str, Made]] = {}
        #: Whether one of these is owed an answer.
        self._owes = False
        #: What was in hand when the process died.
        self._interrupted = frozenset(name for inbox in self._places.values() for name in inbox.interrupted())
        if len(self._interrupted) == 1:
            # In hand alone: it is the likely cause. Of several each is tried alone first.
            row_id = int(next(iter(self._interrupted)).partition("-")[0])
            self._messages.delivery_attempted(
                row_id, self._clock.now(), "the node died while it was handed over", REST, DELIVERY_ATTEMPTS
            )

    def deliverable(self, limit: int) -> Sequence[InboundMessage]:
        """See `node.workers.deliver.Consumer`."""
        return self._messages.deliverable(limit, self._clock.now()) if self._mine() else []

    def tried(self, delivery: InboundMessage) -> bool:
        """See `node.workers.deliver.Consumer`."""
        return delivery.delivery_attempts > 0 or self.name(delivery) in self._interrupted

    def failed(self, delivery: InboundMessage, reason: str) -> str:
        """See `node.workers.deliver.Consumer`."""
        rest = REST * 2**delivery.delivery_attempts
        state = self._messages.delivery_attempted(delivery.id, self._clock.now(), reason, rest, DELIVERY_ATTEMPTS)
        if state is InboundState.DELIVERY_FAILED:
            return f"set aside; look, then n2n message deliver-again {delivery.message_id}"
        return f"attempt {delivery.delivery_attempts + 1} of {DELIVERY_ATTEMPTS}; the next in {rest.total_seconds():.0f} s"

    def down(self) -> str:
        """See `node.workers.deliver.Consumer`."""
        return self._places[INBOX].down()

    def name(self, delivery: InboundMessage) -> str:
        """See `node.workers.deliver.Consumer`."""
        return delivery_id(delivery)

    def hand_over(self, delivery: InboundMessage) -> None:
        """See `node.workers.deliver.Consumer`."""
        one, name = delivery, self.name(delivery)
        taken = self._take(one)
        if taken.prompt:
            self._answer()
        self._owes = self._owes or (taken.owes and not taken.prompt)
        made = self._places[taken.place].make(
            Delivery(
                name,
                one.partner,
                one.user_message,
                one.payloads,
                one.received_at,
                one.signer_sha256,
                taken.documents,
                taken.files,
            )
        )
        self._made[name] = taken.place, made

    def delivered(self, deliveries: Sequence[InboundMessage]) -> None:
        """See `node.workers.deliver.Consumer`."""
        named = [(one, self.name(one)) for one in deliveries]
        made = [(name, *self._made.pop(name)) for _, name in named]
        places = {name: place for name, place, _ in made}
        for place, inbox in self._places.items():
            shown = [one for _, where, one in made if where == place]
            if shown:
                inbox.show(shown)
        for one, name in named:
            if places[name] != HELD:
                # It lay there until somebody decided.
                self._places[HELD].withdraw(one.partner, name)
        # What is recorded is never offered again: an answer owed only behind that is lost with a process that dies in between.
        rows = [(one.id, f"{places[name]}/{one.partner}/{name}") for one, name in named if self._heard(one)]
        self._messages.delivered_all(rows, self._clock.now())
        if self._owes:
            self._owes = False
            self._answer()

    def _heard(self, one: InboundMessage) -> bool:
        """Owe what follows from the arrival; false when that is not to be done, and the message is offered again. Raises StorageUnavailable."""
        try:
            self._owes = self._arrived(one.message_id, one.partner, self._clock.now()) or self._owes
        except StorageUnavailable:
            raise
        except Exception as error:
            # Whatever it is, one message must not stop the others.
            log.exception("the answer to the arrival of %s of %s cannot be made", one.message_id, one.partner)
            log.error("delivery %s: %s", self.name(one), self.failed(one, f"{type(error).__name__}: {error}"))
            return False
        return True


def delivery_id(delivery: InboundMessage) -> str:
    """In order of arrival, and never that of another message even if the store was made anew."""
    sender = [(one.type, one.value) for one in delivery.user_message.from_party.party_ids]
    return f"{delivery.id:08d}-{hashlib.sha256(repr((sender, delivery.message_id)).encode()).hexdigest()[:12]}"
