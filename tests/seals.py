"""A small world of seals: an authority of a country with signers of every kind, another country, and an authority for time; all of it in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from node.customs.partners import Partners
from node.customs.seal import document
from node.customs.seal.judge import Sealed, judge
from node.customs.seal.refused import SealRefused
from node.ebms.xml import XmlLimits
from node.keyring.demo_stamps import DemoTimestampAuthority
from node.security.certificates import Certificate
from node.security.keys import SoftwareKey

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DOCUMENT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<CertificateOfOrigin xmlns="urn:n2n:customs:co:1" xmlns:x="urn:x" schemaVersion="1.0">\n'
    b"  <ID>013-26-0771339</ID>\n  <Name x:kind='1'  a=\"2\">\xe9\x97\x9c\xe5\x8b\x99 &amp; Co.&#13;</Name>\n</CertificateOfOrigin>\n"
)
AUTHORITY = "KR-KCCI"
LIMITS = XmlLimits(octets=20 << 20, elements=100_000, text=8 << 20)

MAKERS: Mapping[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@cache
def private_key(kind: str, number: int = 0) -> Any:
    """A key of its kind; the same for the same number."""
    return MAKERS[kind]()


def usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign encipher_only"
        " decipher_only"
    )
    return x509.KeyUsage(**{**dict.fromkeys(names.split(), False), **allowed})


SIGN = (usage(content_commitment=True), True)
STAMP = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
CA = (x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True, crl_sign=True), True)


@dataclass
class Authority:
    """Issues certificates and revocation lists under one self-signed certificate, or under another authority."""

    name: str
    above: "Authority | None" = None
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    revoked: dict[int, tuple[datetime, x509.ReasonFlags | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        issuer = self.above or self
        self.certificate = issuer.issue(self.name, self.key, *CA)

    def issue(
        self,
        subject: str,
        key: Any,
        *extensions: tuple[x509.ExtensionType, bool],
        since: datetime = NOW - timedelta(days=300),
        until: datetime = NOW + timedelta(days=3000),
        serial: int | None = None,
    ) -> Certificate:
        public = key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(self.name))
            .public_key(public)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return Certificate(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER))

    def revoke(self, certificate: Certificate, since: datetime, reason: x509.ReasonFlags | None = None) -> None:
        self.revoked[certificate.serial] = (since, reason)

    def crl(
        self, at: datetime = NOW, *extensions: tuple[x509.ExtensionType, bool], key: Any = None, until: datetime | None = None
    ) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(_name(self.name))
            .last_update(at)
            .next_update(until or at + timedelta(days=30))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(7), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for serial, (since, reason) in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


class World:
    """One country that seals, one that stamps; whatever is asked for twice is the same."""

    def __init__(self) -> None:
        self.root = Authority("KR root")
        self.other = Authority("Other root")
        self.time_root = Authority("Time root")
        self._keys: dict[tuple[str, str], SoftwareKey] = {}
        stamping = private_key("p256", 77)
        certificate = self.time_root.issue("Time", stamping, (usage(digital_signature=True), True), STAMP)
        self.stamps_at = NOW
        self.tsa = DemoTimestampAuthority(stamping, certificate, lambda: self.stamps_at, (self.time_root.certificate,))

    def key(self, kind: str = "p256", issuer: str = "root") -> SoftwareKey:
        """A signer; its chain holds the issuer and whoever is above."""
        if (kind, issuer) not in self._keys:
            authority: Authority = getattr(self, issuer)
            private = private_key(kind, len(self._keys))
            certificate = authority.issue(f"signer {kind} {issuer}", private, SIGN)
            self._keys[kind, issuer] = SoftwareKey(certificate, (authority.certificate, certificate), private)
        return self._keys[kind, issuer]

    def partners(self, *signers: SoftwareKey, crls: tuple[bytes, ...] | None = None) -> Partners:
        """Who trusts the root for KR and these signers for AUTHORITY; the key of kind p256 if none is named."""
        bound = frozenset(one.certificate.sha256 for one in signers or (self.key(),))
        lists = (self.root.crl(), self.time_root.crl()) if crls is None else crls
        anchors = {"KR": (self.root.certificate,), "XX": (self.other.certificate,)}
        return Partners(anchors, (self.time_root.certificate,), lists, {AUTHORITY: bound})


@contextmanager
def serving(stamp: Callable[[bytes], bytes], status: int = 200) -> Iterator[str]:
    """The address of a time-stamp authority over HTTP."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = stamp(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa?x=1"
    finally:
        server.shutdown()
        server.server_close()


def judged(octets: bytes, partners: Partners, *, streamed: bool = False, now: datetime = NOW, **changed: Any) -> Sealed | None:
    """The judgement for AUTHORITY of KR, from a tree or from a stream."""
    asked: dict[str, Any] = {"authority": AUTHORITY, "country": "KR", "required": True, **changed}
    with patch.object(document, "LARGE", 0 if streamed else 1 << 30):
        return judge(octets, None, partners=partners, now=now, **asked)


def refusal(octets: bytes, partners: Partners, **changed: Any) -> tuple[str, str]:
    """The rule that is broken, and why; the same for a tree and a stream."""
    found = []
    for streamed in (False, True):
        try:
            judged(octets, partners, streamed=streamed, **changed)
        except SealRefused as refused:
            found.append((refused.finding.rule, " ".join(refused.finding.args)))
        else:
            found.append(("", ""))
    assert found[0][0] == found[1][0]
    return found[0]
