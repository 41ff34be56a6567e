"""The SQLite file: opened with the settings that make a commit durable, one connection for the writer, one for each reading thread."""

from datetime import datetime
from pathlib import Path
from threading import Lock, local
from typing import Final

from node.configuration import refuse
from node.store import sqlite
from node.store.connection import Row, Run, Statement, Values
from node.store.reading import told
from node.store.shape import bring_up_to_date, check_shape
from node.store.sqlite import Connection

#: FULL makes each commit one fdatasync of the log: the receipt that follows is a promise (reliability 0, finding 6).
_SETTINGS: Final = (
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -4096",
    # What retention removes must not be found in the pages that it leaves.
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 67108864",
)


class SqliteDatabase:
    """One SQLite file below the node's data folder."""

    shared = False

    def __init__(self, path: Path, vfs: str = "") -> None:
        self.path, self._vfs = path, vfs
        self._local = local()
        self._readers: list[Connection] = []
        self._lock = Lock()

    def create(self, now: datetime) -> None:
        """Make the tables, or bring those of an older version up to date; note which SQLite is at work.

        Raises ConfigurationError for a store of a newer version, and for a SQLite that may damage it; StorageUnavailable.
        """
        check_library(sqlite.version())
        # Nobody else on the machine reads the messages.
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        with told(self.path):
            connection = self._open(named=False)
            try:
                connection.begin()
                bring_up_to_date(connection.cursor(), now, f"SQLite {sqlite.version()}", str(self.path))
                connection.commit()
            finally:
                connection.close()

    def connect(self) -> Connection:
        """A new connection that leaves transactions to its user."""
        return self._open(named=False)

    def _open(self, *, named: bool) -> Connection:
        connection = Connection(self.path, self._vfs, named=named)
        for setting in _SETTINGS:
            connection.execute(setting)
        return connection

    def reader(self) -> Connection:
        """The reading connection of this thread; its rows know their columns by name."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._open(named=True)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            with self._lock:
                self._readers.append(connection)
        return connection

    def read(self, statement: Statement, values: Values) -> list[Row]:
        """Every row of a statement that changes nothing. Raises StorageUnavailable."""
        # Opening it is reading too.
        with told(self.path):
            return self.reader().execute(statement, values).fetchall()

    def hold_still(self) -> None:
        """From now on this thread reads the store as it is at this instant.

        Raises ConfigurationError for another version, for what is no store, and for a SQLite that may damage it; StorageUnavailable.
        """
        check_library(sqlite.version())
        with told(self.path):
            self.reader().execute("BEGIN")
        # The instant is that of the first reading.
        check_shape(self.read, str(self.path))

    def changes_of_others(self, run: Run) -> int:
        """SQLite counts what was committed on other connections than the one that asks; all our own writing is on the writer's."""
        return run(lambda cursor: int(cursor.execute("PRAGMA data_version").fetchone()[0]))

    def close(self) -> None:
        """Close the readers of every thread."""
        with self._lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()


def check_library(number: str) -> None:
    """Raises ConfigurationError for a SQLite with the WAL-reset defect (reliability 0, finding 6)."""
    if not sqlite.is_mended(number):
        least = ".".join(map(str, sqlite.MENDED))
        refuse(
            "apsw", "", f"carries SQLite {number}, which may damage a database", f"install an apsw with SQLite {least} or newer"
        )
