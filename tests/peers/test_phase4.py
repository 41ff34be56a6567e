"""phase4 and our node, each as a whole, exchange messages in both directions; what is asserted is what both sides hold afterwards."""

import hashlib
import random
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.ebms.message import Party, Property, UserMessage
from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
from node.ebms.states import InboundState, OutboundEvent, OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.msh.octets import HeldOctets
from node.msh.outbound import read_answer
from node.msh.ports import Exchange, HttpAnswer
from node.msh.submit import Payload, Submission
from tests.peers.counterparty import Receiver, Sender, Wire, free_port, side
from tests.peers.our_node import (
    ACTION,
    AGREEMENT,
    PARTY_TYPE,
    SERVICE,
    SERVICE_TYPE,
    TYPED_SERVICE,
    US,
    OurNode,
    Partner,
    make_home,
    until,
)

pytestmark = pytest.mark.java
#: eDelivery 1.15 with RSA-3072, eDelivery 2.0 with Ed25519 and X25519, and its alternative with ECDSA and ECDH.
KINDS = ("rsa", "ed", "ec")
C1_AND_C4 = (Property("originalSender", "urn:example:c1"), Property("finalRecipient", "urn:example:c4"))

# -- what was agreed -------------------------------------------------------------------------------------------------

UNCOMPRESSED = 'payload_service.compression_type = "none"'
UNENCRYPTED = """security.x509.encryption.encrypt = false
[[weakened]]
parameter = "leg.security.x509.encryption.encrypt"
reason = "what is sent is looked at"
"""
NO_RETRY = """reception_awareness.retry = false
[[weakened]]
parameter = "leg.reception_awareness.retry"
reason = "one attempt is looked at"
"""
IMPATIENT = "x.http.connect_timeout = 1.0\nx.http.read_timeout = 1.0"


def key_identifiers(signature: str, encryption: str) -> str:
    return f'x.signature.key_identifier = "{signature}"\nx.encryption.key_identifier = "{encryption}"'


#: Agreements of every suite, and what each changes of its preset's `[leg]`.
TERMS = {
    "whole": "",
    "plain": UNCOMPRESSED,
    "signed": UNENCRYPTED,
    "signed-plain": f"{UNCOMPRESSED}\n{UNENCRYPTED}",
    "referenced": "",
    "soap-1.1": 'protocol.soap_version = "1.1"',
    "bst": key_identifiers("bst", "bst"),
    "pkipath": key_identifiers("bst-pkipath", "issuer-serial"),
    "serial": key_identifiers("issuer-serial", "issuer-serial"),
    "ski": key_identifiers("ski", "ski"),
    "thumbprint": key_identifiers("thumbprint", "thumbprint"),
}


@dataclass(frozen=True)
class Fault:
    """What phase4 does to a message of ours, how our first attempt ends, and what becomes of the message."""

    query: str
    #: The first step that an attempt brought: its event, HTTP status and ebMS error code; None where it is a matter of luck.
    first: tuple[OutboundEvent, int | None, str | None] | None
    last: OutboundState
    last_code: str | None = None
    #: How many messages with this id phase4 has in the end.
    kept: int = 0
    attempts: int = 1
    of_leg: str = ""
    kinds: tuple[str, ...] = ("rsa",)


_FAILED, _REFUSED, _MATCHED = OutboundEvent.ATTEMPT_FAILED, OutboundEvent.ERROR_RECEIVED, OutboundEvent.RECEIPT_MATCHED
ACKNOWLEDGED, FAILED, READY = OutboundState.ACKNOWLEDGED, OutboundState.FAILED, OutboundState.READY
FAULTS = {
    "error": Fault("fault=error", (_REFUSED, 200, "EBMS:0004"), FAILED, "EBMS:0004", kinds=KINDS),
    "error-0303": Fault("fault=error:EBMS:0303", (_REFUSED, 200, "EBMS:0303"), FAILED, "EBMS:0303", kinds=KINDS),
    "error-0202": Fault("fault=error:EBMS:0202", (_REFUSED, 200, "EBMS:0202"), FAILED, "EBMS:0202"),
    # Not kept by phase4, so the same octets are taken at the second attempt.
    "http500": Fault("fault=http500&times=1", (_FAILED, 500, None), ACKNOWLEDGED, kept=1, attempts=2),
    "http503": Fault("fault=http503&times=1", (_FAILED, 503, None), ACKNOWLEDGED, kept=1, attempts=2),
    "html200": Fault("fault=html200&times=1", (_FAILED, 200, None), ACKNOWLEDGED, kept=1, attempts=2),
    # Kept by phase4 while its receipt was lost. It answers the second attempt with an error and not with the receipt that it owes
    # (README of phase4: duplicates), so what it calls failed has in truth arrived; nothing of it is lost on our side.
    "empty200": Fault("fault=empty200&times=1", (_FAILED, 200, None), FAILED, "EBMS:0004", kept=1, attempts=2),
    "late": Fault("fault=delay:6000&times=1", (_FAILED, None, "EBMS:0005"), FAILED, "EBMS:0004", 1, 2, IMPATIENT),
    "delay": Fault("fault=delay:1500&times=1", (_MATCHED, 200, None), ACKNOWLEDGED, kept=1),
    # A connection that breaks may be tried again within the attempt.
    "reset": Fault("fault=reset&times=1", None, ACKNOWLEDGED, kept=1),
    "close": Fault("fault=close&times=1", None, FAILED, "EBMS:0004", kept=1),
    "never": Fault("fault=http500", (_FAILED, 500, None), FAILED, of_leg=NO_RETRY),
}
#: Damage on the way to phase4 or back: the error code that our history holds, and whether phase4 has the message.
DAMAGE = {
    "receipt-digest": ("EBMS:0101", 1),
    "receipt-ref": ("EBMS:0302", 1),
    "receipt-unsigned": ("EBMS:0103", 1),
    "answer-cut": ("EBMS:0005", 1),
    "answer-none": ("EBMS:0005", 1),
    "request-payload": ("EBMS:0102", 0),
    "request-header": ("EBMS:0102", 0),
}


# -- the two sides ---------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Everything that runs, each part started when it is first asked for."""

    keys: Path
    folder: Path
    ports: dict[str, int]
    documents: dict[str, Path]
    running: list[Any] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.made:
            self.made[name] = make()
            self.running.append(self.made[name])
        return self.made[name]

    def phase4(self, kind: str) -> Receiver:
        return self.once(f"phase4-{kind}", lambda: Receiver(self.keys, kind, self.folder / f"got-{kind}", self.ports[kind]))

    @property
    def sender(self) -> Sender:
        return self.once("sender", lambda: Sender(self.keys, self.folder))

    @property
    def ours(self) -> OurNode:
        def make() -> OurNode:
            make_home(self.folder / "home", self.keys, self.ports["ours"], self.partners())
            return OurNode(self.folder / "home")

        return self.once("ours", make)

    def partners(self) -> Iterator[Partner]:
        for kind in KINDS:
            url = f"http://127.0.0.1:{self.ports[kind]}/as4"
            for name, leg in TERMS.items():
                there = f"http://127.0.0.1:{self.ports.get(name, self.ports[kind])}/as4"
                yield Partner(f"{kind}-{name}", kind, there, leg, AGREEMENT if name == "referenced" else None)
            for name, fault in FAULTS.items():
                if kind in fault.kinds:
                    yield Partner(f"{kind}-{name}", kind, f"{url}?{fault.query}&case={name}", fault.of_leg)
        for name in DAMAGE:
            yield Partner(f"rsa-{name}", "rsa", f"http://127.0.0.1:{self.ports[name]}/as4", NO_RETRY)
        yield Partner("rsa-nobody", "rsa", f"http://127.0.0.1:{self.ports['nobody']}/as4")

    def submit(self, partner: str, payloads: tuple[Payload, ...] | None = None, node: OurNode | None = None, **what: Any) -> str:
        """Hand a message to our node; whoever serves its home sends it."""
        what = {"action": ACTION, "service": SERVICE, "properties": C1_AND_C4} | what
        given = self.payloads("declaration") if payloads is None else payloads
        return (node or self.ours).node.submit(Submission(partner=partner, payloads=given, **what)).message_id

    def payloads(self, *names: str) -> tuple[Payload, ...]:
        own = (
            Property("Role", "evidence", "urn:example:roles"),
            Property("Title", "Ursprungszeugnis \N{LATIN SMALL LETTER U WITH DIAERESIS} 原產地"),
        )
        return tuple(
            Payload(HeldOctets(self.documents[name].read_bytes()), MEDIA_TYPES[name], f"{name}.dat", own) for name in names
        )


MEDIA_TYPES = {
    "declaration": "application/xml",
    "list": "text/csv",
    "picture": "image/png",
    "manifest": "application/xml",
    "large": "application/octet-stream",
    "zeros": "application/octet-stream",
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Payloads by name."""
    folder, dice = tmp_path_factory.mktemp("documents"), random.Random(11)
    line = "<Line hs='080510'>Orangen, süß 橙子 &amp; mehr</Line>\r\n"
    octets = {
        "declaration": f"<?xml version='1.0' encoding='UTF-8'?>\n<!-- kept --><Declaration xmlns='urn:x'>{line * 60}</Declaration>\n".encode(),
        "list": b"id;name\r\n1;one\r\n\r\n--not-a-boundary\r\n",
        "picture": dice.randbytes(70_001),
        "manifest": manifest(20 * 1024**2, dice),
        "large": dice.randbytes(20 * 1024**2),
        "zeros": bytes(8 * 1024**2),
    }
    for name, content in octets.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in octets}


def manifest(size: int, dice: random.Random) -> bytes:
    """XML of about this size that gzip makes a tenth of."""
    text = "".join(
        f"<Item hs='{dice.randrange(10**6):06d}' country='TW' unit='KGM' office='TWKEL' regime='1000'/>\n" for _ in range(10_000)
    )
    return f"<Manifest>{text * (size // len(text) + 1)}</Manifest>".encode()


@pytest.fixture(scope="module")
def world(peer_keys: Path, documents: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    names = (*KINDS, "ours", "nobody", "soap-1.1", "tls-ours", "tls-phase4", *DAMAGE)
    world = World(peer_keys, tmp_path_factory.mktemp("phase4"), {name: free_port() for name in names}, documents)
    yield world
    for one in reversed(world.running):
        one.stop()


# -- we send ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A message of ours: under which terms, with what."""

    terms: str = "whole"
    payloads: tuple[str, ...] = ("declaration",)
    service: str = SERVICE
    properties: tuple[Property, ...] = C1_AND_C4
    what: dict[str, Any] = field(default_factory=dict)


MANY = (
    Property("declarationId", "TW-2026-0001"),
    Property("weight", "12.5", "urn:example:kilograms"),
    Property("note", "süß & <sauer> \N{CJK UNIFIED IDEOGRAPH-6A59} \"'"),
)
SENT = {
    "signed, encrypted, compressed": Sent(),
    "signed, encrypted": Sent("plain"),
    "signed, compressed": Sent("signed"),
    "signed": Sent("signed-plain"),
    "three payloads": Sent(payloads=("declaration", "list", "picture")),
    "three payloads, signed": Sent("signed-plain", ("picture", "declaration", "list")),
    "no payload": Sent(payloads=()),
    "no payload, signed": Sent("signed", ()),
    "properties": Sent(properties=MANY),
    "no properties": Sent(properties=()),
    "an answer in a conversation": Sent(what={"ref_to_message_id": "earlier@phase4", "conversation_id": "talk-1"}),
    "typed service and agreement": Sent("referenced", service=TYPED_SERVICE),
    "20 MB": Sent(payloads=("manifest",)),
    "20 MB, signed": Sent("signed-plain", ("large",)),
    "key as token": Sent("bst"),
    "key with its path": Sent("pkipath"),
    "key by issuer and serial": Sent("serial"),
    "key by subject key identifier": Sent("ski"),
    "key by thumbprint": Sent("thumbprint"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_phase4_takes_what_we_send_and_its_receipt_proves_it(world: World, sent: Sent, kind: str) -> None:
    phase4, payloads = world.phase4(kind), world.payloads(*sent.payloads)
    message_id = world.submit(f"{kind}-{sent.terms}", payloads, service=sent.service, properties=sent.properties, **sent.what)
    exchange = world.ours.ended(message_id)
    assert_acknowledged(world.ours, exchange)
    # Exactly once, and what it says of the message is what we meant.
    (facts,) = phase4.facts(message_id)
    expected = as_phase4_tells(exchange.user_message)
    assert {name: facts[name] for name in expected} == expected
    assert facts["messageProperties"] == properties(sent.properties)
    assert (facts["service"]["value"], facts["action"]) == (sent.service, ACTION)
    for payload, told in zip(payloads, facts["payloads"], strict=True):
        given = [Property("MimeType", payload.media_type), *payload.properties]
        assert all(one in told["partProperties"] for one in properties(tuple(given)))
    assert facts["signed"] is True
    assert facts["signerSubject"] == f"CN=a-{kind}-sign, O=Peer Test, C=XX"
    assert facts["encrypted"] is ("signed" not in sent.terms and bool(payloads))
    # What gzip does not make smaller is left as it is.
    shrinks = [name not in {"picture", "large"} and "plain" not in sent.terms for name in sent.payloads]
    assert [one["compressed"] for one in facts["payloads"]] == shrinks
    assert [one["partProperties"] for one in facts["payloads"]] == [
        properties(part.part_properties) for part in exchange.user_message.payload_info
    ]
    assert [one["sha256"] for one in facts["payloads"]] == [one.octets.sha256 for one in payloads]
    assert phase4.payloads(message_id) == [world.documents[name].read_bytes() for name in sent.payloads]


def assert_acknowledged(ours: OurNode, exchange: Exchange) -> None:
    """One attempt, a receipt that was kept, and one reference for header, body and each payload."""
    assert exchange.state is ACKNOWLEDGED, [step.detail for step in ours.messages.history(exchange.message_id)]
    assert exchange.attempts == 1
    assert len(exchange.references) == 2 + len(exchange.payloads)
    last = ours.messages.history(exchange.message_id)[-1]
    assert (last.event, last.http_status, last.error_code) == (_MATCHED, 200, None)
    assert last.answer is not None
    assert b"NonRepudiationInformation" in octets_of(last.answer)


def octets_of(kept: Any) -> bytes:
    return b"".join(bytes(chunk) for chunk in kept.chunks())


def as_phase4_tells(message: UserMessage) -> dict[str, Any]:
    """The header as phase4's facts would have it."""
    info, collaboration = message.message_info, message.collaboration_info
    agreement = collaboration.agreement_ref
    return {
        "messageId": info.message_id,
        "refToMessageId": info.ref_to_message_id,
        "mpc": None if message.mpc.endswith("defaultMPC") else message.mpc,
        "conversationId": collaboration.conversation_id,
        "from": party(message.from_party),
        "to": party(message.to_party),
        "service": {"value": collaboration.service.value, "type": collaboration.service.type},
        "action": collaboration.action,
        "agreementRef": {"value": agreement.value, "type": agreement.type, "pmode": agreement.pmode} if agreement else None,
        "messageProperties": properties(message.message_properties),
    }


def party(one: Party) -> dict[str, Any]:
    return {"partyIds": [{"id": each.value, "type": each.type} for each in one.party_ids], "role": one.role}


def properties(given: tuple[Property, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, "type": one.type, "value": one.value} for one in given]


def test_phase4_takes_soap_1_1_where_it_is_agreed(world: World) -> None:
    """From a receiver of its own: one that expects SOAP 1.2 answers SOAP 1.1 with HTTP 500 and a line of text."""
    options = ("rsa", world.folder / "got-soap", world.ports["soap-1.1"], "--soap", "1.1")
    phase4 = world.once("phase4-soap-1.1", lambda: Receiver(world.keys, *options))
    exchange = world.ours.ended(world.submit("rsa-soap-1.1"))
    assert_acknowledged(world.ours, exchange)
    (facts,) = phase4.facts(exchange.message_id)
    assert (facts["soapVersion"], facts["signed"], facts["encrypted"]) == ("1.1", True, True)
    assert phase4.payloads(exchange.message_id) == [world.documents["declaration"].read_bytes()]


def test_phase4_takes_20_MB_of_ciphertext(world: World) -> None:
    """Once, since phase4 needs half a minute for it; the cipher is the same in every suite."""
    phase4 = world.phase4("ed")
    exchange = world.ours.ended(world.submit("ed-whole", world.payloads("large")))
    assert_acknowledged(world.ours, exchange)
    (facts,) = phase4.facts(exchange.message_id)
    assert facts["encrypted"] is True
    assert phase4.payloads(exchange.message_id) == [world.documents["large"].read_bytes()]


@pytest.mark.parametrize("kind", KINDS)
def test_our_test_message_gets_its_receipt_and_is_given_to_nobody(world: World, kind: str) -> None:
    phase4 = world.phase4(kind)
    message_id = world.submit(f"{kind}-whole", service=TEST_SERVICE, action=TEST_ACTION, properties=())
    assert_acknowledged(world.ours, world.ours.ended(message_id))
    assert phase4.facts(message_id) == []


@pytest.mark.parametrize("kind", KINDS)
def test_phase4s_receipt_proves_the_very_digests_that_we_signed_and_no_others(world: World, kind: str) -> None:
    world.phase4(kind)
    exchange = world.ours.ended(world.submit(f"{kind}-whole", world.payloads("declaration", "picture")))
    ports, last = world.ours.node.ports, world.ours.messages.history(exchange.message_id)[-1]
    assert last.answer is not None
    answer = HttpAnswer(200, last.answer_content_type, octets_of(last.answer))
    pmode = ports.agreements.get(exchange.pmode_id)
    assert read_answer(exchange, pmode, answer, ports).event is _MATCHED
    for at, reference in enumerate(exchange.references):
        other = replace(reference, digest=bytes([reference.digest[0] ^ 1]) + reference.digest[1:])
        claimed = replace(exchange, references=(*exchange.references[:at], other, *exchange.references[at + 1 :]))
        read = read_answer(claimed, pmode, answer, ports)
        event, code = read.event, read.code
        assert (event, code) == (_FAILED, "EBMS:0302")


# -- phase4 fails us -------------------------------------------------------------------------------------------------

FAULTY = [(kind, name) for name, fault in FAULTS.items() for kind in fault.kinds]


@pytest.fixture(scope="module")
def faulty(world: World) -> dict[tuple[str, str], str]:
    """A message for every fault, all sent at once, since some of them wait for their second attempt."""
    for kind in KINDS:
        world.phase4(kind)
    return {(kind, name): world.submit(f"{kind}-{name}") for kind, name in FAULTY}


@pytest.mark.parametrize(("kind", "name"), FAULTY, ids=[f"{name}-{kind}" for kind, name in FAULTY])
def test_what_phase4_answers_decides_what_becomes_of_our_message(
    world: World, faulty: dict[tuple[str, str], str], kind: str, name: str
) -> None:
    fault, message_id = FAULTS[name], faulty[kind, name]
    exchange = world.ours.ended(message_id)
    history = world.ours.messages.history(message_id)
    outcomes = [step for step in history if step.from_state == OutboundState.SENDING]
    assert exchange.state is fault.last
    assert exchange.attempts == len(outcomes)
    if fault.first:
        assert (outcomes[0].event, outcomes[0].http_status, outcomes[0].error_code) == fault.first
        assert exchange.attempts == fault.attempts
    if fault.last_code:
        assert outcomes[-1].error_code == fault.last_code
        assert fault.last_code in outcomes[-1].detail
    assert len(world.phase4(kind).facts(message_id)) == fault.kept
    # Whatever became of it, the octets that were sent are still here.
    assert sum(segment.size for segment in exchange.wire) > 2000


def test_a_message_for_somebody_who_is_away_waits_for_its_next_attempt(world: World) -> None:
    exchange = world.ours.attempted(world.submit("rsa-nobody"))
    (line,) = world.ours.messages.exchanges(1, partner="rsa-nobody")
    assert (exchange.state, exchange.attempts, len(exchange.references)) == (READY, 1, 3)
    assert line.due_at is not None
    assert line.due_at > line.changed_at
    assert world.ours.messages.history(exchange.message_id)[-1].error_code == "EBMS:0005"


@pytest.mark.parametrize(("damage", "code", "kept"), [(name, *expected) for name, expected in DAMAGE.items()])
def test_a_damaged_answer_is_no_proof_and_a_damaged_message_is_refused(
    world: World, tmp_path: Path, damage: str, code: str, kept: int
) -> None:
    phase4 = world.phase4("rsa")
    wire = Wire.start(tmp_path, world.ports["rsa"], "--tamper", damage, listen=world.ports[damage])
    try:
        exchange = world.ours.ended(world.submit(f"rsa-{damage}"))
    finally:
        wire.stop()
    assert exchange.state is FAILED
    outcome = next(step for step in world.ours.messages.history(exchange.message_id) if step.from_state == OutboundState.SENDING)
    assert outcome.error_code == code
    assert len(phase4.facts(exchange.message_id)) == kept


# -- phase4 sends ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incoming:
    """A message of phase4: under which terms of ours, with which of its options."""

    terms: str = "whole"
    payloads: tuple[str, ...] = ("declaration;name=declaration.xml;prop.Role=evidence",)
    options: tuple[str, ...] = ()
    service: tuple[str, str | None] = (SERVICE, None)
    properties: tuple[Property, ...] = C1_AND_C4


SIGN = ("--security", "sign")
THREE = ("declaration;charset=utf-8", "list;prop.Role=list;prop.Title=原產地", "picture;mime=image/png")
INCOMING = {
    "signed, encrypted, compressed": Incoming(),
    "signed, encrypted": Incoming("plain", options=("--no-compress",)),
    "signed, compressed": Incoming("signed", options=SIGN),
    "signed": Incoming("signed-plain", options=(*SIGN, "--no-compress")),
    "three payloads": Incoming(payloads=THREE),
    "three payloads, signed": Incoming("signed-plain", THREE, (*SIGN, "--no-compress")),
    "one of three compressed": Incoming("plain", ("declaration;plain", "list;gzip", "picture;plain")),
    "no payload": Incoming(payloads=()),
    "no payload, signed": Incoming("signed", (), SIGN),
    "no payload in a package": Incoming(payloads=(), options=("--force-mime",)),
    "properties": Incoming(properties=MANY[:2]),
    "no properties": Incoming(properties=()),
    "an answer in a conversation": Incoming(options=("--ref-to", "earlier@ours", "--conversation", "talk-2")),
    "typed service and agreement": Incoming(
        "referenced",
        options=("--agreement", AGREEMENT.value, "--agreement-type", AGREEMENT.type or ""),
        service=(TYPED_SERVICE, SERVICE_TYPE),
    ),
    "further part headers": Incoming(options=("--part-header", "X-Note: one\\ntwo")),
    "SOAP 1.1": Incoming("soap-1.1", options=("--soap", "1.1")),
    "20 MB": Incoming(payloads=("large",)),
    "20 MB of XML": Incoming(payloads=("manifest",)),
    "20 MB, signed": Incoming("signed-plain", ("large",), (*SIGN, "--no-compress")),
    "key with its path": Incoming(options=("--sign-key-id", "pkipath")),
    "key by issuer and serial": Incoming("serial", options=("--sign-key-id", "issuer-serial", "--enc-key-id", "issuer-serial")),
    "key by subject key identifier": Incoming("ski", options=("--sign-key-id", "ski", "--enc-key-id", "ski")),
    "key as X.509 data": Incoming(options=("--sign-key-id", "x509", "--enc-key-id", "x509")),
}


def header_options(partner: str, service: tuple[str, str | None], given: tuple[Property, ...]) -> list[str]:
    value, kind = service
    options = ["--from", partner.upper(), "--from-type", PARTY_TYPE, "--to", US, "--to-type", PARTY_TYPE]
    options += ["--service", value, *(("--service-type", kind) if kind else ())]
    for one in given:
        options += ["--property", f"{one.name}{'|' + one.type if one.type else ''}={one.value}"]
    return options if given else [*options, "--no-properties"]


def send(world: World, kind: str, incoming: Incoming, *more: str | Path, url: str | None = None, **how: Any) -> dict[str, Any]:
    payloads: list[str] = []
    for spec in incoming.payloads:
        name, _, rest = spec.partition(";")
        mime = "" if "mime=" in rest else f";mime={MEDIA_TYPES[name]}"
        payloads += ["--payload", f"{world.documents[name]}{mime}{';' if rest else ''}{rest}"]
    header = header_options(f"{kind}-{incoming.terms}", incoming.service, incoming.properties)
    return world.sender.send(kind, url or world.ours.url, *header, *payloads, *incoming.options, *more, **how)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("incoming", INCOMING.values(), ids=INCOMING)
def test_we_take_what_phase4_sends_and_our_receipt_stands_its_strict_check(world: World, incoming: Incoming, kind: str) -> None:
    said = send(world, kind, incoming)
    assert said["exit"] == 0, said
    assert (said["nrr"], said["receiptSigned"], said["receiptSigner"]) == (True, True, f"CN=a-{kind}-sign, O=Peer Test, C=XX")
    partner, message_id = f"{kind}-{incoming.terms}", said["messageId"]
    document, payloads = world.ours.delivered(partner, message_id)
    assert payloads == [world.documents[spec.partition(";")[0]].read_bytes() for spec in incoming.payloads]
    assert document["from"]["party_ids"] == [{"value": partner.upper(), "type": PARTY_TYPE}]
    assert document["to"]["party_ids"] == [{"value": US, "type": PARTY_TYPE}]
    assert (document["service"]["value"], document["service"]["type"]) == incoming.service
    assert document["message_properties"] == properties(incoming.properties)
    for option, key in (
        ("--conversation", "conversation_id"),
        ("--ref-to", "ref_to_message_id"),
        ("--agreement", "agreement_ref"),
    ):
        if option in incoming.options:
            assert document[key] == incoming.options[incoming.options.index(option) + 1]
    for spec, file in zip(incoming.payloads, document["payloads"], strict=True):
        told = {one["name"]: one["value"] for one in file["part_properties"]}
        asked = dict(field.removeprefix("prop.").split("=") for field in spec.split(";") if field.startswith("prop."))
        assert asked.items() <= told.items()
        compressed = "gzip" in spec or not ("plain" in incoming.terms or "plain" in spec)
        assert (told.get("CompressionType") == "application/gzip") is compressed
    assert_kept(world, kind, message_id)


def assert_kept(world: World, kind: str, message_id: str) -> None:
    """Our store has it once, with the agreed signer and the receipt that phase4 was given."""
    kept = until(lambda: found if (found := world.ours.accepted(message_id)) and found.state is InboundState.DELIVERED else None)
    pem = (world.keys / f"b-{kind}-sign.cert.pem").read_text()
    assert kept.signer_sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert kept.duplicates == 0
    assert f"RefToMessageId>{message_id}<".encode() in octets_of(kept.receipt)
    assert message_id.encode() in octets_of(kept.envelope)
    assert world.ours.left() == []


@pytest.mark.parametrize("kind", KINDS)
def test_phase4s_test_message_gets_its_receipt_and_is_given_to_nobody(world: World, kind: str) -> None:
    said = send(world, kind, Incoming(), "--test-service")
    assert said["exit"] == 0, said
    kept = world.ours.accepted(said["messageId"])
    assert kept is not None
    assert kept.test_service
    # A message that came later has been delivered, so this one had its time.
    later = send(world, kind, Incoming())
    world.ours.delivered(f"{kind}-whole", later["messageId"])
    assert all(said["messageId"] not in (one / "message.json").read_text() for one in world.ours.folders(f"{kind}-whole"))


# -- we refuse phase4 ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A message of phase4 that must be refused, and with which code; `signer` and `other` choose its keys."""

    code: str
    incoming: Incoming = field(default_factory=Incoming)
    keys: str = ""
    kinds: tuple[str, ...] = ("rsa",)
    #: We sign our errors where the message told who it claims to be from.
    signed: bool = True


REFUSED = {
    "unsigned": Refused("EBMS:0103", Incoming(options=("--security", "none")), kinds=KINDS),
    "not encrypted": Refused("EBMS:0103", Incoming(options=SIGN), kinds=KINDS),
    "one part of three bears a bomb": Refused("EBMS:0303", Incoming(payloads=("list", "zeros", "picture"))),
    "a stranger's key": Refused("EBMS:0101", keys="stranger"),
    "our own key": Refused("EBMS:0101", keys="ours", kinds=KINDS),
    "encrypted to somebody else": Refused("EBMS:0102", keys="misdirected", kinds=KINDS),
    "a service that nobody agreed": Refused("EBMS:0010", Incoming(service=("urn:example:other", None)), signed=False),
    "a service of another type": Refused("EBMS:0010", Incoming(service=(SERVICE, "urn:example:other")), signed=False),
    "an action that nobody agreed": Refused("EBMS:0010", Incoming(options=("--action", "Withdraw")), signed=False),
    "an agreement that nobody made": Refused("EBMS:0001", Incoming(options=("--agreement", "urn:example:no")), signed=False),
    "a partner that we do not have": Refused("EBMS:0010", Incoming("unheard"), signed=False),
    "another suite": Refused("EBMS:0103", keys="other suite"),
}
REFUSING = [(kind, name) for name, refused in REFUSED.items() for kind in refused.kinds]


def strange_keys(world: World, kind: str, keys: str) -> list[str] | None:
    """phase4's key options for a message that is not what it should be."""
    agreed = side(world.keys, kind)
    if keys == "stranger":
        return [*agreed, "--keystore", str(world.keys / "stranger" / "stranger-rsa-sign.p12")]
    if keys == "ours":
        return [*agreed, "--keystore", str(world.keys / f"a-{kind}-sign.p12")]
    if keys == "misdirected":
        return [*agreed, "--partner-cert", str(world.keys / f"b-{kind}-enc.cert.pem")]
    if keys == "other suite":
        return side(world.keys, "ec")
    return None


@pytest.mark.parametrize(("kind", "name"), REFUSING, ids=[f"{name}-{kind}" for kind, name in REFUSING])
def test_we_refuse_what_was_not_agreed_and_phase4_reads_why(world: World, kind: str, name: str) -> None:
    refused = REFUSED[name]
    said = send(world, kind, refused.incoming, keys=strange_keys(world, kind, refused.keys))
    assert said["exit"] == 1, said
    (error,) = said["errors"]
    assert (error["code"], error["severity"]) == (refused.code, "failure")
    assert said["errorSigned"] is refused.signed
    line = world.ours.refusal(said["messageId"])
    assert line.error_code == refused.code
    assert line.size > 1000
    # The reason is for our log alone.
    assert error["detail"] is None
    assert world.ours.accepted(said["messageId"]) is None
    assert world.ours.left() == []


@pytest.mark.parametrize(("damage", "code"), [("request-payload", "EBMS:0102"), ("request-header", "EBMS:0101")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_was_damaged_on_its_way_to_us_is_refused(
    world: World, tmp_path: Path, kind: str, damage: str, code: str
) -> None:
    wire = Wire.start(tmp_path, world.ports["ours"], "--tamper", damage) if world.ours else None
    assert wire is not None
    try:
        said = send(world, kind, Incoming(), url=wire.url)
    finally:
        wire.stop()
    assert said["exit"] == 1, said
    assert [one["code"] for one in said["errors"]] == [code]
    assert world.ours.refusal(said["messageId"]).error_code == code
    assert world.ours.accepted(said["messageId"]) is None
    assert world.ours.left() == []


# -- once and only once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_receipt_is_given_again_octet_for_octet_and_the_message_is_delivered_once(
    world: World, tmp_path: Path, kind: str
) -> None:
    assert world.ours
    wire = Wire.start(tmp_path, world.ports["ours"], "--tamper", "answer-none", "--times", "1")
    try:
        said = send(world, kind, Incoming(), "--retries", "2", "--retry-ms", "100", url=wire.url)
    finally:
        wire.stop()
    assert said["exit"] == 0, said
    first, second = wire.bodies("response")
    assert first == second
    document, _ = world.ours.delivered(f"{kind}-whole", said["messageId"])
    kept = world.ours.accepted(said["messageId"])
    assert kept is not None
    assert (kept.duplicates, octets_of(kept.receipt)) == (1, first)
    texts = [(one / "message.json").read_text() for one in world.ours.folders(f"{kind}-whole")]
    assert sum(document["message_id"] in text for text in texts) == 1


def test_a_used_message_id_does_not_cover_another_message(world: World) -> None:
    """phase4 makes a new message of the same id: other time, other content. Nothing is overwritten and no receipt speaks of it."""
    first = send(world, "rsa", Incoming(), "--message-id", "twice@phase4")
    second = send(world, "rsa", Incoming(payloads=("list",)), "--message-id", "twice@phase4")
    assert (first["exit"], second["exit"]) == (0, 1)
    assert [one["code"] for one in second["errors"]] == ["EBMS:0003"]
    _, payloads = world.ours.delivered("rsa-whole", "twice@phase4")
    assert payloads == [world.documents["declaration"].read_bytes()]


# -- mutual TLS ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls(world: World) -> OurNode:
    """Our node behind its own TLS endpoint. Each side's TLS authority is another one than that of its messages."""
    authority = DemoAuthority(datetime.now(UTC))
    (world.folder / "our-tls-ca.pem").write_bytes(authority.certificate)
    url = f"https://127.0.0.1:{world.ports['tls-phase4']}/as4"
    partners = [Partner("rsa-whole", "rsa", url, tls="phase4-tls"), Partner("ed-whole", "ed", url)]
    home = world.folder / "tls-home"
    make_home(home, world.keys, world.ports["tls-ours"], partners, authority, world.keys / "tls.cert.pem")
    return world.once("tls-ours", lambda: OurNode(home))


def our_authority(world: World) -> list[str]:
    return ["--tls-trust", str(world.folder / "our-tls-ca.pem")]


def test_we_send_to_phase4_over_mutual_tls(world: World, tls: OurNode) -> None:
    options = ["--https", "--tls-keystore", str(world.keys / "tls.p12"), *our_authority(world), "--tls-need-client-auth"]
    make = lambda: Receiver(world.keys, "rsa", world.folder / "got-tls", world.ports["tls-phase4"], *options)  # noqa: E731
    phase4 = world.once("phase4-tls", make)
    message_id = world.submit("rsa-whole", node=tls)
    assert_acknowledged(tls, tls.ended(message_id))
    assert phase4.payloads(message_id) == [world.documents["declaration"].read_bytes()]
    # The same phase4 lets nobody in who shows no certificate.
    said = world.sender.send("rsa", phase4.url, "--tls-trust", world.keys / "ca.pem")
    assert said["exit"] == 4


@pytest.mark.parametrize("kind", ["rsa", "ed"])
def test_phase4_sends_to_us_over_mutual_tls(world: World, tls: OurNode, kind: str) -> None:
    own = ("--tls-keystore", world.keys / "tls.p12")
    said = send(world, kind, Incoming(), *own, *our_authority(world), url=tls.url)
    assert said["exit"] == 0, said
    _, payloads = tls.delivered(f"{kind}-whole", said["messageId"])
    assert payloads == [world.documents["declaration"].read_bytes()]


@pytest.mark.parametrize("certificate", [None, "stranger/stranger-rsa-sign.p12"])
def test_nobody_without_an_accepted_tls_certificate_reaches_our_handler(
    world: World, tls: OurNode, certificate: str | None
) -> None:
    before = seen(tls)
    shown = ("--tls-keystore", world.keys / certificate) if certificate else ()
    said = send(world, "rsa", Incoming(), *shown, *our_authority(world), url=tls.url)
    assert said["exit"] == 4, said
    assert seen(tls) == before


def seen(ours: OurNode) -> int:
    """How many requests reached the handler."""
    counts = ours.messages.counts()
    return sum(counts["inbound"].values()) + sum(counts["refused"].values())
