"""A node in memory that holds given keys under a given agreement, so that a captured message or answer runs through the whole path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bench.pair import Counted, FixedAgreements, Node, SetClock
from node.agreements.matching import Index
from node.ebms.c14n import canonicalize
from node.ebms.envelope import open_envelope
from node.ebms.header_reader import read_messaging
from node.ebms.message import ErrorReport, Messaging, Party, SignedReference, UserMessage
from node.ebms.namespaces import TEST_SERVICE
from node.ebms.pmode import BusinessInfo, Encryption, Leg, PMode, Protocol, Security, Signature
from node.ebms.states import OutboundState
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.keyring import Keyring
from node.mime.package import Package
from node.msh.deliver import payload_chunks
from node.msh.ports import Answer, Exchange, Ports
from node.security.certificates import Certificate
from node.security.claim import read_security
from node.security.keys import SoftwareKey
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine


class MatchedAgreements(FixedAgreements):
    """P-Modes by value, matched to messages as the real agreements match them."""

    def find(self, user_message: UserMessage) -> PMode:
        return Index(pmode for pmode in self.pmodes.values() if pmode.inbound).find(user_message)


@dataclass(frozen=True)
class Certs:
    """What lies in certs/: own keys, partner certificates and anchors by name; a pinned certificate needs no path."""

    own: Mapping[str, SoftwareKey] = field(default_factory=dict)
    partners: Mapping[str, Certificate] = field(default_factory=dict)
    trust: Sequence[Certificate] = ()
    pinned: Sequence[str] = ()

    def keyring(self) -> Keyring:
        partners = {name: PartnerCertificate(name, one) for name, one in self.partners.items()}
        return Keyring(CertificateFolder(self.own, partners, {"trust": tuple(self.trust)}), self.pinned)


def make_receiver(certs: Certs, at: datetime, *pmodes: PMode) -> Node:
    """A node whose clock stands at the time of the capture; every check of certificates is the real one."""
    messages, clock = InMemoryMessages(), SetClock(at)
    agreements = MatchedAgreements({pmode.id: pmode for pmode in pmodes})
    ports = Ports(agreements, certs.keyring(), messages, InMemoryQuarantine(), clock, Counted("r"), host="receiver.example")
    return Node("receiver", ports, messages, clock)


def fitting_pmode(
    user_message: UserMessage,
    signature: Signature,
    encryption: Encryption,
    signal_signature: Signature,
    *,
    inbound: bool = True,
    also_allowed: frozenset[str] = frozenset(),
) -> PMode:
    """The agreement that a message of these parties, this service and this action belongs to."""
    info = user_message.collaboration_info
    return PMode(
        id="inbound" if inbound else "outbound",
        partner="partner",
        inbound=inbound,
        initiator=ordered(user_message.from_party),
        responder=ordered(user_message.to_party),
        agreement=info.agreement_ref,
        leg=Leg(
            protocol=Protocol("https://captured.invalid/as4"),
            business_info=BusinessInfo(info.service, info.action, mpc=user_message.mpc),
            security=Security(signature, encryption, signal_signature, also_allowed=also_allowed),
        ),
        test_service=info.service.value == TEST_SERVICE,
    )


def ordered(party: Party) -> Party:
    """The party as an agreement holds it: its ids in order."""
    return Party(tuple(sorted(party.party_ids, key=lambda one: (one.type or "", one.value))), party.role)


def root_of(content_type: str, body: bytes) -> bytes:
    return Package.open(content_type, (body,)).root.octets


def header_of(content_type: str, body: bytes) -> Messaging:
    """The header as it stands there, proven by nothing."""
    return read_messaging(canonicalize(open_envelope(root_of(content_type, body)).messaging))


def user_message_of(content_type: str, body: bytes) -> UserMessage:
    user_message = header_of(content_type, body).user_message
    assert user_message is not None
    return user_message


def references_of(content_type: str, body: bytes) -> tuple[SignedReference, ...]:
    """What a message signs, as its SignedInfo says."""
    signature = read_security(open_envelope(root_of(content_type, body))).signature
    return tuple(one.reference for one in signature.references) if signature else ()


def await_receipt(node: Node, user_message: UserMessage, references: tuple[SignedReference, ...]) -> str:
    """Let the node believe that it sent this message under its P-Mode `outbound`; the MessageId."""
    sent = Exchange(
        user_message, "outbound", "partner", (), node.clock.now(), OutboundState.SENDING, references=references, attempts=1
    )
    node.messages.submit(sent)
    return sent.message_id


def delivered(node: Node) -> list[bytes]:
    """The payloads of the one message that waits for the Consumer."""
    (message,) = node.messages.deliverable(10)
    return [b"".join(map(bytes, payload_chunks(payload))) for payload in message.payloads]


def error_in(answer: Answer) -> ErrorReport:
    return header_of(answer.content_type or "", answer.octets).signal_messages[0].errors[0]
