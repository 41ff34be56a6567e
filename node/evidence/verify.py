"""The verifier of a bundle: every check of the format of evidence, 6, each with what it found; it needs the bundle and the time, and nothing else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from node.customs.partners import Partners
from node.customs.seal.algorithms import XADES
from node.customs.seal.archive import Bounds
from node.customs.seal.claim import Digested, SealClaim
from node.customs.seal.container import MANIFEST, SIGNATURES, open_container
from node.customs.seal.judge import Sealed, Trial, judge_claim
from node.customs.seal.refused import Fault
from node.evidence.bundle import BOUNDS, BundleRefused, Opened, open_bundle
from node.evidence.case import AHEAD, NODE, TIME, Case, of_partner
from node.evidence.chain import NOTHING, leaf_hash, link
from node.evidence.checkpoint import CheckpointRefused, check_signature, read_checkpoint
from node.evidence.finding import Check, Finding, found, said_at
from node.evidence.listing import check_entries
from node.evidence.manifest import CHECKPOINT, ENTRY, FILE, NAME, REPORTS, Manifest, ManifestRefused, read_manifest
from node.evidence.merkle import holds_consistency, holds_inclusion
from node.evidence.notes import sha256
from node.evidence.proof import CONSISTENCY, INCLUSION, read_proof
from node.evidence.receipt import check_receipts
from node.evidence.signatures import check_signatures
from node.evidence.token_form import check_form
from node.evidence.tokens import check_tokens
from node.evidence.unproven import unproven
from node.security.algorithms import digest
from node.security.certificates import Certificate
from node.security.der import DerRefused
from node.security.path import find_path
from node.security.revocation import RevocationList, RevocationRefused
from node.security.trust import Untrusted

#: What is a proof, signature or stamp belongs to what it is beside.
_BESIDE: Final = re.compile(r"(?:\.proof|\.stamp-[0-9]+)?\.(?:json|sig|tst)\Z")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate on which the verdict rests, and whose it is said to be."""

    #: `node`, `time`, or the name of a partner.
    whose: str
    certificate: Certificate
    #: Whether whoever verifies knows it by another way; None where nothing was said of it.
    known: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in the order of the checks."""

    findings: tuple[Finding, ...]
    manifest: Manifest | None = None
    anchors: tuple[Anchor, ...] = ()
    #: The time of the first token over each checkpoint, by its size.
    stamped: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether no check fails."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that fail, in their order."""
        return tuple(dict.fromkeys(one.check for one in self.findings if one.fails))

    def of(self, check: Check) -> tuple[Finding, ...]:
        """What one check found."""
        return tuple(one for one in self.findings if one.check is check)


def verify(
    octets: bytes,
    at: datetime,
    *,
    known: frozenset[str] | None = None,
    known_of: Mapping[str, frozenset[str]] | None = None,
    fallen: Mapping[str, datetime] | None = None,
    bounds: Bounds = BOUNDS,
) -> Verdict:
    """The verdict on a bundle at a moment.

    `known` are the SHA-256 of the certificates that whoever verifies knows by another way: then no other anchor counts. `known_of` are those that
    are known as anchors of one side alone, `node`, `time` or `partner NAME`: they count for no other. `fallen` are algorithms that are
    no longer safe, and since when.
    """
    try:
        opened = open_bundle(octets, bounds)
    except BundleRefused as refused:
        return Verdict((found(Check.CONTAINER, "container.unreadable", why=refused),))
    findings = list(_container(opened))
    try:
        manifest = read_manifest(opened.files.get(FILE, b""))
    except ManifestRefused as refused:
        said = found(Check.CONTAINER, "container.manifest", FILE, why=refused)
        # Without the list nobody says which anchors count; whether the seal fits its files can be told all the same.
        return Verdict((*findings, said, *_fits(opened, bounds)))
    case = Case(opened.files, manifest, at, known, known_of or {}, fallen or {})
    if not any(one.fails for one in findings):
        findings.append(found(Check.CONTAINER, "container.good", files=len(opened.files)))
    # Whose the seal is, is known before it is asked whose the messages are.
    seal = list(_seal(case, opened, bounds))
    findings += examine(case)
    findings += seal
    return Verdict(tuple(findings), manifest, _anchors(case), dict(case.stamped))


def examine(case: Case) -> list[Finding]:
    """Every check but `container` and `seal`: what the files say of themselves."""
    findings: list[Finding] = []
    for check in (
        _files,
        check_entries,
        _inclusion,
        _checkpoints,
        _consistency,
        check_tokens,
        check_signatures,
        check_receipts,
        unproven,
    ):
        findings += check(case)
    order = list(Check)
    return sorted(findings, key=lambda one: order.index(one.check))


# -- the container ---------------------------------------------------------------------------------------------------


def _container(opened: Opened) -> Iterator[Finding]:
    if opened.problem:
        yield found(Check.CONTAINER, "container.sum", why=opened.problem)
    for name in opened.files:
        if name != FILE and name not in REPORTS and not NAME.match(name):
            yield found(Check.CONTAINER, "container.name", name, name=name)
        belongs = _BESIDE.sub(".json", name)
        if belongs not in opened.files and name.startswith(("log/", "checkpoints/")):
            yield found(Check.CONTAINER, "container.beside", name, name=name, belongs=belongs)
    for name in opened.meta:
        if name not in (SIGNATURES, MANIFEST):
            yield found(Check.CONTAINER, "container.name", name, name=name)


def _fits(opened: Opened, bounds: Bounds) -> Iterator[Finding]:
    try:
        files, claim = open_container(opened.archive, bounds)
    except Fault as fault:
        yield found(Check.SEAL, "seal.bad", SIGNATURES, why="; ".join(fault.said))
        return
    for one in claim.references:
        if digest(one.method, files[_name(one)]) != one.digest:
            yield found(Check.SEAL, "seal.bad", SIGNATURES, why=f"{_name(one)} is not the file that was sealed")


def _seal(case: Case, opened: Opened, bounds: Bounds) -> Iterator[Finding]:
    try:
        files, claim = open_container(opened.archive, bounds)
        sealed = _judge(case, files, claim)
    except Fault as fault:
        yield found(Check.SEAL, "seal.bad", SIGNATURES, why="; ".join(fault.said))
        return
    case.own.add(sealed.signer.sha256)
    word = "seal.good" if sealed.level == "B" else "seal.stamped"
    said = {"subject": sealed.signer.subject, "claimed": said_at(sealed.signing_time), "time": said_at(sealed.proven_time)}
    yield found(Check.SEAL, word, SIGNATURES, **said, files=len(files))


def _judge(case: Case, files: Mapping[str, bytes], claim: SealClaim) -> Sealed:
    """Raises Fault."""
    if claim.signing_time > case.at + AHEAD:
        raise Fault("SIG-03", f"SigningTime {claim.signing_time.isoformat()} has not come")
    _check_unsigned(claim)
    crls = tuple(octets for octets in case.objects.values() if _is_list(octets))
    bound = frozenset(sha256(one) for one in claim.certificates)
    anchors = tuple(case.node_anchors())
    partners = Partners({"": anchors}, tuple(case.time_anchors()), crls, {"": bound})
    # Without a time-stamp only its maker says when it was made; what was sealed is proven by other means.
    now = case.at if claim.unsigned.stamps else claim.signing_time

    def same(one: Digested) -> bool:
        return digest(one.method, files[_name(one)]) == one.digest

    def feed(one: Digested, update: Any) -> None:
        update(files[_name(one)])

    return judge_claim(claim, claim.references, same, feed, Trial(partners, now, "", "", case.memory))


def _check_unsigned(claim: SealClaim) -> None:
    """Raises Fault for anything that was added to the seal but one time-stamp of the one form."""
    added = [one.tag for held in claim.signature.iter(f"{{{XADES}}}UnsignedSignatureProperties") for one in held]
    if added not in ([], [f"{{{XADES}}}SignatureTimeStamp"]):
        raise Fault("SIG-05", "unsigned properties beside one time-stamp")
    try:
        for one in claim.unsigned.stamps:
            check_form(one.token)
    except DerRefused as problem:
        raise Fault("SIG-02", f"time-stamp of the seal: {problem}") from None


def _is_list(octets: bytes) -> bool:
    try:
        RevocationList(octets)
    except RevocationRefused:
        return False
    return True


def _name(one: Digested) -> str:
    return unquote(one.uri)


# -- files -----------------------------------------------------------------------------------------------


def _files(case: Case) -> Iterator[Finding]:
    wrong = False
    listed = case.manifest.files
    for name, (value, size) in listed.items():
        octets = case.files.get(name)
        if octets is None:
            wrong = True
            yield found(Check.FILES, "files.missing", name, name=name)
        elif len(octets) != size or sha256(octets) != value:
            wrong = True
            yield found(Check.FILES, "files.changed", name, name=name, listed=value, digest=sha256(octets))
    for name in case.files:
        if name not in listed and name != FILE and name not in REPORTS:
            wrong = True
            yield found(Check.FILES, "files.extra", name, name=name)
    if not wrong:
        yield found(Check.FILES, "files.good", count=len(listed))


# -- the tree --------------------------------------------------------------------------------------------------------


def _inclusion(case: Case) -> Iterator[Finding]:
    wrong = False
    for name, octets in case.files.items():
        if (read := ENTRY.match(name)) is None:
            continue
        number, proof = int(read[1]), f"log/{read[1]}.proof.json"
        if why := _not_included(case, number, octets, case.files.get(proof)):
            wrong = True
            yield found(Check.INCLUSION, why, proof, number=number)
    if not wrong:
        yield found(Check.INCLUSION, "inclusion.good", count=len(case.entries))


def _not_included(case: Case, number: int, octets: bytes, proof: bytes | None) -> str:
    """The word for what is wrong; empty where the entry is proven."""
    if proof is None:
        return "inclusion.missing"
    told = read_proof(proof, INCLUSION)
    if told is None or told.place != number:
        return "inclusion.form"
    try:
        checkpoint = read_checkpoint(case.files[f"checkpoints/{told.size}.json"])
    except (KeyError, CheckpointRefused):
        return "inclusion.no-checkpoint"
    if checkpoint.size != told.size:
        return "inclusion.no-checkpoint"
    path = list(told.path)
    return "" if holds_inclusion(leaf_hash(octets), number - 1, checkpoint.size, path, checkpoint.root) else "inclusion.bad"


def _consistency(case: Case) -> Iterator[Finding]:
    sizes = sorted(case.checkpoints)
    wrong = False
    for size in sizes[:1]:
        if (name := f"checkpoints/{size}.proof.json") in case.files:
            wrong = True
            yield found(Check.CONSISTENCY, "consistency.form", name, before=0, size=size)
    for before, size in pairwise([0, *sizes]):
        if not _is_chained(case, before, size):
            wrong = True
            yield found(Check.CONSISTENCY, "consistency.chain", f"checkpoints/{size}.json", before=before, size=size)
    for before, size in pairwise(sizes):
        name = f"checkpoints/{size}.proof.json"
        told = read_proof(case.files.get(name, b""), CONSISTENCY)
        word = ""
        if name not in case.files:
            word = "consistency.missing"
        elif told is None or (told.place, told.size) != (before, size):
            word = "consistency.form"
        else:
            path = list(told.path)
            roots = case.checkpoints[before].root, case.checkpoints[size].root
            word = "" if holds_consistency(before, size, path, *roots) else "consistency.bad"
        if word:
            wrong = True
            yield found(Check.CONSISTENCY, word, name, before=before, size=size)
    if not wrong:
        yield found(Check.CONSISTENCY, "consistency.good" if len(sizes) > 1 else "consistency.single", count=len(sizes))


def _is_chained(case: Case, before: int, size: int) -> bool:
    """Whether the chain of the entries between two checkpoints ends where the second says; where one is not here, nobody can tell."""
    if size - before > len(case.files):
        return True
    held = [case.files.get(f"log/{number}.json") for number in range(before + 1, size + 1)]
    value = case.checkpoints[before].chain if before else NOTHING
    for octets in held:
        if octets is None:
            return True
        value = link(value, leaf_hash(octets))
    return value == case.checkpoints[size].chain


def _checkpoints(case: Case) -> Iterator[Finding]:
    named = [(int(read[1]), name) for name in case.files if (read := CHECKPOINT.match(name))]
    if not named:
        yield found(Check.CHECKPOINTS, "checkpoints.none", FILE)
    for size, name in sorted(named):
        yield _checkpoint(case, size, name)


def _checkpoint(case: Case, size: int, name: str) -> Finding:
    try:
        checkpoint = read_checkpoint(case.files[name])
    except CheckpointRefused as refused:
        return found(Check.CHECKPOINTS, "checkpoints.form", name, size=size, why=refused)
    if checkpoint.size != size:
        return found(Check.CHECKPOINTS, "checkpoints.size", name, size=size, told=checkpoint.size)
    case.checkpoints[size] = checkpoint
    if checkpoint.log != case.manifest.log:
        return found(Check.CHECKPOINTS, "checkpoints.log", name, size=size, log=checkpoint.log)
    if checkpoint.at > case.at + AHEAD:
        return found(Check.CHECKPOINTS, "checkpoints.future", name, size=size, at=said_at(checkpoint.at))
    signature = case.files.get(f"checkpoints/{size}.sig")
    if signature is None:
        return found(Check.CHECKPOINTS, "checkpoints.unsigned", name, size=size)
    path = case.certificates(case.manifest.signers.checkpoints)
    anchors = case.node_anchors()
    why = "there is no certificate of its signer"
    for number, signer in enumerate(path):
        try:
            check_signature(checkpoint, signature, signer)
        except CheckpointRefused as refused:
            # Those behind the first are above it, or sign no more; what the first is told is what counts.
            why = why if number else str(refused)
            continue
        try:
            held = find_path(signer, [one for one in path if one != signer], anchors, checkpoint.at)
            case.check_status(held, checkpoint.at)
        except Untrusted as problem:
            return found(Check.CHECKPOINTS, "checkpoints.certificate", name, size=size, at=said_at(checkpoint.at), why=problem)
        case.own.add(signer.sha256)
        return found(Check.CHECKPOINTS, "checkpoints.good", name, size=size, subject=signer.subject, at=said_at(checkpoint.at))
    return found(Check.CHECKPOINTS, "checkpoints.signature", f"checkpoints/{size}.sig", size=size, why=why)


def _anchors(case: Case) -> tuple[Anchor, ...]:
    signers = case.manifest.signers
    rows = {NODE: signers.node, **{of_partner(name): row for name, row in signers.partners.items()}, TIME: signers.time}
    return tuple(
        Anchor(whose, one, case.is_known(whose, one.sha256)) for whose, row in rows.items() for one in case.certificates(row)
    )
