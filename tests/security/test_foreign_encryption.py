"""Messages that other products signed and encrypted, from the octets of the package to the proven payload."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from lxml import etree

from node.ebms.envelope import open_envelope
from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, PolicyNoncompliance
from node.ebms.pmode import Encryption, Signature
from node.mime.package import Package
from node.security.algorithms import (
    MGF1_SHA1,
    OAEP_DIGESTS,
    OAEP_MGFS,
    RSA_OAEP_MGF1P,
    RSA_SHA384,
    SHA256,
)
from node.security.attachments import AttachmentIn
from node.security.certificates import Certificate, load_certificates
from node.security.claim import read_security
from node.security.decrypt import unwrap_keys
from node.security.keys import SoftwareKey
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from node.security.verify import verify_signature
from tests.security.encrypted import read_element

CAPTURES = Path(__file__).parents[1] / "vectors" / "phase4-live"
SUITES = {"edelivery-1.15": EDELIVERY_1_15, "edelivery-2.0": EDELIVERY_2_EDDSA, "edelivery-2.0-ec": EDELIVERY_2_ECDSA}


def take_in(
    content_type: str,
    body: bytes,
    signature: Signature,
    encryption: Encryption,
    signers: list[Certificate],
    keys: list[SoftwareKey],
    also_allowed: frozenset[str] = frozenset(),
    size: int = 1 << 16,
) -> dict[str, bytes]:
    """Every payload as it was signed, by Content-ID: proven, or an EbmsError."""
    package = Package.open(content_type, [body[start : start + size] for start in range(0, len(body), size)])
    envelope = open_envelope(package.root.octets, package.root.media_type)
    claim = read_security(envelope)
    cids = [one.get("href").removeprefix("cid:") for one in envelope.messaging.iter("{*}PartInfo")]
    proof = verify_signature(claim, signature, signers, cids, also_allowed)
    content_keys = unwrap_keys(claim, encryption, keys, cids, also_allowed)
    payloads = {}
    for attachment in package.attachments():
        cid = attachment.headers.content_id
        key = content_keys.get(cid)
        part = AttachmentIn(key, proof.attachments.get(cid), key.media_type if key else attachment.headers.media_type)
        octets = b"".join([bytes(part.feed(chunk)) for chunk in attachment.chunks()])
        payloads[cid] = octets + part.finish()
    assert set(payloads) == set(cids)
    return payloads


# -- phase4 (WSS4J) ---------------------------------------------------------------------------------------------------


def manifest() -> dict[str, dict]:
    return {case["name"]: case for case in json.loads((CAPTURES / "manifest.json").read_bytes())["cases"] if "expected" in case}


def captured(name: str, which: str = "request") -> tuple[str, bytes]:
    """Content type and body."""
    head = json.loads((CAPTURES / name / f"{which}.json").read_bytes())
    content_type = next(value for field, value in head["headers"] if field.lower() == "content-type")
    return content_type, (CAPTURES / name / f"{which}.body").read_bytes()


def key(name: str) -> SoftwareKey:
    folder = CAPTURES / "keys"
    certificates = (folder / f"{name}.cert.pem").read_bytes()
    return SoftwareKey.from_pem((folder / f"{name}.key.pem").read_bytes(), certificates)


def signer(name: str) -> Certificate:
    return load_certificates((CAPTURES / "keys" / f"{name}.cert.pem").read_bytes())[0]


ENCRYPTED = [name for name, case in manifest().items() if case.get("expected", {}).get("encrypted")]


@pytest.mark.parametrize("name", ENCRYPTED)
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_what_phase4_encrypted_is_proven_and_is_what_it_was(name, size):
    case = manifest()[name]
    which = "pull-response" if name == "pull" else "request"
    to, by = case["keys"].get("request_encrypted_to"), case["keys"].get("request_signed_by")
    if name == "pull":
        to, by = case["keys"]["response_encrypted_to"], case["keys"]["response_signed_by"]
    suite = SUITES[case["preset"]]
    payloads = take_in(
        *captured(name, which),
        suite.signature(),
        suite.encryption(),
        [signer(by.removeprefix("keys/"))],
        [key(to.removeprefix("keys/"))],
        size=size,
    )
    assert payloads
    for expected in case["expected"]["payloads"]:
        octets = payloads[expected["contentId"]]
        plain = gzip.decompress(octets) if expected["compressed"] else octets
        assert plain == (CAPTURES / name / expected["file"]).read_bytes()


def test_the_suites_and_the_rule_for_uncompressed_xml_are_among_them():
    assert {"sign-encrypt", "edelivery-2.0-eddsa", "edelivery-2.0-ecdsa", "multi-payload", "large-1m"} <= set(ENCRYPTED)
    plain = [case["expected"]["payloads"][0] for name, case in manifest().items() if name == "sign-encrypt"]
    assert [(one["mimeType"], one["compressed"]) for one in plain] == [("application/xml", False)]


def open_1_15(name: str, body: bytes | None = None) -> Mapping[str, bytes]:
    content_type, original = captured(name)
    policy = EDELIVERY_1_15
    signers, keys = [signer("a-rsa-sign")], [key("b-rsa-enc")]
    return take_in(content_type, original if body is None else body, policy.signature(), policy.encryption(), signers, keys)


def test_a_ciphertext_that_was_damaged_on_its_way_is_refused():
    with pytest.raises(EbmsError) as caught:
        open_1_15("tampered-ciphertext")
    assert caught.value.definition is FailedDecryption


def test_a_message_for_another_key_is_refused():
    with pytest.raises(EbmsError) as caught:
        open_1_15("error-wrong-key")
    assert caught.value.definition in (FailedDecryption, FailedAuthentication)


def test_no_octet_of_an_encrypted_part_can_be_changed():
    _, body = captured("edelivery-2.0-eddsa")
    suite = EDELIVERY_2_EDDSA
    content_type, _ = captured("edelivery-2.0-eddsa")
    signers, keys = [signer("a-ed-sign")], [key("b-ed-enc")]
    start = body.rindex(b"\r\n\r\n", 0, body.rindex(b"\r\n--")) + 4
    end = body.rindex(b"\r\n--")
    assert end - start > 500
    for position in range(start, end, 7):
        damaged = bytearray(body)
        damaged[position] ^= 0x20
        with pytest.raises(EbmsError) as caught:
            take_in(content_type, bytes(damaged), suite.signature(), suite.encryption(), signers, keys)
        assert caught.value.definition is FailedDecryption


# -- AS4.NET (WSS4J of another age, .NET) ----------------------------------------------------------------------------


def as4net(shared: Path, file: str) -> tuple[str, bytes]:
    body = (shared / "vectors" / "as4-messages" / "as4net" / file).read_bytes()
    boundary = body.lstrip(b"\r\n").split(b"\n", 1)[0].strip()[2:].decode()
    return f'multipart/related; boundary="{boundary}"; type="application/soap+xml"', body


def pkcs12(shared: Path, file: str) -> SoftwareKey:
    folder = shared / "vectors" / "as4-messages"
    passwords = json.loads((folder / "manifest.json").read_bytes())["keys"]
    return SoftwareKey.from_pkcs12((folder / file).read_bytes(), passwords[file].encode())


@pytest.mark.parametrize("file", ["as4-encrypted-signed-keyidentifier.as4", "as4-encrypted-signed-issuerserial.as4"])
def test_what_holodeck_encrypted_decrypts_under_the_algorithms_of_its_time(shared, file):
    content_type, body = as4net(shared, file)
    recipient = pkcs12(shared, "as4net/AccessPointB.pfx")
    sender = pkcs12(shared, "as4net/AccessPointA.pfx")
    encryption = Encryption(True, EDELIVERY_1_15.encryption_algorithm, key_transport=RSA_OAEP_MGF1P, mgf=MGF1_SHA1)
    payloads = take_in(content_type, body, Signature(True, RSA_SHA384, SHA256), encryption, [sender.certificate], [recipient])
    assert len(payloads) == 2
    assert all(octets[:2] == b"\x1f\x8b" for octets in payloads.values())


class LabKey:
    """A DecryptionKey for the RSA keys of 1024 bits that `SoftwareKey` refuses."""

    def __init__(self, octets: bytes, password: bytes) -> None:
        self.private, certificate, _ = load_key_and_certificates(octets, password)
        self.certificate = Certificate(certificate.public_bytes(Encoding.DER))

    def decrypt(self, wrapped: bytes, digest: str, mgf: str) -> bytes:
        return self.private.decrypt(wrapped, padding.OAEP(padding.MGF1(OAEP_MGFS[mgf]), OAEP_DIGESTS[digest], None))


def test_what_as4_net_encrypted_without_signing_decrypts_to_gzip(shared):
    content_type, body = as4net(shared, "as4-encrypted-compressed-message.as4")
    key = LabKey((shared / "vectors/as4-messages/as4net/partyC.p12").read_bytes(), b"ExampleC")
    package = Package.open(content_type, [body])
    # Its eb:PartProperties are empty, so the envelope itself is refused (EBMS:0009); the encryption can be read all the same.
    with pytest.raises(EbmsError):
        open_envelope(package.root.octets, package.root.media_type)
    claim = read_element(next(etree.fromstring(package.root.octets).iter("{*}Security")))
    cids = [data.content_id for data in claim.encrypted_data]
    # Its EncryptionMethod names no MGF, which means SHA-1 (XE 5.5.2) and has to be allowed by name.
    with pytest.raises(EbmsError) as caught:
        unwrap_keys(claim, EDELIVERY_1_15.encryption(), [key], cids)
    assert caught.value.definition is PolicyNoncompliance
    keys = unwrap_keys(claim, EDELIVERY_1_15.encryption(), [key], cids, {MGF1_SHA1})
    for attachment in package.attachments():
        part = AttachmentIn(keys[attachment.headers.content_id], None, "application/gzip")
        octets = b"".join([bytes(part.feed(chunk)) for chunk in attachment.chunks()]) + part.finish()
        assert gzip.decompress(octets)
    assert len(cids) == 2
