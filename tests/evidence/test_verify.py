"""The verifier: every check fails where it must, names itself and its place, and goes on after a failure."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.evidence.bundle import files_of, redacted, seal_bundle, with_sum
from node.evidence.finding import Check
from node.evidence.manifest import FILE
from node.evidence.verify import verify
from tests.bundles import BEGAN, LOG, NOW, BundleWorld
from tests.vectors.evidence.make import relisted

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
LISTED = tomllib.loads((VECTORS / "vectors.toml").read_text())
#: A damaged serial number that is not positive makes the library warn; what is wrong is said all the same.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


@cache
def world() -> BundleWorld:
    return BundleWorld()


@cache
def files() -> dict[str, bytes]:
    return files_of(world().evidence())


@cache
def bundle() -> bytes:
    return world().bundle()


@pytest.mark.parametrize("vector", LISTED["vector"], ids=lambda one: one["file"])
def test_vectors(vector: dict) -> None:
    octets = (VECTORS / vector["file"]).read_bytes()
    for known in (None, frozenset(LISTED["anchors"])):
        verdict = verify(octets, vector["at"], known=known)
        failed = [one.value for one in verdict.failed]
        assert (vector["check"] in failed) if "check" in vector else failed == []
        if "remark" in vector:
            assert any(one.is_note for one in verdict.of(Check(vector["remark"])))
        if "step" in vector:
            assert [one.step for one in verdict.findings if one.fails] == [vector["step"]]


def test_the_vectors_are_all_there() -> None:
    assert {one.name for one in VECTORS.glob("*.asice")} == {one["file"] for one in LISTED["vector"]}
    assert {one.get("check", "") for one in LISTED["vector"]} == {"", *Check}


def test_a_good_bundle_holds_in_every_check() -> None:
    verdict = verify(bundle(), NOW)
    assert verdict.holds
    assert list(dict.fromkeys(one.check for one in verdict.findings)) == list(Check)


@given(st.data())
def test_any_octet_that_is_another_is_found(data) -> None:
    octets = bytearray(bundle())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    verdict = verify(bytes(octets), NOW)
    assert verdict.failed[0] is Check.CONTAINER
    assert all(one.says() and one.says("zh-Hant") for one in verdict.findings)


@given(st.data())
def test_any_cut_and_anything_added_is_found(data) -> None:
    place = data.draw(st.integers(0, len(bundle()) - 1))
    more = data.draw(st.binary(min_size=1, max_size=30))
    for octets in (bundle()[:place], bundle()[:place] + more + bundle()[place:], bundle() + more):
        assert not verify(octets, NOW).holds


def packed(content: dict[str, bytes]) -> bytes:
    """An archive with a right sum, as whoever tampers would make it."""
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name, octets in content.items():
            archive.writestr(ZipInfo(name), octets, ZIP_STORED)
    return with_sum(held.getvalue())


@cache
def parts() -> dict[str, bytes]:
    with ZipFile(BytesIO(bundle())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_packed_anew_it_still_holds() -> None:
    assert verify(packed(parts()), NOW).holds


COVERED = sorted(name for name in parts() if not name.startswith("META-INF/") and name != "mimetype")


@given(st.data())
def test_any_octet_of_any_file_is_found_though_the_sum_is_right(data) -> None:
    name = data.draw(st.sampled_from(COVERED))
    octets = bytearray(parts()[name])
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    verdict = verify(packed({**parts(), name: bytes(octets)}), NOW)
    assert Check.SEAL in verdict.failed
    # A manifest may still be one, with another digest in it.
    assert name == FILE or Check.FILES in verdict.failed


@given(st.data())
def test_any_octet_that_is_listed_and_sealed_anew_is_found_by_what_it_says(data) -> None:
    """Whoever holds the sealing key and lists what he changed: the log, its signatures and tokens still tell."""
    held = dict(files())
    name = data.draw(st.sampled_from([one for one in held if one != FILE and not one.startswith("objects/")]))
    octets = bytearray(held[name])
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    forged = seal_bundle(relisted({**held, name: bytes(octets)}), world().seal_key, NOW)
    # Certificates that come along in a token are covered by nobody; those that are needed are found wanting.
    assert not verify(forged, NOW).holds or name.endswith(".tst")


@given(st.data())
def test_any_file_that_is_taken_out_is_missed(data) -> None:
    name = data.draw(st.sampled_from(COVERED))
    verdict = verify(packed({one: octets for one, octets in parts().items() if one != name}), NOW)
    assert Check.SEAL in verdict.failed
    assert (Check.CONTAINER if name == FILE else Check.FILES) in verdict.failed


@given(st.binary(max_size=300))
def test_no_octets_are_an_error(octets: bytes) -> None:
    assert not verify(octets, NOW).holds
    assert not verify(packed({"mimetype": b"application/vnd.etsi.asic-e+zip", FILE: octets}), NOW).holds


def sealed(**changed: bytes | None) -> bytes:
    """The files with some changed or (None) taken out, listed and sealed anew."""
    held = dict(files())
    for name, octets in changed.items():
        if octets is None:
            del held[name]
        else:
            held[name] = octets
    return seal_bundle(relisted(held), world().seal_key, NOW)


@pytest.mark.parametrize(
    ("name", "octets", "word"),
    [
        ("log/2.proof.json", None, "inclusion.missing"),
        ("log/2.proof.json", b"{}", "inclusion.form"),
        ("log/2.proof.json", b'{"number":3,"path":[],"size":4,"v":1}', "inclusion.form"),
        ("log/2.proof.json", b'{"number":2,"path":["x"],"size":4,"v":1}', "inclusion.form"),
        ("log/2.proof.json", b'{"number":2,"path":{},"size":4,"v":1}', "inclusion.form"),
        ("log/2.proof.json", b'{"number":2,"path":[],"size":true,"v":1}', "inclusion.form"),
        ("log/2.proof.json", b'{"number":2,"path":[],"size":5,"v":1}', "inclusion.no-checkpoint"),
        ("log/2.proof.json", b'{"number":2,"path":[],"size":4,"v":1}', "inclusion.bad"),
        ("checkpoints/7.proof.json", None, "consistency.missing"),
        ("checkpoints/7.proof.json", b'{"before":3,"path":[],"size":7,"v":1}', "consistency.form"),
        ("checkpoints/7.proof.json", b'{"before":4,"path":[],"size":7,"v":1}', "consistency.bad"),
        ("checkpoints/7.json", b"{}", "checkpoints.form"),
        ("checkpoints/7.sig", None, "checkpoints.unsigned"),
        ("checkpoints/7.sig", b"signature", "checkpoints.signature"),
        ("checkpoints/7.stamp-0.tst", None, "tokens.none"),
        ("checkpoints/7.stamp-0.json", None, "tokens.note-missing"),
    ],
)
def test_what_is_sealed_and_wrong_is_told(name: str, octets: bytes | None, word: str) -> None:
    verdict = verify(sealed(**{name: octets}), NOW)
    assert word in [one.word for one in verdict.findings]
    assert Check.SEAL not in verdict.failed


def test_a_checkpoint_of_another_size_or_log_or_time() -> None:
    held = dict(files())
    assert "checkpoints.size" in told(
        sealed(**{"checkpoints/9.json": held["checkpoints/7.json"], "checkpoints/9.sig": held["checkpoints/7.sig"]})
    )
    other = held["checkpoints/7.json"].replace(LOG.encode(), b"another-log")
    assert "checkpoints.log" in told(sealed(**{"checkpoints/7.json": other}))
    assert "checkpoints.future" in told(bundle(), BEGAN)
    evidence = world().evidence()
    assert (
        told(world().bundle(replace(evidence, scope={"messages": []}, entries=(), exchanges=(), checkpoints=())))[-2]
        == "checkpoints.none"
    )


def told(octets: bytes, at=NOW) -> list[str]:
    return [one.word for one in verify(octets, at).findings]


def test_entries_that_belong_elsewhere() -> None:
    evidence = world().evidence()
    first, second = evidence.exchanges
    swapped = (replace(first, entries=(2, 3)), replace(second, entries=(4, 5, 6)))
    words = told(world().bundle(replace(evidence, exchanges=swapped)))
    assert "entries.other" in words
    assert "entries.unlisted" in words


def test_only_anchors_that_are_known_count() -> None:
    root = world().home.certificate.sha256
    verdict = verify(bundle(), NOW, known=frozenset({root}))
    assert verdict.failed == (Check.TOKENS, Check.SIGNATURES, Check.RECEIPTS)
    assert {one.whose: one.known for one in verdict.anchors} == {"node": True, "partner kr": False, "time": False}
    assert verify(bundle(), NOW, known=frozenset()).failed == (
        Check.CHECKPOINTS,
        Check.TOKENS,
        Check.SIGNATURES,
        Check.RECEIPTS,
        Check.SEAL,
    )
    assert {one.known for one in verify(bundle(), NOW).anchors} == {None}


def test_an_anchor_that_is_known_of_one_side_counts_for_no_other() -> None:
    """An authority of the exporter's own state may certify anybody under the name of the partner."""
    home, abroad, time = (frozenset({one.certificate.sha256}) for one in (world().home, world().abroad, world().time_root))
    right = {"node": home, "partner kr": abroad, "time": time}
    assert verify(bundle(), NOW, known_of=right).holds
    kr = world().signer(world().home, "node-kr sign", "ed25519", 81)
    material = world().material(receipt_key=kr, agreed=kr.certificate)
    entry = material.entries[3]
    verified = {**entry.facts["verified"], "revocation": "unknown"}
    above = {"signer-path-1": world().home.certificate.sha256}
    objects = {name: one for name, one in {**entry.objects, **above}.items() if not name.startswith("revocation")}
    material.entries[3] = replace(entry, objects=objects, facts={**entry.facts, "verified": verified})
    evidence = world().evidence(material)
    anchors = (world().abroad.certificate.sha256, world().home.certificate.sha256)
    forged = world().bundle(replace(evidence, signers=replace(evidence.signers, partners={"kr": anchors})))
    assert verify(forged, NOW, known=home | abroad | time).holds
    assert verify(forged, NOW, known_of=right).failed == (Check.RECEIPTS,)


def test_the_redacted_copy_holds_and_says_what_is_not_in_it() -> None:
    verdict = verify(world().bundle(redacted(world().evidence())), NOW)
    assert verdict.holds
    assert [one.word for one in verdict.findings if one.is_note] == ["entries.absent", "entries.told", "entries.partial"]
    assert verdict.of(Check.ENTRIES)[1].says().startswith("3 objects were left out")


def test_a_seal_of_the_future_is_refused() -> None:
    assert Check.SEAL in verify(bundle(), NOW - timedelta(hours=1)).failed
    assert Check.SEAL not in verify(bundle(), NOW + timedelta(days=10_000)).failed


def test_a_stamped_seal_has_a_proven_time() -> None:
    evidence = world().evidence()
    world().stamps_at = NOW + timedelta(minutes=1)
    try:
        octets = world().bundle(evidence, authority=world().tsa)
    finally:
        world().stamps_at = BEGAN + timedelta(minutes=10)
    (found,) = verify(octets, NOW + timedelta(days=1)).of(Check.SEAL)
    assert (found.word, found.fails) == ("seal.stamped", False)
    assert "2026-11-28 08:01:00 UTC" in found.says()


def test_without_a_manifest_the_seal_is_looked_at_all_the_same() -> None:
    others = {name: octets for name, octets in parts().items() if name != FILE}
    words = told(packed({**others, FILE: b"{}"}))
    assert words == ["container.manifest", "seal.bad"]


def test_a_file_beside_the_signature_is_no_part_of_a_bundle() -> None:
    assert told(packed({**parts(), "META-INF/more.txt": b"x"}))[0] == "container.name"
    assert "seal.bad" in told(packed({**parts(), "META-INF/signatures2.xml": b"<x/>"}))


def test_a_signer_that_is_not_here() -> None:
    held = dict(files())
    name = f"objects/{world().time_root.certificate.sha256}"
    assert name in held
    words = told(sealed(**{name: None}))
    assert {"entries.signer", "tokens.bad"} <= {*words}
