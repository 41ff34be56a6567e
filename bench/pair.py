"""Two nodes joined in memory: every check of the handler on, no disk, no socket. The bench measures it and the core's tests talk through it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from node.ebms.errors import ProcessingModeMismatch
from node.ebms.message import AgreementRef, Party, PartyId, Property, Service, UserMessage
from node.ebms.namespaces import INITIATOR, RESPONDER
from node.ebms.pmode import BusinessInfo, Leg, PayloadService, PMode, Protocol, Security
from node.ebms.states import OutboundState
from node.msh.inbound import receive
from node.msh.octets import HeldOctets
from node.msh.outbound import prepare, settle
from node.msh.ports import Answer, Grounds, HttpAnswer, Outgoing, Peer, PModeNotFound, Ports, SubmissionError
from node.msh.submit import Payload, Submission, submit
from node.security.certificates import Certificate
from node.security.keys import DecryptionKey, SigningKey, SoftwareKey
from node.security.suites import EDELIVERY_1_15, Suite
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine

SERVICE = Service("urn:n2n:bench:svc")
ACTION = "co.certificate"


@dataclass
class SetClock:
    """A clock that is set by hand."""

    at: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


class Counted:
    """Identifiers that count, so that a failing run can be read."""

    def __init__(self, prefix: str) -> None:
        self._prefix, self._count = prefix, 0

    def unique(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count:06d}"


@dataclass
class FixedAgreements:
    """P-Modes by value, found by service, action and parties."""

    pmodes: dict[str, PMode] = field(default_factory=dict)

    def find(self, user_message: UserMessage) -> PMode:
        info = user_message.collaboration_info
        for pmode in self.pmodes.values():
            business = pmode.leg.business_info
            if (
                pmode.inbound
                and business.service == info.service
                and business.action == info.action
                and pmode.agreement == info.agreement_ref
                and pmode.initiator == user_message.from_party
                and pmode.responder == user_message.to_party
            ):
                return pmode
        raise PModeNotFound(ProcessingModeMismatch, f"no P-Mode for {info.service.value} {info.action}")

    def get(self, pmode_id: str) -> PMode:
        return self.pmodes[pmode_id]

    def for_submission(self, partner: str, service: str | None, action: str) -> PMode:
        for pmode in self.pmodes.values():
            if not pmode.inbound and pmode.partner == partner and pmode.leg.business_info.action == action:
                return pmode
        raise SubmissionError(f"no agreement with {partner} has the action {action}")

    def offered(self, mpc: str) -> Collection[PMode]:
        return [one for one in self.pmodes.values() if one.pulling and not one.inbound and one.leg.business_info.mpc == mpc]

    def partner_of_tls(self, certificate: bytes) -> str | None:
        return None

    def tls_certificates(self, partner: str, now: datetime | None = None) -> Collection[bytes]:
        return ()


@dataclass
class FixedKeyring:
    """Keys and certificates by name, all of them valid."""

    own: dict[str, SoftwareKey]
    partners: dict[str, Certificate]
    passwords: dict[str, bytes] = field(default_factory=dict)

    def signing_key(self, name: str, now: datetime) -> SigningKey:
        return self.own[name]

    def decryption_keys(self, names: Sequence[str], now: datetime) -> Sequence[DecryptionKey]:
        return [self.own[name] for name in names]

    def recipient(self, names: Sequence[str], now: datetime) -> Certificate:
        return self.partners[names[0]]

    def signers(self, names: Sequence[str], now: datetime) -> Sequence[Certificate]:
        return [self.partners[name] for name in names if name in self.partners]

    def password(self, name: str) -> bytes | None:
        return self.passwords.get(name)

    def why_not(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        return {name: "unknown" for name in names if name not in self.partners}

    def why_no_connection(self, certificate: bytes, now: datetime) -> str | None:
        return None

    def grounds(self, certificate: Certificate, now: datetime) -> Grounds | None:
        return Grounds("fixed", "off")


@dataclass(frozen=True)
class Keys:
    """What one party holds: a key to sign with and a key that others encrypt to."""

    sign: SoftwareKey
    decrypt: SoftwareKey


@dataclass
class Node:
    """One side of a pair."""

    name: str
    ports: Ports
    messages: InMemoryMessages
    clock: SetClock

    def submit(self, partner: str, *payloads: bytes, media_type: str = "application/xml", **more: object) -> str:
        """Submit payloads; the MessageId."""
        given = tuple(Payload(HeldOctets(octets), media_type) for octets in payloads)
        properties = (Property("originalSender", "C1"), Property("finalRecipient", "C4"))
        submission = replace(Submission(partner, ACTION, given, properties=properties), **more)  # type: ignore[arg-type]
        return submit(submission, self.ports).message_id

    def prepare(self, message_id: str) -> Outgoing:
        exchange = self.messages.exchange(message_id)
        assert exchange is not None
        return prepare(exchange, self.ports)

    def receive(self, content_type: str, octets: bytes, peer: Peer | None = None) -> Answer:
        return receive(content_type, (octets,), peer or Peer("memory"), self.ports)

    def settle(self, message_id: str, answer: Answer) -> OutboundState:
        exchange = self.messages.exchange(message_id)
        assert exchange is not None
        return settle(exchange, HttpAnswer(answer.status, answer.content_type, answer.octets), self.ports)


@dataclass
class Pair:
    """Nodes `a` and `b` under one agreement; `exchange` sends one message from a to b and settles its receipt."""

    a: Node
    b: Node

    def exchange(self, *payloads: bytes, **more: object) -> OutboundState:
        message_id = self.a.submit("b", *payloads, **more)  # type: ignore[arg-type]
        outgoing = self.a.prepare(message_id)
        answer = self.b.receive(outgoing.content_type, body_of(outgoing))
        return self.a.settle(message_id, answer)


def body_of(outgoing: Outgoing) -> bytes:
    """The HTTP body as one bytes object."""
    return b"".join(bytes(chunk) for segment in outgoing.body for chunk in segment.chunks())


def make_pair(a: Keys, b: Keys, suite: Suite = EDELIVERY_1_15, **shape: bool) -> Pair:
    """A pair under one suite; `shape` may turn off sign, encrypt or compress."""
    return Pair(make_node("a", "b", a, b, suite, **shape), make_node("b", "a", b, a, suite, **shape))


def make_node(me: str, other: str, mine: Keys, theirs: Keys, suite: Suite, **shape: bool) -> Node:
    """One node that may send to the other and receive from it."""
    agreements = FixedAgreements()
    for inbound in (False, True):
        pmode = make_pmode(me, other, inbound=inbound, suite=suite, **shape)
        agreements.pmodes[pmode.id] = pmode
    keyring = FixedKeyring(
        own={f"{me}-sign": mine.sign, f"{me}-enc": mine.decrypt},
        partners={f"{other}-sign": theirs.sign.certificate, f"{other}-enc": theirs.decrypt.certificate},
    )
    messages, clock = InMemoryMessages(), SetClock()
    ports = Ports(agreements, keyring, messages, InMemoryQuarantine(), clock, Counted(me), host=f"node-{me}.example")
    return Node(me, ports, messages, clock)


def make_pmode(
    me: str, other: str, *, inbound: bool, suite: Suite, sign: bool = True, encrypt: bool = True, compress: bool = True
) -> PMode:
    """The P-Mode of one direction, seen from `me`."""
    sender, receiver = (other, me) if inbound else (me, other)
    return PMode(
        id=f"{sender}-{receiver}:{ACTION}",
        partner=other,
        inbound=inbound,
        initiator=Party((PartyId(f"party-{sender}", "urn:oasis:names:tc:ebcore:partyid-type:unregistered:customs"),), INITIATOR),
        responder=Party(
            (PartyId(f"party-{receiver}", "urn:oasis:names:tc:ebcore:partyid-type:unregistered:customs"),), RESPONDER
        ),
        agreement=AgreementRef("urn:n2n:agreement:a-b"),
        leg=Leg(
            protocol=Protocol("https://memory.invalid/as4"),
            business_info=BusinessInfo(SERVICE, ACTION),
            security=Security(
                signature=suite.signature((f"{sender}-sign",), sign=sign),
                encryption=suite.encryption((f"{receiver}-enc",), encrypt=encrypt),
                signal_signature=suite.signature((f"{receiver}-sign",), sign=sign),
            ),
            payload_service=PayloadService("application/gzip" if compress else None),
        ),
    )
