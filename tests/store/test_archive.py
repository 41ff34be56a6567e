"""The archive holds all that goes, proves it by reading it back, and nothing goes that it did not take."""

import gzip
import hashlib
import json
import logging
import os
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from node.ebms.states import OutboundState
from node.keeping import GIVE_UP, Keeping
from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable
from node.msh.retention import STANDARD
from node.store.archive import INDEX, Archive, BucketPlace, FolderPlace, Reading, members, place_of_archive
from node.store.finding import Witness
from node.store.invariants import check
from node.store.objects import Objects
from tests.conftest import FixtureClock
from tests.stored import stored_pair

BIG = os.urandom(300 * 1024)


class Archived:
    """A message from a to b, and the archive of one of them."""

    def __init__(self, root, place):
        self.both = stored_pair(root)
        assert self.both.pair.exchange(b"<a/>", BIG) is OutboundState.ACKNOWLEDGED
        b = self.both.stores["b"].messages
        b.delivered(b.deliverable(1)[0].id, self.both.b.clock.now())
        self.clock, self.place = FixtureClock(self.both.b.clock.now()), place

    def messages(self, side):
        return self.both.stores[side].messages

    def run(self, side):
        messages = self.messages(side)
        archive = Archive(messages, self.place, lambda: "scratch")
        keeping = Keeping(messages, lambda *_: STANDARD, [STANDARD], self.clock, archive)
        keeping.now = self.clock.now
        return keeping.run()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "archive"
    path.mkdir()
    return path


@pytest.fixture
def archived(tmp_path, folder):
    one = Archived(tmp_path, FolderPlace(folder))
    yield one
    one.both.close()


def tars(folder):
    return sorted(folder.rglob("*.tar"))


def read(path):
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}


@pytest.mark.parametrize("side", ["a", "b"])
def test_everything_that_goes_is_there_with_its_hash_and_its_story(archived, folder, side):
    archived.clock.advance(days=30)
    assert archived.run(side).payloads == 1
    (path,) = tars(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    held = read(path)
    assert list(held)[-1] == INDEX
    index = json.loads(held[INDEX])
    assert {one["name"]: one["sha256"] for one in index["parts"]} == {
        name: hashlib.sha256(octets).hexdigest() for name, octets in held.items() if name != INDEX
    }
    assert all(one["size"] == len(held[one["name"]]) for one in index["parts"])
    assert (index["format"], index["removes"], index["removed"]) == ("n2n-archive-1", "payloads", [])
    assert index["rule"].startswith("payload = 30d after ")
    payloads = [held["payloads/0"], held["payloads/1"]]
    if side == "b":
        assert index["parts"][0]["gzip"] is True
        payloads = [gzip.decompress(one) for one in payloads]
        assert b"Receipt" in held["receipt"]
    else:
        assert any(name.startswith("answers/") for name in held)
    assert payloads == [b"<a/>", BIG]
    assert b"UserMessage" in held["envelope"]
    assert index["header"]["MessageInfo"][1] == index["message_id"]
    assert index["history"][-1]["event"] in {"RECEIPT_MATCHED", "DELIVERED"}
    assert list((archived.messages(side).files.quarantine.folder).iterdir()) == []


def test_the_evidence_is_archived_too_and_says_what_had_gone_before(archived, folder):
    archived.clock.advance(days=30)
    archived.run("a")
    archived.clock.advance(days=3700)
    assert archived.run("a").messages == 1
    first, second = sorted(tars(folder), key=lambda path: "payloads" in path.name, reverse=True)
    assert first.name.replace("payloads", "all") == second.name
    held = read(second)
    index = json.loads(held[INDEX])
    assert {"payloads/0", "payloads/1"} == {one["name"] for one in index["removed"]}
    assert index["removed"][1]["sha256"] == hashlib.sha256(BIG).hexdigest()
    assert held["envelope"] == read(first)["envelope"]
    assert [one["event"] for one in index["history"]][-1] == "PAYLOADS_REMOVED"


def test_wire_octets_need_no_archive_and_the_envelope_is_archived_with_the_payloads(archived, folder):
    envelope = archived.messages("a").envelope_of(archived.messages("a").exchanges(1)[0].message_id)
    archived.clock.advance(days=1)
    assert (archived.run("a").wire, tars(folder)) == (1, [])
    archived.clock.advance(days=29)
    assert archived.run("a").payloads == 1
    (path,) = tars(folder)
    held = read(path)
    assert held["envelope"] == envelope and held["payloads/1"] == BIG
    assert [one["event"] for one in json.loads(held[INDEX])["history"]][-1] == "WIRE_REMOVED"


def test_nothing_goes_that_the_archive_does_not_take(archived, folder, caplog):
    archived.clock.advance(days=30)
    assert archived.place.trouble() is None
    folder.rmdir()
    assert "no such folder" in archived.place.trouble()
    removed = archived.run("a")
    assert (removed.payloads, removed.kept) == (0, 1)
    assert "no such folder" in caplog.text
    folder.mkdir()
    (folder / "sent").write_text("in the way")
    assert archived.run("a").payloads == 0
    (folder / "sent").unlink()
    assert archived.run("a").payloads == 1
    seen = Witness(archived.clock.now(), longest_wait=timedelta(days=36_600))
    assert list(check(archived.messages("a"), seen)) == []


def test_what_is_read_back_otherwise_was_not_archived(archived, folder, monkeypatch):
    archived.clock.advance(days=30)
    put = FolderPlace.put

    def damaged(self, name, path, size):
        put(self, name, path, size)
        octets = bytearray((folder / name).read_bytes())
        octets[octets.index(BIG[:64])] ^= 1
        (folder / name).write_bytes(octets)

    monkeypatch.setattr(FolderPlace, "put", damaged)
    assert archived.run("a").payloads == 0
    monkeypatch.undo()
    assert archived.run("a").payloads == 1


def test_what_changed_in_the_store_is_neither_archived_nor_removed(archived, caplog):
    messages = archived.messages("b")
    (path,) = [one for one in messages.files.folder.rglob("*") if one.is_file()]
    octets = path.read_bytes()
    path.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    archived.clock.advance(days=30)
    assert archived.run("b").payloads == 0
    assert "payloads/1 has changed since it was kept" in caplog.text
    assert path.exists()


def test_an_archive_that_takes_nothing_is_not_asked_for_ever(archived, folder, caplog):
    caplog.set_level(logging.CRITICAL)
    for _ in range(GIVE_UP + 3):
        archived.both.pair.exchange(b"<a/>")
    folder.rmdir()
    archived.clock.advance(days=30)
    assert archived.run("a").kept == GIVE_UP


def test_a_bucket_holds_it_as_well(s3, tmp_path):
    one = Archived(tmp_path, BucketPlace(Objects(s3.bucket("archive"))))
    one.clock.advance(days=30)
    assert (one.run("a").payloads, one.run("b").payloads) == (1, 1)
    names = s3.objects("archive")
    assert [name.partition("/")[0] for name in names] == ["received", "sent"]
    assert INDEX in read(s3.path(names[1], "archive"))
    one.both.close()
    place = place_of_archive(s3.bucket("archive"))
    assert isinstance(place, BucketPlace) and place.trouble() is None
    s3.kill()
    assert "s3://customs/archive" in place.trouble()
    assert isinstance(place_of_archive(Path("x")), FolderPlace)


def test_members_are_read_in_pieces_of_any_size(archived, folder):
    archived.clock.advance(days=30)
    archived.run("a")
    octets = tars(folder)[0].read_bytes()
    whole = dict(members(HeldOctets(octets)))
    assert dict(members(Pieces(octets))) == whole and INDEX in whole
    with pytest.raises((StorageUnavailable, tarfile.TarError)):
        dict(members(HeldOctets(octets[: len(octets) // 2])))
    assert Reading([b"", b"ab", memoryview(b"c")]).read(10) == b"abc"


class Pieces(HeldOctets):
    def chunks(self, size=777):
        return super().chunks(777)
