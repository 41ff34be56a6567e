"""A PostgreSQL database that several nodes may share: one connection for the writer, one for each reading thread, one that listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Lock, local
from typing import Any, Final

import psycopg

from node.configuration import refuse
from node.msh.ports import StorageUnavailable
from node.store import prepared
from node.store.connection import Row, Run, Statement, Values
from node.store.faults import DiskError, Error, LostError
from node.store.postgres import CHANNEL, Connection
from node.store.reading import StoreUnreadable
from node.store.shape import bring_up_to_date

#: Functions and syntax that are used here came with it.
LEAST: Final = 14
#: Two processes that start at the same time make the tables one after the other; any number that nobody else uses.
_LOCK: Final = 20_260_311
REMEDY: Final = "see that PostgreSQL runs and takes connections, and what store.database in node.toml says"
#: What makes a commit durable; they are the server's, so they can only be looked at.
_MUST_BE_ON: Final = ("fsync", "full_page_writes")


class PostgresDatabase:
    """One database, by its URL or psycopg's connection string."""

    shared = True

    def __init__(self, url: str, name: str) -> None:
        """`name` tells this process from others when they wake each other. Raises ConfigurationError for a URL that PostgreSQL does not read."""
        _check(url)
        self._url, self._name = url, name
        self._local = local()
        self._readers: list[Connection] = []
        self._lock = Lock()
        self._listening: Connection | None = None
        self._heard = 0

    def create(self, now: datetime) -> None:
        """Make the tables, or bring those of an older version up to date.

        Raises ConfigurationError for a store of a newer version and for a server that may lose what it has committed; StorageUnavailable when it
        cannot be reached.
        """
        connection = self._reached(lambda: Connection(self._url))
        try:
            library = check_server(connection, self.shown)
            connection.begin()
            connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            bring_up_to_date(connection.cursor(), now, library, self.shown)
            connection.commit()
        finally:
            connection.close()

    @property
    def shown(self) -> str:
        """The database without its password."""
        given = psycopg.conninfo.conninfo_to_dict(self._url)
        return f"postgresql://{given.get('host') or ''}/{given.get('dbname') or ''}"

    def connect(self) -> Connection:
        """A new connection for the writer. Raises StorageUnavailable."""
        return self._reached(lambda: Connection(self._url, name=self._name))

    def _reached(self, connect: Callable[[], Connection]) -> Connection:
        with self._told():
            return connect()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises StoreUnreadable for what the server says meanwhile, or does not say."""
        try:
            yield
        except DiskError as error:
            raise StoreUnreadable(self.shown, f"cannot be used now: {error}", REMEDY) from error

    def _reader(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.raw.closed:
            connection = self._local.connection = Connection(self._url, read_only=True, named=True)
            with self._lock:
                self._readers = [one for one in self._readers if not one.raw.closed] + [connection]
        return connection

    def read(self, statement: Statement, values: Values) -> list[Row]:
        """Every row of a statement that changes nothing. Raises StoreUnreadable."""
        with self._told():
            try:
                return self._reader().execute(statement, values).fetchall()
            except LostError:
                # The server was started anew, perhaps; asking twice changes nothing.
                return self._reader().execute(statement, values).fetchall()

    def hold_still(self) -> None:
        """From now on this thread reads the store as it is at this instant."""
        with self._told():
            self._reader().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self.read(prepared.SCHEMA_VERSION, {})

    def changes_of_others(self, run: Run) -> int:  # noqa: ARG002 - SQLite asks its writer
        """One more whenever another process has said that there is work, and whenever that may have been missed."""
        try:
            if self._listening is None or self._listening.raw.closed:
                self._listening = Connection(self._url)
                self._listening.execute(f"LISTEN {CHANNEL}")
                self._heard += 1
            self._heard += sum(one.payload != self._name for one in _heard(self._listening.raw))
        except (Error, psycopg.Error) as error:
            if self._listening is not None:
                self._listening.close()
            raise StorageUnavailable(f"{self.shown} does not say what others do: {error}") from error
        return self._heard

    def close(self) -> None:
        """Close the readers of every thread."""
        with self._lock:
            for connection in (*self._readers, *([self._listening] if self._listening else [])):
                with suppress(psycopg.Error):
                    connection.close()
            self._readers.clear()


def _heard(raw: Any) -> list[Any]:
    """What came since it was last asked, without waiting."""
    return list(raw.notifies(timeout=0))


def check_server(connection: Connection, shown: str) -> str:
    """The server's name and version. Raises ConfigurationError for one that is too old, or may lose what it has committed."""
    number = connection.raw.info.server_version
    if number < LEAST * 10_000:
        refuse(shown, "", f"is PostgreSQL {number // 10_000}", f"use PostgreSQL {LEAST} or newer")
    for name in _MUST_BE_ON:
        if connection.execute(f"SHOW {name}").fetchone()[0] != "on":
            refuse(
                shown, name, "is off: a power cut would take messages that were receipted", f"set {name} = on in postgresql.conf"
            )
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"


def _check(url: str) -> None:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
        wrong = False
    except psycopg.Error:
        wrong = True
    if wrong:
        # Outside of the handler, so that no traceback repeats the URL: it may hold a password.
        refuse("node.toml", "store.database", "is no URL that PostgreSQL reads", "postgresql://user@host/database?name=value")
