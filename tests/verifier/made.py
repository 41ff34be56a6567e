"""Bundles of evidence made from `docs/reference/evidence.md`, with the standard library and `cryptography` alone.

Everything is signed here: messages, receipts, checkpoints, tokens, seal. XML is written in its canonical form from the start,
so that no canonicaliser is needed to sign it.
"""

import base64
import datetime as dt
import functools
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 28, 9, 14, 7, 42, tzinfo=dt.UTC)
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2028, 1, 1, tzinfo=dt.UTC)


def sha(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def hexed(octets: bytes) -> str:
    return sha(octets).hex()


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def told(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ------------------------------------------------------------------------------------------------------ keys and paths


@dataclass(frozen=True)
class Holder:
    """A key with its certificate."""

    key: Any
    certificate: x509.Certificate
    issuer: "Holder | None" = None

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


KEYS: dict[str, Callable[[], Any]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@functools.cache
def key_of(name: str, kind: str) -> Any:
    assert name
    return KEYS[kind]()


def hash_for(key: Any) -> hashes.HashAlgorithm | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


@functools.cache
def holder(
    name: str,
    issuer: Holder | None = None,
    kind: str = "p256",
    ca: bool = False,
    uses: tuple[x509.ObjectIdentifier, ...] = (),
    begin: dt.datetime = BEGIN,
    end: dt.datetime = END,
    key_usage: str = "",
    uses_critical: bool = True,
    path_length: int | None = None,
    names: x509.NameConstraints | None = None,
    key_name: str = "",
) -> Holder:
    key = key_of(key_name or name, kind)
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = issuer.certificate.subject if issuer else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(sha(f"{name}{end}{kind}".encode())[:8], "big") >> 1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    allowed = set((key_usage or ("key_cert_sign crl_sign" if ca else "digital_signature")).split())
    all_uses = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    builder = builder.add_extension(x509.KeyUsage(**{use: use in allowed for use in all_uses}), critical=True)
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=uses_critical)
    if names:
        builder = builder.add_extension(names, critical=True)
    signer = issuer.key if issuer else key
    return Holder(key, builder.sign(signer, hash_for(signer)), issuer)


def crl(issuer: Holder, revoked: dict[Holder, dt.datetime], at: dt.datetime, until: dt.datetime, reason: Any = None) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject).last_update(at).next_update(until)
    for one, since in revoked.items():
        row = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(since)
        if reason:
            row = row.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(row.build())
    return builder.sign(issuer.key, hash_for(issuer.key)).public_bytes(serialization.Encoding.DER)


def ocsp_response(
    of: Holder, signer: Holder, at: dt.datetime, until: dt.datetime, since: dt.datetime | None = None, responder_in: bool = True
) -> bytes:
    from cryptography.x509 import ocsp

    assert of.issuer
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=of.certificate,
        issuer=of.issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=until,
        revocation_time=since,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    if responder_in:
        builder = builder.certificates([signer.certificate])
    return builder.sign(signer.key, hash_for(signer.key)).public_bytes(serialization.Encoding.DER)


# ---------------------------------------------------------------------------------------------------------- signatures

RSA_NAME = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
PSS_NAME = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
SHA_NAMES = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}


def raw_signature(key: Any, octets: bytes, pss: bool = False, method: hashes.HashAlgorithm | None = None) -> bytes:
    method = method or hashes.SHA256()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PSS(padding.MGF1(method), method.digest_size) if pss else padding.PKCS1v15(), method)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(octets, ec.ECDSA(method))
    return key.sign(octets)


def xml_signature(key: Any, octets: bytes, pss: bool = False) -> bytes:
    value = raw_signature(key, octets, pss)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(value)
        width = (key.curve.key_size + 7) // 8
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")
    return value


def xml_algorithm(key: Any, pss: bool = False) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return PSS_NAME if pss else RSA_NAME
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    return "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"


# ----------------------------------------------------------------------------------------------- messages and receipts

S12 = "http://www.w3.org/2003/05/soap-envelope"
EB = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
EBBP = "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = f"{WSS}wssecurity-secext-1.0.xsd", f"{WSS}wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
SWA = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"


@dataclass(frozen=True)
class Ref:
    uri: str
    digest: bytes
    method: str = SHA_NAMES["sha256"]
    transform: str = EXC

    def xml(self, declare: str = "") -> str:
        transform = f'<ds:Transforms><ds:Transform Algorithm="{self.transform}"></ds:Transform></ds:Transforms>'
        return (
            f'<ds:Reference{declare} URI="{self.uri}">{transform if self.transform else ""}'
            f'<ds:DigestMethod Algorithm="{self.method}"></ds:DigestMethod><ds:DigestValue>{b64(self.digest)}</ds:DigestValue></ds:Reference>'
        )

    @property
    def told(self) -> dict[str, str]:
        return {"uri": self.uri, "method": self.method, "digest": b64(self.digest)}


def envelope(
    messaging: str,
    refs: Iterable[Ref],
    by: Holder,
    pss: bool = False,
    naming: str = "token",
    inside: str = "",
    signed: str = "mb",
) -> bytes:
    """An envelope around an eb:Messaging with the identifier `m` and a Body `b`, signed with WS-Security."""
    body = f'<S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="b">{inside}</S12:Body>'
    parts = {"m": messaging, "b": body}
    refs = [*(Ref(f"#{name}", sha(parts[name].encode())) for name in signed), *refs]
    info = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{xml_algorithm(by.key, pss)}"></ds:SignatureMethod>{"".join(ref.xml() for ref in refs)}</ds:SignedInfo>'
    )
    value = b64(xml_signature(by.key, info.encode(), pss))
    token = ""
    ski = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    ways = {
        "token": '<wsse:Reference URI="#t"/>',
        "ski": f'<wsse:KeyIdentifier EncodingType="{WSS}soap-message-security-1.0#Base64Binary" ValueType="{WSS}x509-token-profile-1.0#X509SubjectKeyIdentifier">{b64(ski)}</wsse:KeyIdentifier>',
        "thumbprint": f'<wsse:KeyIdentifier ValueType="http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1">{b64(hashlib.sha1(by.der).digest())}</wsse:KeyIdentifier>',
        "itself": f'<wsse:KeyIdentifier ValueType="{WSS}x509-token-profile-1.0#X509v3">{b64(by.der)}</wsse:KeyIdentifier>',
        "issuer": f"<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>{by.certificate.issuer.rfc4514_string()}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{by.certificate.serial_number}</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>",
    }
    if naming == "token":
        token = (
            f'<wsse:BinarySecurityToken EncodingType="{WSS}soap-message-security-1.0#Base64Binary"'
            f' ValueType="{WSS}x509-token-profile-1.0#X509v3" wsu:Id="t">{b64(by.der)}</wsse:BinarySecurityToken>'
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<S12:Envelope xmlns:S12="{S12}" xmlns:wsu="{WSU}" xmlns:unused="urn:u"><S12:Header>{messaging}'
        f'<wsse:Security xmlns:wsse="{WSSE}" S12:mustUnderstand="true">{token}<ds:Signature xmlns:ds="{DS}">{info}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference>{ways[naming]}</wsse:SecurityTokenReference>"
        f"</ds:KeyInfo></ds:Signature></wsse:Security></S12:Header>{body}</S12:Envelope>"
    ).encode()


@dataclass(frozen=True)
class Message:
    message_id: str
    envelope: bytes
    payloads: list[bytes]  # as they were signed
    refs: list[Ref]
    algorithm: str


#: Between whom, and about what.
ABOUT = (
    "<eb:PartyInfo><eb:From><eb:PartyId>one</eb:PartyId><eb:Role>sender</eb:Role></eb:From>"
    "<eb:To><eb:PartyId>two</eb:PartyId><eb:Role>receiver</eb:Role></eb:To></eb:PartyInfo>"
    "<eb:CollaborationInfo><eb:Service>urn:customs</eb:Service><eb:Action>Submit</eb:Action>"
    "<eb:ConversationId>c1</eb:ConversationId></eb:CollaborationInfo>"
)


def message(
    message_id: str, by: Holder, payloads: Iterable[bytes], pss: bool = False, method: str = "sha256", naming: str = "token"
) -> Message:
    packed = [gzip.compress(payload, mtime=0) for payload in payloads]
    parts = "".join(
        f'<eb:PartInfo href="cid:part%2B{number}@here"><eb:PartProperties><eb:Property name="CompressionType">application/gzip</eb:Property>'
        f'<eb:Property name="MimeType">application/xml</eb:Property></eb:PartProperties></eb:PartInfo>'
        for number in range(1, len(packed) + 1)
    )
    messaging = (
        f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="m" S12:mustUnderstand="true"><eb:UserMessage>'
        f"<eb:MessageInfo><eb:Timestamp>2026-11-28T09:14:07Z</eb:Timestamp><eb:MessageId>{message_id}</eb:MessageId></eb:MessageInfo>"
        f"{ABOUT}<eb:PayloadInfo>{parts}</eb:PayloadInfo></eb:UserMessage></eb:Messaging>"
    )
    refs = [
        Ref(f"cid:part+{number}@here", hashlib.new(method, octets).digest(), SHA_NAMES[method], SWA)
        for number, octets in enumerate(packed, 1)
    ]
    octets = envelope(messaging, refs, by, pss, naming)
    body = f'<S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="b"></S12:Body>'
    all_refs = [Ref("#m", sha(messaging.encode())), Ref("#b", sha(body.encode())), *refs]
    return Message(message_id, octets, packed, all_refs, xml_algorithm(by.key, pss))


def receipt(ref_to: str, refs: Iterable[Ref], by: Holder, pss: bool = False, naming: str = "token") -> Message:
    listed = "".join(
        f'<ebbp:MessagePartNRInformation xmlns:ebbp="{EBBP}">{ref.xml(chr(32) + "xmlns:ds=" + chr(34) + DS + chr(34))}</ebbp:MessagePartNRInformation>'
        for ref in refs
    ).replace(f' xmlns:ebbp="{EBBP}"', "")
    messaging = (
        f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="m" S12:mustUnderstand="true"><eb:SignalMessage>'
        f"<eb:MessageInfo><eb:Timestamp>2026-11-28T09:14:08Z</eb:Timestamp><eb:MessageId>receipt@there</eb:MessageId>"
        f"<eb:RefToMessageId>{ref_to}</eb:RefToMessageId></eb:MessageInfo><eb:Receipt>"
        f'<ebbp:NonRepudiationInformation xmlns:ebbp="{EBBP}">{listed}</ebbp:NonRepudiationInformation></eb:Receipt></eb:SignalMessage></eb:Messaging>'
    )
    octets = envelope(messaging, [], by, pss, naming)
    body = f'<S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="b"></S12:Body>'
    own = [Ref("#m", sha(messaging.encode())), Ref("#b", sha(body.encode()))]
    return Message(ref_to, octets, [], own, xml_algorithm(by.key, pss))


# -------------------------------------------------------------------------------------------------------------- tokens


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    digits = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return der(0x06, out)


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


SHA256_OID = "2.16.840.1.101.3.4.2.1"


def token(
    octets: bytes,
    by: Holder,
    at: dt.datetime,
    inside: Iterable[Holder] = (),
    ess_of: Holder | None = None,
    pss: bool = False,
    named: Holder | None = None,
    more: Iterable[bytes] = (),
    info_more: bytes = b"",
) -> bytes:
    """A TimeStampToken over octets."""
    sha256_algorithm = der(0x30, oid(SHA256_OID))
    info = der(
        0x30,
        integer(1),
        oid("1.2.3.4.1"),
        der(0x30, sha256_algorithm, der(0x04, sha(octets))),
        integer(77),
        der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
        info_more,
    )
    issuer_serial = b""
    if named:
        names = der(0x30, der(0xA4, named.certificate.issuer.public_bytes()))
        issuer_serial = der(0x30, names, integer(named.certificate.serial_number))
    ess = der(0x30, der(0x30, der(0x30, der(0x04, sha((ess_of or by).der)), issuer_serial)))
    attributes = sorted(
        [
            der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, oid("1.2.840.113549.1.9.16.1.4"))),
            der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(0x04, sha(info)))),
            der(0x30, oid("1.2.840.113549.1.9.16.2.47"), der(0x31, ess)),
            *more,
        ]
    )
    signed = der(0x31, *attributes)
    if isinstance(by.key, rsa.RSAPrivateKey) and pss:
        mask = der(0x30, oid("1.2.840.113549.1.1.8"), sha256_algorithm)
        parameters = der(0x30, der(0xA0, sha256_algorithm), der(0xA1, mask), der(0xA2, integer(32)))
        algorithm = der(0x30, oid("1.2.840.113549.1.1.10"), parameters)
    elif isinstance(by.key, rsa.RSAPrivateKey):
        algorithm = der(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00")
    elif isinstance(by.key, ec.EllipticCurvePrivateKey):
        algorithm = der(0x30, oid("1.2.840.10045.4.3.2"))
    else:
        algorithm = der(0x30, oid("1.3.101.112"))
    signer_info = der(
        0x30,
        integer(1),
        der(0x30, by.certificate.issuer.public_bytes(), integer(by.certificate.serial_number)),
        sha256_algorithm,
        b"\xa0" + signed[1:],
        algorithm,
        der(0x04, raw_signature(by.key, signed, pss)),
    )
    data = der(
        0x30,
        integer(3),
        der(0x31, sha256_algorithm),
        der(0x30, oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, der(0x04, info))),
        der(0xA0, *sorted(one.der for one in inside)),
        der(0x31, signer_info),
    )
    return der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, data))


# ---------------------------------------------------------------------------------------------------------------- tree


def leaf(octets: bytes) -> bytes:
    return sha(b"\x00" + octets)


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*inclusion(index, leaves[:k]), root(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), root(leaves[:k])]


def consistency(before: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if before == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if before <= k:
        return [*consistency(before, leaves[:k], whole), root(leaves[k:])]
    return [*consistency(before - k, leaves[k:], False), root(leaves[:k])]


# -------------------------------------------------------------------------------------------------------------- bundle


@dataclass
class World:
    """Everybody who signs something."""

    kind: str = "p256"
    pss: bool = False

    def __post_init__(self) -> None:
        self.node_ca = holder("Node CA", ca=True)
        self.node = holder(f"Node {self.kind}", self.node_ca, self.kind)
        self.log = holder(f"Log {self.kind}", self.node_ca, self.kind)
        self.seal = holder(f"Seal {self.kind}", self.node_ca, self.kind)
        self.partner_ca = holder("Partner CA", ca=True)
        self.partner_sub = holder("Partner Sub CA", self.partner_ca, ca=True, path_length=0)
        self.partner = holder(f"Partner {self.kind}", self.partner_sub, self.kind)
        self.time_ca = holder("Time CA", ca=True, end=BEGIN + 8000 * DAY)
        self.time = holder(f"Time {self.kind}", self.time_ca, self.kind, uses=(Use.TIME_STAMPING,), end=BEGIN + 500 * DAY)
        self.later_time = holder(
            f"Later Time {self.kind}",
            self.time_ca,
            self.kind,
            uses=(Use.TIME_STAMPING,),
            begin=BEGIN + 400 * DAY,
            end=BEGIN + 5000 * DAY,
        )


@dataclass
class Stamp:
    by: Holder
    at: dt.datetime
    inside: bool = True
    evidence: list[bytes] = field(default_factory=list)
    ess_of: Holder | None = None


class Maker:
    """A log that grows, and the bundle of some of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log: list[bytes] = []
        self.shown: list[int] = []
        self.objects: dict[str, bytes] = {}
        self.absent: dict[str, dict[str, str]] = {}
        self.exchanges: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.stamps: dict[int, list[Stamp]] = {}
        self.redacted = False
        self.at = NOW

    def keep(self, octets: bytes) -> str:
        self.objects[hexed(octets)] = octets
        return hexed(octets)

    def fill(self, count: int) -> None:
        """Entries of other exchanges, which the bundle does not show."""
        self.log += [f"other {len(self.log) + number}".encode() for number in range(count)]

    def entry(
        self, kind: str, about: dict[str, str], objects: dict[str, bytes], facts: dict[str, Any], at: dt.datetime | None = None
    ) -> int:
        clock = {"offset_ms": -3, "within_ms": 12, "source": "chrony", "measured_at": told(self.at)}
        value = {
            "v": 1,
            "kind": kind,
            "at": told(at or self.at),
            "about": about,
            "objects": {name: self.keep(octets) for name, octets in objects.items()},
            "facts": facts,
            "clock": clock if kind != "message.attempted" else None,
        }
        self.log.append(canonical(value))
        self.shown.append(len(self.log))
        return len(self.log)

    def verified(self, message: Message, by: Holder, revocation: str = "unknown") -> dict[str, Any]:
        return {
            "signature_algorithm": message.algorithm,
            "signer": hexed(by.der),
            "policy": "path",
            "revocation": revocation,
            "references": [ref.told for ref in message.refs],
        }

    def payloads(self, message: Message) -> dict[str, bytes]:
        return {f"payload-{number}": octets for number, octets in enumerate(message.payloads, 1)}

    def sent(
        self, sent: Message, answer: Message | None, *, due: dt.datetime | None = None, by: Holder | None = None, **more: Any
    ) -> list[int]:
        """A message of ours and the receipt of the partner."""
        w, about = self.world, {"message_id": sent.message_id, "partner": "partner", "direction": "out"}
        numbers = [
            self.entry(
                "message.packaged",
                about,
                {"envelope": sent.envelope, "signer": w.node.der, "signer-path-1": w.node_ca.der, **self.payloads(sent)},
                {
                    "signed": {
                        name: value for name, value in self.verified(sent, w.node).items() if name not in ("policy", "revocation")
                    }
                },
            )
        ]
        self.fill(2)
        numbers.append(self.entry("message.attempted", about, {"wire": b"wire", "http": b"POST / HTTP/1.1\r\n"}, {"status": 200}))
        if answer is not None:
            by = by or w.partner
            facts = {
                "verified": self.verified(answer, by, more.get("revocation", "unknown")),
                **({"due_at": told(due)} if due else {}),
            }
            objects = {
                "receipt": answer.envelope,
                "signer": by.der,
                "signer-path-1": w.partner_sub.der,
                "signer-path-2": w.partner_ca.der,
            }
            objects |= {f"revocation-{number}": datum for number, datum in enumerate(more.get("data", ()), 1)}
            numbers.append(self.entry("message.acknowledged", about, objects, facts, more.get("at")))
        self.exchanges.append({**about, "entries": numbers})
        return numbers

    def received(self, got: Message, ours: Message | None = None) -> list[int]:
        w, about = self.world, {"message_id": got.message_id, "partner": "partner", "direction": "in"}
        objects = {
            "envelope": got.envelope,
            "signer": w.partner.der,
            "signer-path-1": w.partner_sub.der,
            "tls": b"tls",
            **self.payloads(got),
        }
        if ours is not None:
            objects["receipt"] = ours.envelope
        numbers = [self.entry("message.received", about, objects, {"verified": self.verified(got, w.partner)})]
        self.fill(1)
        numbers.append(self.entry("message.delivered", about, {}, {}))
        self.exchanges.append({**about, "entries": numbers})
        return numbers

    def redact(self) -> None:
        self.redacted = True
        for number in self.shown:
            for name, digest in json.loads(self.log[number - 1])["objects"].items():
                if name.startswith("payload-") or name == "wire":
                    self.objects.pop(digest, None)
                    self.absent[digest] = {"sha256": digest, "why": "redacted"}

    def checkpoint(self, *stamps: Stamp) -> None:
        self.sizes.append(len(self.log))
        self.stamps[len(self.log)] = list(stamps)

    def files(self) -> dict[str, bytes]:
        """Everything but the manifest and the seal."""
        w, files, leaves = self.world, {"mimetype": b"application/vnd.etsi.asic-e+zip"}, [leaf(one) for one in self.log]
        for number in self.shown:
            size = next(one for one in self.sizes if one >= number)
            files[f"log/{number}.json"] = self.log[number - 1]
            path = [one.hex() for one in inclusion(number - 1, leaves[:size])]
            files[f"log/{number}.proof.json"] = canonical({"v": 1, "number": number, "size": size, "path": path})
        before, chain = 0, bytes(32)
        for size in self.sizes:
            for one in leaves[before:size]:
                chain = sha(b"\x02" + chain + one)
            point = canonical(
                {
                    "v": 1,
                    "log": "node-1",
                    "size": size,
                    "root": root(leaves[:size]).hex(),
                    "chain": chain.hex(),
                    "at": told(self.at),
                    "clock": None,
                }
            )
            files[f"checkpoints/{size}.json"] = point
            files[f"checkpoints/{size}.sig"] = checkpoint_signature(w.log.key, b"n2n-checkpoint/1\n" + point)
            if before:
                path = [one.hex() for one in consistency(before, leaves[:size])]
                files[f"checkpoints/{size}.proof.json"] = canonical({"v": 1, "before": before, "size": size, "path": path})
            files |= self.stamped(size, point, files[f"checkpoints/{size}.sig"])
            before = size
        for one in (w.log, w.node_ca, w.partner_ca, w.time_ca, w.time, w.later_time):
            self.keep(one.der)
        files |= {f"objects/{digest}": octets for digest, octets in sorted(self.objects.items())}
        return files | {"report.en.html": b"<p>en", "report.zh-Hant.html": b"<p>zh", "report.pdf": b"%PDF"}

    def stamped(self, size: int, point: bytes, signature: bytes) -> dict[str, bytes]:
        files, tokens = {}, []
        for k, stamp in enumerate(self.stamps[size]):
            note = {
                "v": 1,
                "checkpoint": hexed(point),
                "signature": hexed(signature),
                "tokens": sorted(hexed(one) for one in tokens),
                "evidence": sorted(self.keep(one) for one in stamp.evidence),
            }
            files[f"checkpoints/{size}.stamp-{k}.json"] = canonical(note)
            tokens.append(
                token(canonical(note), stamp.by, stamp.at, [stamp.by] if stamp.inside else [], stamp.ess_of, self.world.pss)
            )
            files[f"checkpoints/{size}.stamp-{k}.tst"] = tokens[-1]
        return files

    def manifest(self, files: dict[str, bytes]) -> dict[str, Any]:
        w = self.world
        left_out = ("mimetype", "manifest.json", "report.en.html", "report.zh-Hant.html", "report.pdf")
        return {
            "format": "n2n-evidence/1",
            "made_at": told(self.at + DAY),
            "made_by": "a test",
            "log": "node-1",
            "scope": {"messages": [one["message_id"] for one in self.exchanges]},
            "redacted": self.redacted,
            "exchanges": self.exchanges,
            "signers": {
                "checkpoints": [hexed(w.log.der), hexed(w.node_ca.der)],
                "anchors": {
                    "node": [hexed(w.node_ca.der)],
                    "partners": {"partner": [hexed(w.partner_ca.der)]},
                    "time": [hexed(w.time_ca.der)],
                },
            },
            "files": {
                name: {"sha256": hexed(octets), "size": len(octets)}
                for name, octets in files.items()
                if name not in left_out and not name.startswith("META-INF/")
            },
            "absent": list(self.absent.values()),
        }

    def bundle(
        self, edit: Callable[[dict[str, bytes]], None] | None = None, remanifest: Callable[[dict[str, Any]], None] | None = None
    ) -> bytes:
        """The bundle; `edit` changes files before the manifest and the seal are made, as one who has the keys of the node could."""
        files = self.files()
        if edit:
            edit(files)
        manifest = self.manifest(files)
        if remanifest:
            remanifest(manifest)
        files["manifest.json"] = canonical(manifest)
        files["META-INF/signatures.xml"] = sealed(files, self.world.seal, self.at + DAY, self.world.pss)
        return packed(files)


def checkpoint_signature(key: Any, octets: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        bits = key.curve.key_size
        return key.sign(octets, ec.ECDSA(hashes.SHA256() if bits <= 256 else hashes.SHA384() if bits <= 384 else hashes.SHA512()))
    return raw_signature(key, octets)


XADES = "http://uri.etsi.org/01903/v1.3.2#"


def sealed(files: dict[str, bytes], by: Holder, at: dt.datetime, pss: bool = False) -> bytes:
    """META-INF/signatures.xml: XAdES baseline B over every file but `mimetype`, in Exclusive XML Canonicalization 1.0."""
    names = [name for name in files if name != "mimetype"]
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#o{number}"><xades:MimeType>application/octet-stream</xades:MimeType></xades:DataObjectFormat>'
        for number in range(len(names))
    )
    properties = (
        f'<xades:SignedProperties xmlns:xades="{XADES}" Id="p"><xades:SignedSignatureProperties><xades:SigningTime>{at.strftime("%Y-%m-%dT%H:%M:%SZ")}</xades:SigningTime>'
        f'<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod xmlns:ds="{DS}" Algorithm="{SHA_NAMES["sha256"]}"></ds:DigestMethod>'
        f'<ds:DigestValue xmlns:ds="{DS}">{b64(sha(by.der))}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>'
        f"</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
    )
    refs = "".join(
        Ref(name, sha(files[name]), transform="").xml().replace("<ds:Reference ", f'<ds:Reference Id="o{number}" ')
        for number, name in enumerate(names)
    )
    own = (
        Ref("#p", sha(properties.encode()))
        .xml()
        .replace("<ds:Reference ", '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" ')
    )
    info = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{xml_algorithm(by.key, pss)}"></ds:SignatureMethod>{refs}{own}</ds:SignedInfo>'
    )
    value = b64(xml_signature(by.key, info.encode(), pss))
    # Inside of the file, which is canonical as a whole, a prefix is declared once only.
    inner_info = info.replace(f' xmlns:ds="{DS}"', "", 1)
    inner = properties.replace(f' xmlns:xades="{XADES}"', "", 1).replace(f' xmlns:ds="{DS}"', "")
    return (
        f'<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"><ds:Signature xmlns:ds="{DS}" Id="s">{inner_info}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{b64(by.der)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#s">{inner}</xades:QualifyingProperties></ds:Object>'
        "</ds:Signature></asic:XAdESSignatures>"
    ).encode()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, octets in files.items():
            info = zipfile.ZipInfo(name, (2026, 11, 28, 9, 14, 6))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            archive.writestr(info, octets)
    return summed(out.getvalue())


COMMENT = b"mimetype=application/vnd.etsi.asic-e+zip sha256="


def summed(octets: bytes) -> bytes:
    """The ZIP with the comment that sums it up; one that it has already is made anew."""
    end = octets.rindex(b"PK\x05\x06")
    begun = octets[: end + 20] + (len(COMMENT) + 64).to_bytes(2, "little") + COMMENT
    return begun + hexed(begun).encode()


def unpacked(octets: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def usual(world: World | None = None, **more: Any) -> Maker:
    """Two checkpoints, one message sent and acknowledged, one received, stamps."""
    world = world or World()
    made = Maker(world)
    made.fill(5)
    sent = message(
        "sent@node",
        world.node,
        [b"<a>first</a>" * 9, b"second"],
        world.pss,
        more.get("method", "sha256"),
        more.get("naming", "token"),
    )
    made.sent(sent, receipt("sent@node", sent.refs, world.partner, world.pss, more.get("naming", "token")), due=NOW + DAY)
    made.fill(3)
    made.checkpoint(Stamp(world.time, NOW + dt.timedelta(minutes=1)))
    got = message("got@partner", world.partner, [b"third"], world.pss)
    made.received(got, receipt("got@partner", got.refs, world.node, world.pss))
    made.checkpoint(*more.get("stamps", [Stamp(world.time, NOW + dt.timedelta(minutes=2))]))
    return made
