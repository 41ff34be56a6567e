"""Everything the handler asks of the world, on one page: each port has a real adapter and an in-memory twin."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from node.ebms.errors import EbmsError, ErrorDefinition
from node.ebms.message import PartInfo, SignedReference, UserMessage
from node.ebms.namespaces import GZIP
from node.ebms.pmode import PMode
from node.ebms.states import OutboundEvent, OutboundState
from node.msh.age import Age
from node.msh.next_action import ALWAYS_OPEN, Calendar, Decide
from node.security.certificates import Certificate
from node.security.keys import DecryptionKey, SigningKey


class SubmissionError(Exception):
    """The Producer's submission cannot be sent as it stands; the text names the place and the remedy."""


class NotNow(Exception):
    """An exchange that was to be sent is not to be sent now: it waits, is held, or has ended meanwhile; the store knows why."""


class LeaseLost(NotNow):
    """Somebody else has claimed the exchange since; what this attempt brought is not written down."""


class StorageUnavailable(Exception):
    """The store cannot take a message durably now; the peer is answered 503 and resends. `remedy` says what people may look at, where that is known."""

    def __init__(self, what: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Tls:
    """How a connection is protected, in OpenSSL's words."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of the connection: address and, under mutual TLS, the DER of its certificate."""

    address: str
    certificate: bytes | None = None
    #: Whether we opened the connection, to pull: TLS has then judged its server certificate already.
    called: bool = False
    #: The head of what came over it, as it came, without the empty line.
    head: bytes = b""
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the verdict on a certificate rests on: the certificates above it, and what their authorities said."""

    #: How its path was judged.
    policy: str
    #: `good`, `unknown`, or `off` where nobody was asked.
    revocation: str
    #: DER, from its issuer up to the trust anchor.
    above: tuple[bytes, ...] = ()
    #: Revocation lists and OCSP responses, DER.
    revocation_data: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature: whose it is, over what, and for a partner's the grounds on which its certificate was believed."""

    algorithm: str
    signer: Certificate
    references: tuple[SignedReference, ...]
    grounds: Grounds | None = None
    #: Of our own: DER, the issuer first.
    above: tuple[bytes, ...] = ()


# -- octets ----------------------------------------------------------------------------------------------------------


class Kept(Protocol):
    """Octets that lie still: in memory when small, in a file when large."""

    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    def chunks(self, size: int = 262_144) -> Iterable[bytes | memoryview]: ...
    def discard(self) -> None:
        """Remove the octets unless a store transaction has named them; harmless when called twice."""
        ...


class Sink(Protocol):
    """Octets being written; small ones stay in memory, larger ones spill to a quarantine file."""

    def write(self, octets: bytes | bytearray | memoryview) -> object: ...
    def keep(self, sha256: str | None = None) -> Kept:
        """Close and return what was written; durable only once a store transaction names it.

        `sha256` (hex) is given where the writer has just computed it, so that nothing is hashed twice; otherwise `Kept.sha256` is computed
        from the octets when it is first asked for.
        """
        ...

    def discard(self) -> None:
        """Remove every octet; harmless when called twice or after `keep`."""
        ...


class Quarantine(Protocol):
    """Where octets wait until they are proven."""

    def sink(self) -> Sink: ...
    def free_for(self, size: int) -> bool:
        """Whether free space is at least 1.5 times `size` octets (reliability 1.3, step 2)."""
        ...


# -- HTTP ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Awaited:
    """A request whose answer may still go out on its own HTTP exchange, instead of the receipt (C 2.2.8)."""

    pmode_id: str
    message_id: str
    #: For how long; 0 for a request that came again, which gets what there is.
    seconds: float
    #: Posted once the answer has taken the place of the receipt; None where it is posted anyhow.
    receipt: "Owed | None" = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back on the HTTP exchange: an ebMS signal, a SOAP fault, or nothing but a status."""

    status: int
    content_type: str | None = None
    octets: bytes = b""
    #: Segments that follow the octets: a pulled message as it was frozen.
    body: tuple[Kept, ...] = ()
    #: For us alone: whether a message was accepted that was not there before.
    accepted: bool = field(default=False, compare=False)
    #: For us alone: this answer may give way to a message that answers the request.
    awaited: Awaited | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One HTTP request to a partner; the body can be read again for a resend."""

    message_id: str
    partner: str
    url: str
    content_type: str
    #: The body is these segments one after the other.
    body: tuple[Kept, ...]
    connect_timeout: float
    read_timeout: float
    pmode_id: str = ""
    #: What the receipt must repeat.
    references: tuple[SignedReference, ...] = ()
    #: Under which its exchange was claimed.
    lease: int = 0


class Sent(Protocol):
    """A message of ours that a signal may speak of: an `Outgoing` just posted, or an `Exchange` of long ago."""

    @property
    def message_id(self) -> str: ...
    @property
    def pmode_id(self) -> str: ...
    @property
    def references(self) -> tuple[SignedReference, ...]: ...
    @property
    def lease(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the partner's HTTP server answered, at most 1 MiB of it, content coding removed."""

    status: int
    content_type: str | None
    octets: bytes
    #: Seconds for which the partner asks to be left alone.
    retry_after: float | None = None
    #: Whom we reached: its address, its certificate, and the head of its answer.
    peer: Peer | None = field(default=None, compare=False)


class TransportError(Exception):
    """No usable HTTP answer came: the network's fault. `retryable` says whether trying again can help."""

    def __init__(self, problem: str, *, retryable: bool = True) -> None:
        super().__init__(problem)
        self.retryable = retryable


# -- outbound --------------------------------------------------------------------------------------------------------

#: The highest priority; the lowest is 0.
MOST_URGENT = 9


@dataclass(frozen=True, slots=True)
class SubmittedPayload:
    """One payload as the Producer gave it: plain octets with their media type and the PartInfo it got."""

    octets: Kept
    media_type: str
    part_info: PartInfo
    #: A file name to show; never used as a path.
    name: str | None = None
    #: The same octets as gzip, where they lie so.
    packed: Kept | None = None

    @property
    def travels_packed(self) -> bool:
        """Whether its PartInfo says that it travels as gzip; it may itself be of the media type that compressed ones have."""
        return self.part_info.part_property("CompressionType") == GZIP


@dataclass(frozen=True, slots=True)
class Exchange:
    """One outbound user message's journey: what was submitted and, once packaged, what was frozen."""

    user_message: UserMessage
    pmode_id: str
    partner: str
    payloads: tuple[SubmittedPayload, ...]
    submitted_at: datetime
    state: OutboundState
    #: Frozen by packaging: the references that the receipt must repeat.
    references: tuple[SignedReference, ...] = ()
    content_type: str | None = None
    #: The HTTP body exactly as it is sent and, on a resend, sent again.
    #: Segments in order (head, ciphertext of a part, next head ...), so that a large part is never copied; empty until packaged.
    wire: tuple[Kept, ...] = ()
    #: Since it was submitted, or an operator asked for it to be sent again.
    attempts: int = 0
    #: 0 to 9; among what is due, the higher goes first.
    priority: int = 5
    #: When it is to be sent; None while it is not.
    due_at: datetime | None = None
    #: After this instant no further attempt is made; None before the first.
    give_up_at: datetime | None = None
    #: Why it waits, in words for an operator.
    waits_for: str = ""
    held: bool = False
    #: The number under which it was claimed; an older one can write nothing (INV-9).
    lease: int = 0
    #: The channel on which the partner pulls it; empty for what we push.
    mpc: str = ""

    @property
    def message_id(self) -> str:
        """The eb:MessageId, which never changes between attempts."""
        return self.user_message.message_info.message_id


@dataclass(frozen=True, slots=True)
class Packaged:
    """What packaging froze for one exchange."""

    message_id: str
    content_type: str
    wire: tuple[Kept, ...]
    references: tuple[SignedReference, ...]
    #: Under which the exchange was claimed.
    lease: int = 0
    #: What evidence needs of it; None where it was packaged before.
    sealed: "Sealed | None" = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What packaging knows and the octets on the wire hide."""

    envelope: bytes
    #: SHA-256, hexadecimal, of each payload as it was signed.
    payloads: tuple[str, ...]
    pmode: PMode
    #: None where nothing was signed.
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one attempt or one signal means for an exchange: an event of the state table, and its evidence."""

    message_id: str
    event: OutboundEvent
    at: datetime
    detail: str = ""
    #: HTTP body of the answer that carried the signal, as received.
    answer: bytes = b""
    answer_content_type: str = ""
    error_code: str | None = None
    http_status: int | None = None
    #: What follows if the exchange is then still open; asked in the transaction. Without it, what was decided before stands.
    decide: Decide | None = None
    #: The lease of the attempt that ended; None for what is true whoever sends, such as a receipt.
    lease: int | None = None
    #: The SOAP envelope of a receipt, where the answer holds more.
    receipt: bytes = b""
    #: The signature of the signal, where it was verified.
    signed: Signed | None = None
    #: Over which connection it came.
    peer: Peer | None = None


# -- inbound ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcceptedPayload:
    """One verified payload: octets as signed (still compressed when it came compressed), and what they inflate to."""

    octets: Kept
    part_info: PartInfo
    media_type: str
    compressed: bool
    inflated_size: int
    content_id: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """One verified user message with the receipt that answers it."""

    user_message: UserMessage
    pmode: PMode
    #: The root part as received.
    envelope: bytes
    payloads: tuple[AcceptedPayload, ...]
    references: tuple[SignedReference, ...]
    signer_sha256: str | None
    receipt: bytes
    receipt_content_type: str
    received_at: datetime
    peer: Peer
    #: SHA-256 over what makes two messages the same: the signed digests, or canonical octets when unsigned.
    fingerprint: str
    #: Whether the receipt is posted later, as a request of its own; then that it is owed is written in the same transaction.
    receipt_later: bool = False
    #: What its eb:Timestamp says, and what the agreement makes of it; None where nobody looked.
    age: Age | None = None
    #: The signature that was verified; None where the agreement asks for none.
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the store decided: `receipt` is the new one, or the stored one octet for octet when `duplicate`."""

    duplicate: bool
    receipt: bytes
    receipt_content_type: str


@dataclass(frozen=True, slots=True)
class FirstLeg:
    """What an answer must know of the message that it answers."""

    service: str
    action: str
    conversation_id: str


class ContentDiffers(Exception):
    """The same sender and MessageId were accepted before with other content (INV-6)."""


class NoLongerKept(ContentDiffers):
    """The message was accepted so long ago that neither it nor its receipt is kept: it is never delivered a second time."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A receipt or an error of ours that goes out as a request of its own."""

    partner: str
    pmode_id: str
    #: The MessageId that it speaks of.
    about: str
    content_type: str
    octets: Kept
    is_error: bool = False
    #: Set by the store: its number, when it was first owed, and how often it was posted in vain.
    id: int = 0
    since: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request, as the attempt log keeps it; the envelope only for a partner known by its TLS certificate."""

    at: datetime
    peer: Peer
    size: int
    sha256: str
    error_code: str
    detail: str
    message_id: str | None = None
    nearest_pmode: str | None = None
    partner: str | None = None
    envelope: bytes | None = None


class Messages(Protocol):
    """The durable record of every exchange; each call returns only when its transaction is on disk."""

    def submit(self, exchange: Exchange) -> None: ...
    def exchange(self, message_id: str) -> Exchange | None: ...
    def packaged(self, packaged: Packaged, at: datetime) -> None:
        """Keep the wire octets and start the first attempt: SUBMITTED -> READY -> SENDING in one transaction."""
        ...

    def attempt_started(self, message_id: str, at: datetime, lease: int) -> None:
        """One attempt more. Raises NotNow and LeaseLost, as `packaged` does."""
        ...

    def postpone(self, message_id: str, until: datetime, why: str) -> None:
        """It is due later, if it still waits to be sent."""
        ...

    def settle(self, settlement: Settlement) -> OutboundState:
        """What one attempt or one signal brought. Raises LeaseLost."""
        ...

    def freeze(self, packaged: Packaged, at: datetime) -> bool:
        """Keep the wire octets of a message that is to be pulled: SUBMITTED -> READY; False where somebody was faster, or it ended."""
        ...

    def unfrozen(self, partner: str, mpc: str, limit: int) -> Sequence[Exchange]:
        """What was submitted for a channel and is not packaged yet, the oldest first."""
        ...

    def claim_pulled(self, partner: str, mpc: str, at: datetime, now: datetime, receipt_by: datetime) -> Exchange | None:
        """The oldest message that waits on a channel; in the same transaction nobody else gets it until `receipt_by`."""
        ...

    def explain(self, message_id: str, why: str) -> None:
        """Why a message waits that is to be pulled; nothing else changes."""
        ...

    def owe(self, owed: Owed, at: datetime, due: datetime) -> None:
        """Keep a signal that is to be posted."""
        ...

    def posted(self, owed: Owed, due: datetime | None, detail: str) -> None:
        """One attempt to post a signal is over; without `due` it was the last."""
        ...

    def doubted(self, message_id: str) -> int:
        """How many refusals were doubted, since the submission or since an operator had it sent anew."""
        ...

    def accept_once(self, accepted: Accepted) -> Acceptance:
        """Accept, or find the duplicate. Raises ContentDiffers, StorageUnavailable."""
        ...

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        """The message of this MessageId that was accepted from a partner."""
        ...

    def record_refusal(self, refusal: Refusal) -> None: ...


# -- agreements, keys, time ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The P-Mode that came closest to a message, and each parameter that differed as (name, expected, got)."""

    pmode_id: str
    differences: tuple[tuple[str, str, str], ...] = field(default=())


class PModeNotFound(EbmsError):
    """No P-Mode fits a message; `nearest` is for our log and never for the stranger."""

    def __init__(self, definition: ErrorDefinition, detail: str, nearest: NearMiss | None = None) -> None:
        super().__init__(definition, detail)
        self.nearest = nearest


class Agreements(Protocol):
    """What was agreed with whom."""

    def find(self, user_message: UserMessage) -> PMode:
        """The one inbound P-Mode of this message. Raises PModeNotFound (an EbmsError) with the nearest miss."""
        ...

    def get(self, pmode_id: str) -> PMode:
        """Raises KeyError."""
        ...

    def for_submission(self, partner: str, service: str | None, action: str) -> PMode:
        """The outbound P-Mode. Raises SubmissionError naming what is agreed instead."""
        ...

    def offered(self, mpc: str) -> Collection[PMode]:
        """The outbound P-Modes whose messages wait on this channel to be pulled; empty for an unknown channel."""
        ...

    def partner_of_tls(self, certificate: bytes) -> str | None:
        """The partner whose agreed TLS client certificate this DER is, or None."""
        ...

    def tls_certificates(self, partner: str, now: datetime | None = None) -> Collection[bytes]:
        """DER of the agreed TLS client certificates that count now; of all without a time. Empty when the agreement names none."""
        ...


class Keyring(Protocol):
    """Names to keys and certificates; path, period of use and purpose are judged here, cached."""

    def signing_key(self, name: str, now: datetime) -> SigningKey:
        """The key that signs now where this name was agreed. Raises LookupError."""
        ...

    def decryption_keys(self, names: Sequence[str], now: datetime) -> Sequence[DecryptionKey]:
        """Every key that may open what was encrypted where these names were agreed: current, next, and past as long as it is kept."""
        ...

    def recipient(self, names: Sequence[str], now: datetime) -> Certificate:
        """The certificate to encrypt to. Raises SubmissionError when none is valid now."""
        ...

    def signers(self, names: Sequence[str], now: datetime) -> Sequence[Certificate]:
        """Those named partner certificates that are valid for signing now (path, period, key usage)."""
        ...

    def password(self, name: str) -> bytes | None:
        """The password that agreements know by this name, or None."""
        ...

    def why_not(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        """For our log: each named certificate that `signers` leaves out, and why."""
        ...

    def why_no_connection(self, certificate: bytes, now: datetime) -> str | None:
        """Why a caller's agreed certificate, given as DER, opens nothing: taken back, or nobody vouches for it; None where it does."""
        ...

    def grounds(self, certificate: Certificate, now: datetime) -> Grounds | None:
        """What the verdict on a partner's signing certificate rests on; None for one that is not here any more."""
        ...


class Clock(Protocol):
    """The only source of time; timezone-aware UTC."""

    def now(self) -> datetime: ...


class Identifiers(Protocol):
    """The only source of fresh identifiers: unique, unguessable, of `A-Za-z0-9-` only."""

    def unique(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as one value, made by `node.app` (or by a test)."""

    agreements: Agreements
    keyring: Keyring
    messages: Messages
    quarantine: Quarantine
    clock: Clock
    identifiers: Identifiers
    #: Right-hand side of MessageIds and Content-IDs made here.
    host: str = "n2n.invalid"
    #: Instants to wait by, which do not jump when the machine's clock is set; where there is none, the clock itself.
    steady: Clock | None = None
    #: The only source of chance: evenly between 0 and 1.
    chance: Callable[[], float] = lambda: 0.5
    #: The calendar of a partner.
    calendar_of: Callable[[str], Calendar] = lambda _partner: ALWAYS_OPEN
    #: Whether a request is seen for the first time; a request that is told here is known for a while.
    first_seen: Callable[[str, datetime], bool] = lambda _request, _now: True
    #: Told by which partner which time was said, and when by our clock: the message was made no later than that.
    told_time: Callable[[str, datetime, datetime], None] = lambda _partner, _said, _now: None
    #: Told each step that a story has passed, by the name of its fail point: where a test lets the node crash.
    passed: Callable[[str], None] = lambda step: None

    @property
    def waiting(self) -> Clock:
        """The clock to wait by."""
        return self.steady or self.clock
