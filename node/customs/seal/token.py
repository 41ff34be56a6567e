"""Time-stamp tokens (RFC 3161) as they are read: who says that which digest was there when.

rfc3161-client makes our requests and is the second opinion of the tests. It does not read the tokens that arrive: it refuses certificates that are not sorted as DER wants, as Bouncy Castle
and so many authorities write them, knows no anchor that is not self-signed, and does not compare the signing-certificate attribute.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from node.security.algorithms import weakness
from node.security.certificates import Certificate
from node.security.der import GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, DerRefused, Value, read, write

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
#: Digests of imprints and of signed attributes.
DIGESTS: Final[Mapping[str, str]] = {
    SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
RSA: Final = "1.2.840.113549.1.1.1"
_PSS: Final = "1.2.840.113549.1.1.10"
_ED25519: Final = "1.3.101.112"
#: Signature algorithm to the digest that it names; a bare rsaEncryption takes that of the signer.
_SIGNATURES: Final[Mapping[str, str]] = {
    RSA: "",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    _PSS: "",
    _ED25519: "",
}
_CERTIFICATES: Final = 0xA0
_MOST_CERTIFICATES: Final = 16


@dataclass(frozen=True, slots=True)
class Token:
    """A TimeStampToken, read and not yet proven."""

    time: datetime
    #: hashlib's name of the digest, and the digest, of what was stamped.
    imprint: tuple[str, bytes] = field(repr=False)
    nonce: int | None
    #: DER of the certificates that came along.
    certificates: tuple[bytes, ...] = field(repr=False)
    _info: bytes = field(repr=False)
    _signer: Value = field(repr=False)
    _digest: str = field(repr=False)
    _attributes: tuple[Value, ...] = field(repr=False)
    _method: str = field(repr=False)
    _signature: bytes = field(repr=False)

    def is_signed_by(self, certificate: Certificate) -> bool:
        """Whether the token names this certificate as its signer's."""
        if self._signer.tag == SEQUENCE:
            issuer, serial = self._signer.fields(SEQUENCE, INTEGER)[:2]
            return serial.number == certificate.serial and issuer.octets == certificate.x509.issuer.public_bytes()
        return self._signer.content == certificate.ski

    def check(self, certificate: Certificate) -> None:
        """The signature is that of the certificate's key, over this very content, and binds the certificate. Raises DerRefused."""
        if (kind := _attribute(self._attributes, CONTENT_TYPE)) is None or kind.name != TST_INFO:
            raise DerRefused("the signed content type is not TSTInfo")
        digest = _attribute(self._attributes, MESSAGE_DIGEST)
        if digest is None or digest.expect(OCTET_STRING).content != hashlib.new(self._digest, self._info).digest():
            raise DerRefused("the message digest is not that of the content")
        _check_binding(self._attributes, certificate)
        signed = write(SET, *sorted(one.octets for one in self._attributes))
        if why := weakness(certificate.public_key):
            raise DerRefused(f"{certificate.subject}: {why}")
        try:
            _verify(certificate.public_key, self._method, self._digest, self._signature, signed)
        except (InvalidSignature, ValueError):
            raise DerRefused("the signature is not that of its certificate") from None


def read_token(octets: bytes) -> Token:
    """A TimeStampToken. Raises DerRefused."""
    kind, held = read(octets).fields(OID, 0xA0)[:2]
    if kind.name != SIGNED_DATA:
        raise DerRefused("no signed data")
    fields = held.only().fields(INTEGER, SET, SEQUENCE)
    kind, content = fields[2].fields(OID, 0xA0)[:2]
    info = content.only()
    if kind.name != TST_INFO:
        raise DerRefused("the content is not TSTInfo")
    certificates = [one.octets for part in fields[3:] if part.tag == _CERTIFICATES for one in part.parts()]
    signers = fields[-1].expect(SET).parts()
    if len(signers) != 1 or len(certificates) > _MOST_CERTIFICATES:
        raise DerRefused(f"{len(signers)} signers and {len(certificates)} certificates")
    return _token(info.expect(OCTET_STRING).content, tuple(certificates), signers[0])


def token_of(response: bytes) -> bytes:
    """The token of a TimeStampResp, if it was granted. Raises DerRefused."""
    fields = read(response).fields(SEQUENCE)
    status = fields[0].parts()
    if not status or status[0].number not in (0, 1) or len(fields) != 2:
        raise DerRefused(f"the authority refused: status {status[0].number if status else 'missing'}")
    return fields[1].octets


def _token(info: bytes, certificates: tuple[bytes, ...], signer: Value) -> Token:
    stamped = read(info).fields(INTEGER, OID, SEQUENCE, INTEGER, GENERALIZED_TIME)
    algorithm, imprint = stamped[2].fields(SEQUENCE, OCTET_STRING)[:2]
    fields = signer.expect(SEQUENCE).parts()
    if len(fields) < 6 or fields[3].tag != 0xA0:
        raise DerRefused("a signer without signed attributes")
    method = fields[4].fields(OID)
    name = method[0].name
    digest = _digest_name(fields[2])
    if name not in _SIGNATURES or _SIGNATURES[name] not in ("", digest):
        raise DerRefused(f"signature algorithm {name} is not allowed with {digest}")
    if name == _PSS:
        _check_pss(method, digest)
    return Token(
        _time(stamped[4].content),
        (_digest_name(algorithm), imprint.content),
        next((one.number for one in stamped[5:] if one.tag == INTEGER), None),
        certificates,
        info,
        fields[1],
        digest,
        tuple(fields[3].parts()),
        name,
        fields[5].expect(OCTET_STRING).content,
    )


def _digest_name(algorithm: Value) -> str:
    name = algorithm.fields(OID)[0].name
    if name not in DIGESTS:
        raise DerRefused(f"digest {name} is not allowed")
    return DIGESTS[name]


def _check_pss(method: list[Value], digest: str) -> None:
    # spec: RFC 4055 3.1, [0] the hash; the mask hash and the salt must go with it, which verification finds out.
    parameters = {one.tag: one for one in (method[1].parts() if len(method) > 1 else ())}
    if 0xA0 not in parameters or _digest_name(parameters[0xA0].only()) != digest:
        raise DerRefused("RSASSA-PSS with another hash than the signer's")


def _time(content: bytes) -> datetime:
    # spec: RFC 3161 2.4.2, always in UTC
    try:
        whole, _, fraction = content.decode("ascii").removesuffix("Z").partition(".")
        if not content.endswith(b"Z") or len(whole) != 14 or not whole.isdigit() or (fraction and not fraction.isdigit()):
            raise ValueError
        moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return moment.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)
    except ValueError:
        raise DerRefused(f"{content[:40]!r} is no time in UTC") from None


def _attribute(attributes: tuple[Value, ...], name: str) -> Value | None:
    """The one value of the one attribute of this name."""
    found = [fields[1] for fields in (one.fields(OID, SET) for one in attributes) if fields[0].name == name]
    values = found[0].parts() if len(found) == 1 else []
    return values[0] if len(values) == 1 else None


def _check_binding(attributes: tuple[Value, ...], certificate: Certificate) -> None:
    """The signing-certificate attribute names this certificate (RFC 5816); without it another certificate of the same key could be put in its place."""
    second = _attribute(attributes, SIGNING_CERTIFICATE_V2)
    if second is not None:
        # spec: RFC 5035 3, ESSCertIDv2: an absent algorithm is SHA-256
        named = second.first().first()
        name = _digest_name(named.first()) if named.first().tag == SEQUENCE else "sha256"
        digest = next((one for one in named.parts() if one.tag == OCTET_STRING), named)
    else:
        old = _attribute(attributes, SIGNING_CERTIFICATE)
        if old is None:
            raise DerRefused("no signing-certificate attribute")
        name, digest = "sha1", old.first().first().first()
    if digest.expect(OCTET_STRING).content != hashlib.new(name, certificate.der, usedforsecurity=False).digest():
        raise DerRefused("the signing-certificate attribute names another certificate")


def _verify(key: Any, method: str, digest: str, signature: bytes, signed: bytes) -> None:
    algorithm = _HASHES[digest]
    if isinstance(key, rsa.RSAPublicKey):
        pad = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size) if method == _PSS else padding.PKCS1v15()
        if not method.startswith("1.2.840.113549.1.1."):
            raise InvalidSignature
        key.verify(signature, signed, pad, algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and method.startswith("1.2.840.10045."):
        key.verify(signature, signed, ec.ECDSA(algorithm))
    elif isinstance(key, ed25519.Ed25519PublicKey) and method == _ED25519:
        key.verify(signature, signed)
    else:
        raise InvalidSignature
