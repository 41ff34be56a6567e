"""The store as `node.app` opens it: the `Messages` and `Quarantine` ports on one data folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from node.configuration import refuse
from node.store import prepared, sqlite
from node.store.database import Database, check_library, check_version
from node.store.files import FileQuarantine, PayloadFiles
from node.store.group_commit import GroupCommit
from node.store.inbound import Inbound
from node.store.outbound import Outbound
from node.store.queries import Queries
from node.store.reading import told
from node.store.refusals import Refusals

_HAS_TABLES: Final = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'"


class StoredMessages(Outbound, Inbound, Refusals, Queries):
    """`ports.Messages` on SQLite, with the hand-over and the operators' questions."""


class Store:
    """A node's data folder: `node.db`, `payloads/`, `quarantine/`."""

    def __init__(self, messages: StoredMessages, quarantine: FileQuarantine) -> None:
        self.messages, self.quarantine = messages, quarantine

    def version(self) -> int:
        """A number that changes with every commit, another process's too; cheap to ask, and to compare within one thread only."""
        version: int = self.messages.database.reader().execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        """Finish what waits and close every connection; harmless when called twice."""
        self.messages.writer.close()
        self.messages.database.close()


def open_store(
    folder: Path,
    unique: Callable[[], str],
    now: datetime,
    vfs: str = "",
) -> Store:
    """Open the store of a data folder, made if it is not there; `vfs` names another disk for its database.

    Raises ConfigurationError for a store of another version, StorageUnavailable or OSError for a disk that takes nothing.
    """
    database = Database(folder / "node.db", vfs)
    with told(database.path):
        database.create(now)
    quarantine = FileQuarantine(folder / "quarantine", unique)
    # What a dead process left unproven; a day is longer than any request (INV-12).
    quarantine.sweep((now - timedelta(days=1)).timestamp())
    writer = GroupCommit(database.connect)
    return Store(StoredMessages(database, writer, PayloadFiles(folder / "payloads", quarantine)), quarantine)


@contextmanager
def snapshot(folder: Path) -> Iterator[StoredMessages]:
    """The store of a data folder as it is at one instant, for reading alone, whoever works on it meanwhile.

    Raises ConfigurationError where there is none, for one of another version, and for a SQLite that may damage it; StorageUnavailable where it cannot
    be read.
    """
    path = folder / "node.db"
    if not path.is_file():
        refuse(str(path), "", "there is no store", "n2n serve makes one")
    check_library(sqlite.version())
    database = Database(path)
    try:
        with told(path):
            _begin(database)
        quarantine = FileQuarantine(folder / "quarantine", lambda: "", make=False)
        # What would write gets the reading connection, which takes nothing.
        writer = GroupCommit(database.reader)
        yield StoredMessages(database, writer, PayloadFiles(folder / "payloads", quarantine, make=False))
    finally:
        database.close()


def _begin(database: Database) -> None:
    """The instant is that of the first reading. Raises ConfigurationError, Error."""
    reader = database.reader()
    reader.execute("BEGIN")
    if reader.execute(_HAS_TABLES).fetchone() is None:
        refuse(str(database.path), "", "is no store of a node: it has no tables of one", "look whether data/ is the right folder")
    check_version(database.path, reader.execute(prepared.SCHEMA_VERSION).fetchone()[0])
