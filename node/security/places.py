"""Where an authority says what it took back: the addresses in a certificate for lists and for OCSP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from node.security.certificates import Certificate
from node.security.signed import UNREADABLE

#: Addresses of one certificate at most.
MOST: Final = 8
LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """One address: `crl` for a list, `ocsp` for a responder."""

    kind: str
    url: str

    def key(self, certificate: Certificate) -> str:
        """By which asking there is remembered: a list is the same for everybody, an answer is about one certificate."""
        return self.url if self.kind == "crl" else f"{self.url} {certificate.sha256}"


def places_of(certificate: Certificate) -> tuple[Named, ...]:
    """The http and https addresses that the certificate names, lists first; other kinds of address are nobody's."""
    try:
        held = [one.value for one in certificate.x509.extensions]
    except UNREADABLE:
        return ()
    found = [Named("crl", url) for one in held for url in _lists(one)]
    found += [Named("ocsp", url) for one in held for url in _responders(one)]
    return tuple([one for one in dict.fromkeys(found) if _is_web(one.url)][:MOST])


def _lists(extension: Any) -> Iterator[str]:
    if isinstance(extension, x509.CRLDistributionPoints | x509.FreshestCRL):
        for point in extension:
            # spec: RFC 5280 4.2.1.13: several names are several ways to one list
            for name in point.full_name or ():
                if isinstance(name, x509.UniformResourceIdentifier):
                    yield name.value


def _responders(extension: Any) -> Iterator[str]:
    if isinstance(extension, x509.AuthorityInformationAccess):
        for access in extension:
            is_responder = access.access_method == AuthorityInformationAccessOID.OCSP
            if is_responder and isinstance(access.access_location, x509.UniformResourceIdentifier):
                yield access.access_location.value


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= LONGEST and not parts.username
    except ValueError:
        return False


def question(certificate: Certificate, issuer: Certificate) -> bytes:
    """The OCSPRequest about a certificate, in DER; without a nonce, as large responders want it (RFC 5019)."""
    # spec: RFC 5019 2.1.1: SHA-1 only names the issuer here, and is what responders look up
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate.x509, issuer.x509, hashes.SHA1())  # noqa: S303
    return asked.build().public_bytes(Encoding.DER)
