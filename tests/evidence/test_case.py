"""Certificates, anchors and revocation as a verification knows them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.evidence.bundle import files_of
from node.evidence.case import Case, Everything
from node.evidence.entry import read_entry
from node.evidence.manifest import FILE, read_manifest
from node.security.trust import Untrusted
from tests.bundles import BEGAN, NOW, BundleWorld, Material


def case_of(world: BundleWorld, material: Material | None = None, **how) -> Case:
    files = files_of(world.evidence(material))
    return Case(files, read_manifest(files[FILE]), NOW, **how)


def test_objects_are_those_whose_name_is_right() -> None:
    world = BundleWorld()
    files = files_of(world.evidence())
    name = next(one for one in files if one.startswith("objects/"))
    held = Case({**files, name: b"changed"}, read_manifest(files[FILE]), NOW)
    assert name.removeprefix("objects/") not in held.objects
    assert len(held.objects) == sum(one.startswith("objects/") for one in files) - 1


def test_anchors_are_those_that_are_known() -> None:
    world = BundleWorld()
    home, stranger = world.home.certificate, frozenset(["0" * 64])
    known = frozenset([home.sha256])
    assert case_of(world).node_anchors() == [home]
    assert case_of(world, known=known).node_anchors() == [home]
    assert case_of(world, known=stranger).node_anchors() == []
    # Of one side alone.
    assert case_of(world, known_of={"node": known}).node_anchors() == [home]
    assert case_of(world, known_of={"time": known}).node_anchors() == []
    assert case_of(world).certificate(next(iter(files_of(world.evidence())))) is None


def test_a_path_is_judged_at_the_time_of_its_entry() -> None:
    world = BundleWorld()
    case = case_of(world)
    entry = read_entry(case.files["log/4.json"])
    anchors = [world.abroad.certificate]
    path = case.path_of(world.partner.certificate, entry, anchors)
    assert path == (world.partner.certificate, world.abroad.certificate)
    assert case.told(path, entry)
    assert not case.told(path, replace(entry, at=entry.at + timedelta(days=90)))
    late = replace(entry, at=BEGAN + timedelta(days=5000))
    with pytest.raises(Untrusted, match="expired"):
        case.path_of(world.partner.certificate, late, anchors)
    with pytest.raises(Untrusted, match="not among the anchors"):
        case.path_of(world.partner.certificate, entry, [world.home.certificate])


@pytest.mark.parametrize(("minutes", "refused"), [(-30, True), (30, False)])
def test_a_revocation_counts_from_its_time_on(minutes: int, refused: bool) -> None:
    world = BundleWorld()
    # Learnt later, and told in the bundle all the same.
    world.abroad.revoke(world.partner.certificate, BEGAN + timedelta(minutes=minutes))
    material = world.material()
    later = world.abroad.crl(BEGAN + timedelta(days=1))
    entry = material.entries[3]
    from node.evidence.notes import sha256

    material.objects[sha256(later)] = later
    material.entries[3] = replace(entry, objects={**entry.objects, "revocation-2": sha256(later)})
    case = case_of(world, material)
    kept = read_entry(case.files["log/4.json"])
    if refused:
        with pytest.raises(Untrusted, match="revoked"):
            case.path_of(world.partner.certificate, kept, [world.abroad.certificate])
    else:
        assert case.path_of(world.partner.certificate, kept, [world.abroad.certificate])


def test_numbered_objects_come_in_their_order() -> None:
    case = case_of(BundleWorld())
    entry = replace(read_entry(case.files["log/4.json"]), objects={f"signer-path-{n}": f"{n:064}" for n in (10, 2, 1)})
    assert case.named(entry, "signer-path-") == [f"{n:064}" for n in (1, 2, 10)]


def test_each_source_is_asked_once_for_a_certificate_and_its_issuer() -> None:
    world = BundleWorld()
    asked = []

    class Source:
        until = None

        def covers(self, certificate, issuer) -> bool:
            asked.append((certificate, issuer))
            return True

        def revoked(self, certificate) -> None:
            return None

    everything = Everything([Source(), Source()])
    for _ in range(5):
        assert everything.covers(world.partner.certificate, world.abroad.certificate)
        assert everything.revoked(world.partner.certificate) is None
    assert len(asked) == 2
    assert everything.until is None
    assert not Everything([]).covers(world.partner.certificate, world.abroad.certificate)


def test_stamps_and_the_certificates_of_notes_are_found_by_their_names() -> None:
    world = BundleWorld()
    second = world.authority("Time 2", 78, NOW - timedelta(days=3), NOW + timedelta(days=5000))
    files = files_of(world.evidence(renewals=[(NOW - timedelta(days=1), second)]))
    case = Case(files, read_manifest(files[FILE]), NOW)
    assert [case.last_stamp(size) for size in (4, 7, 9)] == [2, 2, 0]
    assert set(case.of_notes()) == {world.tsa.certificate, world.time_root.certificate}
    assert world.partner.certificate in case.signers()
