"""Certificate paths: from a partner's certificate to an anchor we trust, for the algorithms that AS4 networks and seals use.

cryptography's own verifier knows the rules of browsers: it refuses Ed25519 and brainpool certificates, which eDelivery AS4 2.0 and BDEW prescribe.
So the part of RFC 5280 section 6 that such certificates need stands here; what is not understood (name constraints, policy constraints, a
critical extension of an unknown kind) is refused. Revocation is not judged here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID

from node.security.certificates import Certificate

#: Certificates in a path at most, the anchor included.
LONGEST: Final = 6
#: Signatures checked in one search at most, so that a pool of cross-certificates costs no more than this.
_MOST_CHECKS: Final = 30
_WEAK_HASHES: Final = frozenset({"md5", "sha1"})
_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        # Every policy is acceptable: none is ever required of a path here.
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)


class Purpose(Enum):
    """What a certificate is to be used for."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


class Untrusted(Exception):
    """The certificate may not be used; the text says why, for our log."""


def find_path(
    leaf: Certificate, pool: Iterable[Certificate], anchors: Sequence[Certificate], now: datetime
) -> tuple[Certificate, ...]:
    """The path from `leaf` to an anchor, the leaf first. Raises Untrusted with the reason of the most promising path."""
    check_own(leaf, now)
    if leaf in anchors:
        return (leaf,)
    search = _Search(tuple(pool), tuple(anchors), now)
    found = search.extend((leaf,))
    if found is None:
        raise Untrusted(search.reason)
    return found


def check_own(certificate: Certificate, now: datetime) -> None:
    """What holds for each certificate by itself: period, key, signature hash, nothing critical that is not understood. Raises Untrusted."""
    parsed = certificate.x509
    # spec: RFC 5280 6.1.3 (a)(2)
    if now < parsed.not_valid_before_utc:
        raise Untrusted(f"{certificate.subject}: not valid before {parsed.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if now > parsed.not_valid_after_utc:
        raise Untrusted(f"{certificate.subject}: expired {parsed.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if certificate.weakness:
        raise Untrusted(f"{certificate.subject}: {certificate.weakness}")
    # spec: RFC 5280 4.2
    for extension in _extensions(certificate):
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise Untrusted(f"{certificate.subject}: critical extension {extension.oid.dotted_string} is not understood")
        if isinstance(extension.value, x509.NameConstraints):
            raise Untrusted(f"{certificate.subject}: name constraints are not supported")


def check_purpose(certificate: Certificate, purpose: Purpose) -> None:
    """The keyUsage allows the purpose; a certificate without keyUsage allows all. Raises Untrusted."""
    usage = next((one.value for one in _extensions(certificate) if isinstance(one.value, x509.KeyUsage)), None)
    if usage is None:
        return
    # spec: RFC 5280 4.2.1.3
    if purpose is Purpose.SIGN:
        # Seal certificates often carry contentCommitment alone.
        if not (usage.digital_signature or usage.content_commitment):
            raise Untrusted(f"{certificate.subject}: keyUsage lacks digitalSignature")
    elif isinstance(certificate.public_key, rsa.RSAPublicKey):
        if not usage.key_encipherment:
            raise Untrusted(f"{certificate.subject}: keyUsage lacks keyEncipherment")
    elif not usage.key_agreement:
        raise Untrusted(f"{certificate.subject}: keyUsage lacks keyAgreement")


class _Search:
    """Depth first, anchors before others; remembers the reason why the longest attempt ended."""

    def __init__(self, pool: tuple[Certificate, ...], anchors: tuple[Certificate, ...], now: datetime) -> None:
        self.pool, self.anchors, self.now = pool, anchors, now
        self.checks = self.depth = 0
        self.reason = ""

    def extend(self, path: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        """The path completed to an anchor, or None."""
        top = path[-1]
        if len(path) == LONGEST:
            self.fail(path, f"the path is longer than {LONGEST} certificates")
            return None
        candidates = [one for one in self.anchors if one.x509.subject == top.x509.issuer]
        others = [one for one in self.pool if one.x509.subject == top.x509.issuer and one not in path and one not in candidates]
        if not candidates and not others:
            self.fail(path, f"{top.subject}: its issuer {top.issuer} is not among the anchors")
            return None
        for issuer in (*candidates, *others):
            try:
                self.check_issuer(issuer, path)
            except Untrusted as problem:
                self.fail(path, str(problem))
                continue
            found = (*path, issuer) if issuer in self.anchors else self.extend((*path, issuer))
            if found is not None:
                return found
        return None

    def fail(self, path: tuple[Certificate, ...], reason: str) -> None:
        if len(path) >= self.depth:
            self.depth, self.reason = len(path), reason

    def check_issuer(self, issuer: Certificate, path: tuple[Certificate, ...]) -> None:
        """The issuer may issue, its path length allows this path, and its key made the signature. Raises Untrusted."""
        check_own(issuer, self.now)
        _check_authority(issuer, below=sum(one.x509.subject != one.x509.issuer for one in path[1:]))
        self.checks += 1
        if self.checks > _MOST_CHECKS:
            raise Untrusted(f"more than {_MOST_CHECKS} signatures to check for one path")
        issued = path[-1]
        weak = issued.x509.signature_hash_algorithm
        if weak is not None and weak.name in _WEAK_HASHES:
            raise Untrusted(f"{issued.subject}: signed with {weak.name}")
        try:
            issued.x509.verify_directly_issued_by(issuer.x509)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Untrusted(f"{issued.subject}: not signed by {issuer.subject}") from error


def _check_authority(issuer: Certificate, below: int) -> None:
    extensions = {type(one.value): one.value for one in _extensions(issuer)}
    # spec: RFC 5280 6.1.4 (k), (m), (n)
    basic, usage = extensions.get(x509.BasicConstraints), extensions.get(x509.KeyUsage)
    if not isinstance(basic, x509.BasicConstraints) or not basic.ca:
        raise Untrusted(f"{issuer.subject}: is no certification authority (basicConstraints)")
    if basic.path_length is not None and below > basic.path_length:
        raise Untrusted(f"{issuer.subject}: its path length {basic.path_length} is exceeded")
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        raise Untrusted(f"{issuer.subject}: keyUsage lacks keyCertSign")


def _extensions(certificate: Certificate) -> x509.Extensions:
    try:
        return certificate.x509.extensions
    except (ValueError, x509.DuplicateExtension) as error:
        raise Untrusted(f"{certificate.subject}: extensions cannot be read: {error}") from error
