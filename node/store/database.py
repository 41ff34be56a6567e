"""The SQLite file: opened with the settings that make a commit durable, one connection for the writer, one for each reading thread."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, local
from typing import Final

from node.configuration import refuse
from node.store import prepared, sqlite
from node.store.sqlite import Connection

VERSION: Final = 2

#: FULL makes each commit one fdatasync of the log: the receipt that follows is a promise (reliability 0, finding 6).
_SETTINGS: Final = (
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -4096",
    "PRAGMA journal_size_limit = 67108864",
)


class Database:
    """One SQLite file below the node's data folder."""

    def __init__(self, path: Path, vfs: str = "") -> None:
        self.path, self._vfs = path, vfs
        self._local = local()
        self._readers: list[Connection] = []
        self._lock = Lock()

    def create(self, now: datetime) -> None:
        """Make the tables that are missing and note which SQLite is at work.

        Raises ConfigurationError for a store of another version, and for a SQLite that may damage it.
        """
        check_library(sqlite.version())
        # Nobody else on the machine reads the messages.
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        connection = self.connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in prepared.SCHEMA:
                connection.execute(statement)
            library = {"sqlite_version": sqlite.version()}
            row = {"id": 1, "version": VERSION, "created_at": instant(now)}
            connection.execute(prepared.PUT_SCHEMA_VERSION, row | library)
            connection.execute(prepared.NOTE_SQLITE, library)
            version = connection.execute(prepared.SCHEMA_VERSION).fetchone()[0]
            connection.execute("COMMIT")
        finally:
            connection.close()
        check_version(self.path, version)

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

    def close(self) -> None:
        """Close the readers of every thread."""
        with self._lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()


def check_version(path: Path, version: int) -> None:
    """Raises ConfigurationError for a store of another version."""
    if version != VERSION:
        refuse(str(path), "schema_version", f"is {version}, this node works with {VERSION}", "use the release that wrote it")


def check_library(number: str) -> None:
    """Raises ConfigurationError for a SQLite with the WAL-reset defect (reliability 0, finding 6)."""
    if not sqlite.is_mended(number):
        least = ".".join(map(str, sqlite.MENDED))
        refuse(
            "apsw", "", f"carries SQLite {number}, which may damage a database", f"install an apsw with SQLite {least} or newer"
        )


def instant(moment: datetime) -> str:
    """An instant as a column holds it: UTC, microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_instant(text: str) -> datetime:
    """The instant of a column."""
    return datetime.fromisoformat(text)
