"""Quarantine files come and go; payload files stay."""

import os

import pytest

from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable
from node.store import files
from node.store.files import INLINE, FileOctets, FileQuarantine, PayloadFiles

BIG = b"x" * (INLINE + 1)


@pytest.fixture
def quarantine(tmp_path):
    names = iter("abcdefgh")
    return FileQuarantine(tmp_path / "quarantine", lambda: next(names))


@pytest.fixture
def payloads(tmp_path, quarantine):
    return PayloadFiles(tmp_path / "payloads", quarantine)


def kept(quarantine, octets=BIG, sha256=None):
    sink = quarantine.sink()
    sink.write(octets)
    return sink.keep(sha256)


def lying(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_small_octets_never_touch_the_disk(quarantine):
    sink = quarantine.sink()
    sink.write(b"x" * INLINE)
    assert lying(quarantine.folder) == []
    assert isinstance(sink.keep(), HeldOctets)


def test_large_octets_spill_into_a_file_that_only_the_owner_reads(quarantine):
    one = kept(quarantine)
    assert lying(quarantine.folder) == ["a.part"]
    assert one.path.stat().st_mode & 0o777 == 0o600
    assert quarantine.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("through_keep", [True, False])
def test_discarding_removes_every_octet(quarantine, through_keep):
    sink = quarantine.sink()
    sink.write(BIG)
    if through_keep:
        sink.keep()
    sink.discard()
    assert lying(quarantine.folder) == []


def test_adopted_octets_are_found_by_their_name_and_stay(quarantine, payloads):
    one = kept(quarantine, sha256="ab12")
    name, adopted = payloads.adopt(one)
    assert (name, lying(payloads.folder), lying(quarantine.folder)) == ("ab/ab12", ["ab/ab12"], [])
    adopted.discard()
    one.discard()
    assert b"".join(payloads.open(name, len(BIG), "ab12").chunks()) == BIG


def test_octets_without_a_known_hash_keep_their_unique_name(quarantine, payloads):
    assert payloads.adopt(kept(quarantine))[0] == "a/a"


def test_the_same_octets_twice_are_one_file(quarantine, payloads):
    for _ in range(2):
        payloads.adopt(kept(quarantine, sha256="ab12"))
    assert lying(payloads.folder) == ["ab/ab12"]


def test_a_producers_file_is_copied_and_left_where_it_is(tmp_path, quarantine, payloads):
    source = tmp_path / "producer.xml"
    source.write_bytes(BIG)
    name, _ = payloads.adopt(FileOctets(source, len(BIG)))
    assert source.read_bytes() == (payloads.folder / name).read_bytes() == BIG


def test_a_file_that_was_cut_is_noticed_when_it_is_read(tmp_path):
    path = tmp_path / "cut"
    path.write_bytes(b"123")
    with pytest.raises(StorageUnavailable, match="4 octets were kept, 3 are there"):
        list(FileOctets(path, 4).chunks())


def test_file_and_folder_are_synced_before_adopting_ends(monkeypatch, quarantine, payloads):
    calls = []
    monkeypatch.setattr(files, "sync", lambda path, *, data_only=False: calls.append((path.name, data_only)))
    monkeypatch.setattr(files, "failpoint", calls.append)
    payloads.adopt(kept(quarantine, sha256="ab12"))
    assert calls == [
        "in.14.after_write",
        ("a.part", True),
        "in.14.after_fdatasync",
        ("payloads", False),
        "in.14.after_rename",
        ("ab", False),
        "in.14.after_directory_fsync",
    ]


def test_a_failing_sync_refuses_the_octets(monkeypatch, quarantine, payloads):
    def fails(path, *, data_only=False):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "sync", fails)
    with pytest.raises(StorageUnavailable, match="Input/output"):
        payloads.adopt(kept(quarantine))


def test_a_full_disk_refuses_while_writing(monkeypatch, quarantine):
    sink = quarantine.sink()
    sink.write(BIG)
    descriptor = sink._file.fileno()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, descriptor)
    os.close(full)
    with pytest.raises(StorageUnavailable, match="quarantine"):
        sink.write(b"y" * 10 * INLINE)
    sink.discard()
    assert lying(quarantine.folder) == []


def test_sweeping_removes_only_what_is_old(quarantine):
    old, new = kept(quarantine), kept(quarantine)
    os.utime(old.path, (1000, 1000))
    assert quarantine.sweep(older_than=2000) == 1
    assert lying(quarantine.folder) == [new.path.name]


def test_the_disk_begins_with_a_large_file_while_it_grows(monkeypatch, quarantine):
    begun = []
    monkeypatch.setattr(files, "STRETCH", 3 * INLINE)
    monkeypatch.setattr(files, "start_writing", lambda descriptor: begun.append(os.fstat(descriptor).st_size))
    sink = quarantine.sink()
    for _ in range(8):
        sink.write(b"x" * INLINE)
    # What it is asked to take lies in the file already, not in a buffer of ours.
    assert begun == [3 * INLINE, 6 * INLINE]
    assert b"".join(sink.keep().chunks()) == b"x" * 8 * INLINE


def test_a_file_without_its_name_is_read_for_as_long_as_somebody_has_it(quarantine):
    one = kept(quarantine)
    one.unlink()
    assert lying(quarantine.folder) == []
    one.discard()
    assert b"".join(one.chunks(1000)) == b"".join(one.chunks()) == BIG


def test_what_lies_there_is_listed_and_removed(quarantine, payloads):
    name, adopted = payloads.adopt(kept(quarantine, sha256="ab12"))
    (one,) = payloads.lying()
    assert (one.name, one.written_at.timestamp()) == (name, pytest.approx(adopted.path.stat().st_mtime))
    assert (payloads.where(name), payloads.trouble()) == (str(payloads.folder / "ab" / "ab12"), None)
    for _ in range(2):
        payloads.remove(name)
        assert list(payloads.lying()) == []


def test_what_cannot_be_removed_is_told(payloads):
    (payloads.folder / "ab").write_text("no folder")
    with pytest.raises(StorageUnavailable, match="Not a directory"):
        payloads.remove("ab/ab12")
    # A folder that is missing is told by integrity.py, one that cannot be entered here; a file is neither.
    payloads.folder = payloads.folder / "ab" / "none"
    assert payloads.trouble() is None
