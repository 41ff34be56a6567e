"""A disk that fails: whatever SQLite says of it reaches the caller as the store's own error, for reads and for writes, and once it is mended all goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from node.configuration import ConfigurationError
from node.msh.ports import StorageUnavailable
from node.sheets.signing import read_kept
from node.simulation.disk import SimulatedDisk
from node.store import sqlite_database
from node.store.messages import snapshot
from node.store.reading import REMEDY, RESTORE, StoreUnreadable, whole
from node.store.sqlite import _OF_THE_DISK, Connection


@pytest.fixture
def url() -> str:
    """PostgreSQL looks after its own files."""
    return ""


@contextmanager
def full(store: Any, _: Path) -> Iterator[None]:
    def pages(most: int) -> int:
        return int(store.messages.writer.run(lambda cursor: cursor.execute(f"PRAGMA max_page_count = {most}").fetchone()[0]))

    pages(1)
    yield
    pages(1_000_000)


@contextmanager
def down(store: Any, _: Path) -> Iterator[None]:
    store.disk.crash()
    yield
    store.disk.start()


@contextmanager
def read_only(store: Any, _: Path) -> Iterator[None]:
    store.messages.writer._connection.execute("PRAGMA query_only = ON")
    yield
    store.messages.writer._connection.execute("PRAGMA query_only = OFF")


@contextmanager
def taken_by_another(store: Any, path: Path) -> Iterator[None]:
    store.messages.writer.run(lambda cursor: cursor._connection.raw.set_busy_timeout(0))
    other = Connection(path)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


@contextmanager
def no_memory(_store: Any, _: Path) -> Iterator[None]:
    before = apsw.hard_heap_limit(1)
    yield
    apsw.hard_heap_limit(before)


#: What can happen to a store that is open.
WHILE_OPEN = {
    apsw.FullError: full,
    apsw.IOError: down,
    apsw.ReadOnlyError: read_only,
    apsw.BusyError: taken_by_another,
    apsw.NoMemError: no_memory,
}


@pytest.mark.parametrize("kind", WHILE_OPEN, ids=lambda kind: kind.__name__)
def test_a_write_that_the_disk_does_not_take_is_told_and_taken_later(open_at: Any, a: Any, tmp_path: Path, kind: Any) -> None:
    disk = SimulatedDisk()
    store = open_at(vfs=disk.vfs)
    store.disk = disk

    def fill() -> None:
        for number in range(100):
            store.messages.submit(a.exchange(f"m{number}@h", payloads=(b"x" * 200_000,)))

    with WHILE_OPEN[kind](store, tmp_path / "data" / "node.db"):
        with pytest.raises(StorageUnavailable) as raised:
            fill()
        assert isinstance(beneath(raised.value), kind)
    store.messages.submit(a.exchange("later@h"))
    assert store.messages.exchange("later@h") is not None


def not_a_file(path: Path) -> None:
    path.mkdir()


def garbage(path: Path) -> None:
    path.write_bytes(b"not what it was " * 4096)


def torn(path: Path) -> None:
    with Connection(path).raw as raw:
        raw.execute("PRAGMA page_size = 8192")
        raw.execute("CREATE TABLE exchange (id INTEGER PRIMARY KEY, content TEXT)")
        raw.execute("INSERT INTO exchange VALUES (1, hex(randomblob(50000)))")
    octets = bytearray(path.read_bytes())
    octets[:16], octets[100:] = b"SQLite format 3\0", b"\xff" * (len(octets) - 100)
    path.write_bytes(octets)


#: What can be found where a store is to be opened.
AT_THE_START = {apsw.CantOpenError: not_a_file, apsw.NotADBError: garbage, apsw.CorruptError: torn}


@pytest.mark.parametrize("kind", AT_THE_START, ids=lambda kind: kind.__name__)
def test_a_store_that_cannot_be_opened_is_told_with_its_place(open_at: Any, tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "data" / "node.db"
    path.parent.mkdir()
    AT_THE_START[kind](path)
    with pytest.raises(StoreUnreadable, match=str(path)) as raised:
        open_at()
    assert isinstance(beneath(raised.value), kind)
    assert raised.value.remedy == (REMEDY if kind is apsw.CantOpenError else RESTORE)


def locked(store: Any) -> None:
    """A table is dropped on the connection that reads it."""

    def work(cursor: Any) -> None:
        reading = cursor._connection.raw.cursor()
        reading.execute("SELECT name FROM sqlite_schema UNION ALL SELECT name FROM sqlite_schema")
        cursor.execute("DROP TABLE refusal")

    store.messages.writer.run(work)


class Forbidding(apsw.VFS):
    """A disk on which nothing may be opened."""

    def __init__(self) -> None:
        super().__init__("forbidding", "unix")

    def xOpen(self, name: Any, flags: Any) -> Any:
        raise apsw.PermissionsError("this user may not")


def forbidden(open_at: Any) -> None:
    disk = Forbidding()
    try:
        open_at(vfs="forbidding")
    finally:
        disk.unregister()


def test_a_table_that_is_locked_is_told(store: Any) -> None:
    with pytest.raises(StorageUnavailable) as raised:
        locked(store)
    assert isinstance(beneath(raised.value), apsw.LockedError)
    assert store.messages.circuits() == {}


def test_a_disk_on_which_this_user_may_not_write_is_told(open_at: Any) -> None:
    with pytest.raises(StorageUnavailable) as raised:
        forbidden(open_at)
    assert isinstance(beneath(raised.value), apsw.PermissionsError)


def test_every_kind_of_disk_error_is_tried_here() -> None:
    assert {*WHILE_OPEN, *AT_THE_START, apsw.LockedError, apsw.PermissionsError} == {*_OF_THE_DISK, apsw.FullError}


def beneath(error: BaseException) -> BaseException | None:
    """What SQLite said."""
    return error.__cause__.__cause__ if error.__cause__ else None


READS: dict[str, Callable[[Any, Any], Any]] = {
    "one": lambda messages, a: messages.exchange("m1@h"),
    "all": lambda messages, a: messages.exchanges(9),
    "octets": lambda messages, a: a.read(messages.kept(1)),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_that_the_disk_does_not_give_is_told_and_given_later(
    open_at: Any, a: Any, tmp_path: Path, read: Callable[[Any, Any], Any]
) -> None:
    disk = SimulatedDisk()
    store = open_at(vfs=disk.vfs)
    store.messages.submit(a.exchange(payloads=(b"x" * 100_000,)))
    # The pages are not in the memory of this reader.
    store.messages.database.close()
    store.messages.database._local.connection = None
    store.messages.database.reader()
    disk.crash()
    with pytest.raises(StoreUnreadable, match=r"node\.db: the database cannot be read: .*simulated machine is down"):
        read(store.messages, a)
    disk.start()
    assert read(store.messages, a)


def test_a_snapshot_is_refused_by_a_sqlite_that_may_damage_it(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with snapshot(tmp_path / "data") as messages:
        assert messages.counts()["outbound"] == {}
    monkeypatch.setattr(sqlite_database.sqlite, "version", lambda: "3.51.2")
    with pytest.raises(ConfigurationError, match=r"carries SQLite 3\.51\.2"), snapshot(tmp_path / "data"):
        pass


def test_a_snapshot_makes_no_folders(store: Any, tmp_path: Path) -> None:
    store.close()
    for name in ("payloads", "quarantine"):
        (tmp_path / "data" / name).rmdir()
    with snapshot(tmp_path / "data") as messages:
        assert messages.exchange("m1@h") is None
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == ["node.db"]


def test_a_sheet_that_is_none_is_told_with_its_row() -> None:
    with pytest.raises(StoreUnreadable, match=r"row 7 .* is damaged: KeyError: 'body'"), whole("row 7 of a table"):
        read_kept(b"{}")
