"""The store as `node.app` opens it: the `Messages` and `Quarantine` ports on one data folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from node.bucket import Bucket
from node.configuration import refuse
from node.store.claims import Claims
from node.store.connection import Connection, Database
from node.store.faults import DiskError
from node.store.files import FileQuarantine, PayloadFiles
from node.store.group_commit import GroupCommit
from node.store.holding import Holding
from node.store.inbound import Inbound
from node.store.log import Numbering
from node.store.payloads import Payloads
from node.store.pulled import Pulled
from node.store.purging import Purging
from node.store.queries import Queries
from node.store.refusals import Refusals
from node.store.sqlite_database import SqliteDatabase
from node.store.to_post import ToPost


class StoredMessages(Claims, Pulled, Inbound, ToPost, Refusals, Queries, Purging, Holding):
    """`ports.Messages` on a database, with the hand-over and the operators' questions."""


class Store:
    """A node's data folder: `node.db`, `payloads/`, `quarantine/`."""

    def __init__(self, messages: StoredMessages, quarantine: FileQuarantine, numbering: Numbering) -> None:
        self.messages, self.quarantine, self.numbering = messages, quarantine, numbering

    def version(self) -> int:
        """A number that changes when another process has committed something that may be work for us; for one thread."""
        return self.messages.database.changes_of_others(self.messages.writer.run)

    def keep_large_in(self, bucket: Bucket) -> None:
        """Large octets go into a bucket from now on. Raises ConfigurationError where that cannot be."""
        self.messages.files = place_of(bucket, self.messages.files)

    def close(self) -> None:
        """Finish what waits and close every connection; harmless when called twice."""
        self.messages.writer.close()
        self.messages.database.close()


def open_store(
    folder: Path,
    unique: Callable[[], str],
    now: datetime,
    *,
    url: str = "",
    vfs: str = "",
) -> Store:
    """Open the store of a data folder, made if it is not there; its rows lie in `node.db`, or in the PostgreSQL database of `url`.

    `vfs` names another disk for `node.db`. Raises ConfigurationError for a store of another version, StorageUnavailable or OSError for a disk or
    server that takes nothing.
    """
    database = database_of(folder, url, unique(), vfs) if url else database_of(folder, vfs=vfs)
    database.create(now)
    quarantine = FileQuarantine(folder / "quarantine", unique)
    # What a dead process left unproven; a day is longer than any request (INV-12).
    quarantine.sweep((now - timedelta(days=1)).timestamp())
    numbering = Numbering(lambda: now)
    writer = GroupCommit(database.connect, numbering)
    messages = StoredMessages(database, writer, PayloadFiles(folder / "payloads", quarantine))
    return Store(messages, quarantine, numbering)


def place_of(bucket: Bucket | None, files: Payloads) -> Payloads:
    """Where large octets lie: in the bucket where there is one, else in the folder."""
    if bucket is None or not isinstance(files, PayloadFiles):
        return files
    # obstore is in memory only where somebody wants a bucket.
    from node.store.objects import Objects, PayloadObjects

    return PayloadObjects(Objects(bucket), files)


def database_of(folder: Path, url: str = "", name: str = "", vfs: str = "") -> Database:
    """The database, not yet opened. Raises ConfigurationError when what PostgreSQL needs is not installed."""
    if not url:
        return SqliteDatabase(folder / "node.db", vfs)
    try:
        from node.store.postgres_database import PostgresDatabase
    except ImportError as error:
        refuse("node.toml", "store.database", f"psycopg is not installed ({error})", "pip install 'customs-n2n-node[postgres]'")
    return PostgresDatabase(url, name)


@contextmanager
def snapshot(folder: Path, url: str = "", bucket: Bucket | None = None) -> Iterator[StoredMessages]:
    """The store of a data folder as it is at one instant, for reading alone, whoever works on it meanwhile.

    Raises ConfigurationError where there is none, for one of another version, and for a SQLite that may damage it; StorageUnavailable where it cannot
    be read.
    """
    path = folder / "node.db"
    if not url and not path.is_file():
        refuse(str(path), "", "there is no store", "n2n serve makes one")
    database = database_of(folder, url)
    try:
        database.hold_still()
        quarantine = FileQuarantine(folder / "quarantine", lambda: "", make=False)
        writer = GroupCommit(_no_writing)
        yield StoredMessages(database, writer, place_of(bucket, PayloadFiles(folder / "payloads", quarantine, make=False)))
    finally:
        database.close()


class _NoWriting:
    """A connection that takes nothing: a snapshot is for reading."""

    in_transaction = False

    def cursor(self) -> Any:
        return None

    def begin(self) -> None:
        raise DiskError("a snapshot is for reading alone")

    def commit(self) -> None:
        raise DiskError("a snapshot is for reading alone")

    def close(self) -> None:
        return None


def _no_writing() -> Connection:
    return _NoWriting()
