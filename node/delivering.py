"""What the delivery worker does: each accepted message into the inbox folder, over one store."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from node.delivery.folder import Delivery, FolderInbox, Made
from node.ebms.states import InboundState
from node.msh.ports import Clock
from node.store.messages import StoredMessages
from node.store.values import InboundMessage

#: How often the Consumer is offered a message, and how long the message rests after the first time; twice as long after each further one
#: (never longer than LONGEST_REST of the store).
DELIVERY_ATTEMPTS = 5
REST = timedelta(seconds=30)


class Delivering:
    """The delivery worker's consumer: one inbox folder."""

    def __init__(self, messages: StoredMessages, inbox: Path, clock: Clock, mine: Callable[[], bool] = lambda: True) -> None:
        """`mine` tells whether this process, of several on one store, is the one that hands over."""
        self._mine = mine
        self._messages, self._clock = messages, clock
        self._inbox = FolderInbox(inbox)
        #: What was handed over and is not recorded yet, by delivery id.
        self._made: dict[str, Made] = {}
        #: What was in hand when the process died.
        self._interrupted = frozenset(self._inbox.interrupted())
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
        return self._inbox.down()

    def name(self, delivery: InboundMessage) -> str:
        """See `node.workers.deliver.Consumer`."""
        return delivery_id(delivery)

    def hand_over(self, delivery: InboundMessage) -> None:
        """See `node.workers.deliver.Consumer`."""
        one, name = delivery, self.name(delivery)
        self._made[name] = self._inbox.make(
            Delivery(name, one.partner, one.user_message, one.payloads, one.received_at, one.signer_sha256)
        )

    def delivered(self, deliveries: Sequence[InboundMessage]) -> None:
        """See `node.workers.deliver.Consumer`."""
        named = [(one, self.name(one)) for one in deliveries]
        self._inbox.show([self._made.pop(name) for _, name in named])
        rows = [(one.id, f"inbox/{one.partner}/{name}") for one, name in named]
        self._messages.delivered_all(rows, self._clock.now())


def delivery_id(delivery: InboundMessage) -> str:
    """In order of arrival, and never that of another message even if the store was made anew."""
    sender = [(one.type, one.value) for one in delivery.user_message.from_party.party_ids]
    return f"{delivery.id:08d}-{hashlib.sha256(repr((sender, delivery.message_id)).encode()).hexdigest()[:12]}"
