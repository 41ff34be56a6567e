"""Processing modes: what two parties agreed for one service and action, one frozen value per P-Mode.

Fields carry the standard's parameter names in the standard's order (C appendix D.3, A 5.2). Certificates stand here by *name*; the keyring knows
what a name means. Parameters that no standard names are under `X` (see docs/reference/p-mode.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from node.ebms.message import AgreementRef, Party, Service
from node.ebms.namespaces import DEFAULT_MPC, ONE_WAY, PUSH

# spec: C D.3.3
_DATATYPES: Final[Mapping[str, re.Pattern[str]]] = {
    "string": re.compile(r".*", re.DOTALL),
    "integer": re.compile(r"[+-]?[0-9]+"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*"),
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """PMode[1].Protocol: where the leg's messages go and in which SOAP version."""

    address: str | None
    soap_version: str = "1.2"


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """One entry of BusinessInfo.Properties[]: a message property that is expected or required."""

    name: str
    required: bool = False
    #: string, integer or uri.
    datatype: str = "string"
    description: str = ""

    def fits(self, value: str) -> bool:
        """Whether a value is of this data type."""
        return _DATATYPES[self.datatype].fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class PayloadRule:
    """One entry of BusinessInfo.PayloadProfile[]: what holds for payloads of one media type, or of any."""

    name: str
    mime_type: str | None = None
    #: Octets of one payload after inflation.
    max_size: int | None = None
    required: bool = False

    def is_about(self, media_type: str) -> bool:
        """Whether it holds for payloads of this media type."""
        return self.mime_type in (None, media_type)


@dataclass(frozen=True, slots=True)
class BusinessInfo:
    """PMode[1].BusinessInfo."""

    service: Service
    action: str
    properties: tuple[PropertyRule, ...] = ()
    payload_profile: tuple[PayloadRule, ...] = ()
    #: Octets over all payloads after inflation (PayloadProfile.maxSize, there in kB).
    payload_max_size: int | None = None
    mpc: str = DEFAULT_MPC


@dataclass(frozen=True, slots=True)
class ErrorHandling:
    """PMode[1].ErrorHandling.Report."""

    sender_errors_to: str | None = None
    receiver_errors_to: str | None = None
    as_response: bool = True
    process_error_notify_consumer: bool = True
    process_error_notify_producer: bool = True
    delivery_failures_notify_producer: bool = True
    missing_receipt_notify_producer: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """PMode[1].Security.X509.Sign and .Signature: algorithms by URI, certificates by name."""

    sign: bool
    algorithm: str
    hash_function: str
    #: Certificates the initiator of this leg's user message may sign with; ours has exactly one current.
    certificate: tuple[str, ...] = ()
    #: x.Signature.KeyIdentifier: bst, bst-pkipath, issuer-serial, ski or thumbprint.
    key_identifier: str = "bst"


@dataclass(frozen=True, slots=True)
class Encryption:
    """PMode[1].Security.X509.Encryption: content algorithm and how its key reaches the recipient."""

    encrypt: bool
    algorithm: str
    certificate: tuple[str, ...] = ()
    minimum_strength: int = 128
    #: x.Encryption.KeyTransport: the EncryptionMethod of the EncryptedKey or the AgreementMethod, by URI.
    key_transport: str = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
    #: x.Encryption.KeyIdentifier: ski, bst, issuer-serial, thumbprint or x509ski.
    key_identifier: str = "ski"
    digest: str = "http://www.w3.org/2001/04/xmlenc#sha256"
    mgf: str = "http://www.w3.org/2009/xmlenc11#mgf1sha256"
    #: x.Encryption.KDF by URI, for key agreement.
    kdf: str | None = None


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """PMode[1].Security.SendReceipt."""

    send: bool = True
    non_repudiation: bool = True
    #: Response or Callback.
    reply_pattern: str = "Response"
    reply_to: str | None = None

    @property
    def by_callback(self) -> bool:
        """Whether a receipt is sent, and on a connection of its own."""
        # spec: C D.3.6
        return self.send and self.reply_pattern.lower() == "callback"


@dataclass(frozen=True, slots=True)
class Security:
    """PMode[1].Security for one leg: how its user message and the signals about it are protected.

    `signature` and `encryption` rule the user message. `signal_signature` rules receipts and errors, whose signer is the leg's receiver.
    """

    signature: Signature
    encryption: Encryption
    signal_signature: Signature
    wss_version: str = "1.1.1"
    pmode_authorize: bool = False
    send_receipt: SendReceipt = field(default_factory=SendReceipt)
    #: x.Inbound.AllowedAlgorithms: further signature, digest, data or key algorithms accepted in receiving.
    also_allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReceptionAwareness:
    """PMode[1].ReceptionAwareness (A 3.2). Retry and duplicate parameters are kept as the standard writes them."""

    enabled: bool = True
    retry: bool = True
    retry_parameters: str = ""
    duplicate_detection: bool = True
    detect_duplicates_parameters: str = ""


@dataclass(frozen=True, slots=True)
class PayloadService:
    """PMode[1].PayloadService: `application/gzip` or None."""

    compression_type: str | None = "application/gzip"


@dataclass(frozen=True, slots=True)
class Limits:
    """x.Payload and x.Http: caps in octets, parts and seconds that hold for one leg."""

    max_total: int = 4 * 1024**3
    max_inflated: int = 8 * 1024**3
    max_ratio: int = 200
    max_parts: int = 100
    connect_timeout: float = 10.0
    read_timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class MessageTime:
    """x.Time: what a user message may say of its time, and how far the partner's clock may be from ours; in seconds."""

    #: A message that is sent again carries its first timestamp.
    max_age: float = 14 * 86_400.0
    #: How far in the future its time may lie.
    max_ahead: float = 600.0
    #: Whether a message beyond either is refused; else it is accepted, and flagged.
    refuse: bool = False
    #: Farther apart the clocks are told.
    max_apart: float = 60.0


@dataclass(frozen=True, slots=True)
class Pulling:
    """How the user messages of a P-Mode are pulled by their receiver, who is the initiator of that exchange (C 3.2)."""

    #: x.Pull.Interval: seconds between two looks into the channel.
    interval: float = 60.0
    #: PMode.Initiator.Authorization: the username token of a PullRequest; its password by name.
    username: str | None = None
    password: str | None = None
    #: UsernameToken.Digest: the password travels as a digest.
    digest: bool = True


@dataclass(frozen=True, slots=True)
class Leg:
    """PMode[1]: everything that rules one user message and the signals about it."""

    protocol: Protocol
    business_info: BusinessInfo
    security: Security
    error_handling: ErrorHandling = field(default_factory=ErrorHandling)
    reception_awareness: ReceptionAwareness = field(default_factory=ReceptionAwareness)
    payload_service: PayloadService = field(default_factory=PayloadService)
    limits: Limits = field(default_factory=Limits)
    time: MessageTime = field(default_factory=MessageTime)


@dataclass(frozen=True, slots=True)
class PMode:
    """One processing mode, resolved from a preset and an agreement.

    `initiator` sends the user message and `responder` receives it, also where it is pulled. `partner` is the name of the partner folder that the P-Mode
    comes from; `inbound` is true when the partner is the initiator.
    """

    id: str
    partner: str
    inbound: bool
    initiator: Party
    responder: Party
    leg: Leg
    agreement: AgreementRef | None = None
    mep: str = ONE_WAY
    mep_binding: str = PUSH
    #: Delivered to nobody: receipt only (ED 3.2.6 test service).
    test_service: bool = False
    #: None for what is pushed.
    pulling: Pulling | None = None
    #: The action that messages of this P-Mode answer: they are the second leg of a two-way exchange.
    answers: str = ""
    #: x.Sync.Wait: for so many seconds the HTTP exchange of the first leg stays open for the second; 0 where it does not (C 2.2.8).
    sync: float = 0.0
