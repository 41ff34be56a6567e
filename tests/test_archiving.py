"""An archive takes what is new and nothing twice, goes on after a crash, and everything that is done to it is found and named."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.archiving import NotArchivable
from node.evidence.archive import HEAD, Scope, index_name, leaves_name, volume_name
from node.evidence.archive_check import check_archive
from node.evidence.entry import Kind
from node.msh.ports import StorageUnavailable
from node.msh.retention import Goes, Removes
from node.retrieving import NotRetrievable, Retrieving
from node.store.evidence_places import EvidenceFolder
from tests.archives import Archive
from tests.judged_bundles import holds


@pytest.fixture
def archive(tmp_path: Path, document: Path) -> Archive:
    return Archive(tmp_path, document)


@pytest.fixture
def one_a_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.archiving.TOGETHER", 1)


def test_everything_is_taken_once_and_holds(archive: Archive) -> None:
    done = archive.run()
    assert (done.volumes, done.messages, done.left, done.last) == (1, 3, [], 1)
    manifest = holds(archive.read(volume_name(1))).manifest
    assert {one.message_id for one in manifest.exchanges} == set(archive.sent)
    checked = archive.check()
    assert checked.troubles == [] and checked.noted == []
    assert (checked.volumes, len(checked.messages), checked.newest) == (1, 3, done.newest)
    assert checked.leaves >= max(number for one in manifest.exchanges for number in one.entries)
    # What is there is not taken again; that somebody looked is no news of a message.
    before = {name: archive.read(name) for name in EvidenceFolder(archive.folder).lying()}
    again = archive.run()
    assert (again.volumes, again.messages, again.newest) == (0, 0, done.newest)
    assert before == {name: archive.read(name) for name in before}
    (new,) = archive.send()
    third = archive.run()
    assert (third.volumes, third.messages, third.last) == (1, 1, 2)
    assert [one.message_id for one in holds(archive.read(volume_name(2))).manifest.exchanges] == [new]
    assert archive.check().troubles == []
    assert {name: octets for name, octets in before.items() if name != HEAD} == {
        name: archive.read(name) for name in before if name != HEAD
    }
    assert oct((archive.folder / volume_name(2)).stat().st_mode & 0o777) == "0o600"


def test_what_is_new_of_an_old_message_is_taken_with_it(archive: Archive) -> None:
    archive.run()
    node = Node.open(archive.tw.folder)
    (candidate,) = [
        one for one in node.messages.oldest("out", node.clock.now() + timedelta(days=1), 9) if one.message_id == archive.sent[1]
    ]
    assert node.messages.remove_payloads(candidate, Goes(Removes.PAYLOADS, "rule"), node.clock.now())
    node.close()
    assert archive.run().messages == 1
    manifest = holds(archive.read(volume_name(2))).manifest
    assert [one.message_id for one in manifest.exchanges] == [archive.sent[1]]
    assert {one.why for one in manifest.absent} == {"purged"}
    assert archive.check().troubles == []
    assert len(archive.check().messages) == 3


def test_an_archive_may_be_of_a_partner_or_a_time(archive: Archive, tmp_path: Path) -> None:
    for number, (scope, many) in enumerate(
        (
            (Scope("kr"), 3),
            (Scope("somebody"), 0),
            (Scope(since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=1)), 3),
            (Scope("kr", until=datetime.now(UTC) - timedelta(days=1)), 0),
            (Scope("kr", since=datetime.now(UTC) + timedelta(days=1)), 0),
        )
    ):
        folder = tmp_path / f"scope{number}"
        folder.mkdir()
        assert archive.run(scope, EvidenceFolder(folder)).messages == many
        if many:
            assert check_archive(EvidenceFolder(folder), datetime.now(UTC)).troubles == []
    with pytest.raises(NotArchivable, match="is an archive of --partner kr: say the same"):
        archive.run(Scope(), EvidenceFolder(tmp_path / "scope0"))


def test_a_place_that_is_another_is_refused(archive: Archive, tmp_path: Path) -> None:
    archive.run()
    with pytest.raises(NotArchivable, match="archive of another log"):
        archive.run(side=archive.kr)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("hello")
    with pytest.raises(NotArchivable, match="is no archive of evidence"):
        archive.run(place=EvidenceFolder(other))
    with pytest.raises(StorageUnavailable, match="no such folder"):
        archive.run(place=EvidenceFolder(tmp_path / "not mounted"))
    archive.write(index_name(1), b"{}")
    with pytest.raises(NotArchivable, match="is damaged"):
        archive.run()


class Dying(EvidenceFolder):
    """A folder that takes so many files and no more."""

    def __init__(self, folder: Path, takes: int) -> None:
        super().__init__(folder)
        self.takes = takes

    def put(self, name: str, octets: bytes) -> None:
        if not self.takes:
            raise StorageUnavailable("gone")
        self.takes -= 1
        super().put(name, octets)


@pytest.mark.usefixtures("one_a_volume")
def test_a_run_that_is_cut_off_anywhere_goes_on(archive: Archive) -> None:
    for takes in range(10):
        shutil.rmtree(archive.folder)
        archive.folder.mkdir()
        with pytest.raises(StorageUnavailable, match="gone"):
            archive.run(place=Dying(archive.folder, takes))
        archive.run()
        checked = archive.check()
        assert checked.troubles == [], takes
        assert {one for one, _, _ in checked.messages} == set(archive.sent)
        assert archive.run().messages == 0
    archive.send()
    archive.run()
    assert archive.check().troubles == []


def test_what_comes_back_other_than_it_was_written_is_not_taken(archive: Archive) -> None:
    class Forgetful(EvidenceFolder):
        def read(self, name: str) -> bytes:
            return super().read(name)[:-1] if name.startswith("volumes/") else super().read(name)

    with pytest.raises(StorageUnavailable, match="what is read back is not what was written"):
        archive.run(place=Forgetful(archive.folder))
    assert HEAD not in EvidenceFolder(archive.folder).lying()


def test_that_evidence_went_elsewhere_is_on_record(archive: Archive) -> None:
    archive.run()
    node = Node.open(archive.tw.folder)
    (entry,) = [one.entry for one in node.evidence.kinds(Kind.RETRIEVED)]
    node.close()
    assert entry.facts["what"] == f"archive 3 messages to {archive.folder}, from page 1 on"


def test_what_is_too_large_for_one_bundle_is_put_into_several(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.archiving.OCTETS", 1)
    done = archive.run()
    assert (done.volumes, done.messages, done.left) == (3, 3, [])
    assert archive.check().troubles == []


def test_what_is_damaged_is_left_and_told_and_keeps_nothing_else(archive: Archive) -> None:
    node = Node.open(archive.tw.folder)
    node.messages.writer.run(lambda cursor: cursor.execute("DELETE FROM payload WHERE direction = 'out' AND owner_id = 2"))
    node.close()
    done = archive.run()
    assert (done.messages, [one.message_id for one in done.left]) == (2, [archive.sent[1]])
    assert "which is not in the store, and no rule removed it" in done.left[0].why
    checked = archive.check()
    assert (checked.troubles, checked.left, len(checked.messages)) == ([], 1, 2)
    assert archive.run().last == done.last


def test_a_key_that_cannot_seal_leaves_no_message_out(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def sealer(_: Retrieving) -> None:
        raise NotRetrievable("no bundle can be sealed")

    with monkeypatch.context() as patched:
        patched.setattr(Retrieving, "sealer", sealer)
        with pytest.raises(NotRetrievable, match="no bundle can be sealed"):
            archive.run()
    assert EvidenceFolder(archive.folder).lying() == {}
    assert archive.run().messages == 3


# -- what may be done to it --------------------------------------------------------------------------------------------


def swap(archive: Archive, one: str, other: str) -> None:
    first, second = archive.read(one), archive.read(other)
    archive.write(one, second)
    archive.write(other, first)


def flip(archive: Archive, name: str, at: int) -> None:
    octets = bytearray(archive.read(name))
    octets[at] ^= 1
    archive.write(name, bytes(octets))


TAMPERINGS: dict[str, tuple[Callable[[Archive], object], str, str]] = {
    "a bundle is missing": (lambda a: (a.folder / volume_name(2)).unlink(), volume_name(2), "is missing"),
    "a bundle is cut short": (lambda a: a.write(volume_name(2), a.read(volume_name(2))[:-9]), volume_name(2), "cut short"),
    "a bundle is changed": (lambda a: flip(a, volume_name(2), 5_000), volume_name(2), "was changed"),
    "bundles changed places": (lambda a: swap(a, volume_name(1), volume_name(2)), volume_name(1), "had "),
    "a page is missing": (lambda a: (a.folder / index_name(2)).unlink(), index_name(2), "is missing"),
    "a page is changed": (lambda a: flip(a, index_name(2), 400), index_name(2), ""),
    "pages changed places": (lambda a: swap(a, index_name(1), index_name(2)), index_name(1), "is page 2: it was moved here"),
    "the last page is missing": (lambda a: (a.folder / index_name(3)).unlink(), index_name(3), "is missing"),
    "the head is missing": (lambda a: (a.folder / HEAD).unlink(), HEAD, "is missing"),
    "the head is changed": (
        lambda a: a.write(HEAD, a.read(HEAD).replace(b'"last":3', b'"last":2')),
        HEAD,
        "signature does not fit",
    ),
    "leaves are missing": (lambda a: (a.folder / leaves_name(1)).unlink(), leaves_name(1), "is missing"),
    "leaves are changed": (lambda a: flip(a, leaves_name(1), 40), leaves_name(1), "was changed"),
    "something is put in": (
        lambda a: a.write("volumes/000009.asice", b"x"),
        "volumes/000009.asice",
        "lies behind the last page, 3",
    ),
    "a letter is put in": (lambda a: a.write("letter.txt", b"x"), "letter.txt", "no page names it"),
}


@pytest.mark.usefixtures("one_a_volume")
@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_is_done_to_an_archive_is_found_and_named(archive: Archive, tampering: str) -> None:
    archive.run()
    assert archive.check().troubles == []
    work, where, what = TAMPERINGS[tampering]
    work(archive)
    troubles = archive.check().troubles
    assert any(one.place == where and what in one.what for one in troubles), list(map(str, troubles))


@pytest.mark.usefixtures("one_a_volume")
def test_an_archive_that_is_cut_back_whole_is_found_by_what_the_log_names(archive: Archive) -> None:
    archive.run()
    kept = archive.folder.with_name("kept")
    shutil.copytree(archive.folder, kept)
    archive.send()
    newest = archive.run().newest
    assert archive.check(newest=newest).troubles == []
    shutil.rmtree(archive.folder)
    shutil.copytree(kept, archive.folder)
    # All of it is as it once was: from within, nobody can tell.
    assert archive.check().troubles == []
    (trouble,) = archive.check(newest=newest).troubles
    assert "cut back to an earlier state" in trouble.what


def test_only_anchors_that_are_known_count(archive: Archive) -> None:
    archive.run()
    anchors = archive.check().anchors
    assert all(one.known is None for one in anchors.values())
    assert archive.check(known=frozenset(anchors)).troubles == []
    troubles = archive.check(known=frozenset()).troubles
    assert any(one.place == HEAD and "no path to an anchor (of those that you know)" in one.what for one in troubles)
