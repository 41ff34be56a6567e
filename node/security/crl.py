"""A certificate revocation list, complete, delta or indirect, read so far that its scope and its entries can be used. Source: RFC 5280 5."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509

from node.security.certificates import Certificate
from node.security.names import NormalName, normal_name
from node.security.signed import UNREADABLE, verified

#: Names as they are compared: the kind and the value.
Comparable = tuple[str, object]
# spec: RFC 5280 5.2.5
#: The reasons for which a certificate can be revoked.
EVERY_REASON: Final = frozenset(x509.ReasonFlags) - {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
#: Hashes that no list and no answer may be signed with.
WEAK: Final = frozenset({"md5", "sha1"})
_UNDERSTOOD: Final = (x509.IssuingDistributionPoint, x509.DeltaCRLIndicator, x509.AuthorityKeyIdentifier)
_ENTRY_UNDERSTOOD: Final = (x509.CRLReason, x509.CertificateIssuer, x509.InvalidityDate)
#: Answers kept of who signed a list, and of what it says of a certificate.
_MOST_SIGNERS: Final = 64
_MOST_FOUND: Final = 4096
#: How a critical extension begins inside of DER: BOOLEAN TRUE.
_CRITICAL: Final = b"\x01\x01\xff"


class RevocationRefused(ValueError):
    """The octets are no revocation list or OCSP answer that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate was taken back."""

    since: datetime
    reason: x509.ReasonFlags | None


@dataclass(slots=True)
class Crl:
    """Made from DER, and asked by several threads at once. Raises RevocationRefused."""

    der: bytes = field(repr=False)
    sha256: str = field(init=False)
    parsed: x509.CertificateRevocationList = field(init=False, repr=False)
    issuer: NormalName = field(init=False, repr=False)
    since: datetime = field(init=False)
    until: datetime | None = field(init=False)
    #: None where its issuer left it out: such a list can take back, but not vouch.
    number: int | None = field(init=False, default=None)
    #: Of a delta list: the number of the complete list that it goes with.
    base: int | None = field(init=False, default=None)
    point: x509.IssuingDistributionPoint | None = field(init=False, default=None, repr=False)
    authority_key: bytes | None = field(init=False, default=None, repr=False)
    _proven: dict[str, bool] = field(init=False, default_factory=dict, repr=False)
    _index: dict[tuple[NormalName, int], x509.RevokedCertificate] | None = field(init=False, default=None, repr=False)
    _found: dict[tuple[NormalName, int], Revoked | None] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            self.sha256 = hashlib.sha256(self.der).hexdigest()
            self.parsed = x509.load_der_x509_crl(self.der)
            self.issuer = normal_name(self.parsed.issuer)
            self.since, self.until = self.parsed.last_update_utc, self.parsed.next_update_utc
            self._read_extensions()
            algorithm = self.parsed.signature_hash_algorithm
            if self._may_have_critical_entries() and any(map(_not_understood, self.parsed)):
                raise ValueError("an entry has a critical extension that is not understood")
        except UNREADABLE as error:
            raise RevocationRefused(f"no usable revocation list: {error}") from None
        if algorithm is not None and algorithm.name in WEAK:
            raise RevocationRefused(f"a revocation list signed with {algorithm.name}")

    def _may_have_critical_entries(self) -> bool:
        # Looking into each entry takes long, and each critical extension of the list itself accounts for one mark.
        return self.parsed.tbs_certlist_bytes.count(_CRITICAL) > len([one for one in self.parsed.extensions if one.critical])

    def _read_extensions(self) -> None:
        for extension in self.parsed.extensions:
            value = extension.value
            if extension.critical and not isinstance(value, _UNDERSTOOD):
                # CRLNumber too: RFC 5280 5.2.3 has it not critical.
                raise ValueError(f"critical extension {extension.oid.dotted_string} is not understood")
            if isinstance(value, x509.CRLNumber):
                self.number = value.crl_number
            elif isinstance(value, x509.DeltaCRLIndicator):
                self.base = value.crl_number
            elif isinstance(value, x509.IssuingDistributionPoint):
                self.point = value
            elif isinstance(value, x509.AuthorityKeyIdentifier):
                self.authority_key = value.key_identifier

    @property
    def reasons(self) -> frozenset[x509.ReasonFlags]:
        """For which reasons it lists certificates."""
        some = self.point.only_some_reasons if self.point is not None else None
        return frozenset(some) & EVERY_REASON if some else EVERY_REASON

    @property
    def indirect(self) -> bool:
        """Whether it may list certificates of other issuers."""
        return self.point is not None and self.point.indirect_crl

    @property
    def scope(self) -> tuple[object, ...]:
        """Two lists of one scope are versions of the same list."""
        return self.issuer, self.authority_key, self.point, self.base is not None

    def names(self) -> frozenset[Comparable]:
        """The names of its distribution point; empty where it has none."""
        return point_names(self.point.full_name, self.point.relative_name, self.issuer) if self.point is not None else frozenset()

    def covers_kind(self, *, authority: bool) -> bool:
        """Whether it speaks of certificates of authorities, or of others."""
        point = self.point
        return point is None or not (
            (authority and point.only_contains_user_certs)
            or (not authority and point.only_contains_ca_certs)
            or point.only_contains_attribute_certs
        )

    def is_signed_by(self, signer: Certificate) -> bool:
        """Whether the signer's key made the list, and its keyUsage lets it; the answer is kept, since a list may be long."""
        proven = self._proven.get(signer.sha256)
        if proven is None:
            proven = self._signed_by(signer)
            if len(self._proven) > _MOST_SIGNERS:
                self._proven.clear()
            self._proven[signer.sha256] = proven
        return proven

    def _signed_by(self, signer: Certificate) -> bool:
        try:
            if not signer.x509.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign:
                return False
        except x509.ExtensionNotFound:
            pass
        except UNREADABLE:
            return False
        made = self.parsed
        try:
            parameters = made.signature_algorithm_parameters
        except UNREADABLE:
            return False
        return verified(signer.public_key, made.signature, made.tbs_certlist_bytes, parameters, made.signature_hash_algorithm)

    def find(self, certificate: Certificate) -> Revoked | None:
        """What it says of the certificate; a reason of `remove_from_crl` takes a hold back. The answer is kept, as above."""
        key = certificate.issuer_name, certificate.serial
        # None is an answer, too, and another thread may drop every answer at any time.
        found = self._found.get(key, ...)
        if found is ...:
            found = self._look_up(certificate)
            if len(self._found) > _MOST_FOUND:
                self._found.clear()
            self._found[key] = found
        return found

    def _look_up(self, certificate: Certificate) -> Revoked | None:
        # cryptography looks no negative number up, which some authorities have given.
        if not self.indirect and certificate.serial >= 0:
            found = self.parsed.get_revoked_certificate_by_serial_number(certificate.serial)
        else:
            if self._index is None:
                self._index = {(issuer, one.serial_number): one for issuer, one in self._with_issuers()}
            found = self._index.get((certificate.issuer_name, certificate.serial))
        return Revoked(found.revocation_date_utc, _reason(found)) if found is not None else None

    def _with_issuers(self) -> Iterator[tuple[NormalName, x509.RevokedCertificate]]:
        # spec: RFC 5280 5.3.3: an entry without an issuer has that of the entry before
        issuer = self.issuer
        for one in self.parsed:
            try:
                named = one.extensions.get_extension_for_class(x509.CertificateIssuer).value
                issuer = next((normal_name(name) for name in named.get_values_for_type(x509.DirectoryName)), issuer)
            except x509.ExtensionNotFound:
                pass
            yield issuer, one


def _not_understood(entry: x509.RevokedCertificate) -> bool:
    return any(one.critical and not isinstance(one.value, _ENTRY_UNDERSTOOD) for one in entry.extensions)


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


def point_names(
    full: list[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, issuer: NormalName
) -> frozenset[Comparable]:
    """The names of a distribution point, comparable; a relative one follows the name of the issuer of its list."""
    if relative is not None:
        return frozenset({("directory", (*issuer, *normal_name(x509.Name([relative]))))})
    return frozenset(
        ("directory", normal_name(one.value)) if isinstance(one, x509.DirectoryName) else (type(one).__name__, one.value)
        for one in full or ()
    )
