"""Messages and receipts of other products, with stated verdicts: all thirty through the whole inbound path of a node that was made to fit."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from bench.pair import Node
from node.ebms.c14n import canonicalize
from node.ebms.envelope import open_envelope
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.header_reader import read_messaging
from node.ebms.message import CollaborationInfo, MessageInfo, Messaging, Party, PartyId, Service, SignedReference, UserMessage
from node.ebms.pmode import Encryption, PMode
from node.ebms.states import OutboundState
from node.msh.ports import Answer
from node.security import algorithms as a
from node.security.certificates import Certificate, split_pkipath
from node.security.claim import read_security
from node.security.keys import KeyRefused, SoftwareKey
from node.security.suites import EDELIVERY_1_15
from tests.vectors.receiver import Certs, await_receipt, delivered, fitting_pmode, make_receiver, root_of

Captured = tuple[str, bytes]
#: What those messages need beyond eDelivery AS4 1.15, agreed by name, as an operator would.
OAEP_OF_2002 = frozenset({a.RSA_OAEP_MGF1P, a.MGF1_SHA1})
HOLODECK = frozenset({a.RSA_SHA384}) | OAEP_OF_2002
SMALL_RSA = (
    "our rule: RSA of fewer than 2048 bits neither signs nor decrypts (tests/security/test_vectors_signature.py proves its value)"
)


IN_THE_BODY = (
    "its payload is in the SOAP Body, which is refused first; tests/security/test_vectors_signature.py sees the algorithm"
)


# -- mending what storage did -------------------------------------------------------------------------------------------


def with_crlf(body: bytes) -> bytes:
    """The line ends of MIME, which a version control system made LF."""
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def without_comments(body: bytes) -> bytes:
    """The envelope without the licence before it and the remarks in it; an envelope of ours never has a comment."""
    return re.sub(rb"<!--.*?-->", b"", body, flags=re.DOTALL).lstrip(b"\n")


def without_empty_properties(body: bytes) -> bytes:
    """The header as the schema wants it; nothing signs it."""
    return re.sub(rb"<eb:PartProperties\s*/>", b"", body)


@dataclass(frozen=True)
class Row:
    """One message of the manifest: what it says of it, and what our node says."""

    #: A word of the stated verdict.
    stated: str
    #: accepted, ACKNOWLEDGED or READY (of the message that a signal is about), or the code of the refusal.
    verdict: str
    #: A word of the reason in our log.
    why: str = ""
    #: What the octets get as they lie there, and what mends them.
    as_it_lies: str = ""
    mend: Callable[[bytes], bytes] | None = None
    signer: str = "embedded"
    own: str | None = None
    allow: frozenset[str] = frozenset()
    payloads: int = 0
    #: Where our verdict is another one than the stated, or has another reason: which layer, and why.
    because: str = ""


ROWS = {
    "as4net/as4-encrypted-signed-keyidentifier.as4": Row(
        "decrypts", "accepted", signer="AccessPointA", own="AccessPointB", allow=HOLODECK, payloads=2
    ),
    "as4net/as4-encrypted-signed-issuerserial.as4": Row(
        "decrypts", "accepted", signer="AccessPointA", own="AccessPointB", allow=HOLODECK, payloads=2
    ),
    "as4net/as4-encrypted-compressed-message.as4": Row(
        "refused as unsigned",
        "EBMS:0103",
        "no ds:Signature",
        as_it_lies="EBMS:0009",
        mend=without_empty_properties,
        signer="AccessPointA",
        allow=OAEP_OF_2002,
        because="as it lies, the schema of the header refuses empty eb:PartProperties before anything else",
    ),
    "as4net/signed_holodeck_message.as4": Row(
        "4 reference digests match", "accepted", signer="AccessPointB", allow=frozenset({a.RSA_SHA384}), payloads=2
    ),
    "as4net/as4-soap-signed-message.txt": Row("sig valid", "EBMS:0101", "1024 bits", because=SMALL_RSA),
    "as4net/as4-soap-signed-pullrequest.xml": Row(
        "sig valid",
        "EBMS:0101",
        "PullRequest",
        because="no agreement here offers its channel; tests/security proves both references",
    ),
    "as4net/as4-multihop-message.as4": Row(
        "sig valid",
        "FAILED",
        "EBMS:0004",
        as_it_lies="READY",
        mend=with_crlf,
        because="it carries no user message of its own but a signed error: authentic, so it ends the message it is about",
    ),
    "as4net/as4-soap-untrusted-signed-message.txt": Row("signature invalid", "EBMS:0101", "SignatureValue"),
    "as4net/as4-soap-wrong-signed-message.txt": Row(
        "wsu:Id not found", "EBMS:0101", "1024 bits", because="the small key is refused first; the test below sees the reference"
    ),
    "as4net/as4-soap-wrong-signed-pullrequest.xml": Row("signature invalid", "EBMS:0101", "base64"),
    "as4net/as4-soap-wrong-signed-callback-message.txt": Row(
        "signature invalid", "EBMS:0101", "1024 bits", because="the small key is refused first"
    ),
    "as4net/as4-pullrequest-warning.xml": Row("signature invalid", "READY", "SignatureValue"),
    "as4net/receipt_with_invalid_signature.as4": Row(
        "digest mismatch",
        "READY",
        "no certificate agreed",
        signer="AccessPointA",
        because="the signer's certificate is not in the set, which stops us first; the test below sees the digest",
    ),
    "as4net/Receipt_InvalidNRI_Namespace.as4": Row(
        "no usable NRI",
        "READY",
        "NonRepudiationInformation",
        as_it_lies="READY",
        mend=with_crlf,
        signer="AccessPointA",
    ),
    "as4net/as4_flame_envelope.as4": Row(
        "incomplete", "EBMS:0011", "holds no such part", own="AccessPointB", allow=frozenset({a.SHA1, a.MGF1_SHA1})
    ),
    "as4net/rssbus_message.as4": Row("key not in the set", "EBMS:0102", "does not decrypt", own="AccessPointB"),
    "as4net/c3_minderreceiveagent_request.as4": Row(
        "key not in the set", "EBMS:0102", "does not decrypt", own="AccessPointB", allow=OAEP_OF_2002
    ),
    "phase4/helger.as4in": Row("pass at 2022-03-07", "ACKNOWLEDGED"),
    "phase4/governikus.as4in": Row("sig valid", "ACKNOWLEDGED"),
    "phase4/dataport1-mustunderstand.as4in": Row("sig valid", "ACKNOWLEDGED"),
    "phase4/dataport1.as4in": Row("first reference digest mismatch", "READY", "digest of messaging"),
    "phase4/dump-raw.as4out": Row("key not in the set", "EBMS:0102", "does not decrypt", own="AccessPointB"),
    "phase4/TestReceipt11.xml": Row(
        "refused by a SOAP 1.2 only profile",
        "READY",
        "no reference covers messaging",
        as_it_lies="READY",
        mend=without_comments,
        because="its signature is right and covers the Body alone: the receipt itself is signed by nobody (A 5.1.4)",
    ),
    "phase4/TestReceipt12.xml": Row("sig valid", "ACKNOWLEDGED", as_it_lies="READY", mend=without_comments),
    "phase4/WrongSigningAlgorithm.xml": Row(
        "unknown signature algorithm",
        "EBMS:0008",
        "SOAP Body",
        as_it_lies="SOAP:Sender",
        mend=without_comments,
        because=IN_THE_BODY,
    ),
    "phase4/WrongSigningDigestAlgorithm.xml": Row(
        "unknown digest algorithm", "EBMS:0008", "SOAP Body", as_it_lies="SOAP:Sender", mend=without_comments, because=IN_THE_BODY
    ),
    "phase4/PullRequest12.xml": Row("parse error", "SOAP:Sender", "well-formed", as_it_lies="SOAP:Sender", mend=without_comments),
    "phase4/UserMessageWithCompressedPayload12.xml": Row(
        "parse error", "SOAP:Sender", "well-formed", as_it_lies="SOAP:Sender", mend=without_comments
    ),
    "phase4/WrongCompression.mime": Row(
        "EBMS:0303",
        "EBMS:0003",
        "application/rar",
        as_it_lies="EBMS:0007",
        mend=lambda body: with_crlf(without_comments(body)),
        because="a CompressionType that AS4 does not know is refused by its name, before anything is inflated (A 3.1)",
    ),
    "phase4/TwoUserMessages.xml": Row(
        "reject", "EBMS:0030", "two eb:UserMessage", as_it_lies="SOAP:Sender", mend=without_comments
    ),
}


# -- the set ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    return shared / "vectors" / "as4-messages"


@pytest.fixture(scope="session")
def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


@dataclass(frozen=True)
class Held:
    """The key files of the set: the certificate of each, and the private key where we would use it."""

    certificates: dict[str, Certificate]
    own: dict[str, SoftwareKey]


@pytest.fixture(scope="session")
def held(folder: Path, manifest: dict[str, Any]) -> Held:
    certificates, own = {}, {}
    for file, password in manifest["keys"].items():
        octets, name = (folder / file).read_bytes(), Path(file).stem
        found = pkcs12.load_pkcs12(octets, password.encode()).cert
        assert found is not None
        certificates[name] = Certificate(found.certificate.public_bytes(Encoding.DER))
        try:
            own[name] = SoftwareKey.from_pkcs12(octets, password.encode())
        except KeyRefused:
            assert "1024 bits" in (certificates[name].weakness or "")
    return Held(certificates, own)


def captured(path: Path) -> Captured:
    """Content type and body: the set holds bare packages, HTTP messages and lone envelopes."""
    body = path.read_bytes()
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if text.startswith(b"--"):
        boundary = text.split(b"\n", 1)[0].strip()[2:].decode()
        return f'multipart/related; type="application/soap+xml"; boundary="{boundary}"', body
    if re.match(rb"[A-Za-z-]+: ", text):
        end = re.search(rb"\r?\n\r?\n", text)
        assert end is not None
        head = BytesParser().parsebytes(text[: end.end()], headersonly=True)
        return " ".join(head["Content-Type"].split()), text[end.end() :]
    return "text/xml" if b"<S11:Envelope" in text else "application/soap+xml", body


# -- a node that fits ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What can be read of a message before anything is proven; empty where it cannot be read."""

    messaging: Messaging = field(default_factory=Messaging)
    embedded: Certificate | None = None
    signed: bool = False
    encrypted: bool = False

    @property
    def at(self) -> datetime:
        """The time of the capture, as the message has it."""
        info = (self.messaging.user_message or self.messaging.signal_messages[0]).message_info
        found = datetime.fromisoformat(info.timestamp)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def look(content_type: str, body: bytes) -> Seen:
    try:
        envelope = open_envelope(root_of(content_type, body))
        messaging = read_messaging(canonicalize(envelope.messaging))
    except (EbmsError, SoapFault):
        return Seen()
    try:
        claim = read_security(envelope)
    except EbmsError:
        return Seen(messaging)
    signer = claim.signature.signer if claim.signature else None
    embedded = None
    if signer is not None and signer.kind in ("bst", "bst-pkipath"):
        embedded = Certificate(signer.octets if signer.kind == "bst" else split_pkipath(signer.octets)[-1])
    return Seen(messaging, embedded, claim.signature is not None, bool(claim.encrypted_data))


def fitting_node(seen: Seen, row: Row, held: Held, user_message: UserMessage | None, at: datetime, *, inbound: bool) -> Node:
    """A node with the agreement that this message would have been sent under; its signer is pinned by that agreement."""
    signer = seen.embedded if row.signer == "embedded" else held.certificates[row.signer]
    certs = Certs(held.own, {"signer": signer} if signer else {}, pinned=("signer",))
    if user_message is None:
        return make_receiver(certs, at)
    return make_receiver(certs, at, fitting(seen, row, user_message, inbound=inbound))


def fitting(seen: Seen, row: Row, user_message: UserMessage, *, inbound: bool) -> PMode:
    suite = EDELIVERY_1_15
    # An AS4 policy signs; the one vector of compression alone has no security at all.
    sign = row.stated != "EBMS:0303"
    encryption: Encryption = suite.encryption((row.own,) if row.own else (), encrypt=seen.encrypted)
    own = suite.signature(("AccessPointB",), sign=sign)
    signer = suite.signature(("signer",), sign=sign)
    signatures = (signer, own) if inbound else (own, signer)
    return fitting_pmode(user_message, signatures[0], encryption, signatures[1], inbound=inbound, also_allowed=row.allow)


def judge(captured: Captured, row: Row, held: Held, at: datetime | None = None) -> tuple[str, str, Node]:
    """The verdict of a whole node, the reason in its log, and the node."""
    seen = look(*captured)
    when = at or (seen.at if seen != Seen() else datetime(2026, 11, 24, tzinfo=UTC))
    if row.verdict in OutboundState.__members__:
        return judge_answer(captured, seen, row, held, when)
    node = fitting_node(seen, row, held, seen.messaging.user_message, when, inbound=True)
    node.receive(*captured)
    for refusal in node.messages.refused():
        return refusal.error_code, refusal.detail, node
    return "accepted", "", node


def judge_answer(captured: Captured, seen: Seen, row: Row, held: Held, at: datetime) -> tuple[str, str, Node]:
    """What a signal does to the message that it is about, had we sent that message and signed what the receipt repeats."""
    signal = next(iter(seen.messaging.signal_messages), None)
    ref = (signal.message_info.ref_to_message_id if signal else None) or "unknown@receiver.example"
    repeated: tuple[SignedReference, ...] = (signal.receipt.non_repudiation or ()) if signal and signal.receipt else ()
    user_message = sent_message(ref)
    node = fitting_node(seen, row, held, user_message, at, inbound=False)
    # Where nothing readable is repeated, we had signed something all the same.
    message_id = await_receipt(node, user_message, repeated or (SignedReference("#m", a.SHA256, bytes(32)),))
    state = node.settle(message_id, Answer(200, *captured))
    return state.value, node.messages.history(message_id)[-1].detail, node


def sent_message(message_id: str) -> UserMessage:
    us, them = (Party((PartyId(name, "urn:example"),), "role") for name in ("us", "them"))
    info = MessageInfo("2022-03-07T16:00:00Z", message_id)
    return UserMessage(info, us, them, CollaborationInfo(Service("urn:example:service"), "action", "1"))


# -- thirty of thirty ---------------------------------------------------------------------------------------------------


def test_every_message_of_the_manifest_has_a_row_that_tells_its_stated_verdict(manifest: dict[str, Any]) -> None:
    stated = {one["file"]: one["expected"] for one in manifest["messages"]}
    assert len(stated) == 30
    assert list(stated) == list(ROWS)
    assert {name: row.stated for name, row in ROWS.items() if row.stated not in stated[name]} == {}
    good = {name for name, said in stated.items() if not re.search("reject|refused|not in the set", said)}
    taken = {name for name, row in ROWS.items() if row.verdict in ("accepted", "ACKNOWLEDGED", "FAILED")}
    # What is stated to be good is taken, but for two, which say why; what is stated to be bad never is.
    assert taken < good
    assert {name for name in good - taken if ROWS[name].because} == {
        "as4net/as4-soap-signed-message.txt",
        "as4net/as4-soap-signed-pullrequest.xml",
    }
    assert len(good - taken) == 2


@pytest.mark.parametrize("name", ROWS)
def test_the_verdict_of_a_whole_node_is_the_stated_one(folder: Path, held: Held, name: str) -> None:
    row, (content_type, body) = ROWS[name], captured(folder / name)
    if row.mend is not None:
        assert judge((content_type, body), row, held)[0] == row.as_it_lies
        mended = row.mend(body)
        assert mended != body
        body = mended
    verdict, why, node = judge((content_type, body), row, held)
    assert (verdict, row.why in why) == (row.verdict, True), why
    if verdict == "accepted":
        assert len(delivered(node)) == row.payloads
    else:
        assert node.messages.deliverable(10) == []


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.allow and row.verdict == "accepted"])
def test_algorithms_beyond_the_suite_are_refused_unless_agreed_by_name(folder: Path, held: Held, name: str) -> None:
    # Who agrees to rsa-oaep-mgf1p agrees to its mask.
    for algorithm in ROWS[name].allow - {a.MGF1_SHA1}:
        row = replace(ROWS[name], allow=ROWS[name].allow - {algorithm})
        verdict, why, _ = judge(captured(folder / name), row, held)
        assert (verdict, algorithm in why) == ("EBMS:0103", True), why


def test_what_holodeck_sent_arrives_as_a_picture_and_a_document(folder: Path, held: Held) -> None:
    name = "as4net/as4-encrypted-signed-keyidentifier.as4"
    _, _, node = judge(captured(folder / name), ROWS[name], held)
    picture, document = delivered(node)
    assert (picture[:3], len(picture)) == (b"\xff\xd8\xff", 296_454)
    assert document.startswith(b"<?xml")


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.verdict == "ACKNOWLEDGED"])
def test_a_receipt_settles_nothing_when_what_we_signed_differs_or_its_certificate_has_expired(
    folder: Path, held: Held, name: str
) -> None:
    row, (content_type, body) = ROWS[name], captured(folder / name)
    body = row.mend(body) if row.mend else body
    seen = look(content_type, body)
    assert seen.embedded is not None
    expired = seen.embedded.x509.not_valid_after_utc.replace(year=seen.embedded.x509.not_valid_after_utc.year + 1)
    verdict, why, _ = judge((content_type, body), row, held, at=expired)
    assert (verdict, "expired" in why) == ("READY", True), why
    # One octet of one digest is not what we signed.
    receipt = seen.messaging.signal_messages[0].receipt
    assert receipt is not None
    first, *others = receipt.non_repudiation or ()
    other = (replace(first, digest=bytes([first.digest[0] ^ 1]) + first.digest[1:]), *others)
    user_message = sent_message(seen.messaging.signal_messages[0].message_info.ref_to_message_id or "")
    node = fitting_node(seen, row, held, user_message, seen.at, inbound=False)
    assert node.settle(await_receipt(node, user_message, other), Answer(200, content_type, body)) is OutboundState.READY


# -- reasons that a stricter rule of ours comes before -------------------------------------------------------------------


def test_the_reference_of_the_wrongly_signed_message_finds_nothing(folder: Path) -> None:
    _, body = captured(folder / "as4net/as4-soap-wrong-signed-message.txt")
    claim = read_security(open_envelope(body))
    assert claim.signature is not None
    assert [one.target for one in claim.signature.references] == ["messaging", "other"]


@pytest.mark.parametrize(
    ("name", "matches"),
    [("as4net/receipt_with_invalid_signature.as4", False), ("as4net/Receipt_InvalidNRI_Namespace.as4", True)],
)
def test_the_digest_of_a_receipt_without_its_signer_is_as_stated(folder: Path, name: str, matches: bool) -> None:
    content_type, body = captured(folder / name)
    claim = read_security(open_envelope(root_of(content_type, with_crlf(body))))
    assert claim.signature is not None
    (reference,) = [one.reference for one in claim.signature.references if one.target == "messaging"]
    assert (a.digest(reference.digest_method, claim.messaging) == reference.digest) is matches


def test_the_name_of_the_compression_is_the_only_fault_of_the_wrongly_compressed_message(folder: Path, held: Held) -> None:
    name = "phase4/WrongCompression.mime"
    row, (content_type, body) = ROWS[name], captured(folder / name)
    assert row.mend is not None
    named = row.mend(body).replace(b"application/rar", b"application/gzip")
    verdict, _, node = judge((content_type, named), row, held)
    assert (verdict, len(delivered(node))) == ("accepted", 1)
    at = named.index(b"H4sI") + 400
    damaged = named[:at] + (b"A" if named[at : at + 1] != b"A" else b"B") + named[at + 1 :]
    assert judge((content_type, damaged), row, held)[0] == "EBMS:0303"
