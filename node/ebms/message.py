"""Message units of ebMS 3.0 as frozen values: what stands inside one eb:Messaging header."""

from dataclasses import dataclass, field

from node.ebms.namespaces import DEFAULT_MPC


@dataclass(frozen=True, slots=True)
class PartyId:
    """An eb:PartyId; white space in the value is significant (xsd:string)."""

    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """An eb:From or eb:To: one or more party ids (no two of one type) and exactly one role."""

    party_ids: tuple[PartyId, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Service:
    """An eb:Service; without a type the value must be a URI (C 5.2.2.8)."""

    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementRef:
    """An eb:AgreementRef, optionally naming the P-Mode (which the eDelivery family forbids)."""

    value: str
    type: str | None = None
    pmode: str | None = None


@dataclass(frozen=True, slots=True)
class CollaborationInfo:
    """What conversation, under which agreement, for which service and action."""

    service: Service
    action: str
    conversation_id: str
    agreement_ref: AgreementRef | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """An eb:Property of a message or of a part; name and value are non-empty."""

    name: str
    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class SchemaRef:
    """An eb:Schema: where the schema of a part may be read (never fetched by this node)."""

    location: str
    version: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """An eb:Description with its xml:lang."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class PartInfo:
    """An eb:PartInfo; href is None for the body part, `#id`, or `cid:` of an attachment."""

    href: str | None
    part_properties: tuple[Property, ...] = ()
    schema: SchemaRef | None = None
    description: Description | None = None

    def part_property(self, name: str) -> str | None:
        """The value of the first property of this exact (case-sensitive) name, or None."""
        return next((p.value for p in self.part_properties if p.name == name), None)


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """An eb:MessageInfo; the timestamp is the xsd:dateTime as written (UTC when it has no zone)."""

    timestamp: str
    message_id: str
    ref_to_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class UserMessage:
    """An eb:UserMessage. `mpc` is never empty here: an absent attribute means the default MPC."""

    message_info: MessageInfo
    from_party: Party
    to_party: Party
    collaboration_info: CollaborationInfo
    message_properties: tuple[Property, ...] = ()
    payload_info: tuple[PartInfo, ...] = ()
    mpc: str = DEFAULT_MPC

    def message_property(self, name: str) -> str | None:
        """The value of the first message property of this exact name, or None."""
        return next((p.value for p in self.message_properties if p.name == name), None)


@dataclass(frozen=True, slots=True)
class SignedTransform:
    """A ds:Transform of a reference: its algorithm and, for exclusive c14n, the PrefixList."""

    algorithm: str
    prefix_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedReference:
    """A ds:Reference by value.

    `octets` is the reference element in exclusive canonical form on its own (namespaces declared),
    exactly what a NonRepudiationInformation repeats. `digest` is decoded (raw octets).
    """

    uri: str
    digest_method: str
    digest: bytes
    transforms: tuple[SignedTransform, ...] = ()
    octets: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An eb:Receipt.

    `non_repudiation` holds the references of the signed message it acknowledges (A 5.1.8). For an unsigned message it
    is None and `user_message` holds the canonical octets of the eb:UserMessage that is repeated (A 3.4).
    """

    non_repudiation: tuple[SignedReference, ...] | None
    user_message: bytes | None = None


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """An eb:Error as it stands on the wire."""

    code: str
    severity: str
    short_description: str | None = None
    category: str | None = None
    origin: str | None = None
    ref_to_message_in_error: str | None = None
    description: Description | None = None
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An eb:PullRequest for one MPC (absent attribute: the default MPC)."""

    mpc: str = DEFAULT_MPC


@dataclass(frozen=True, slots=True)
class SignalMessage:
    """An eb:SignalMessage: exactly one of a receipt, a pull request, or one or more errors."""

    message_info: MessageInfo
    receipt: Receipt | None = None
    pull_request: PullRequest | None = None
    errors: tuple[ErrorReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Messaging:
    """The content of one eb:Messaging: at most one UserMessage and at most one signal of each kind (A 5.1.2)."""

    user_message: UserMessage | None = None
    signal_messages: tuple[SignalMessage, ...] = ()
