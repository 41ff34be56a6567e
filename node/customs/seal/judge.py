"""Judging a seal: SIG-01, 05, 02, 03, 04 in this order, stopping at the first that fails. Source: DESIGN 3.6, 6."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

from node.customs.partners import Partners
from node.customs.seal.algorithms import METHODS, key_problem
from node.customs.seal.canonical import NotCanonical
from node.customs.seal.claim import Digested, SealClaim, check_enveloped, read_seal
from node.customs.seal.document import SealedDocument, open_document
from node.customs.seal.memory import Memory
from node.customs.seal.refused import Fault
from node.customs.seal.stamps import Stamped, prove_stamps
from node.customs.seal.status import check_revocation, trusted_path
from node.ebms.xml import Element, XmlRefused
from node.security.algorithms import digest
from node.security.certificates import Certificate, CertificateRefused
from node.security.elements import ShapeRefused
from node.security.path import Purpose, Untrusted, check_purpose
from node.security.revocation import Source

#: How far the claimed signing time may be ahead of the proven one.
AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal that holds."""

    signer: Certificate
    #: From the signer to the anchor.
    path: tuple[Certificate, ...]
    #: What the signer claims, which proves nothing.
    signing_time: datetime
    #: Of the earliest time-stamp, else the moment of the judgement.
    proven_time: datetime
    #: B, T, LT or LTA, as far as it was proven.
    level: str
    #: What does not refuse the document and an operator should know.
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """Whom to believe, and when; the same for every seal of a run."""

    partners: Partners
    now: datetime
    #: May this one sign for this authority, and from which country must its anchor be.
    authority: str
    country: str
    memory: Memory


def judge(
    octets: bytes,
    root: Element | None,
    *,
    partners: Partners,
    now: datetime,
    authority: str,
    country: str,
    required: bool,
    memory: Memory | None = None,
) -> Sealed | None:
    """The seal of a document; None where it has none and none is required. Raises SealRefused with the finding.

    `octets` are the whole document and `root` its whole tree, comments included; without it the octets are parsed, and above `document.LARGE` they are streamed in any case. `authority` is whom the signer must be bound to
    and `country` (ISO 3166-1 alpha-2) whose anchors count. A `memory` makes the next judgement with the same partners cheaper.
    """
    document = open_document(octets, root, required=required)
    if document is None:
        return None
    try:
        return _judged(document, Trial(partners, now, authority, country, memory or Memory()))
    except Fault as fault:
        raise fault.at(document.location) from None


def _judged(document: SealedDocument, trial: Trial) -> Sealed:
    try:
        claim = read_seal(document.signature)
        reference = check_enveloped(claim)
    except (ShapeRefused, NotCanonical, XmlRefused) as problem:
        raise Fault("SIG-05", str(problem)) from None

    def same(one: Digested) -> bool:
        return document.digest(one.method, exclusive=one.exclusive) == one.digest

    def feed(one: Digested, update: Callable[[bytes], Any]) -> None:
        document.feed(update, exclusive=one.exclusive)

    return judge_claim(claim, (reference,), same, feed, trial)


def judge_claim(
    claim: SealClaim,
    references: tuple[Digested, ...],
    same: Callable[[Digested], bool],
    feed: Callable[[Digested, Callable[[bytes], Any]], None],
    trial: Trial,
) -> Sealed:
    """A claim whose shape is right. `same` compares the digest of a reference, `feed` gives the octets that it covers. Raises Fault."""
    trial.memory.remember(trial.partners)
    signer, pool = _certificates(claim, trial.memory)
    _check_altered(claim, references, same, signer)
    sources, problems = trial.memory.sources(claim.unsigned.crls, claim.unsigned.ocsps)

    def covered(update: Callable[[bytes], Any]) -> None:
        for one in claim.order:
            if one is claim.properties:
                update(claim.properties_octets)
            else:
                feed(one, update)

    stamps = prove_stamps(claim, covered, trial.partners.timestamp_anchors, sources, trial.now, trial.memory)
    proven = min([one.time for one in stamps if not one.archive], default=trial.now)
    path, warnings = _trusted(claim, signer, pool, sources, proven, trial)
    if signer.sha256 not in trial.partners.bindings.get(trial.authority, frozenset()):
        raise Fault("SIG-04", trial.authority, f"{signer.subject}, SHA-256 {signer.sha256}")
    told = (*problems, *[one for stamp in stamps for one in stamp.warnings], *warnings)
    return Sealed(signer, path, claim.signing_time, proven, _level(claim, stamps), told)


def _certificates(claim: SealClaim, memory: Memory) -> tuple[Certificate, list[Certificate]]:
    """The signer's, whose digest SigningCertificateV2 holds, and the others. Raises Fault: SIG-05 for a key that may not seal, SIG-02 where none is the one."""
    method, claimed = claim.signer
    signer: Certificate | None = None
    pool = []
    try:
        for der in claim.certificates:
            if signer is None and digest(method, der) == claimed:
                signer = memory.certificate(der)
            else:
                pool.append(memory.certificate(der))
        pool += [memory.certificate(der) for der in claim.unsigned.certificates]
    except CertificateRefused as problem:
        raise Fault("SIG-05", str(problem)) from None
    if signer is None:
        raise Fault("SIG-02", "SigningCertificateV2 is the digest of no certificate of KeyInfo")
    if why := key_problem(signer.public_key):
        raise Fault("SIG-05", f"{signer.subject}: {why}")
    return signer, pool


def _check_altered(
    claim: SealClaim, references: tuple[Digested, ...], same: Callable[[Digested], bool], signer: Certificate
) -> None:
    """Raises Fault SIG-02."""
    try:
        METHODS[claim.method].verify(signer.public_key, claim.value, claim.signed_info)
    except (InvalidSignature, ValueError):
        raise Fault("SIG-02", f"SignatureValue: not made by the key of {signer.subject} over this SignedInfo") from None
    if digest(claim.properties.method, claim.properties_octets) != claim.properties.digest:
        raise Fault("SIG-02", "the digest of SignedProperties is another")
    for one in references:
        if not same(one):
            raise Fault("SIG-02", f"the digest of {one.uri[:80] or 'the document'} is another")


def _trusted(
    claim: SealClaim, signer: Certificate, pool: list[Certificate], sources: list[Source], proven: datetime, trial: Trial
) -> tuple[tuple[Certificate, ...], list[str]]:
    """The path and what to warn of. Raises Fault SIG-03."""
    if claim.signing_time > proven + AHEAD:
        raise Fault("SIG-03", f"SigningTime {claim.signing_time.isoformat()} is later than the proven time {proven.isoformat()}")
    anchors = trial.partners.anchors.get(trial.country, ())
    if not anchors:
        raise Fault("SIG-03", f"no anchor of the country {trial.country or '(none)'} in the partner file")
    try:
        check_purpose(signer, Purpose.SEAL)
        path = trusted_path(signer, pool, anchors, proven, trial.memory, trial.country)
        return path, check_revocation(path, proven, sources)
    except Untrusted as problem:
        raise Fault("SIG-03", str(problem)) from None


def _level(claim: SealClaim, stamps: list[Stamped]) -> str:
    if not any(not one.archive for one in stamps):
        return "B"
    # Certificates may all stand in KeyInfo; values of revocation are what makes it last.
    if not (claim.unsigned.crls or claim.unsigned.ocsps):
        return "T"
    return "LTA" if any(one.archive for one in stamps) else "LT"
