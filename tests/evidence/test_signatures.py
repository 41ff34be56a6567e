"""Signatures of messages and of the receipts that were given for them."""

from dataclasses import replace

import pytest

from node.ebms.message import Messaging, PartInfo, Property, SignedReference
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.evidence.notes import sha256
from node.evidence.signed import NotSigned, content_ids, open_signed
from node.evidence.verify import verify
from tests.bundles import BEGAN, IN, NOW, OUT, PAYLOAD, SECOND, BundleWorld, receipt_for, signed, told_references, user_message

PARTS = {"p1@node-tw.example": PAYLOAD, "p2@node-tw.example": SECOND}


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def words(world: BundleWorld, number: int, facts: dict | None = None, **objects: bytes) -> list[str]:
    """What is said of a log in which objects of an entry (counted from 0) are others."""
    material = world.material()
    entry = material.entries[number]
    named = {name.replace("_", "-"): octets for name, octets in objects.items()}
    material.objects |= {sha256(octets): octets for octets in named.values()}
    changed = {**entry.objects, **{name: sha256(octets) for name, octets in named.items()}}
    material.entries[number] = replace(entry, objects=changed, facts=facts or entry.facts)
    return [one.word for one in verify(world.bundle(world.evidence(material)), NOW).of(Check.SIGNATURES)]


GOOD = ["signatures.packaged", "signatures.received", "signatures.receipt-good"]


def described(message_id: str, content: str, **properties: str) -> Messaging:
    """A message with one part of which it tells more."""
    messaging = user_message(message_id, [])
    part = PartInfo(f"cid:{content}", tuple(Property(name, value) for name, value in properties.items()))
    assert messaging.user_message is not None
    return Messaging(replace(messaging.user_message, payload_info=(part,)))


def verified(world: BundleWorld, references: tuple[SignedReference, ...]) -> dict:
    """The facts of the message that came, with these references."""
    facts = world.material().entries[4].facts
    return {**facts, "verified": {**facts["verified"], "references": told_references(references)}}


def test_good_signatures_are_told_one_by_one(world: BundleWorld) -> None:
    assert words(world, 1) == GOOD


def test_an_envelope_that_is_none(world: BundleWorld) -> None:
    unsigned = b'<S12:Envelope xmlns:S12="http://www.w3.org/2003/05/soap-envelope"/>'
    assert words(world, 1, envelope=unsigned)[0] == "signatures.unreadable"
    assert words(world, 1, envelope=b"\xff")[0] == "signatures.unreadable"


def test_an_envelope_of_another_message(world: BundleWorld) -> None:
    assert words(world, 1, envelope=signed(world.own, user_message("m9@x", list(PARTS)), PARTS, "9")[0])[0] == "signatures.other"


def test_a_payload_that_is_another(world: BundleWorld) -> None:
    assert words(world, 1, payload_2=b"other") == ["signatures.payload", *GOOD[1:]]


def test_a_payload_that_no_entry_names(world: BundleWorld) -> None:
    material = world.material()
    entry = material.entries[1]
    material.entries[1] = replace(entry, objects={name: one for name, one in entry.objects.items() if name != "payload-2"})
    found = verify(world.bundle(world.evidence(material)), NOW).of(Check.SIGNATURES)
    assert [one.word for one in found] == ["signatures.payload-unnamed", *GOOD[1:]]


def test_xml_is_digested_in_its_canonical_form(world: BundleWorld) -> None:
    import hashlib

    from node.security.attachments import signed_digest

    document = b"<?xml version='1.0'?>\n<a b = '1'/>"
    sums = signed_digest("application/xml", "http://www.w3.org/2001/04/xmlenc#sha256")
    sums.update(document)
    assert sums.digest() == hashlib.sha256(b'<a b="1"></a>').digest()
    # The signer digests what it is given: the canonical form.
    parts = {"q1@x": b'<a b="1"></a>'}
    envelope, references = signed(world.partner, described(IN, "q1@x", MimeType="application/xml"), parts, "2")
    facts = verified(world, references)
    found = words(world, 4, facts, envelope=envelope, payload_1=document, receipt=receipt_for(world.own, IN, references, "r2"))
    assert found == GOOD
    # What is compressed, or is no XML by what the message says, is signed as it is.
    for more in ({}, {"MimeType": "application/xml", "CompressionType": "application/gzip"}):
        other, others = signed(world.partner, described(IN, "q1@x", **more), parts, "2")
        receipt = receipt_for(world.own, IN, others, "r2")
        assert (
            words(world, 4, verified(world, others), envelope=other, payload_1=document, receipt=receipt)[1]
            == "signatures.payload"
        )
    found = words(
        world, 4, facts, envelope=envelope, payload_1=b"<a b='2'/>", receipt=receipt_for(world.own, IN, references, "r2")
    )
    assert found[1] == "signatures.payload"


def test_another_certificate_than_that_of_the_signer(world: BundleWorld) -> None:
    assert words(world, 1, signer=world.partner.certificate.der)[0] == "signatures.bad"
    assert words(world, 1, signer=b"no certificate")[0] == "signatures.no-signer"


def test_a_signer_under_another_authority(world: BundleWorld) -> None:
    stranger = world.signer(world.abroad, "stranger", "rsa", 51)
    other = signed(stranger, user_message(OUT, list(PARTS)), PARTS, "1")[0]
    # For a message of ours the anchors of the node count, and not those of the partner.
    assert words(world, 1, envelope=other, signer=stranger.certificate.der, wire=b"x" + other)[0] == "signatures.certificate"


def test_the_entry_must_tell_of_the_references_that_were_signed(world: BundleWorld) -> None:
    right = world.material().entries[4].facts["verified"]
    for wrong in (
        {"references": [{"uri": "#x", "method": "m", "digest": "AA=="}]},
        {"references": []},
        {"references": "none"},
        {"references": [*right["references"], right["references"][0]]},
        {"signer": world.own.certificate.sha256},
        {"signature_algorithm": "another"},
    ):
        assert words(world, 4, {"verified": {**right, **wrong}})[1] == "signatures.references"
    signs = {"signature_algorithm": "another", "signer": world.own.certificate.sha256, "references": []}
    assert words(world, 1, {"signed": signs})[0] == "signatures.references"


def test_the_receipt_that_we_gave(world: BundleWorld) -> None:
    references = signed(world.partner, user_message(IN, ["q1@node-kr.example"]), {"q1@node-kr.example": PAYLOAD}, "2")[1]
    for receipt in (
        receipt_for(world.own, OUT, references, "r2"),
        receipt_for(world.own, IN, references[:1], "r2"),
        receipt_for(world.own, IN, references, "r2").replace(b"08:00:02Z", b"08:00:03Z"),
        b"<none/>",
    ):
        assert words(world, 4, receipt=receipt)[2] == "signatures.receipt"


def test_what_is_absent_is_not_looked_at(world: BundleWorld) -> None:
    from node.evidence.manifest import Absent

    evidence = world.evidence()
    material = world.material()
    gone = {entry.objects["envelope"] for entry in material.entries if entry.kind in (Kind.PACKAGED, Kind.RECEIVED)}
    left = {digest: octets for digest, octets in evidence.objects.items() if digest not in gone}
    purged = tuple(Absent(one, "purged", "10 years", NOW) for one in sorted(gone))
    verdict = verify(world.bundle(replace(evidence, objects=left, absent=purged)), NOW)
    # No entry tells that a rule removed them.
    assert "entries.absent-untrue" in [one.word for one in verdict.of(Check.ENTRIES)]
    assert [one.word for one in verdict.of(Check.SIGNATURES)] == [
        "signatures.absent",
        "signatures.absent",
        "signatures.receipt-absent",
    ]
    # Whether a receipt is for a message that is not here is not proven.
    assert [one.word for one in verdict.of(Check.RECEIPTS) if one.fails] == ["receipt.1.no-message", "receipt.5.no-message"]


def test_the_numbers_of_payloads_follow_payload_info(world: BundleWorld) -> None:
    assert content_ids(open_signed(signed(world.own, user_message(OUT, list(PARTS)), PARTS, "1")[0])) == dict(
        zip(PARTS, (1, 2), strict=True)
    )
    with pytest.raises(NotSigned):
        open_signed(b"")
    assert BEGAN < NOW
