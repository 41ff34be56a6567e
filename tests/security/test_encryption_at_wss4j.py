"""Apache WSS4J as the judge of what we encrypt and digest, and as the maker of what we decrypt."""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.ebms.envelope import empty_body, open_envelope, write_envelope
from node.ebms.namespaces import OCTET_STREAM, SOAP_12
from node.mime.package import Package
from node.mime.writer import MultipartWriter
from node.security.algorithms import CONCAT_KDF, SHA256
from node.security.attachments import AttachmentIn, AttachmentOut
from node.security.certificates import load_certificates
from node.security.claim import read_security
from node.security.decrypt import unwrap_keys
from node.security.encrypt import encrypt_to
from node.security.keys import SoftwareKey
from node.security.sign import security_header, sign
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA, Suite
from node.security.verify import verify_signature
from tests.security.encrypted import REFERENCE_KINDS, messaging_for

KEYS = Path(__file__).parents[1] / "vectors" / "phase4-live" / "keys"
SUITES = {
    "rsa": [EDELIVERY_1_15],
    "ed": [EDELIVERY_2_EDDSA],
    "ec": [EDELIVERY_2_ECDSA, dataclasses.replace(EDELIVERY_2_ECDSA, name="concat", kdf=CONCAT_KDF)],
}
#: Media type before encryption, octets: one of each way of being digested.
PARTS = [
    (
        "text/xml",
        b'<?xml version="1.0"?>\r\n<!--c--><?p q?>\n<a  z="1" b=\'2\' xmlns:u="urn:u"><!--x-->t\r\n<![CDATA[<&]]><?i y?></a><?s?>\n',
    ),
    ("application/vnd.x+xml", '<r xmlns="urn:d"><\u00e4 v="\u00e9"/></r>'.encode()),
    ("application/xml", b"<a>" + b'<b c="d">text</b>' * 20_000 + b"</a>"),
    ("text/plain", b"a\r\nb\nc\rd\r"),
    ("text/csv; charset=utf-8", b"\n\r\n\r"),
    ("application/gzip", b"\x1f\x8b as it is \r\n"),
]
CIDS = [f"p{number}@a.example" for number in range(len(PARTS))]


def key(name: str) -> SoftwareKey:
    return SoftwareKey.from_pem((KEYS / f"{name}.key.pem").read_bytes(), (KEYS / f"{name}.cert.pem").read_bytes())


def packaged(suite: Suite, kind: str, reference: str) -> tuple[str, bytes]:
    """Content type and body of a signed and encrypted message."""
    messaging, body = messaging_for(CIDS), empty_body("_body-1")
    recipient = key(f"b-{kind}-enc").certificate
    types = [media_type for media_type, _ in PARTS]
    made = encrypt_to(recipient, suite.encryption(key_identifier=reference), list(zip(CIDS, types, strict=True)), "u1")
    wire, digests = [], []
    for cid, (media_type, octets) in zip(CIDS, PARTS, strict=True):
        out = AttachmentOut(made.content_keys[cid], SHA256, media_type)
        wire.append(b"".join([bytes(out.feed(octets[at : at + 50_000])) for at in range(0, len(octets), 50_000)]) + out.finish())
        digests.append((cid, out.digest))
    signed = sign(messaging, "_msg-1", body, "_body-1", digests, suite.signature(), key(f"a-{kind}-sign"), "u1")
    envelope = write_envelope(security_header([made.octets, signed.octets]), messaging, body)
    writer = MultipartWriter("----=_b", "root@a.example", SOAP_12)
    pieces = [writer.root(envelope)]
    for cid, octets in zip(CIDS, wire, strict=True):
        pieces += [writer.part_head(cid, OCTET_STREAM), octets, writer.part_tail]
    return writer.content_type, b"".join([*pieces, writer.close()])


def run(peer, *arguments: str) -> list[dict]:
    """The lines that wssverify prints."""
    done = subprocess.run([peer("wssverify") / "wssverify", *arguments], capture_output=True, text=True, check=False, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", SUITES)
def test_wss4j_opens_and_verifies_what_we_make_whatever_names_the_recipient(peer, tmp_path, kind):
    for suite in SUITES[kind]:
        for reference in REFERENCE_KINDS:
            content_type, body = packaged(suite, kind, reference)
            folder = tmp_path / f"{suite.name}-{reference}"
            folder.mkdir()
            (folder / "headers.json").write_text(json.dumps({"Content-Type": content_type}))
            (folder / "body.bin").write_bytes(body)
    trust = ["--trust", str(KEYS / "ca.pem"), "--require-encrypted"]
    lines = run(peer, "--keys", f"{KEYS}/b-{kind}-enc.p12:test", *trust, *map(str, sorted(tmp_path.iterdir())))
    assert len(lines) == len(SUITES[kind]) * len(REFERENCE_KINDS)
    assert [(line["ok"], line.get("reason"), len(line["encrypted"])) for line in lines] == [(True, None, len(PARTS))] * len(lines)


def made_by_wss4j(peer, tmp_path: Path) -> Iterator[tuple[str, Suite, str, bytes]]:
    """(kind, suite, content type, body) of messages that WSS4J secured."""
    plain = tmp_path / "plain"
    plain.mkdir()
    writer = MultipartWriter("----=_b", "root@a.example", SOAP_12)
    pieces = [writer.root(write_envelope(None, messaging_for(CIDS), empty_body("_body-1")))]
    for cid, (media_type, octets) in zip(CIDS, PARTS, strict=True):
        pieces += [writer.part_head(cid, media_type), octets, writer.part_tail]
    (plain / "headers.json").write_text(json.dumps({"Content-Type": writer.content_type}))
    (plain / "body.bin").write_bytes(b"".join([*pieces, writer.close()]))
    for kind, suites in SUITES.items():
        for suite in suites:
            out = tmp_path / suite.name
            kdf = ["--kdf", "concat"] if suite.kdf == CONCAT_KDF else []
            keys = ["--sender", f"{KEYS}/a-{kind}-sign.p12:test", "--recipient", str(KEYS / f"b-{kind}-enc.cert.pem")]
            run(peer, "--make", *keys, *kdf, "--out", str(out), str(plain))
            headers = json.loads((out / "headers.json").read_text())
            pairs = headers.items() if isinstance(headers, dict) else headers
            content_type = next(value for name, value in pairs if name.lower() == "content-type")
            yield kind, suite, content_type, (out / "body.bin").read_bytes()


@pytest.mark.slow
def test_we_open_and_verify_what_wss4j_makes(peer, tmp_path):
    opened = 0
    for kind, suite, content_type, body in made_by_wss4j(peer, tmp_path):
        package = Package.open(content_type, [body])
        claim = read_security(open_envelope(package.root.octets, package.root.media_type))
        signer = load_certificates((KEYS / f"a-{kind}-sign.cert.pem").read_bytes())[:1]
        proof = verify_signature(claim, suite.signature(), signer, CIDS)
        keys = unwrap_keys(claim, suite.encryption(), [key(f"b-{kind}-enc")], CIDS)
        for attachment in package.attachments():
            cid = attachment.headers.content_id
            part = AttachmentIn(keys[cid], proof.attachments[cid], keys[cid].media_type)
            octets = b"".join([bytes(part.feed(chunk)) for chunk in attachment.chunks()]) + part.finish()
            assert octets == PARTS[CIDS.index(cid)][1]
            opened += 1
    assert opened == 4 * len(PARTS)
