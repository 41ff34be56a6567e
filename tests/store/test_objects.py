"""Large octets in a bucket of a real S3 server: durable before the row, read in stretches, and 503 whenever the server is not what it must be."""

import hashlib
import os
import resource
import threading
import time

import pytest

from node.bucket import Bucket
from node.msh.ports import StorageUnavailable
from node.store import objects
from node.store.files import INLINE, FileOctets, FileQuarantine, PayloadFiles
from node.store.finding import Witness
from node.store.invariants import check
from node.store.objects import MARK, ObjectOctets, Objects, PayloadObjects, short

BIG = b"0123456789abcdef" * (20 * 1024)
KEY = f"{hashlib.sha256(BIG).hexdigest()[:2]}/{hashlib.sha256(BIG).hexdigest()}"
SOON = {"max_retries": 1}


@pytest.fixture
def quarantine(tmp_path):
    names = iter(("aa", "bb", "cc"))
    return FileQuarantine(tmp_path / "quarantine", lambda: next(names))


@pytest.fixture
def payloads(s3, tmp_path, quarantine):
    return PayloadObjects(Objects(s3.bucket()), PayloadFiles(tmp_path / "payloads", quarantine))


def waiting(quarantine, octets=BIG, sha256=None):
    sink = quarantine.sink()
    sink.write(octets)
    return sink.keep(sha256)


def read(kept, size=262_144):
    return b"".join(kept.chunks(size))


def lying(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_octets_lie_under_their_hash_and_the_disk_is_free_again(s3, payloads, quarantine):
    name, adopted = payloads.adopt(waiting(quarantine, sha256=hashlib.sha256(BIG).hexdigest()))
    assert (name, s3.objects()) == (MARK + KEY, [KEY])
    assert s3.path(KEY).read_bytes() == BIG
    assert lying(quarantine.folder) == lying(payloads.files.folder) == []
    # Whoever has them in hand reads them without asking the bucket, as often as they like.
    s3.kill()
    assert read(adopted) == read(adopted, 1000) == BIG
    adopted.discard()


def test_octets_of_unknown_hash_lie_under_a_unique_name(s3, payloads, quarantine):
    assert payloads.adopt(waiting(quarantine))[0] == f"{MARK}aa/aa"
    assert s3.objects() == ["aa/aa"]


def test_a_producers_file_stays_where_it_is(tmp_path, payloads):
    source = tmp_path / "producer.xml"
    source.write_bytes(BIG)
    name, _ = payloads.adopt(FileOctets(source, len(BIG)))
    assert source.read_bytes() == read(payloads.open(name, len(BIG), None)) == BIG


def test_what_is_larger_than_a_part_goes_up_and_comes_back_whole(s3, payloads, quarantine):
    octets = os.urandom(objects.PART * 2 + 12_345)
    name, _ = payloads.adopt(waiting(quarantine, octets))
    kept = payloads.open(name, len(octets), None)
    assert kept.sha256 == hashlib.sha256(octets).hexdigest()
    assert read(kept, 100_000) == octets
    kept.discard()
    assert s3.path("aa/aa").stat().st_size == len(octets)


def test_what_lay_in_the_folder_before_is_still_read(payloads, quarantine):
    name, _ = payloads.files.adopt(waiting(quarantine))
    assert read(payloads.open(name, len(BIG), None)) == BIG
    second, _ = payloads.adopt(waiting(quarantine))
    assert sorted(one.name for one in payloads.lying()) == sorted([name, second])
    for one in (name, second):
        payloads.remove(one)
        payloads.remove(one)
    assert list(payloads.lying()) == []
    assert payloads.where(name) == str(payloads.files.folder / name)
    assert payloads.where(second) == "s3://customs/tw/bb/bb"


def test_an_object_that_is_gone_or_cut_is_told_with_its_place(s3, payloads, quarantine):
    name, _ = payloads.adopt(waiting(quarantine))
    s3.path("aa/aa").write_bytes(BIG[:-1])
    with pytest.raises(StorageUnavailable, match="aa/aa"):
        read(payloads.open(name, len(BIG), None))
    s3.path("aa/aa").unlink()
    with pytest.raises(StorageUnavailable, match="s3://customs/tw/aa/aa is not there"):
        read(payloads.open(name, len(BIG), None))


def test_wrong_credentials_take_nothing_and_are_not_shown(s3, tmp_path, quarantine):
    wrong = s3.bucket(secret="another-secret")
    payloads = PayloadObjects(Objects(wrong), PayloadFiles(tmp_path / "payloads", quarantine))
    with pytest.raises(StorageUnavailable, match="403 Forbidden SignatureDoesNotMatch") as told:
        payloads.adopt(waiting(quarantine))
    assert s3.objects() == []
    assert payloads.trouble() == str(told.value).replace("aa/aa", ".writable")
    shown = repr(wrong) + str(told.value) + repr(told.value)
    assert "another-secret" not in shown and "the-node" not in shown


def test_an_upload_that_came_out_of_another_size_is_refused(s3, tmp_path):
    path = tmp_path / "octets"
    path.write_bytes(BIG)
    with pytest.raises(StorageUnavailable, match=f"{len(BIG) + 1} octets were sent, the store has {len(BIG)}"):
        Objects(s3.bucket()).put("aa/aa", path, len(BIG) + 1)


def test_a_bucket_that_is_not_there_is_told(s3, tmp_path, quarantine):
    payloads = PayloadObjects(
        Objects(Bucket("nobucket", "", s3.endpoint, credentials=s3.bucket().credentials)),
        PayloadFiles(tmp_path / "p", quarantine),
    )
    with pytest.raises(StorageUnavailable, match="nobucket"):
        payloads.adopt(waiting(quarantine))


def test_a_server_that_is_away_takes_nothing_until_it_is_back(s3, payloads, quarantine, monkeypatch):
    assert payloads.trouble() is None
    s3.kill()
    with pytest.raises(StorageUnavailable, match="s3://customs/tw/aa/aa"):
        payloads.adopt(waiting(quarantine))
    with pytest.raises(StorageUnavailable):
        list(payloads.lying())
    assert "s3://customs/tw/.writable" in (payloads.trouble() or "")
    s3.start()
    assert payloads.adopt(waiting(quarantine))[0] == f"{MARK}bb/bb"
    assert payloads.trouble() is None


def test_a_server_killed_in_the_middle_of_an_upload_has_taken_nothing(s3, payloads, quarantine):
    """The upload is cut after its first parts; no object is there, then or after the server is back."""
    octets = os.urandom(12 * objects.PART)
    waits = waiting(quarantine, octets)
    told = []

    def upload():
        try:
            payloads.adopt(waits)
        except StorageUnavailable as error:
            told.append(error)

    thread = threading.Thread(target=upload)
    thread.start()
    end = time.monotonic() + 20
    while not any(path.is_file() for path in s3.root.rglob("*")) and time.monotonic() < end:
        time.sleep(0.001)
    s3.kill()
    thread.join(60)
    assert told, "the upload was over before the server was killed"
    s3.start()
    assert [one.name for one in payloads.lying()] == []
    assert read(waits) == octets


def test_a_large_upload_and_its_reading_need_little_memory(s3, payloads, quarantine):
    sink = quarantine.sink()
    for _ in range(300):
        sink.write(os.urandom(1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    name, adopted = payloads.adopt(sink.keep())
    size = sum(len(chunk) for chunk in payloads.open(name, adopted.size, None).chunks())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert size == 300 << 20
    assert grown < 64 << 10, f"{grown >> 10} MB"


def test_nothing_is_accepted_while_the_bucket_is_away_and_a_lost_object_is_found(s3, store, a):
    store.keep_large_in(s3.bucket())
    messages = store.messages
    messages.accept_once(a.accepted(payloads=(a.BIG, b"small")))
    assert [len(a.BIG) > INLINE, s3.objects()] == [True, [KEY]]
    s3.kill()
    with pytest.raises(StorageUnavailable):
        messages.accept_once(a.accepted("in2@x", payloads=(a.BIG + b"more",)))
    with pytest.raises(StorageUnavailable):
        messages.submit(a.exchange(payloads=(a.BIG,)))
    assert messages.counts()["inbound"] == {"ACCEPTED": 1} and messages.counts()["outbound"] == {}
    s3.start()
    assert [one for one in check(messages, Witness(a.NOW)) if one.id == "INV-12"] == []
    s3.path(KEY).unlink()
    found = [one for one in check(messages, Witness(a.NOW)) if one.id == "INV-12"]
    assert [one.where for one in found] == [f"octets 4 in s3://customs/tw/{KEY}"]
    assert isinstance(messages.deliverable(1)[0].payloads[0].octets, ObjectOctets)


def test_the_reason_is_one_line():
    assert (
        short(ValueError("x: Error performing PUT http://h/b in 1ms - HTTP error: error sending request\n\nDebug"))
        == "HTTP error: error sending request"
    )
    assert short(ValueError("")) == "ValueError"
