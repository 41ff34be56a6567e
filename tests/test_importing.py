"""A home is lost, its archive comes into a new one, and bundles made there are accepted by both verifiers."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.evidence.archive import index_name, leaves_name, volume_name
from node.evidence.bundle import open_bundle, seal_bundle
from node.evidence.entry import written
from node.evidence.finding import Check
from node.evidence.manifest import FILE
from node.evidence.notes import sha256
from node.importing import ArchiveDamaged, ImportRefused
from node.msh.ports import StorageUnavailable
from node.msh.retention import Goes, Removes
from node.searching import Sought
from node.store.evidence_places import EvidenceFolder
from node.store.log_audit import audit
from tests.archives import Archive, bundled
from tests.bundles import NOW
from tests.evidence.test_archive_check import WORLD, excused, made
from tests.homes import make_pair
from tests.judged_bundles import holds


@pytest.fixture
def archive(tmp_path: Path, document: Path) -> Archive:
    return Archive(tmp_path, document, 2)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A home with keys and certificates of its own, which no message ever saw."""
    (tmp_path / "new").mkdir()
    return make_pair(tmp_path / "new")[0].folder


def imported(home: Path, archive: Archive, **more: Any) -> Any:
    node = Node.open(home)
    try:
        return node.proof.importing(EvidenceFolder(archive.folder)).run(node.clock.now(), "Lin", **more)
    finally:
        node.close()


def logs(octets: bytes) -> dict[str, bytes]:
    return {name: held for name, held in open_bundle(octets).files.items() if name.startswith(("log/", "checkpoints/"))}


def test_what_was_exchanged_archived_and_lost_is_proven_by_a_new_home(archive: Archive, empty: Path) -> None:
    before = bundled(archive.tw, archive.sent[0])
    archive.run()
    shutil.rmtree(archive.tw.folder)
    done = imported(empty, archive)
    assert (done.messages, done.volumes, done.notes) == (2, 1, ())
    octets = bundled(empty, archive.sent[0])
    verdict = holds(octets)
    assert verdict.manifest.log == holds(before).manifest.log
    assert len([one for one in verdict.of(Check.RECEIPTS) if not one.is_note and not one.fails]) == 6
    # Entry for entry, proof for proof, checkpoint for checkpoint the same.
    entries = {name: held for name, held in logs(before).items() if "proof" not in name and name.startswith("log/")}
    assert entries.items() <= logs(octets).items()
    both = holds(bundled(empty, *archive.sent))
    assert [one.message_id for one in both.manifest.exchanges] == archive.sent
    assert holds(bundled(empty, archive.sent[1], redact=True)).manifest.redacted


def test_messages_of_several_volumes_are_in_one_bundle(archive: Archive, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were never under one checkpoint: that one continues the other is proven by the hashes of all entries."""
    monkeypatch.setattr("node.archiving.TOGETHER", 1)
    archive.run()
    archive.send(2)
    archive.run()
    assert imported(empty, archive).volumes == 4
    verdict = holds(bundled(empty, *archive.sent))
    assert len(verdict.manifest.exchanges) == 4
    assert "consistency.good" in [one.word for one in verdict.of(Check.CONSISTENCY)]


def test_what_was_received_is_proven_too(archive: Archive, empty: Path) -> None:
    archive.run(side=archive.kr)
    shutil.rmtree(archive.kr.folder)
    imported(empty, archive)
    verdict = holds(bundled(empty, archive.sent[0]))
    assert verdict.manifest.exchanges[0].direction == "in"
    assert "signatures.receipt-good" in [one.word for one in verdict.of(Check.SIGNATURES)]


def test_what_was_purged_before_it_was_archived_stays_proven(archive: Archive, empty: Path) -> None:
    node = Node.open(archive.tw.folder)
    for candidate in list(node.messages.oldest("out", node.clock.now() + timedelta(days=1), 9)):
        assert node.messages.remove_all(candidate, Goes(Removes.ALL, "evidence = 10y"), node.clock.now())
    node.close()
    archive.run()
    imported(empty, archive)
    verdict = holds(bundled(empty, archive.sent[0]))
    assert {(one.why, one.rule) for one in verdict.manifest.absent} == {("purged", "evidence = 10y")}


def test_it_is_found_by_partner_id_time_and_payload(archive: Archive, empty: Path) -> None:
    archive.run()
    imported(empty, archive)
    node = Node.open(empty)
    searching = node.proof.searching()
    entries = [
        json.loads(held)
        for name, held in logs(bundled(empty, archive.sent[0])).items()
        if name.startswith("log/") and "proof" not in name
    ]
    payload = next(one["objects"]["payload-1"] for one in entries if one["kind"] == "message.packaged")
    now = datetime.now(UTC)
    for sought, found in (
        (Sought(partner="kr"), set(archive.sent)),
        (Sought(message_id=archive.sent[1]), {archive.sent[1]}),
        (Sought(sha256=payload), set(archive.sent)),
        (Sought(since=now - timedelta(hours=1), until=now + timedelta(hours=1)), set(archive.sent)),
        (Sought(since=now + timedelta(hours=1)), set()),
        (Sought(partner="jp"), set()),
    ):
        assert {one.message_id for one in searching.find(sought, 99)} == found
    assert searching.completed("m1@") == ["m1@tw.example"] and searching.nearest("m1@tw.exampel") == "m1@tw.example"
    assert {
        one.message_id for one in node.proof.retrieving().between("kr", now - timedelta(hours=1), now + timedelta(hours=1))
    } == set(archive.sent)
    node.close()


def test_the_log_of_the_home_goes_on_under_its_own_name(archive: Archive, empty: Path, document: Path) -> None:
    archive.run()
    imported(empty, archive)
    node = Node.open(empty)
    node.evidence.retrieved(
        node.clock.now(), "Lin", "show m1", "x", {"message_id": archive.sent[0], "partner": "kr", "direction": "out"}
    )
    (log,) = node.imports.logs()
    own = node.evidence.log()
    # It began with the settings, as every log does.
    assert own is not None and (own.name != log.name, own.size) == (True, 2)
    assert not list(audit(node.messages))
    node.close()
    # That somebody looked stands in the own log, and the message is still proven by the other.
    assert holds(bundled(empty, archive.sent[0])).manifest.log == log.name


def test_only_an_empty_home_takes_an_archive(archive: Archive, empty: Path) -> None:
    archive.run()
    with pytest.raises(ImportRefused, match=r"only an empty node takes an archive, and it has sent messages: make a new home"):
        imported(archive.tw.folder, archive)
    with pytest.raises(ImportRefused, match="it has received messages"):
        imported(archive.kr.folder, archive)
    imported(empty, archive)
    with pytest.raises(ImportRefused, match="has an imported log already"):
        imported(empty, archive)


def test_an_archive_that_is_damaged_is_refused_and_nothing_is_taken(archive: Archive, empty: Path) -> None:
    newest = archive.run().newest
    octets = archive.read(volume_name(1))
    archive.write(volume_name(1), octets[:5_000] + bytes([octets[5_000] ^ 1]) + octets[5_001:])
    with pytest.raises(ArchiveDamaged, match=f"{volume_name(1)}: was changed"):
        imported(empty, archive)
    node = Node.open(empty)
    assert node.imports.logs() == [] and node.imports.trouble() == ""
    node.close()
    archive.write(volume_name(1), octets)
    with pytest.raises(ArchiveDamaged, match="cut back"):
        imported(empty, archive, newest="0" * 64)
    assert imported(empty, archive, newest=newest).messages == 2


def test_an_import_that_is_cut_off_is_done_once_more(archive: Archive, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.archiving.TOGETHER", 1)
    archive.run()
    from node.store.imported import Imports

    whole, calls = Imports.add, []

    def dies(self: Imports, log: str, brought: Any) -> None:
        calls.append(log)
        if len(calls) == 2:
            raise StorageUnavailable("gone")
        whole(self, log, brought)

    monkeypatch.setattr(Imports, "add", dies)
    with pytest.raises(StorageUnavailable):
        imported(empty, archive)
    node = Node.open(empty)
    assert node.imports.logs() == []
    assert node.imports.trouble("another") == f"an import of the log {calls[0]} was cut off: import that archive once more"
    node.close()
    archive.send()
    archive.run()
    assert imported(empty, archive).messages == 3
    holds(bundled(empty, *archive.sent))


class Changing(EvidenceFolder):
    """A folder in which somebody lays other octets down once they were verified."""

    def __init__(self, folder: Path, name: str, after: int) -> None:
        super().__init__(folder)
        self._name, self._left = name, after

    def read(self, name: str) -> bytes:
        octets = super().read(name)
        if name != self._name:
            return octets
        self._left -= 1
        return octets if self._left >= 0 else octets[:-1] + bytes([octets[-1] ^ 1])


@pytest.mark.parametrize(
    ("name", "after"), [(volume_name(1), 1), (volume_name(1), 2), (leaves_name(1), 1), (index_name(1), 1), (index_name(1), 2)]
)
def test_what_is_changed_after_it_was_verified_is_not_taken(archive: Archive, empty: Path, name: str, after: int) -> None:
    archive.run()
    node = Node.open(empty)
    with pytest.raises(ImportRefused, match=f"{name} was changed since it was verified"):
        node.proof.importing(Changing(archive.folder, name, after)).run(node.clock.now(), "Lin")
    assert node.imports.logs() == [] and node.imports.trouble("another") == ""
    node.close()
    assert imported(empty, archive).messages == 2


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("checkpoints/7.stamp-0.tst", b"no token"),
        ("checkpoints/7.stamp-0.json", b"no note"),
        ("checkpoints/7.json", b"no checkpoint"),
        ("log/2.json", b"no entry"),
        ("log/2.json", None),
        ("checkpoints/7.json", None),
    ],
)
def test_a_bundle_that_its_page_excuses_and_nobody_can_read_leaves_nothing(
    empty: Path, tmp_path: Path, name: str, octets: bytes | None
) -> None:
    """Whoever signs an archive himself may say of every check that it failed when the bundle was laid down."""
    archive = made()
    before = open_bundle(archive.files[volume_name(1)]).files
    held = {one: was for one, was in before.items() if one not in (FILE, name)} | ({name: octets} if octets is not None else {})
    value = json.loads(before[FILE])
    value["files"] = {one: {"sha256": sha256(was), "size": len(was)} for one, was in held.items()}
    archive = excused(archive, seal_bundle({FILE: written(value), **held}, WORLD.seal_key, NOW))
    for file, was in archive.files.items():
        (tmp_path / "hostile" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "hostile" / file).write_bytes(was)
    node = Node.open(empty)
    with pytest.raises(ImportRefused):
        node.proof.importing(EvidenceFolder(tmp_path / "hostile")).run(NOW, "Lin")
    assert node.imports.logs() == [] and node.imports.trouble("another") == ""
    node.close()
