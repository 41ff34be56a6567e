"""The SQLite file: who may read and write it, and which SQLite may."""

from datetime import UTC, datetime
from threading import Thread

import pytest

from node.configuration import ConfigurationError
from node.msh.ports import StorageUnavailable
from node.store import prepared, sqlite
from node.store.faults import Error
from node.store.sqlite_database import SqliteDatabase, check_library

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    made = SqliteDatabase(tmp_path / "node.db")
    made.create(NOW)
    yield made
    made.close()


def test_a_reader_changes_nothing(database):
    with pytest.raises(Error, match="readonly"):
        database.reader().execute("DELETE FROM exchange")


def test_each_thread_reads_with_its_own_connection(database):
    found = []
    for _ in range(2):
        thread = Thread(target=lambda: found.append(database.reader()))
        thread.start()
        thread.join()
    assert len({id(one) for one in (*found, database.reader(), database.reader())}) == 3


def test_a_file_that_cannot_be_read_is_no_bug_of_ours(database):
    with database.path.open("r+b") as file:
        file.write(b"no database any more")
    for name in ("node.db-wal", "node.db-shm"):
        database.path.with_name(name).unlink(missing_ok=True)
    with pytest.raises(StorageUnavailable, match=r"node\.db: the database is damaged: .*not a database"):
        SqliteDatabase(database.path).read(prepared.CIRCUITS, {})


@pytest.mark.parametrize("number", ["3.40.1", "3.51.2"])
def test_a_sqlite_that_may_damage_the_store_is_refused(monkeypatch, tmp_path, number):
    monkeypatch.setattr(sqlite, "version", lambda: number)
    with pytest.raises(ConfigurationError, match=f"carries SQLite {number}, which may damage a database; install an apsw with"):
        SqliteDatabase(tmp_path / "node.db").create(NOW)
    assert not (tmp_path / "node.db").exists()


def test_the_sqlite_at_work_is_mended():
    check_library(sqlite.version())
