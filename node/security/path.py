"""Certificate paths: from a certificate to an anchor we trust, by the whole of RFC 5280 section 6, for the algorithms that AS4 networks and seals use.

cryptography's own verifier knows the rules of browsers: it refuses Ed25519 and brainpool certificates, which eDelivery AS4 2.0 and BDEW prescribe.
The search is bounded whatever a pool holds. Revocation is judged by `node.security.status`. Source: standards 3, reliability 5.2 goal 22.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.x509.oid import ExtensionOID

from node.security.certificates import Certificate
from node.security.extensions import Extensions, read_extensions
from node.security.forms import check_forms
from node.security.name_constraints import Subtrees
from node.security.path_policy import PATH_ALONE, PathPolicy
from node.security.policy_graph import Step, check_policies
from node.security.signed import is_signed_by, issuers_of
from node.security.trust import Purpose, Untrusted

__all__ = ["Path", "Purpose", "Untrusted", "check_own", "check_purpose", "find_path", "judge_path"]

#: Signatures checked in one search at most, so that a pool of cross-certificates costs no more than this.
_MOST_CHECKS: Final = 40
#: Whole paths judged in one search at most.
_MOST_PATHS: Final = 12
#: Certificates in a path at most whatever a policy says: those that issued to themselves are not counted there.
_MOST_STEPS: Final = 16
# spec: RFC 5280 4.2.1.12; whose usage is one of these and no other does nothing else
_ALONE: Final = frozenset({"1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"})
_ANY_USAGE: Final = "2.5.29.37.0"


@dataclass(frozen=True, slots=True)
class Path:
    """A path that holds: the leaf first, the anchor last, and the certificate policies that hold for all of it."""

    certificates: tuple[Certificate, ...]
    policies: frozenset[str] = frozenset()


def find_path(
    leaf: Certificate,
    pool: Iterable[Certificate],
    anchors: Sequence[Certificate],
    now: datetime,
    policy: PathPolicy = PATH_ALONE,
) -> tuple[Certificate, ...]:
    """The path from `leaf` to an anchor, the leaf first. Raises Untrusted with the reason of the most promising path."""
    return judge_path(leaf, pool, anchors, now, policy).certificates


def judge_path(
    leaf: Certificate, pool: Iterable[Certificate], anchors: Sequence[Certificate], now: datetime, policy: PathPolicy
) -> Path:
    """As `find_path`, with the certificate policies that hold."""
    check_own(leaf, now, policy)
    if leaf in anchors:
        return Path((leaf,))
    search = _Search(tuple(dict.fromkeys(pool)), tuple(dict.fromkeys(anchors)), now, policy)
    found = search.extend((leaf,))
    if found is None:
        raise Untrusted(search.reason)
    return found


def pinned_path(
    leaf: Certificate, pool: Iterable[Certificate], now: datetime, policy: PathPolicy = PATH_ALONE
) -> tuple[Certificate, ...]:
    """The path of a certificate for which an agreement itself vouches: it, and whoever issued it, who may still take it back. Raises Untrusted."""
    check_own(leaf, now, policy)
    return (leaf, *islice(issuers_of(leaf, pool), 1))


def check_own(certificate: Certificate, now: datetime, policy: PathPolicy = PATH_ALONE) -> None:
    """What holds for each certificate by itself: period, key, nothing critical that is not understood. Raises Untrusted."""
    parsed = certificate.x509
    # spec: RFC 5280 6.1.3 (a)(2)
    if now < parsed.not_valid_before_utc:
        raise Untrusted(f"{certificate.subject}: not valid before {parsed.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if now > parsed.not_valid_after_utc:
        raise Untrusted(f"{certificate.subject}: expired {parsed.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if certificate.weakness:
        raise Untrusted(f"{certificate.subject}: {certificate.weakness}")
    _check_key(certificate, policy)
    extensions = read_extensions(certificate)
    if extensions.names is not None and not extensions.is_authority:
        # spec: RFC 5280 4.2.1.10
        raise Untrusted(f"{certificate.subject}: name constraints in a certificate that is no authority's")
    if policy.forms:
        check_forms(certificate, extensions)


def _check_key(certificate: Certificate, policy: PathPolicy) -> None:
    key = certificate.public_key
    kind = _kind_of(key)
    if kind not in policy.keys:
        raise Untrusted(f"{certificate.subject}: the policy {policy.name} allows no {kind} key")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < policy.rsa_bits:
        raise Untrusted(
            f"{certificate.subject}: RSA modulus of {key.key_size} bits (the policy {policy.name}: {policy.rsa_bits})"
        )
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in policy.curves:
        raise Untrusted(f"{certificate.subject}: the policy {policy.name} does not allow the curve {key.curve.name}")


def _kind_of(key: object) -> str:
    kinds: dict[str, type] = {
        "rsa": rsa.RSAPublicKey,
        "ec": ec.EllipticCurvePublicKey,
        "ed25519": ed25519.Ed25519PublicKey,
        "x25519": x25519.X25519PublicKey,
    }
    return next((name for name, kind in kinds.items() if isinstance(key, kind)), type(key).__name__)


def check_purpose(certificate: Certificate, purpose: Purpose, policy: PathPolicy = PATH_ALONE) -> None:
    """keyUsage and extended key usage allow the purpose; a certificate without keyUsage allows all. Raises Untrusted."""
    extensions = read_extensions(certificate)
    _check_usage(certificate, extensions, purpose)
    # spec: RFC 5280 4.2.1.12
    held, wanted = extensions.extended, policy.extended.get(purpose)
    if wanted is None:
        if held and held <= _ALONE:
            raise Untrusted(f"{certificate.subject}: its extended key usage is for code, time-stamps or OCSP alone")
    elif held is None and policy.extended_always:
        raise Untrusted(
            f"{certificate.subject}: has no extended key usage, and the policy {policy.name} wants it for {purpose.value}"
        )
    elif held is not None and not held & wanted and (_ANY_USAGE not in held or policy.extended_always):
        raise Untrusted(f"{certificate.subject}: its extended key usage is not for {purpose.value}")
    if policy.extended_always and held is not None and _ANY_USAGE in held:
        raise Untrusted(
            f"{certificate.subject}: its extended key usage is for anything, which the policy {policy.name} does not allow"
        )
    if policy.forms and extensions.is_authority:
        raise Untrusted(f"{certificate.subject}: is an authority's, which the policy {policy.name} allows no other use")
    if policy.extended_always and extensions.critical(ExtensionOID.EXTENDED_KEY_USAGE):
        raise Untrusted(
            f"{certificate.subject}: its extended key usage is critical, which the policy {policy.name} does not allow"
        )


def _check_usage(certificate: Certificate, extensions: Extensions, purpose: Purpose) -> None:
    usage = extensions.usage
    if usage is None:
        return
    # spec: RFC 5280 4.2.1.3
    if purpose is not Purpose.ENCRYPT:
        # Seal certificates often carry contentCommitment alone.
        committing = usage.content_commitment and purpose in (Purpose.SIGN, Purpose.SEAL)
        exchanging = purpose is Purpose.TLS_SERVER and (usage.key_encipherment or usage.key_agreement)
        if not (usage.digital_signature or committing or exchanging):
            raise Untrusted(f"{certificate.subject}: keyUsage lacks digitalSignature")
    elif isinstance(certificate.public_key, rsa.RSAPublicKey):
        if not usage.key_encipherment:
            raise Untrusted(f"{certificate.subject}: keyUsage lacks keyEncipherment")
    elif not usage.key_agreement:
        raise Untrusted(f"{certificate.subject}: keyUsage lacks keyAgreement")


class _Search:
    """Depth first, anchors before others; remembers the reason why the longest attempt ended."""

    def __init__(
        self, pool: tuple[Certificate, ...], anchors: tuple[Certificate, ...], now: datetime, policy: PathPolicy
    ) -> None:
        self.now, self.policy = now, policy
        self.anchors = frozenset(anchors)
        self.checks = self.paths = self.depth = 0
        self.reason = ""
        self.read: dict[Certificate, Extensions] = {}
        #: Which key made which signature.
        self.proven: dict[tuple[str, str], bool] = {}
        self.by_name: dict[object, list[Certificate]] = {}
        for one in (*anchors, *[one for one in pool if one not in self.anchors]):
            self.by_name.setdefault(one.subject_name, []).append(one)

    def extend(self, path: tuple[Certificate, ...]) -> Path | None:
        """The path completed to an anchor, or None."""
        top = path[-1]
        candidates = [one for one in self.by_name.get(top.issuer_name, ()) if one not in path]
        if not candidates:
            self.fail(path, f"{top.subject}: its issuer {top.issuer} is not among the anchors")
            return None
        for issuer in self._likely_first(candidates, top):
            if self.checks > _MOST_CHECKS or self.paths > _MOST_PATHS:
                return None
            try:
                self.check_issuer(issuer, path)
            except Untrusted as problem:
                self.fail(path, str(problem))
                continue
            longer = (*path, issuer)
            found = self.completed(longer) if issuer in self.anchors else self.extend(longer)
            if found is not None:
                return found
        return None

    def completed(self, path: tuple[Certificate, ...]) -> Path | None:
        """The path, whose last certificate is an anchor, where it holds as a whole."""
        try:
            return self.judge(path)
        except Untrusted as problem:
            self.fail(path, str(problem))
            return None

    def _likely_first(self, candidates: list[Certificate], top: Certificate) -> list[Certificate]:
        """Anchors, and those whose key identifier the certificate names, before the others: a hint, never a proof."""
        named = _authority_key(top)
        return sorted(candidates, key=lambda one: (one not in self.anchors, named is not None and one.ski != named))

    def fail(self, path: tuple[Certificate, ...], reason: str) -> None:
        if len(path) >= self.depth:
            self.depth, self.reason = len(path), reason

    def check_issuer(self, issuer: Certificate, path: tuple[Certificate, ...]) -> None:
        """The issuer may issue, its path length allows this path, and its key made the signature. Raises Untrusted."""
        below = sum(not _is_self_issued(one) for one in path[1:])
        if issuer not in self.anchors and (below >= self.policy.longest or len(path) >= _MOST_STEPS):
            raise Untrusted(f"the path is longer than {self.policy.longest} authorities below the anchor")
        check_own(issuer, self.now, self.policy)
        _check_authority(issuer, self.extensions(issuer), below)
        if not self.is_signed(path[-1], issuer):
            raise Untrusted(f"{path[-1].subject}: not signed by {issuer.subject}")

    def is_signed(self, issued: Certificate, issuer: Certificate) -> bool:
        try:
            hash_ = issued.x509.signature_hash_algorithm
        except UnsupportedAlgorithm as error:
            raise Untrusted(f"{issued.subject}: {error}") from None
        if hash_ is not None and hash_.name not in self.policy.hashes:
            raise Untrusted(f"{issued.subject}: signed with {hash_.name}")
        key = issued.sha256, issuer.sha256
        if key not in self.proven:
            self.checks += 1
            if self.checks > _MOST_CHECKS:
                raise Untrusted(f"more than {_MOST_CHECKS} signatures to check for one path")
            self.proven[key] = is_signed_by(issued, issuer)
        return self.proven[key]

    def extensions(self, certificate: Certificate) -> Extensions:
        if certificate not in self.read:
            self.read[certificate] = read_extensions(certificate)
        return self.read[certificate]

    # spec: RFC 5280 6.1
    def judge(self, path: tuple[Certificate, ...]) -> Path:
        """The path as a whole: names and policies, from the anchor down. Raises Untrusted."""
        self.paths += 1
        names = Subtrees()
        anchor = self.extensions(path[-1])
        if anchor.names is not None:
            names.add(path[-1].subject, anchor.names)
        steps = []
        for one in reversed(path[:-1]):
            extensions, self_issued = self.extensions(one), _is_self_issued(one)
            # A certificate that its authority issued to itself is checked only where it is the last.
            if not self_issued or one is path[0]:
                names.check(one.x509, one.subject, extensions)
            if one is not path[0] and extensions.names is not None:
                names.add(one.subject, extensions.names)
            steps.append(Step(one.subject, extensions, self_issued))
        return Path(path, check_policies(steps, self.policy))


def _is_self_issued(certificate: Certificate) -> bool:
    return certificate.subject_name == certificate.issuer_name


def _authority_key(certificate: Certificate) -> bytes | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _check_authority(issuer: Certificate, extensions: Extensions, below: int) -> None:
    # spec: RFC 5280 6.1.4 (k), (m), (n)
    if not extensions.is_authority or extensions.basic is None:
        raise Untrusted(f"{issuer.subject}: is no certification authority (basicConstraints)")
    if extensions.basic.path_length is not None and below > extensions.basic.path_length:
        raise Untrusted(f"{issuer.subject}: its path length {extensions.basic.path_length} is exceeded")
    if extensions.usage is not None and not extensions.usage.key_cert_sign:
        raise Untrusted(f"{issuer.subject}: keyUsage lacks keyCertSign")
