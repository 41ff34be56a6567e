"""What the store tells: accepted messages to be delivered, and lines for the operator."""

from dataclasses import dataclass
from datetime import datetime

from node.ebms.message import UserMessage
from node.ebms.states import InboundState, OutboundState
from node.msh.ports import AcceptedPayload, Kept


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One accepted user message with everything that was kept of it."""

    id: int
    state: InboundState
    user_message: UserMessage
    partner: str
    pmode_id: str
    received_at: datetime
    payloads: tuple[AcceptedPayload, ...]
    signer_sha256: str | None
    peer_address: str
    duplicates: int
    test_service: bool
    #: The root part as received, and the receipt as sent.
    envelope: Kept
    receipt: Kept
    receipt_content_type: str
    #: How often the Consumer was offered it in vain, and when it is offered again; None for at once.
    delivery_attempts: int = 0
    deliver_at: datetime | None = None

    @property
    def delivery_id(self) -> str:
        """What the Consumer knows it by; the same on a second delivery (INV-4)."""
        return f"in-{self.id:09d}"

    @property
    def message_id(self) -> str:
        """The eb:MessageId; unique only together with the sender."""
        return self.user_message.message_info.message_id


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a history."""

    at: datetime
    from_state: str
    event: str
    to_state: str
    detail: str = ""
    http_status: int | None = None
    error_code: str | None = None
    #: The octets of the answer that brought this step.
    answer: Kept | None = None
    answer_content_type: str | None = None


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """One outbound message in a list."""

    id: int
    message_id: str
    state: OutboundState
    partner: str
    pmode_id: str
    service: str
    action: str
    conversation_id: str
    submitted_at: datetime
    changed_at: datetime
    #: When it is to be sent; None while it is not.
    due_at: datetime | None
    attempts: int
    #: 0 to 9; among what is due, the higher goes first.
    priority: int
    held: bool
    #: Why it waits; empty while it simply waits for its turn.
    waits_for: str
    give_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages that we send an operator means; what is None means any."""

    message_id: str | None = None
    partner: str | None = None
    state: OutboundState | None = None
    action: str | None = None
    #: Submitted at or after, and before.
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """A partner that does not answer."""

    partner: str
    opened_at: datetime
    #: When it is asked again, by one message.
    probe_at: datetime
    failures: int
    why: str

    @property
    def words(self) -> str:
        """The reason why its messages wait."""
        since = self.opened_at.isoformat(timespec="minutes").replace("+00:00", "Z")
        return f"{self.partner} does not answer since {since}, {self.failures} attempts: {self.why}"


@dataclass(frozen=True, slots=True)
class InboundLine:
    """One inbound message in a list."""

    id: int
    message_id: str
    state: InboundState
    partner: str
    pmode_id: str
    service: str
    action: str
    conversation_id: str
    received_at: datetime
    changed_at: datetime
    test_service: bool
    duplicates: int
    from_party: str
    signer_sha256: str | None
    peer_address: str
    peer_tls_sha256: str | None


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """One refused request in a list."""

    id: int
    at: datetime
    peer_address: str
    peer_tls_sha256: str | None
    partner: str | None
    size: int
    sha256: str
    error_code: str
    detail: str
    message_id: str | None
    nearest_pmode: str | None


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that serves."""

    name: str
    #: Machine and process.
    place: str
    started_at: datetime
    #: What it alone does, of all processes on this store.
    duties: tuple[str, ...]
