"""Bundles as they are made and taken apart."""

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest

from node.customs.seal.archive import Bounds
from node.evidence.bundle import (
    COMMENT,
    BundleImpossible,
    BundleRefused,
    about,
    acknowledged,
    files_of,
    make_bundle,
    mime_type,
    open_bundle,
    redacted,
    with_sum,
)
from node.evidence.entry import Entry, Kind, read_entry
from node.evidence.manifest import Exchange, Signers
from node.evidence.notes import sha256
from node.evidence.verify import verify
from tests.bundles import IN, NOW, OUT, PAYLOAD, SECOND, BundleWorld


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


@pytest.fixture(scope="module")
def bundle(world: BundleWorld) -> bytes:
    return world.bundle()


def test_a_bundle_is_a_zip_that_anybody_opens(world: BundleWorld, bundle: bytes) -> None:
    with ZipFile(BytesIO(bundle)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert archive.comment.startswith(COMMENT)
    assert names[:2] == ["mimetype", "manifest.json"]
    meta = {"mimetype", "META-INF/manifest.xml", "META-INF/signatures.xml"}
    assert meta < {*names}
    assert {name.partition("/")[0] for name in {*names} - meta} == {"manifest.json", "log", "checkpoints", "objects"}


def test_what_was_put_in_comes_out(world: BundleWorld) -> None:
    evidence = world.evidence()
    files = files_of(evidence)
    opened = open_bundle(make_bundle(evidence, world.seal_key))
    assert dict(opened.files) == files
    assert (set(opened.meta), opened.problem) == ({"META-INF/manifest.xml", "META-INF/signatures.xml"}, "")


def test_the_redacted_copy_has_no_payload_and_says_so(world: BundleWorld) -> None:
    evidence = redacted(world.evidence())
    octets = make_bundle(evidence, world.seal_key)
    held = open_bundle(octets).files
    assert not any(PAYLOAD in one or SECOND in one for one in held.values())
    assert {one.why for one in evidence.absent} == {"redacted"}
    assert len(evidence.absent) == 3
    assert f"objects/{sha256(PAYLOAD)}" not in held
    assert verify(octets, NOW).holds


def test_an_object_that_is_also_something_else_stays(world: BundleWorld) -> None:
    material = world.material()
    packaged = material.entries[1]
    material.entries[1] = replace(packaged, objects={**packaged.objects, "payload-1": packaged.objects["envelope"]})
    evidence = redacted(world.evidence(material))
    assert packaged.objects["envelope"] in evidence.objects


def test_an_answer_may_have_carried_a_payload(world: BundleWorld) -> None:
    material = world.material()
    attempt = material.entries[2]
    answered = b"--b\r\n a message that was pulled " + PAYLOAD
    material.objects[sha256(answered)] = answered
    # That of the attempt is the receipt, which stays.
    assert attempt.objects["answer"] in redacted(world.evidence(material)).objects
    material.entries[2] = replace(attempt, objects={"answer": sha256(answered)})
    assert sha256(answered) not in redacted(world.evidence(material)).objects


def test_evidence_that_names_what_it_has_not_is_not_bundled(world: BundleWorld) -> None:
    evidence = world.evidence()
    no_payload = {digest: octets for digest, octets in evidence.objects.items() if octets != PAYLOAD}
    no_anchor = {digest: octets for digest, octets in evidence.objects.items() if octets != world.time_root.certificate.der}
    for changed, why in (
        ({"objects": no_payload}, "payload-1 .* neither"),
        ({"objects": no_anchor}, "of the signers"),
        ({"objects": {**evidence.objects, "0" * 64: b"x"}}, "another SHA-256"),
        ({"checkpoints": evidence.checkpoints[:1]}, "no checkpoint of size 7"),
        ({"checkpoints": evidence.checkpoints[::-1]}, "order"),
        ({"exchanges": (Exchange(OUT, "kr", "out", (2, 9)),)}, "entry 9"),
        ({"signers": Signers(("1" * 64,))}, "of the signers"),
    ):
        with pytest.raises(BundleImpossible, match=why):
            files_of(replace(evidence, **changed))


def test_bounds_are_kept(world: BundleWorld, bundle: bytes) -> None:
    with pytest.raises(BundleImpossible, match="in parts"):
        world.bundle(bounds=Bounds(files=20))
    with pytest.raises(BundleRefused, match="files, at most 20"):
        open_bundle(bundle, Bounds(files=20))
    with pytest.raises(BundleRefused, match="octets in all files"):
        open_bundle(bundle, Bounds(octets=1000))


def test_more_files_than_a_document_may_have(world: BundleWorld) -> None:
    evidence = world.evidence()
    many = {sha256(b"%d" % number): b"%d" % number for number in range(800)}
    world.stamps_at = NOW
    octets = world.bundle(replace(evidence, objects={**evidence.objects, **many}), authority=world.tsa)
    verdict = verify(octets, NOW)
    # Nothing names them; the container and its seal hold all the same.
    assert {one.word for one in verdict.findings if one.fails} == {"entries.spare"}


def test_a_key_that_cannot_seal_is_told(world: BundleWorld) -> None:
    with pytest.raises(BundleImpossible, match="neither RSA nor ECDSA"):
        world.bundle(key=world.partner)


def test_what_is_no_bundle_is_refused(bundle: bytes) -> None:
    for octets in (b"", b"PK", bundle[:-1], bundle + b"x", bundle[40:], with_sum(bundle[: len(bundle) // 2])):
        with pytest.raises(BundleRefused):
            open_bundle(octets)


def test_small_words() -> None:
    entry = read_entry(BundleWorld().evidence().entries[2].octets)
    assert about(entry, Exchange(OUT, "kr", "out", ()))
    for other in (Exchange(IN, "kr", "out", ()), Exchange(OUT, "us", "out", ()), Exchange(OUT, "kr", "in", ())):
        assert not about(entry, other)
    # What is not told may be of each.
    act = Entry(Kind.ACTED, entry.at, {"message_id": OUT})
    assert about(act, Exchange(OUT, "us", "in", ()))
    assert acknowledged({4: entry}, Exchange(OUT, "kr", "out", (2, 3, 4))) == [(4, entry)]
    assert entry.kind is Kind.ACKNOWLEDGED
    assert [mime_type(one) for one in ("a.json", "b.html", "objects/00", "c.tst", "c.sig")] == [
        "application/json",
        "text/html",
        "application/octet-stream",
        "application/vnd.etsi.timestamp-token",
        "application/octet-stream",
    ]
