"""What an observer of the whole world writes down: every submission, octet on the wire and hand-over, and what contradicts a promise."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: The last so many lines of the transcript are kept.
LINES = 200


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: the invariant of reliability 1.3, the message it is about if any, and what was seen."""

    invariant: str
    message_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.message_id}: {self.what}".replace(" :", ":")


@dataclass(slots=True)
class Sent:
    """One message that a node promised to send."""

    sender: str
    receiver: str
    digest: str
    at: float
    handed_over_at: float | None = None
    wire: str = ""
    receipt: str = ""
    attempts: int = 0
    tried_first: float | None = None
    tried_last: float = 0.0
    #: The state that its sender tells in the end; None where the sender does not know it any more.
    state: str | None = None


@dataclass(slots=True)
class Ledger:
    """Filled by the simulated producers, network and consumers, none of which can crash."""

    now: Callable[[], float]
    sent: dict[str, Sent] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    #: Delivery ids by (receiver, message id).
    deliveries: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    #: Message ids of which the network damaged a request.
    damaged: set[str] = field(default_factory=set)

    def tell(self, line: str) -> None:
        """One line of the transcript."""
        self.lines.append(f"{moment(self.now())}  {line}")
        if len(self.lines) > 2 * LINES:
            del self.lines[:-LINES]

    def blame(self, invariant: str, message_id: str, what: str) -> None:
        """A promise is broken."""
        self.violations.append(Violation(invariant, message_id, what))
        self.tell(f"BROKEN {self.violations[-1]}")

    def submitted(self, message_id: str, sender: str, receiver: str, document: bytes) -> None:
        """A node answered a producer that it has the message."""
        if message_id in self.sent:
            self.blame("INV-1", message_id, "the same message id was given to two submissions")
        self.sent[message_id] = Sent(sender, receiver, digest_of(document), self.now())
        self.counts["submitted"] += 1

    def posted(self, message_id: str, octets: bytes) -> None:
        """An attempt puts these octets on the wire."""
        sent = self.sent.get(message_id)
        if sent is None:
            # The producer has not heard yet that it was taken; a crash in between leaves a message that nobody waits for.
            return
        sent.attempts += 1
        sent.tried_last = self.now()
        if sent.tried_first is None:
            sent.tried_first = sent.tried_last
        self.counts["attempts"] += 1
        digest = digest_of(octets)
        if sent.wire and sent.wire != digest:
            self.blame("INV-8", message_id, "a resend has other octets than the first attempt")
        sent.wire = digest

    def receipted(self, receiver: str, message_id: str, octets: bytes) -> None:
        """A receipt leaves the receiver."""
        self.counts["receipts"] += 1
        sent = self.sent.get(message_id)
        if sent is None:
            return
        digest = digest_of(octets)
        if sent.receipt and sent.receipt != digest:
            self.blame("INV-5", message_id, f"{receiver} answered a duplicate with another receipt")
        sent.receipt = digest

    def handed_over(self, receiver: str, message_id: str, delivery_id: str, document: bytes) -> None:
        """A consumer has a delivery; the same delivery id again is harmless."""
        ids = self.deliveries.setdefault((receiver, message_id), set())
        if delivery_id in ids:
            self.counts["hand-overs repeated under the same delivery id"] += 1
            return
        ids.add(delivery_id)
        if len(ids) > 1:
            self.blame("INV-4", message_id, f"handed over to the consumer of {receiver} under two delivery ids")
        sent = self.sent.get(message_id)
        if sent is None:
            return
        if (sent.receiver, sent.digest) != (receiver, digest_of(document)):
            self.blame("INV-4", message_id, f"{receiver} got another document than {sent.sender} sent")
        sent.handed_over_at = self.now()
        self.counts["delivered"] += 1

    def lost(self) -> list[str]:
        """Messages that were taken from a producer, never reached the other consumer, and of which no sender says that they failed."""
        return [
            message_id
            for message_id, sent in self.sent.items()
            if sent.state != "FAILED" and (sent.receiver, message_id) not in self.deliveries
        ]

    def doubled(self) -> list[str]:
        """Messages that a consumer was given under several delivery ids, and so took for several."""
        return [message_id for (_, message_id), ids in self.deliveries.items() if len(ids) > 1]


def digest_of(octets: bytes) -> str:
    """SHA-256, short."""
    return hashlib.sha256(octets).hexdigest()[:32]


def moment(seconds: float) -> str:
    """A time of the simulation: day and time of day."""
    day, rest = divmod(seconds, 86_400)
    return f"day {day:3.0f} {int(rest // 3600):02d}:{int(rest // 60) % 60:02d}:{rest % 60:06.3f}"
