"""What authorities say of certificates that they took back: revocation lists and OCSP answers, used only where they verify and are wholly understood."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.security.certificates import Certificate, CertificateRefused
from node.security.crl import WEAK, Crl, RevocationRefused, Revoked
from node.security.der import DerRefused, read
from node.security.signed import UNREADABLE, verified

__all__ = [
    "HARMLESS_BEFORE",
    "RevocationList",
    "RevocationRefused",
    "Revoked",
    "Source",
    "StatusAnswer",
    "find_revocation",
    "is_authority",
]

# spec: RFC 3161 4
#: Reasons that say nothing of what was signed before.
HARMLESS_BEFORE: Final = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)


class Source(Protocol):
    """Something that tells of revocations; until when it is fresh."""

    @property
    def until(self) -> datetime | None: ...
    def covers(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether the issuer (or whom it empowered) says here what became of the certificate."""
        ...

    def revoked(self, certificate: Certificate) -> Revoked | None: ...


@dataclass(slots=True)
class RevocationList:
    """A complete CRL of its issuer for all reasons; made from DER. Raises RevocationRefused for any other."""

    der: bytes = field(repr=False)
    crl: Crl = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.crl = Crl(self.der)
        point = self.crl.point
        if self.crl.base is not None:
            raise RevocationRefused("a delta list (2.5.29.27) is not used for seals")
        if point is not None and (point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs):
            raise RevocationRefused("no usable revocation list: indirect, or not of all reasons")

    @property
    def until(self) -> datetime | None:
        """Until when it is fresh."""
        return self.crl.until

    def covers(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether the issuer signed this list, and it speaks of such certificates."""
        speaks = self.crl.issuer == issuer.subject_name and self.crl.covers_kind(authority=is_authority(certificate))
        return speaks and self.crl.is_signed_by(issuer)

    def revoked(self, certificate: Certificate) -> Revoked | None:
        """What the list says of the certificate."""
        return self.crl.find(certificate)


@dataclass(slots=True)
class StatusAnswer:
    """An OCSP answer; made from the DER of an OCSPResponse. Raises RevocationRefused."""

    der: bytes = field(repr=False)
    sha256: str = field(init=False)
    parsed: ocsp.OCSPResponse = field(init=False, repr=False)
    until: datetime | None = field(init=False, default=None)
    #: The serial numbers of the certificates that it is about.
    serials: frozenset[int] = field(init=False)
    _proven: dict[str, Certificate | None] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.der).hexdigest()
        try:
            self.parsed = ocsp.load_der_ocsp_response(self.der)
            if self.parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                raise RevocationRefused("an OCSP answer that is a refusal")
            algorithm = self.parsed.signature_hash_algorithm
            ends = [one.next_update_utc for one in self.parsed.responses]
            self.serials = frozenset(one.serial_number for one in self.parsed.responses)
        except RevocationRefused:
            raise
        except UNREADABLE as error:
            raise RevocationRefused(f"no usable OCSP answer: {error}") from None
        if algorithm is not None and algorithm.name in WEAK:
            raise RevocationRefused(f"an OCSP answer signed with {algorithm.name}")
        known = [one for one in ends if one is not None]
        self.until = min(known) if known else None

    def covers(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether the issuer, or a responder that it empowered, says here what became of the certificate."""
        try:
            return self._covers(certificate, issuer)
        except UNREADABLE:
            # Parts of an answer are parsed when they are asked for.
            return False

    def _covers(self, certificate: Certificate, issuer: Certificate) -> bool:
        return any(_names_issuer(one, issuer) for one in self._about(certificate)) and self.signer(issuer) is not None

    def signer(self, issuer: Certificate) -> Certificate | None:
        """The issuer, or the responder that it empowered, whose key signed the answer; None where neither did."""
        if issuer.sha256 not in self._proven:
            self._proven[issuer.sha256] = next((one for one in self._responders(issuer) if self._signed_by(one)), None)
        return self._proven[issuer.sha256]

    def times(self, certificate: Certificate) -> tuple[datetime, datetime | None]:
        """Since when and until when what it says of the certificate holds. Raises LookupError where it says nothing."""
        for one in self._about(certificate):
            return one.this_update_utc, one.next_update_utc
        raise LookupError(certificate.subject)

    def revoked(self, certificate: Certificate) -> Revoked | None:
        """What the answer says of the certificate."""
        for one in self._about(certificate):
            if one.certificate_status is ocsp.OCSPCertStatus.REVOKED and one.revocation_time_utc is not None:
                return Revoked(one.revocation_time_utc, one.revocation_reason)
        return None

    def _about(self, certificate: Certificate) -> Iterator[ocsp.OCSPSingleResponse]:
        return (
            one
            for one in self.parsed.responses
            if one.serial_number == certificate.serial
            and one.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN
            # One responder may speak for several authorities.
            and _digest(one.hash_algorithm, certificate.x509.issuer.public_bytes()) == one.issuer_name_hash
        )

    def _responders(self, issuer: Certificate) -> Iterator[Certificate]:
        yield issuer
        # spec: RFC 6960 4.2.2.2
        for held in self.parsed.certificates[:4]:
            try:
                one = Certificate(held.public_bytes(Encoding.DER))
                held.verify_directly_issued_by(issuer.x509)
                usages = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            except (CertificateRefused, InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
                continue
            if ExtendedKeyUsageOID.OCSP_SIGNING in usages and one.is_valid_at(self.parsed.produced_at_utc):
                yield one

    def _signed_by(self, responder: Certificate) -> bool:
        answer, key = self.parsed, responder.public_key
        hash_ = answer.signature_hash_algorithm
        # cryptography tells no parameters of an answer: PKCS#1 v1.5 for RSA, as RFC 6960 4.3 has it.
        parameters = ec.ECDSA(hash_) if isinstance(key, ec.EllipticCurvePublicKey) and hash_ is not None else padding.PKCS1v15()
        return verified(key, answer.signature, answer.tbs_response_bytes, parameters, hash_) and not responder.weakness


def _names_issuer(answer: ocsp.OCSPSingleResponse, issuer: Certificate) -> bool:
    try:
        key = _key_bits(issuer)
    except DerRefused:
        return False
    claimed = (answer.issuer_name_hash, answer.issuer_key_hash)
    return claimed == tuple(_digest(answer.hash_algorithm, octets) for octets in (issuer.x509.subject.public_bytes(), key))


def _digest(algorithm: hashes.HashAlgorithm, octets: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(octets)
    return digest.finalize()


def _key_bits(certificate: Certificate) -> bytes:
    # spec: RFC 6960 4.1.1: the BIT STRING of subjectPublicKey without its count of unused bits
    encoded: bytes = certificate.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return read(encoded).parts()[1].content[1:]


def is_authority(certificate: Certificate) -> bool:
    """Whether its basicConstraints say that it is an authority's."""
    try:
        return certificate.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return False


def find_revocation(
    certificate: Certificate, issuer: Certificate, sources: Iterable[Source]
) -> tuple[Revoked | None, bool, datetime | None]:
    """The earliest revocation of the certificate, whether anybody tells at all, and until when the freshest source holds."""
    worst: Revoked | None = None
    told, fresh = False, None
    for source in sources:
        if not source.covers(certificate, issuer):
            continue
        told = True
        if source.until is not None and (fresh is None or source.until > fresh):
            fresh = source.until
        found = source.revoked(certificate)
        if found is not None and (worst is None or found.since < worst.since):
            worst = found
    return worst, told, fresh
