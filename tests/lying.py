"""Bundles of an exporter who lies: he holds the whole node, so every digest, chain, proof, checkpoint and seal fits what he states.

He cannot sign for the partner or for the authority for time. Each lie is a change of an honest bundle, with what a verifier must make of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from node.ebms.message import ErrorReport, MessageInfo, Messaging, PartInfo, Property, SignalMessage
from node.evidence.bundle import Evidence, ProvenEntry, files_of, seal_bundle
from node.evidence.chain import leaf_hash
from node.evidence.checkpoint import read_checkpoint, sign
from node.evidence.entry import Clock, Entry, Kind, read_entry, written
from node.evidence.manifest import FILE, Absent, read_manifest
from node.evidence.merkle import LeafHashes, inclusion
from node.evidence.notes import sha256
from node.evidence.report import reports
from node.evidence.signed import open_signed
from tests.bundles import (
    BEGAN,
    IN,
    NOW,
    OUT,
    PARTNER,
    PAYLOAD,
    SECOND,
    BundleWorld,
    Material,
    receipt_for,
    signed,
    suite_of,
    told_references,
    user_message,
)

#: Entries of the material, counted from 0.
PACKAGED, ATTEMPTED, ACKNOWLEDGED, RECEIVED, DELIVERED = 1, 2, 3, 4, 5
PARTS = {"p1@node-tw.example": PAYLOAD, "p2@node-tw.example": SECOND}
PART_IN = {"q1@node-kr.example": PAYLOAD}
PURGED = {"who": "retention", "what": "everything", "why": "10 years"}


@dataclass(frozen=True)
class Lie:
    """A bundle that states what is not so."""

    name: str
    why: str
    make: Callable[[BundleWorld], bytes]
    #: One of these checks must fail; none where nobody can tell, and a remark of `remark` must say so.
    checks: tuple[str, ...] = ()
    remark: str = ""
    #: What the sentence that says so speaks of, by the first verifier's word and by a word of the second's sentence.
    words: tuple[str, str] = ("", "")
    at: datetime = NOW


# -- making bundles anew -----------------------------------------------------------------------------------------------


def relogged(
    world: BundleWorld,
    number: int,
    objects: Mapping[str, bytes] | None = None,
    facts: Mapping[str, Any] | None = None,
    without: tuple[str, ...] = (),
    material: Material | None = None,
    **changed: Any,
) -> Material:
    """The material with one entry rewritten: objects and facts are put in, `without` are objects that it names no longer."""
    held = material or world.material()
    entry = held.entries[number]
    named = {name: one for name, one in entry.objects.items() if name not in without}
    for name, octets in (objects or {}).items():
        held.objects[sha256(octets)] = octets
        named[name] = sha256(octets)
    told = {**entry.facts, **(facts or {})}
    held.entries[number] = replace(entry, **{"objects": named, "facts": told, **changed})
    return pruned(held)


def pruned(material: Material) -> Material:
    """Without octets that no entry names."""
    named = {digest for entry in material.entries for digest in entry.objects.values()}
    material.objects = {digest: octets for digest, octets in material.objects.items() if digest in named}
    return material


def bundled(
    world: BundleWorld, material: Material, change: Callable[[Evidence], Evidence] = lambda one: one, **how: Any
) -> bytes:
    """A log of this material, and the bundle of it."""
    return world.bundle(change(world.evidence(material, **how)))


def rewritten(world: BundleWorld, number: int, *rest: Any, **changed: Any) -> bytes:
    """The bundle of a log in which one entry is another."""
    return bundled(world, relogged(world, number, *rest, **changed))


def resealed(world: BundleWorld, files: Mapping[str, bytes]) -> bytes:
    """Files as they are, listed in the manifest and sealed."""
    manifest = read_manifest(files[FILE])
    others = {name: octets for name, octets in files.items() if name != FILE}
    listed = replace(manifest, files={name: (sha256(octets), len(octets)) for name, octets in others.items()})
    return seal_bundle({FILE: listed.octets(), **others}, world.seal_key, NOW)


def resigned(world: BundleWorld, files: dict[str, bytes], size: int, **changed: Any) -> dict[str, bytes]:
    """The files with a checkpoint of other content, signed by the key of the node; without its tokens, which are over the honest one."""
    name = f"checkpoints/{size}"
    checkpoint = replace(read_checkpoint(files[f"{name}.json"]), **changed)
    kept = {one: octets for one, octets in files.items() if not one.startswith(f"{name}.stamp")}
    return {**kept, f"{name}.json": checkpoint.octets(), f"{name}.sig": sign(checkpoint, world.log_key)}


def taken(evidence: Evidence, digest: str, why: str = "redacted", at: datetime = NOW) -> Evidence:
    """The evidence without some octets, which are said to be absent."""
    left = {one: octets for one, octets in evidence.objects.items() if one != digest}
    said = Absent(digest, why, "10 years", at) if why == "purged" else Absent(digest, why)
    return replace(evidence, objects=left, absent=(*evidence.absent, said), redacted=why == "redacted")


def purging(world: BundleWorld, name: str, of: int, in_place_of: int, named: str = "") -> Material:
    """The material in which an entry tells that octets of another were removed."""
    material = world.material()
    entry = material.entries[of]
    digest = named or entry.objects[name]
    gone = Entry(Kind.PURGED, NOW - timedelta(days=1), entry.about, {f"{name}.{of + 1}": digest}, PURGED)
    material.entries[in_place_of] = gone
    return pruned(material) if not named else material


def refusal(world: BundleWorld, about: str, code: str = "EBMS:0004", by: Any = None) -> bytes:
    """A signed answer that refuses a message."""
    info = MessageInfo("2026-11-24T08:00:02Z", "e1@node-kr.example", about)
    report = ErrorReport(code, "failure", ref_to_message_in_error=about)
    return signed(by or world.partner, Messaging(signal_messages=(SignalMessage(info, errors=(report,)),)), {}, "e1")[0]


def refused(world: BundleWorld, answer: bytes, code: str = "EBMS:0004", verified: bool = True) -> bytes:
    """The bundle of a message that the partner is said to have refused with this answer."""
    material = world.material()
    acknowledged = material.entries[ACKNOWLEDGED]
    facts: dict[str, Any] = {"event": "ERROR_RECEIVED", "error_code": code}
    objects = {name: one for name, one in acknowledged.objects.items() if name != "receipt"} if verified else {}
    if verified:
        facts["verified"] = {
            **acknowledged.facts["verified"],
            "references": told_references(open_signed(answer).references),
        }
    material.entries[ACKNOWLEDGED] = replace(acknowledged, kind=Kind.FAILED, facts=facts, objects=objects)
    return bundled(world, relogged(world, ACKNOWLEDGED, {"answer": answer}, material=material))


def shown_whole(world: BundleWorld) -> dict[str, bytes]:
    """The files of a bundle that has every entry up to its first checkpoint, without tokens."""
    material = world.material()
    first = replace(material.entries[0], about={"message_id": OUT})
    material.entries[0] = first
    evidence = world.evidence(material, stamped=False)
    leaves = LeafHashes([leaf_hash(one.octets()) for one in material.entries[:4]])
    proven = ProvenEntry(1, first.octets(), 4, tuple(inclusion(leaves, 0, 4)))
    out, came = evidence.exchanges
    whole = replace(out, entries=(1, *out.entries))
    return files_of(replace(evidence, entries=(proven, *evidence.entries), exchanges=(whole, came)))


def anchored(evidence: Evidence, *partner: str) -> Evidence:
    """The evidence in which these are the anchors of the partner."""
    return replace(evidence, signers=replace(evidence.signers, partners={PARTNER: partner}))


def timed(evidence: Evidence) -> Evidence:
    """The evidence in which the anchors of the node are also those of authorities for time."""
    signers = evidence.signers
    return replace(evidence, signers=replace(signers, time=(*signers.time, *signers.node)))


# -- the lies ----------------------------------------------------------------------------------------------------------


def lies() -> Iterator[Lie]:
    """All of them."""
    yield from _of_facts()
    yield from _of_signatures()
    yield from _of_sides()
    yield from _of_receipts()
    yield from _of_absence()
    yield from _of_form()
    yield from _of_lists()
    yield from _of_time()
    yield from _of_what_nobody_can_tell()


def _of_facts() -> Iterator[Lie]:
    for name, value in (("service", "urn:other"), ("action", "Withdraw"), ("conversation_id", "c9")):
        yield Lie(f"facts-{name}", "another than the envelope says", _with_facts(RECEIVED, {name: value}), ("signatures",))
    time = {"timestamp": "2026-11-24T08:00:00Z", "age_ms": 180_000, "timeliness": "timely"}
    for name, more in (
        ("timestamp", {"timestamp": "2026-11-23T08:00:00Z", "age_ms": 86_580_000}),
        ("age", {"age_ms": 1_000_000}),
        ("no-age", {"age_ms": None}),
        ("stale", {"timeliness": "ahead"}),
    ):
        yield Lie(f"time-{name}", "not that of the envelope", _with_facts(RECEIVED, {"time": {**time, **more}}), ("signatures",))
    head = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
    yield Lie(
        "http-status",
        "the head of the answer has another status",
        lambda world: rewritten(world, ATTEMPTED, {"http": head}, {"http_status": 200}),
        ("entries",),
    )
    yield Lie(
        "http-of-a-request",
        "the head is that of a request, which has no status",
        lambda world: rewritten(world, ATTEMPTED, {"http": b"POST / HTTP/1.1\r\n"}, {"http_status": 200}),
        ("entries",),
    )


def _with_facts(number: int, facts: Mapping[str, Any]) -> Callable[[BundleWorld], bytes]:
    return lambda world: rewritten(world, number, None, facts)


def _verdict(number: int, **told: Any) -> Callable[[BundleWorld], bytes]:
    """One entry tells something else of the signature that was verified."""

    def make(world: BundleWorld) -> bytes:
        right = world.material().entries[number].facts["verified"]
        return rewritten(world, number, None, {"verified": {**right, **told}})

    return make


def _of_signatures() -> Iterator[Lie]:
    for number, checks in ((RECEIVED, ("signatures",)), (ACKNOWLEDGED, ("receipts", "signatures"))):
        for name, told in (
            ("algorithm", {"signature_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"}),
            ("references", {"references": []}),
        ):
            yield Lie(f"verified-{name}-{number}", "not what the signature says", _verdict(number, **told), checks)
        yield Lie(f"good-by-nothing-{number}", "said to be good, and nothing shows it", _ungrounded(number), checks)
        yield Lie(f"good-by-later-{number}", "said to be good by a list of two days later", _later_list(number), checks)
    for name, octets in (("path-certificate", b"x"), ("path-issuer", None)):
        yield Lie(name, "not what is above the signer", _with_path(octets), ("signatures",))
    for name, agreed in (("agreement-id", {"id": "a", "partner": PARTNER}), ("agreement-partner", {"id": "p1", "partner": "us"})):
        yield Lie(name, "another agreement than the entry says", _with_agreement(agreed), ("signatures",))
    other = {"signature_algorithm": "other", "references": []}
    yield Lie(
        "signed",
        "we signed in another way",
        lambda world: rewritten(world, PACKAGED, None, {"signed": {**other, "signer": world.own.certificate.sha256}}),
        ("signatures",),
    )
    yield Lie(
        "payload-more",
        "a payload that the message has not",
        lambda world: rewritten(world, PACKAGED, {"payload-3": b"an invoice for more"}),
        ("signatures",),
    )
    yield Lie("payload-redacted", "the digest of a payload left out is another", _redacted_digest, ("signatures",))
    yield Lie("payload-form", "a compressed payload in another form", _other_form, ("signatures",))
    yield Lie(
        "wire", "what went out is something else", lambda world: rewritten(world, PACKAGED, {"wire": b"--b"}), ("signatures",)
    )


def _with_path(octets: bytes | None) -> Callable[[BundleWorld], bytes]:
    return lambda world: rewritten(world, RECEIVED, {"signer-path-1": octets or world.home.certificate.der})


def _with_agreement(agreed: Mapping[str, str]) -> Callable[[BundleWorld], bytes]:
    return lambda world: rewritten(world, RECEIVED, {"agreement": written(dict(agreed))}, {"pmode": "p1"})


def _ungrounded(number: int) -> Callable[[BundleWorld], bytes]:
    def make(world: BundleWorld) -> bytes:
        return bundled(world, relogged(world, number, without=("revocation-1",)))

    return make


def _later_list(number: int) -> Callable[[BundleWorld], bytes]:
    def make(world: BundleWorld) -> bytes:
        return rewritten(world, number, {"revocation-1": world.abroad.crl(BEGAN + timedelta(days=2))})

    return make


def _redacted_digest(world: BundleWorld) -> bytes:
    other = b"what was never signed"
    material = relogged(world, PACKAGED, {"payload-1": other})
    return bundled(world, material, lambda evidence: taken(evidence, sha256(other)))


def _other_form(world: BundleWorld) -> bytes:
    """Signed were the octets as they are; shown are others, which would be the same as text."""
    part = PartInfo("cid:p1@x", (Property("MimeType", "text/plain"), Property("CompressionType", "application/gzip")))
    messaging = user_message(OUT, [])
    assert messaging.user_message is not None
    told = Messaging(replace(messaging.user_message, payload_info=(part,)))
    envelope, references = signed(world.own, told, {"p1@x": b"one\r\ntwo"}, "1")
    material = world.material(receipt_references=references)
    changed = {"envelope": envelope, "payload-1": b"one\ntwo", "wire": envelope}
    return bundled(world, relogged(world, PACKAGED, changed, without=("payload-2",), material=material))


def _of_sides() -> Iterator[Lie]:
    yield Lie("own-message", "the node wrote the message of its partner itself", _own_message, ("signatures",))
    yield Lie("own-receipt", "the node wrote the receipt of its partner itself", _own_receipt, ("receipts",))
    yield Lie("stranger-receipt", "our receipt is by nobody that the node vouches for", _stranger_receipt, ("signatures",))
    yield Lie(
        "refusal-code",
        "the partner refused with another code",
        lambda world: refused(world, refusal(world, OUT, "EBMS:0001")),
        ("signatures",),
    )
    yield Lie(
        "refusal-other",
        "the partner refused another message",
        lambda world: refused(world, refusal(world, "m9@x")),
        ("signatures",),
    )
    yield Lie(
        "refusal-own",
        "the node wrote the refusal of its partner itself",
        lambda world: refused(world, refusal(world, OUT, by=world.own)),
        ("signatures",),
    )


def _own_message(world: BundleWorld) -> bytes:
    """The partner's anchor is said to be that of the node, as where both are under one authority."""
    envelope, references = signed(world.own, user_message(IN, list(PART_IN)), PART_IN, "2")
    certificate = world.own.certificate
    verified = {
        "signature_algorithm": suite_of(world.own).signature_algorithm,
        "signer": certificate.sha256,
        "policy": "path",
        "revocation": "unknown",
        "references": told_references(references),
    }
    objects = {
        "envelope": envelope,
        "receipt": receipt_for(world.own, IN, references, "r2"),
        "signer": certificate.der,
        "signer-path-1": world.home.certificate.der,
    }
    material = relogged(world, RECEIVED, objects, {"verified": verified}, ("revocation-1",))
    return bundled(world, material, lambda one: anchored(one, world.abroad.certificate.sha256, world.home.certificate.sha256))


def _own_receipt(world: BundleWorld) -> bytes:
    verified = world.material().entries[ACKNOWLEDGED].facts["verified"]
    material = world.material(receipt_key=world.own, agreed=world.own.certificate)
    told = {
        **verified,
        "signer": world.own.certificate.sha256,
        "signature_algorithm": suite_of(world.own).signature_algorithm,
        "revocation": "unknown",
        "references": material.entries[ACKNOWLEDGED].facts["verified"]["references"],
    }
    above = {"signer-path-1": world.home.certificate.der}
    changed = relogged(world, ACKNOWLEDGED, above, {"verified": told}, ("revocation-1",), material)
    return bundled(world, changed, lambda one: anchored(one, world.abroad.certificate.sha256, world.home.certificate.sha256))


def _stranger_receipt(world: BundleWorld) -> bytes:
    stranger = BundleWorld().own
    references = signed(world.partner, user_message(IN, list(PART_IN)), PART_IN, "2")[1]
    return rewritten(world, RECEIVED, {"receipt": receipt_for(stranger, IN, references, "r2")})


def _of_receipts() -> Iterator[Lie]:
    yield Lie("receipt-message", "another message of the same identifier lies under the receipt", _other_message, ("receipts",))
    yield Lie("receipt-repackaged", "the receipt is for what was packaged before", _repackaged, ("receipts",))
    yield Lie(
        "receipt-other",
        "the receipt is for another message",
        lambda world: bundled(world, world.material(refers_to="m7@node-tw.example")),
        ("receipts",),
    )


def _other_message(world: BundleWorld) -> bytes:
    parts = {"p1@node-tw.example": b"\x1f\x8b another certificate", "p2@node-tw.example": SECOND}
    envelope = signed(world.own, user_message(OUT, list(parts)), parts, "1")[0]
    return rewritten(world, PACKAGED, {"envelope": envelope, "payload-1": parts["p1@node-tw.example"], "wire": envelope})


def _repackaged(world: BundleWorld) -> bytes:
    """Packaged anew, with other content, after the partner had acknowledged the first."""
    material = world.material()
    material.entries[ATTEMPTED] = material.entries[PACKAGED]
    parts = {"p1@node-tw.example": b"\x1f\x8b another certificate", "p2@node-tw.example": SECOND}
    envelope = signed(world.own, user_message(OUT, list(parts)), parts, "1")[0]
    changed = {"envelope": envelope, "payload-1": parts["p1@node-tw.example"], "wire": envelope}
    return bundled(world, relogged(world, ATTEMPTED, changed, material=material))


def _of_absence() -> Iterator[Lie]:
    yield Lie("absent-envelope", "an envelope is left out as if it were a payload", _without("envelope", RECEIVED), ("entries",))
    yield Lie(
        "absent-unlogged",
        "a rule is said to have removed an envelope, and no entry tells it",
        _without("envelope", RECEIVED, "purged"),
        ("entries",),
    )
    yield Lie(
        "absent-receipt",
        "a rule is said to have removed a receipt, which none does",
        _purged("receipt", ACKNOWLEDGED),
        ("entries",),
    )
    yield Lie("absent-nothing", "what no entry names is said to be absent", _absent_nothing, ("entries",))
    yield Lie(
        "absent-when",
        "a rule is said to have removed a payload at another time",
        _purged("payload-1", PACKAGED, NOW),
        ("entries",),
    )
    yield Lie("purge-other", "an entry tells of the removal of what its entry never named", _purge_other, ("entries",))
    yield Lie("purged-payload", "the payload of a message that was removed is another", _purged_payload, ("signatures",))
    yield Lie("spare", "octets that nothing names", _spare, ("entries",))


def _without(name: str, number: int, why: str = "redacted") -> Callable[[BundleWorld], bytes]:
    def make(world: BundleWorld) -> bytes:
        material = world.material()
        return bundled(world, material, lambda evidence: taken(evidence, material.entries[number].objects[name], why))

    return make


def _purged(name: str, number: int, at: datetime = NOW - timedelta(days=1)) -> Callable[[BundleWorld], bytes]:
    def make(world: BundleWorld) -> bytes:
        digest = world.material().entries[number].objects[name]
        material = purging(world, name, number, DELIVERED if number == RECEIVED else ATTEMPTED)
        return bundled(world, material, lambda evidence: taken(evidence, digest, "purged", at))

    return make


def _absent_nothing(world: BundleWorld) -> bytes:
    return bundled(world, world.material(), lambda evidence: taken(evidence, sha256(b"nothing")))


def _purge_other(world: BundleWorld) -> bytes:
    digest = sha256(b"another")
    material = purging(world, "payload-1", PACKAGED, ATTEMPTED, digest)
    return bundled(world, pruned(material), lambda evidence: taken(evidence, digest, "purged", NOW - timedelta(days=1)))


def _purged_payload(world: BundleWorld) -> bytes:
    material = world.material()
    envelope = material.objects[material.entries[PACKAGED].objects["envelope"]]
    signs = {
        "signature_algorithm": suite_of(world.own).signature_algorithm,
        "signer": world.own.certificate.sha256,
        "references": told_references(open_signed(envelope).references),
    }
    changed = relogged(world, PACKAGED, {"payload-1": b"another"}, {"signed": signs}, ("wire",), material)
    gone = Entry(Kind.PURGED, NOW - timedelta(days=1), changed.entries[PACKAGED].about, {"envelope.2": sha256(envelope)}, PURGED)
    changed.entries[ATTEMPTED] = gone
    return bundled(world, changed, lambda evidence: taken(evidence, sha256(envelope), "purged", gone.at))


def _spare(world: BundleWorld) -> bytes:
    files = files_of(world.evidence())
    return resealed(world, {**files, f"objects/{sha256(b'what they admitted')}": b"what they admitted"})


def _of_form() -> Iterator[Lie]:
    entries = ("entries",)
    yield Lie(
        "no-envelope", "a message that nobody can see", lambda world: rewritten(world, PACKAGED, without=("envelope",)), entries
    )
    yield Lie("no-signer", "a signature of nobody", lambda world: rewritten(world, RECEIVED, without=("signer",)), entries)
    yield Lie(
        "object",
        "an object that the format does not know",
        lambda world: rewritten(world, DELIVERED, {"confession": b"x"}),
        entries,
    )
    yield Lie("gap", "a payload between two was left out", lambda world: rewritten(world, PACKAGED, {"payload-4": b"x"}), entries)
    yield Lie("direction", "a receipt of the partner as of what came", _turned, entries)
    yield Lie("verdict", "a verdict with more than there is", _with_verdict, entries)
    clock = Clock(0, 1, "chrony", BEGAN + timedelta(days=1))
    yield Lie("clock", "an offset that was measured a day later", lambda world: rewritten(world, DELIVERED, clock=clock), entries)


def _turned(world: BundleWorld) -> bytes:
    about = {"message_id": IN, "partner": PARTNER, "direction": "in"}
    return rewritten(world, DELIVERED, kind=Kind.FAILED, about={**about, "direction": "both"})


def _with_verdict(world: BundleWorld) -> bytes:
    verified = world.material().entries[RECEIVED].facts["verified"]
    return rewritten(world, RECEIVED, None, {"verified": {**verified, "qualified": "yes"}})


def _of_lists() -> Iterator[Lie]:
    either = ("container", "entries")
    yield Lie("exchange-twice", "one message has two exchanges", _exchange_twice, either)
    yield Lie("exchange-empty", "a message of which there is no entry", _exchange_empty, either)
    yield Lie("exchange-none", "an entry about another partner's message, listed nowhere", _exchange_none, either)
    scope = {"partner": PARTNER, "from": "2026-11-25T00:00:00.000000Z", "to": "2026-11-26T00:00:00.000000Z"}
    yield Lie(
        "scope", "messages of another day", lambda world: world.bundle(replace(world.evidence(), scope=scope)), ("entries",)
    )
    yield Lie("beside", "a signature of a checkpoint that is not here", _beside, ("container",))
    yield Lie("chain", "the chain of the entries ends elsewhere", _chain, ("consistency",))
    yield Lie("smallest", "the smallest checkpoint continues one that nobody sees", _smallest, ("consistency",))


def _exchange_twice(world: BundleWorld) -> bytes:
    evidence = world.evidence()
    return world.bundle(replace(evidence, exchanges=(*evidence.exchanges, evidence.exchanges[0])))


def _exchange_empty(world: BundleWorld) -> bytes:
    evidence = world.evidence()
    ghost = replace(evidence.exchanges[0], message_id="m8@node-tw.example", entries=())
    scope = {"messages": [OUT, IN, "m8@node-tw.example"]}
    return world.bundle(replace(evidence, exchanges=(*evidence.exchanges, ghost), scope=scope))


def _exchange_none(world: BundleWorld) -> bytes:
    evidence = world.evidence()
    other = [replace(one, entries=one.entries[:1]) if one.direction == "in" else one for one in evidence.exchanges]
    return world.bundle(replace(evidence, exchanges=tuple(other)))


def _beside(world: BundleWorld) -> bytes:
    files = files_of(world.evidence())
    return resealed(world, {**files, "checkpoints/9.sig": files["checkpoints/7.sig"]})


def _chain(world: BundleWorld) -> bytes:
    return resealed(world, resigned(world, shown_whole(world), 4, chain=bytes(32)))


def _smallest(world: BundleWorld) -> bytes:
    files = files_of(world.evidence())
    return resealed(world, {**files, "checkpoints/4.proof.json": files["checkpoints/7.proof.json"]})


def _of_time() -> Iterator[Lie]:
    yield Lie(
        "checkpoint-ahead",
        "a checkpoint of a time that has not come",
        lambda world: resealed(world, resigned(world, files_of(world.evidence(stamped=False)), 7, at=NOW + timedelta(hours=1))),
        ("checkpoints",),
    )
    yield Lie(
        "seal-ahead",
        "a seal of a time that has not come",
        lambda world: seal_bundle(files_of(world.evidence()), world.seal_key, NOW + timedelta(hours=1)),
        ("seal",),
    )
    yield Lie(
        "late",
        "an entry of a time at which it was stamped already",
        lambda world: rewritten(world, DELIVERED, at=BEGAN + timedelta(days=2)),
        remark="entries",
        words=("entries.late", "unproven"),
    )
    yield Lie(
        "in-time",
        "the time at which the receipt came, by the clock of the liar",
        lambda world: bundled(world, world.material(came_at=BEGAN + timedelta(minutes=1))),
        remark="receipts",
        words=("receipt.6.good", "clock of the node alone"),
    )
    yield Lie(
        "before-written",
        "a receipt that came, by the clock of the liar, before the partner wrote it",
        lambda world: bundled(world, world.material(came_at=BEGAN - timedelta(minutes=6))),
        remark="signatures",
        words=("signatures.ahead", "Its time is unproven"),
    )
    yield Lie(
        "no-due", "no time is said to have been agreed", _no_due, remark="receipts", words=("receipt.6.none", "states no time")
    )


def _no_due(world: BundleWorld) -> bytes:
    material = world.material()
    entry = material.entries[ACKNOWLEDGED]
    material.entries[ACKNOWLEDGED] = replace(entry, facts={name: one for name, one in entry.facts.items() if name != "due_at"})
    return bundled(world, material)


def _of_what_nobody_can_tell() -> Iterator[Lie]:
    told = {"peer": "192.0.2.9", "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}, "read_by": "the director"}
    yield Lie(
        "connection", "another address", _with_facts(RECEIVED, told), remark="entries", words=("entries.told", "Only the node")
    )
    yield Lie(
        "left-out", "the receipt of the partner was left out", _left_out, remark="entries", words=("entries.partial", "left out")
    )
    yield Lie("report", "the report says something else", _report, remark="seal", words=("seal.reports", "reports"))
    yield Lie(
        "refused",
        "the partner is said to have refused, and has not signed for it",
        lambda world: refused(world, b"<html>no</html>", verified=False),
        remark="signatures",
        words=("signatures.refusal-untold", "refused"),
    )
    yield Lie(
        "anchor",
        "the partner's certificates are said to be under the anchor of the node",
        lambda world: bundled(
            world, world.material(), lambda one: anchored(one, world.abroad.certificate.sha256, world.home.certificate.sha256)
        ),
        remark="signatures",
        words=("signatures.shared", "more than one side"),
    )
    yield Lie(
        "authority",
        "the authority for time is under an anchor of the node",
        lambda world: bundled(world, world.material(), timed),
        remark="signatures",
        words=("signatures.shared", "more than one side"),
    )
    yield Lie(
        "partner", "the partner is said to be another", _other_partner, remark="signatures", words=("signatures.received", "kr")
    )
    yield Lie(
        "delivered",
        "a message of which nothing was ever signed",
        _only_delivered,
        remark="signatures",
        words=("signatures.none", "no signed message"),
    )
    yield Lie(
        "purged-envelope",
        "a message that was removed, and of which only the log tells",
        _purged("envelope", RECEIVED),
        remark="signatures",
        words=("signatures.absent", "removed"),
    )


def _left_out(world: BundleWorld) -> bytes:
    evidence = world.evidence()
    out, came = evidence.exchanges
    left = replace(out, entries=out.entries[:-1])
    entries = tuple(one for one in evidence.entries if one.number != ACKNOWLEDGED + 1)
    return world.bundle(needed(replace(evidence, entries=entries, exchanges=(left, came))))


def needed(evidence: Evidence) -> Evidence:
    """The evidence with the octets alone that its entries name."""
    named = {digest for one in evidence.entries for digest in read_entry(one.octets).objects.values()}
    kept = {*named, *evidence.signers.named()}
    return replace(evidence, objects={digest: octets for digest, octets in evidence.objects.items() if digest in kept})


def _report(world: BundleWorld) -> bytes:
    def forged(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        return {name: octets.replace(PARTNER.encode(), b"us") for name, octets in reports(files, NOW).items()}

    return world.bundle(reporting=forged)


def _other_partner(world: BundleWorld) -> bytes:
    """`us` stands for `kr` wherever the exporter says so himself."""
    material = world.material()
    material.entries = [replace(one, about={**one.about, "partner": "us"}) if one.about else one for one in material.entries]
    evidence = world.evidence(material)
    exchanges = tuple(replace(one, partner="us") for one in evidence.exchanges)
    signers = replace(evidence.signers, partners={"us": evidence.signers.partners[PARTNER]})
    return world.bundle(replace(evidence, exchanges=exchanges, signers=signers))


def _only_delivered(world: BundleWorld) -> bytes:
    evidence = world.evidence()
    out, came = evidence.exchanges
    entries = tuple(one for one in evidence.entries if one.number != RECEIVED + 1)
    return world.bundle(needed(replace(evidence, entries=entries, exchanges=(out, replace(came, entries=(6,))))))
