"""X.509 certificates parsed once, the ways a message names one, and the PKIPath form of a chain."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate as X509Certificate

from node.security.algorithms import weakness
from node.security.names import NormalName, normal_name, read_name

#: A path longer than this names no signer of ours.
MAX_PKIPATH = 10


class CertificateRefused(ValueError):
    """The octets are no certificate that this node can use; the text says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate; equal when its DER octets are equal.

    Made from DER; everything else is derived once. Raises CertificateRefused.
    """

    der: bytes
    x509: X509Certificate = field(init=False, compare=False, repr=False)
    public_key: Any = field(init=False, compare=False, repr=False)
    #: SHA-256 of the DER in hexadecimal: the fingerprint by which people compare.
    sha256: str = field(init=False, compare=False, repr=False)
    #: SHA-1 of the DER: what a ThumbprintSHA1 key identifier holds.
    sha1: bytes = field(init=False, compare=False, repr=False)
    #: The SubjectKeyIdentifier: of the extension, else RFC 5280 4.2.1.2 method 1.
    ski: bytes = field(init=False, compare=False, repr=False)
    #: RFC 4514 strings.
    issuer: str = field(init=False, compare=False)
    subject: str = field(init=False, compare=False)
    serial: int = field(init=False, compare=False)
    #: Both in comparable form.
    issuer_name: NormalName = field(init=False, compare=False, repr=False)
    subject_name: NormalName = field(init=False, compare=False, repr=False)
    #: Why the public key is too weak to be used, or None.
    weakness: str | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        try:
            parsed = x509.load_der_x509_certificate(self.der)
            public_key = parsed.public_key()
            _check_named_curve(parsed, public_key)
            derived = {
                "x509": parsed,
                "public_key": public_key,
                "sha256": hashlib.sha256(self.der).hexdigest(),
                "sha1": hashlib.sha1(self.der, usedforsecurity=False).digest(),
                "ski": _ski(parsed),
                "issuer": parsed.issuer.rfc4514_string(),
                "subject": parsed.subject.rfc4514_string(),
                "serial": parsed.serial_number,
                "issuer_name": normal_name(parsed.issuer),
                "subject_name": normal_name(parsed.subject),
                "weakness": weakness(public_key),
            }
        except (
            ValueError,
            TypeError,
            UnsupportedAlgorithm,
            x509.InvalidVersion,
            x509.DuplicateExtension,
            x509.UnsupportedGeneralNameType,
        ) as error:
            raise CertificateRefused(f"no usable X.509 certificate: {error}") from error
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def is_valid_at(self, instant: datetime) -> bool:
        """Whether its own validity covers the instant; both ends belong to it."""
        # spec: RFC 5280 4.1.2.5
        return self.x509.not_valid_before_utc <= instant <= self.x509.not_valid_after_utc

    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.x509.public_bytes(Encoding.PEM)


def _ski(parsed: x509.Certificate) -> bytes:
    try:
        return parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        # spec: RFC 5280 4.2.1.2 method 1
        return x509.SubjectKeyIdentifier.from_public_key(parsed.public_key()).digest


def _check_named_curve(parsed: X509Certificate, public_key: object) -> None:
    """Refuse an EC key whose curve is written out as parameters, even those of a named curve (CVE-2020-0601)."""
    # spec: RFC 5480 2.1.1
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        named = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        start = 2 if named[1] < 0x80 else 3
        identifier = named[start : start + 2 + named[start + 1]]
        if identifier not in parsed.tbs_certificate_bytes:
            raise CertificateRefused("its curve is not named but written out as parameters")


def load_certificates(octets: bytes) -> tuple[Certificate, ...]:
    """Every certificate of a PEM text, or the one of a DER file, in the order of the file. Raises CertificateRefused."""
    if b"-----BEGIN" not in octets:
        return (Certificate(octets),)
    try:
        parsed = x509.load_pem_x509_certificates(octets)
    except ValueError as error:
        raise CertificateRefused(f"no PEM certificate: {error}") from error
    return tuple(Certificate(one.public_bytes(Encoding.DER)) for one in parsed)


def order_path(leaf: Certificate, others: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """The path that ends in `leaf`, the anchor's end first, as far as `others` reach."""
    path = [leaf]
    left = list(others)
    while path[0].x509.issuer != path[0].x509.subject:
        issuer = next((one for one in left if one.x509.subject == path[0].x509.issuer), None)
        if issuer is None:
            break
        left.remove(issuer)
        path.insert(0, issuer)
    return tuple(path)


# -- PKIPath (spec: X509 3.1; ITU-T X.509 PkiPath: SEQUENCE OF Certificate, anchor's end first) ----------------------------


def write_pkipath(path: Sequence[Certificate]) -> bytes:
    """The DER of a PkiPath; `path` begins at the anchor and ends with the signer."""
    content = b"".join(certificate.der for certificate in path)
    return b"\x30" + _der_length(len(content)) + content


def split_pkipath(octets: bytes) -> tuple[bytes, ...]:
    """The certificates of a PkiPath as DER, unparsed, the signer last. Raises CertificateRefused."""
    start, end = _der_sequence(octets, 0)
    if end != len(octets):
        raise CertificateRefused("a PKIPath followed by other octets")
    found: list[bytes] = []
    while start < end:
        _, after = _der_sequence(octets, start)
        if after > end or len(found) == MAX_PKIPATH:
            raise CertificateRefused("a PKIPath that is cut off or longer than 10 certificates")
        found.append(octets[start:after])
        start = after
    if not found:
        raise CertificateRefused("an empty PKIPath")
    return tuple(found)


def read_pkipath(octets: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PkiPath, the signer last, each one issued by the one before. Raises CertificateRefused."""
    path = tuple(Certificate(der) for der in split_pkipath(octets))
    for issuer, issued in pairwise(path):
        if issued.x509.issuer != issuer.x509.subject:
            raise CertificateRefused(
                f"a PKIPath in which {issuer.subject!r} stands before a certificate issued by {issued.issuer!r}"
            )
    return path


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def _der_sequence(octets: bytes, start: int) -> tuple[int, int]:
    """Where the content of the SEQUENCE at `start` begins and where it ends."""
    head = octets[start : start + 6]
    if len(head) < 2 or head[0] != 0x30:
        raise CertificateRefused("a PKIPath that is no DER SEQUENCE OF Certificate")
    if head[1] < 0x80:
        size, length = 2, head[1]
    else:
        count = head[1] & 0x7F
        if not 1 <= count <= 4 or len(head) < 2 + count:
            raise CertificateRefused("a PKIPath with a length that DER does not know")
        size, length = 2 + count, int.from_bytes(head[2 : 2 + count], "big")
        if _der_length(length) != head[1:size]:
            raise CertificateRefused("a PKIPath with a length that is not minimal")
    if start + size + length > len(octets):
        raise CertificateRefused("a PKIPath that is cut off")
    return start + size, start + size + length


# -- how a message names a certificate --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyReference:
    """How a KeyInfo names a certificate. It only selects among certificates that were agreed; nothing is ever trusted for being here.

    `kind` is `bst` (also an embedded certificate), `bst-pkipath`, `issuer-serial`, `ski` or `thumbprint`; the words of
    x.Signature.KeyIdentifier. `octets` is the DER, the PKIPath, the SKI or the thumbprint.
    """

    kind: str
    octets: bytes = field(default=b"", repr=False)
    issuer: str = ""
    serial: int = 0

    def select(self, certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
        """Those of the certificates that this reference names, in their order. Raises CertificateRefused for a malformed PKIPath."""
        kind = self.kind
        if kind in ("bst", "bst-pkipath"):
            # spec: X509 3.1.1, the last certificate of a PKIPath is the signer's (phase4 issue 260)
            der = self.octets if kind == "bst" else split_pkipath(self.octets)[-1]
            return tuple([one for one in certificates if one.der == der])
        if kind == "ski":
            return tuple([one for one in certificates if one.ski == self.octets])
        if kind == "thumbprint":
            return tuple([one for one in certificates if one.sha1 == self.octets])
        try:
            issuer = read_name(self.issuer)
        except ValueError as error:
            raise CertificateRefused(f"X509IssuerName cannot be read: {error}") from error
        return tuple([one for one in certificates if one.serial == self.serial and one.issuer_name == issuer])

    def __str__(self) -> str:
        if self.kind == "issuer-serial":
            return f"issuer {self.issuer!r} serial {self.serial}"
        if self.kind == "bst":
            # As `n2n cert list` shows it.
            return f"the certificate with SHA-256 {hashlib.sha256(self.octets).hexdigest()}"
        return f"{self.kind} {self.octets[:20].hex()}"
