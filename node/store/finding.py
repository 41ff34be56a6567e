"""What an invariant finds, and what only the world outside the store can know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one invariant: what is wrong, where, and what to do about it."""

    id: str
    what: str
    where: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What others saw of a store. What nobody tells is not checked."""

    now: datetime
    #: Whether a node works on the store now, so that attempts may be under way.
    serving: bool = False
    #: MessageIds whose submission was answered with success.
    submitted: Collection[str] = ()
    #: MessageIds of messages that were refused each time they came.
    refused: Collection[str] = ()
    #: The receipts that came back to the sender, by MessageId.
    receipts: Mapping[str, Collection[bytes]] = field(default_factory=dict)
    #: What the Consumer was given: partner, MessageId and delivery id, once for each time.
    consumed: Collection[tuple[str, str, str]] | None = None
    #: SHA-256 of the HTTP bodies that reached the partner, by MessageId.
    bodies: Mapping[str, Collection[str]] = field(default_factory=dict)
    #: No schedule lets a message wait longer.
    longest_wait: timedelta = timedelta(days=31)
