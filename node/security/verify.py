"""Proving a signature: by one of the agreed certificates, over exactly what is read, with nothing but the agreed algorithms."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature

from node.ebms.errors import EbmsError, FailedAuthentication, PolicyNoncompliance
from node.ebms.message import SignedReference
from node.ebms.pmode import Signature
from node.security.algorithms import DIGESTS, SIGNATURES, digest
from node.security.certificates import Certificate, CertificateRefused, KeyReference, read_pkipath
from node.security.claim import Claim, ReferenceClaim, SignatureClaim


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of a message: who signed it (None where nothing had to be signed), and which references cover it.

    Attachments are proven only when their octets have been digested and compared with `attachments` (by Content-ID). `chain` is the path that the
    message carried beside its signer, the signer last; this package does not validate it.
    """

    signer: Certificate | None
    chain: tuple[Certificate, ...] = ()
    references: tuple[SignedReference, ...] = ()
    attachments: Mapping[str, SignedReference] = field(default_factory=dict)
    signed_info: bytes = field(default=b"", repr=False)
    signature_value: bytes = field(default=b"", repr=False)
    #: The SignatureMethod; empty where nothing was signed.
    algorithm: str = ""


def verify_signature(
    claim: Claim,
    policy: Signature,
    accepted: Sequence[Certificate],
    content_ids: Collection[str],
    also_allowed: frozenset[str] = frozenset(),
) -> Proof:
    """Prove that one of `accepted` signed eb:Messaging, the Body and exactly the attachments `content_ids`.

    KeyInfo only selects among `accepted`; their path and validity are the keyring's affair. A signature that the policy does not ask for is
    verified all the same. Raises EbmsError: PolicyNoncompliance for what is missing, uncovered or of another algorithm, FailedAuthentication for
    what is wrong.
    """
    signature = claim.signature
    if signature is None:
        if policy.sign:
            # spec: C 7.8, A 5.1.4
            raise EbmsError(PolicyNoncompliance, "wsse:Security: no ds:Signature, and the P-Mode wants one")
        return Proof(signer=None)
    # Each step costs more than the one before: a stranger gets no further than the first two.
    _check_algorithms(signature, policy, also_allowed)
    signer = _prove_value(signature, accepted)
    attachments = _check_coverage(signature.references, frozenset(content_ids))
    _check_digests(claim, signature.references)
    return Proof(
        signer=signer,
        chain=_chain(signature.signer, signer),
        references=tuple([claimed.reference for claimed in signature.references]),
        attachments=attachments,
        signed_info=signature.signed_info,
        signature_value=signature.value,
        algorithm=signature.algorithm,
    )


def _check_algorithms(signature: SignatureClaim, policy: Signature, also_allowed: frozenset[str]) -> None:
    """Compared exactly, before any key is touched; what the package does not know is not allowed by any P-Mode."""
    # spec: ED 3.2.6
    method = signature.algorithm
    if method not in SIGNATURES or not (method == policy.algorithm or method in also_allowed):
        raise EbmsError(PolicyNoncompliance, f"SignatureMethod: {method!r} is not {policy.algorithm} nor allowed besides")
    for claimed in signature.references:
        method = claimed.reference.digest_method
        if method not in DIGESTS or not (method == policy.hash_function or method in also_allowed):
            raise EbmsError(
                PolicyNoncompliance,
                f"Reference {claimed.reference.uri!r}: DigestMethod {method!r} is not {policy.hash_function} nor allowed besides",
            )


def _prove_value(signature: SignatureClaim, accepted: Iterable[Certificate]) -> Certificate:
    """The agreed certificate whose key made the SignatureValue."""
    try:
        candidates = signature.signer.select(accepted)
    except CertificateRefused as refused:
        raise EbmsError(FailedAuthentication, f"KeyInfo: {refused}") from None
    if not candidates:
        raise EbmsError(FailedAuthentication, f"KeyInfo: {signature.signer} is no certificate agreed for this signer")
    method = SIGNATURES[signature.algorithm]
    for candidate in candidates:
        if candidate.weakness:
            raise EbmsError(PolicyNoncompliance, f"certificate {candidate.subject!r}: {candidate.weakness}")
        try:
            method.verify(candidate.public_key, signature.value, signature.signed_info)
        except InvalidSignature:
            continue
        return candidate
    names = ", ".join(repr(candidate.subject) for candidate in candidates)
    raise EbmsError(FailedAuthentication, f"SignatureValue: not made by the key of {names} over this SignedInfo")


def _check_coverage(references: Sequence[ReferenceClaim], content_ids: frozenset[str]) -> dict[str, SignedReference]:
    """What is signed equals what is read: eb:Messaging, the Body and every attachment, and nothing else but a timestamp."""
    covered: dict[str, str] = {}
    attachments: dict[str, SignedReference] = {}
    for claimed in references:
        uri = claimed.reference.uri
        if claimed.target == "attachment":
            if claimed.content_id not in content_ids:
                raise EbmsError(FailedAuthentication, f"Reference {uri!r}: no PartInfo names this part")
            if claimed.content_id in attachments:
                raise EbmsError(FailedAuthentication, f"Reference {uri!r}: this part is named twice")
            attachments[claimed.content_id] = claimed.reference
        elif claimed.target not in ("messaging", "body", "timestamp"):
            raise EbmsError(FailedAuthentication, f"Reference {uri!r}: neither eb:Messaging nor the Body nor an attachment")
        elif claimed.target in covered:
            raise EbmsError(FailedAuthentication, f"Reference {uri!r}: {claimed.target} is named twice")
        else:
            covered[claimed.target] = uri
    # spec: A 5.1.4, A 5.1.5
    for target in ("messaging", "body"):
        if target not in covered:
            raise EbmsError(PolicyNoncompliance, f"SignedInfo: no reference covers {target}")
    missing = content_ids.difference(attachments)
    if missing:
        raise EbmsError(PolicyNoncompliance, f"SignedInfo: no reference covers attachment {min(missing)!r}")
    return attachments


def _check_digests(claim: Claim, references: Sequence[ReferenceClaim]) -> None:
    """The digests of what stands in the envelope; those of attachments are checked as their octets stream through."""
    octets = {"messaging": claim.messaging, "body": claim.body, "timestamp": claim.timestamp.octets if claim.timestamp else b""}
    for claimed in references:
        if claimed.target in octets:
            reference = claimed.reference
            if digest(reference.digest_method, octets[claimed.target]) != reference.digest:
                raise EbmsError(FailedAuthentication, f"Reference {reference.uri!r}: the digest of {claimed.target} is another")


def _chain(reference: KeyReference, signer: Certificate) -> tuple[Certificate, ...]:
    """The path that a PKIPath token carried, in order; otherwise the signer alone."""
    if reference.kind != "bst-pkipath":
        return (signer,)
    try:
        return (*read_pkipath(reference.octets)[:-1], signer)
    except CertificateRefused as refused:
        raise EbmsError(FailedAuthentication, f"BinarySecurityToken: {refused}") from None
