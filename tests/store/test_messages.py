"""The store on its disk: restarts, files, several threads and processes, and a disk that takes no more."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest

from node.configuration import ConfigurationError
from node.ebms.states import OutboundState
from node.msh.ports import StorageUnavailable, SubmissionError
from node.store.database import VERSION
from node.store.messages import snapshot
from node.store.sqlite import Connection, version

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_everything_is_there_after_a_restart(open_at, a):
    store = open_at()
    store.messages.submit(a.exchange(payloads=(b"x", a.BIG)))
    store.messages.packaged(a.packaged(wire=(b"head", a.BIG)), a.NOW)
    store.messages.accept_once(a.accepted(payloads=(a.BIG,)))
    store.close()
    again = open_at().messages
    assert [a.read(one) for one in again.exchange("m1@h").wire] == [b"head", a.BIG]
    assert again.exchange("m1@h").state is OutboundState.SENDING
    assert a.read(again.deliverable(1)[0].payloads[0].octets) == a.BIG
    assert again.accept_once(a.accepted(payloads=(a.BIG,), receipt=b"new")).receipt == b"<rcpt 1/>"


def test_large_octets_lie_in_a_file_named_by_their_hash_and_small_ones_in_the_row(store, a, tmp_path):
    store.messages.accept_once(a.accepted(payloads=(b"small", a.BIG)))
    digest = hashlib.sha256(a.BIG).hexdigest()
    files = [path for path in (tmp_path / "data" / "payloads").rglob("*") if path.is_file()]
    assert files == [tmp_path / "data" / "payloads" / digest[:2] / digest]
    assert files[0].read_bytes() == a.BIG
    assert files[0].stat().st_mode & 0o077 == 0


def test_a_large_duplicate_leaves_its_octets_to_the_caller(store, a):
    first, second = (quarantined(store, a.BIG) for _ in range(2))
    store.messages.accept_once(with_octets(a.accepted(payloads=(b"",)), first))
    store.messages.accept_once(with_octets(a.accepted(payloads=(b"",)), second))
    assert len(list(store.quarantine.folder.iterdir())) == 1
    second.discard()
    assert list(store.quarantine.folder.iterdir()) == []
    first.discard()
    assert a.read(first) == a.BIG


def quarantined(store, octets):
    sink = store.quarantine.sink()
    sink.write(octets)
    return sink.keep(hashlib.sha256(octets).hexdigest())


def with_octets(accepted, kept):
    return replace(accepted, payloads=(replace(accepted.payloads[0], octets=kept),))


def test_a_hundred_threads_with_one_message_have_it_accepted_once(store, a):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: store.messages.accept_once(a.accepted(receipt=f"<rcpt {n}/>".encode())), range(100)))
    assert sum(not one.duplicate for one in answers) == 1
    assert len({one.receipt for one in answers}) == 1
    assert store.messages.inbound("in1@x")[0].duplicates == 99


def test_two_processes_may_use_one_store(open_at, a):
    serving, command_line = open_at(), open_at()
    before = serving.version()
    command_line.messages.submit(a.exchange())
    # PostgreSQL's notification takes its time.
    for _ in range(500):
        if serving.version() != before:
            break
        sleep(0.01)
    assert serving.version() != before
    assert a.due(serving.messages, 9, a.NOW) == ["m1@h"]
    serving.messages.submit(a.exchange("m2@h"))
    with pytest.raises(SubmissionError):
        command_line.messages.submit(a.exchange("m2@h"))


@on_sqlite
def test_the_sqlite_library_is_noted(store):
    with closing(Connection(store.messages.database.path)) as connection:
        assert connection.execute("SELECT version, library FROM schema_version").fetchall() == [(VERSION, f"SQLite {version()}")]


@on_sqlite
def test_commits_are_durable_and_readers_do_not_wait(store):
    connection = store.messages.database.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    connection.close()


@on_sqlite
def test_nobody_else_reads_the_database(store):
    assert store.messages.database.path.stat().st_mode & 0o077 == 0


def test_a_closed_store_takes_nothing(store, a):
    store.close()
    store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        store.messages.submit(a.exchange())


@on_sqlite
def test_a_full_database_is_told_as_storage_unavailable_and_works_again_with_space(store, a):
    pages = store.messages.writer.run(lambda cursor: cursor.execute("PRAGMA max_page_count = 1").fetchone()[0])
    payload = (os.urandom(200_000),)

    def fill():
        for number in range(pages):
            store.messages.accept_once(a.accepted(f"in{number}@x", payload))

    with pytest.raises(StorageUnavailable):
        fill()
    waiting = len(store.messages.deliverable(999))
    store.messages.writer.run(lambda cursor: cursor.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert not store.messages.accept_once(a.accepted("after@x", payload)).duplicate
    assert len(store.messages.deliverable(999)) == waiting + 1


def test_a_disk_that_takes_no_file_refuses_before_anything_is_committed(store, a):
    store.quarantine.folder.rmdir()
    with pytest.raises(StorageUnavailable):
        store.messages.accept_once(a.accepted(payloads=(a.BIG,)))
    assert store.messages.deliverable(9) == []


def test_opening_the_store_loads_neither_sqlalchemy_nor_sqlmodel():
    code = "import sys, node.store.messages, node.store.in_memory; print(*sorted(m for m in sys.modules if m.startswith('sql')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert {"sqlalchemy", "sqlmodel"}.isdisjoint(done.stdout.split())


def test_a_snapshot_stands_still_while_others_write_and_takes_nothing(open_at, a, tmp_path, url):
    store = open_at()
    store.messages.submit(a.exchange("m1@h"))
    with snapshot(tmp_path / "data", url) as seen:
        store.messages.submit(a.exchange("m2@h"))
        assert (seen.exchange("m1@h") is not None, seen.exchange("m2@h")) == (True, None)
        with pytest.raises(StorageUnavailable):
            seen.submit(a.exchange("m3@h"))
    assert store.messages.exchange("m3@h") is None


def test_a_snapshot_makes_no_store(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no store"), snapshot(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
