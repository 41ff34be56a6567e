"""The PyPI library `as4` as a counterparty, both ways: what it makes we accept and it takes our receipt, what we make it accepts and we take its receipt."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cryptography
import pytest

from bench.as4_agreement import ACTION, AGREED, PARTY_IDS, PROPERTIES, document, our_node
from bench.as4_worker import LOCK, As4Worker, party
from bench.pair import FixedAgreements, Node, body_of
from bench.two_nodes import sample
from node.ebms.message import Property
from node.ebms.pmode import PMode
from node.ebms.states import OutboundState
from node.msh.deliver import payload_chunks
from node.msh.ports import Answer
from node.security.keys import SoftwareKey
from tests.pki import Pki

pytestmark = pytest.mark.server

CERTIFICATE = (
    b'<co:Certificate xmlns:co="urn:example:co">\xe8\x8c\xb6 &amp; <co:Mark><![CDATA[<A&B>]]></co:Mark></co:Certificate>'
)
DOCUMENT = document(b"<co>1</co>")


@pytest.fixture(scope="module")
def keys() -> dict[str, SoftwareKey]:
    """One RSA key per party; as4 is b, a stranger is nobody we know."""
    pki = Pki()
    return {name: pki.key(name) for name in ("a", "b", "stranger")}


@pytest.fixture(scope="module")
def as4(as4_python: Path, keys: dict[str, SoftwareKey]) -> Iterator[As4Worker]:
    with as4_as_b(as4_python, keys["b"], keys["a"]) as worker:
        yield worker


def as4_as_b(python: Path, own: SoftwareKey, ours: SoftwareKey) -> As4Worker:
    me = party(PARTY_IDS["b"], own, private=True)
    return As4Worker(python, AGREED, me, party(PARTY_IDS["a"], ours, private=False))


@pytest.fixture
def us(keys: dict[str, SoftwareKey]) -> Node:
    return our_node("a", "b", keys["a"], keys["b"])


def send(us: Node, as4: As4Worker, *documents: bytes, **more: object) -> tuple[str, dict[str, Any], Answer]:
    """One message from us to as4: its id, what as4 makes of it, and as4's answer."""
    message_id, content_type, body = made(us, *documents, **more)
    told = as4.verify(content_type, body)
    return message_id, told, Answer(200, told["content_type"], told["receipt"])


def made(us: Node, *documents: bytes, **more: object) -> tuple[str, str, bytes]:
    """A message of ours on the wire: id, Content-Type, body."""
    message_id = us.submit("b", *documents, **{"action": ACTION, "properties": PROPERTIES, **more})  # type: ignore[arg-type]
    outgoing = us.prepare(message_id)
    return message_id, outgoing.content_type, body_of(outgoing)


def under(us: Node, change: Callable[[PMode], PMode]) -> Node:
    """Our node with its P-Modes changed."""
    agreements = us.ports.agreements
    assert isinstance(agreements, FixedAgreements)
    changed = FixedAgreements({name: change(pmode) for name, pmode in agreements.pmodes.items()})
    return replace(us, ports=replace(us.ports, agreements=changed))


def encryption(**policy: Any) -> Callable[[PMode], PMode]:
    def change(pmode: PMode) -> PMode:
        security = pmode.leg.security
        return replace(
            pmode, leg=replace(pmode.leg, security=replace(security, encryption=replace(security.encryption, **policy)))
        )

    return change


def uncompressed(pmode: PMode) -> PMode:
    return replace(pmode, leg=replace(pmode.leg, payload_service=replace(pmode.leg.payload_service, compression_type=None)))


def flipped(body: bytes) -> bytes:
    """The body with one bit of its attachment changed: the last octet before the closing delimiter, where the tag of AES-GCM ends."""
    at = body.rindex(b"\r\n--") - 1
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def delivered(us: Node) -> list[bytes]:
    return [b"".join(map(bytes, payload_chunks(one))) for message in us.messages.deliverable(10) for one in message.payloads]


# -- as4 to us ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"<co/>", CERTIFICATE, sample(4096), sample(1 << 20)], ids=["empty", "text", "4 KB", "1 MB"])
def test_what_as4_sends_is_delivered_and_as4_takes_our_receipt(us: Node, as4: As4Worker, content: bytes) -> None:
    message = as4.make(content)
    answer = us.receive(message["content_type"], message["body"])
    assert us.messages.refused() == []
    assert delivered(us) == [message["document"]]
    assert as4.receipt(message["message_id"], answer.octets) == {"state": "acknowledged", "code": None, "problem": None}


def test_what_as4_sends_twice_is_delivered_once_and_acknowledged_twice(us: Node, as4: As4Worker) -> None:
    message = as4.make(b"<co/>")
    first, second = (us.receive(message["content_type"], message["body"]) for _ in range(2))
    assert second.octets == first.octets
    assert as4.receipt(message["message_id"], second.octets)["state"] == "acknowledged"
    assert len(delivered(us)) == 1


def test_as4_reads_our_refusal_of_a_message_that_was_changed(us: Node, as4: As4Worker) -> None:
    message = as4.make(b"<co/>")
    answer = us.receive(message["content_type"], flipped(message["body"]))
    assert delivered(us) == []
    assert as4.receipt(message["message_id"], answer.octets) == {"state": "rejected", "code": "EBMS:0102", "problem": None}


def test_as4_with_a_key_that_was_not_agreed_is_refused(us: Node, as4_python: Path, keys: dict[str, SoftwareKey]) -> None:
    with as4_as_b(as4_python, keys["stranger"], keys["a"]) as impostor:
        message = impostor.make(b"<co/>")
        answer = us.receive(message["content_type"], message["body"])
        assert delivered(us) == []
        assert impostor.receipt(message["message_id"], answer.octets)["code"] == "EBMS:0101"


def test_as4_refuses_our_receipt_for_another_message(us: Node, as4: As4Worker) -> None:
    one, other = as4.make(b"<co/>"), as4.make(b"<co/>")
    answer = us.receive(one["content_type"], one["body"])
    told = as4.receipt(other["message_id"], answer.octets)
    assert told["state"] == "sent"
    assert "not to this exchange" in told["problem"]


# -- we to as4 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [DOCUMENT, document(CERTIFICATE), document(sample(4096)), document(sample(1 << 20))],
    ids=["empty", "text", "4 KB", "1 MB"],
)
def test_what_we_send_as4_decrypts_and_we_take_its_receipt(us: Node, as4: As4Worker, given: bytes) -> None:
    message_id, told, answer = send(us, as4, given)
    assert told["error"] is None
    assert (told["message_id"], told["payloads"]) == (message_id, [given])
    assert us.settle(message_id, answer) is OutboundState.ACKNOWLEDGED


def test_a_payload_need_not_be_compressed(us: Node, as4: As4Worker) -> None:
    us = under(us, uncompressed)
    message_id, told, answer = send(us, as4, DOCUMENT)
    assert told["payloads"] == [DOCUMENT]
    assert us.settle(message_id, answer) is OutboundState.ACKNOWLEDGED


def test_we_read_the_refusal_of_as4_of_a_message_that_was_changed(us: Node, as4: As4Worker) -> None:
    message_id, content_type, body = made(us, DOCUMENT)
    told = as4.verify(content_type, flipped(body))
    assert told["state"] == "rejected"
    assert us.settle(message_id, Answer(200, told["content_type"], told["receipt"])) is OutboundState.READY
    step = us.messages.history(message_id)[-1]
    assert (step.event, step.error_code) == ("REFUSAL_DOUBTED", "EBMS:0102")


def test_a_receipt_of_as4_for_another_message_leaves_the_exchange_open(us: Node, as4: As4Worker) -> None:
    _, _, answer = send(us, as4, DOCUMENT)
    message_id, _, _ = made(us, DOCUMENT)
    assert us.settle(message_id, answer) is OutboundState.READY


def test_a_receipt_of_as4_that_was_changed_leaves_the_exchange_open(us: Node, as4: As4Worker) -> None:
    message_id, _, answer = send(us, as4, DOCUMENT)
    assert answer.octets is not None
    # The first digest after eb:Receipt is one that we signed.
    head, receipt, tail = answer.octets.partition(b"<eb3:Receipt>")
    changed = re.sub(rb"(DigestValue>)(.)", lambda found: found[1] + (b"B" if found[2] == b"A" else b"A"), tail, count=1)
    assert us.settle(message_id, replace(answer, octets=head + receipt + changed)) is OutboundState.READY


# -- the oddities of as4: why the agreement with it is as it is ----------------------------------------------------------


@pytest.mark.parametrize("key_identifier", ["ski", "issuer-serial", "thumbprint"])
def test_as4_finds_its_key_only_by_a_token_in_the_message(us: Node, as4: As4Worker, key_identifier: str) -> None:
    _, told, _ = send(under(us, encryption(key_identifier=key_identifier)), as4, DOCUMENT)
    assert "EBMS:0003" in told["error"]
    assert "SecurityTokenReference" in told["error"]


@pytest.mark.parametrize(
    ("documents", "error", "state"),
    [
        # The error names no message, so that nobody's exchange ends by it.
        ((), "EBMS:0009 InvalidHeader: Message carries no readable application/octet-stream part", OutboundState.READY),
        ((DOCUMENT, DOCUMENT), "EBMS:0102 FailedDecryption", OutboundState.READY),
        ((b"<co/>",), "EBMS:0004 Other: Decrypted payload carries no StandardBusinessDocumentHeader", OutboundState.FAILED),
    ],
    ids=["none", "two", "no SBDH"],
)
def test_as4_wants_one_payload_under_an_sbdh(
    us: Node, as4: As4Worker, documents: tuple[bytes, ...], error: str, state: OutboundState
) -> None:
    message_id, told, answer = send(us, as4, *documents)
    assert told["error"].startswith(error)
    assert us.settle(message_id, answer) is state


def test_as4_wants_the_types_of_the_message_properties(us: Node, as4: As4Worker) -> None:
    untyped = tuple(Property(one.name, one.value) for one in PROPERTIES)
    _, told, _ = send(us, as4, DOCUMENT, properties=untyped)
    assert "originalSender property names" in told["error"]


def test_as4_wants_the_payload_encrypted(us: Node, as4: As4Worker) -> None:
    _, told, _ = send(under(us, encryption(encrypt=False)), as4, DOCUMENT)
    assert told["state"] == "rejected"


def test_as4_digests_uncompressed_xml_as_it_stands_and_not_its_canonical_form(us: Node, as4: As4Worker) -> None:
    """SwA 5.4: WSS4J and we digest the canonical form of XML, so that only XML that is canonical as it stands passes uncompressed."""
    _, told, _ = send(under(us, uncompressed), as4, document(b"<co  mark='1'/>"))
    assert told["error"].startswith("EBMS:0101 FailedAuthentication: Digest mismatch")


def test_as4_runs_on_our_release_of_cryptography(as4: As4Worker) -> None:
    """Else the bench would compare OpenSSL with OpenSSL: see tests/peers/as4/README.md on how the lock is made again."""
    assert as4.releases == {"as4": "0.2.0", "cryptography": cryptography.__version__}
    assert f"cryptography=={cryptography.__version__} " in LOCK.read_text("utf-8")
