"""PostgreSQL as the store uses it, through psycopg: what its errors mean, and a COMMIT whose outcome is always found out."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Final, Self

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int4Dumper
from psycopg.types.string import StrDumper

from node.store.connection import Noted, Row, RowClasses, Statement, Values
from node.store.faults import ConflictError, ConstraintError, DiskError, Error, FullError, LostError

#: A commit is on disk when it returns; nobody waits for ever for another's lock, nor for a server whose machine is gone.
_OPTIONS: Final = "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=0"
_PARAMETERS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
#: The channel on which processes wake each other.
CHANNEL: Final = "n2n"
_NUMBER: Final = "UPDATE writer SET number = %(number)s, at = clock_timestamp()::text WHERE name = %(name)s"
_INTRODUCE: Final = (
    "INSERT INTO writer (name, number, at) VALUES (%(name)s, %(number)s, clock_timestamp()::text) ON CONFLICT (name) DO NOTHING"
)
_LAST_NUMBER: Final = "SELECT number FROM writer WHERE name = %(name)s FOR UPDATE"
#: Processes that ended long ago.
_FORGET: Final = "DELETE FROM writer WHERE at < (clock_timestamp() - interval '30 days')::text"
#: For how long the outcome of a COMMIT is asked for.
PATIENCE_SECONDS: Final = 20.0
#: Statements are run by their text as often as this before the server prepares them.
_PREPARE_AFTER: Final = 3


#: Cursors that the server keeps have names.
_STREAMS: Final = count()


class _Number(Int4Dumper):
    """A truth value as a number, which is what SQLite knows."""

    def dump(self, obj: Any) -> bytes:
        return b"1" if obj else b"0"


class _Text(StrDumper):
    """A text without NUL, which PostgreSQL does not store; no document holds one, a stranger's error text may."""

    def dump(self, obj: str) -> bytes:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))  # type: ignore[return-value]


class Cursor:
    """Runs statements on one connection, one after the other; it survives that its connection is opened anew."""

    __slots__ = ("_connection", "_cursor", "_raw", "noted")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._raw: Any = None
        self._cursor: Any = None
        self.noted: list[Noted] = []

    def execute(self, statement: Statement, values: Values | None = None) -> Self:
        """Run one statement with its values by name. Raises Error."""
        raw = self._connection.raw
        if raw is not self._raw:
            self._raw, self._cursor = raw, raw.cursor()
        try:
            self._cursor.execute(statement if isinstance(statement, str) else statement.postgres, values)
        except psycopg.Error as error:
            raise fault(error, lost=raw.closed) from error
        return self

    def execute_many(self, statement: Statement, rows: Iterable[Values]) -> None:
        """Run one statement for each of many rows, without waiting for each answer. Raises Error."""
        raw = self._connection.raw
        try:
            with raw.cursor() as cursor:
                cursor.executemany(statement if isinstance(statement, str) else statement.postgres, rows)
        except psycopg.Error as error:
            raise fault(error, lost=raw.closed) from error

    def add_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows as one COPY. Raises Error."""
        raw = self._connection.raw
        try:
            with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise fault(error, lost=raw.closed) from error

    def stream(self, statement: Statement, values: Values) -> Iterator[Any]:
        """The rows of a long answer, some thousands at a time, by a cursor that the server keeps. Raises Error."""
        raw = self._connection.raw
        try:
            with raw.cursor(name=f"stream_{next(_STREAMS)}") as cursor:
                cursor.itersize = 2000
                yield from cursor.execute(statement if isinstance(statement, str) else statement.postgres, values)
        except psycopg.Error as error:
            raise fault(error, lost=raw.closed) from error

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        """Every row that is left."""
        return self._cursor.fetchall()  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    @property
    def rowcount(self) -> int:
        """How many rows the last INSERT, UPDATE or DELETE changed."""
        return int(self._cursor.rowcount)

    @property
    def lastrowid(self) -> int:
        """The id that the last INSERT gave; to be asked once."""
        return int(self._cursor.fetchone()[0])

    def wake(self) -> None:
        """Once this transaction is committed, let other processes on the same store look for work."""
        self._connection.wakes = True


class Connection:
    """One connection, which begins no transaction by itself, and is opened again when it is lost. Raises Error."""

    def __init__(self, url: str, *, name: str = "", read_only: bool = False, named: bool = False) -> None:
        self._url, self.name = url, name
        self._read_only, self._factory = read_only, _naming() if named else psycopg.rows.tuple_row
        #: Whether this transaction has work for others in it.
        self.wakes = False
        self._number = 0
        self.raw = self._open()
        if name:
            try:
                self._introduce()
            except psycopg.Error as error:
                raise fault(error, lost=self.raw.closed) from error

    def _open(self) -> Any:
        try:
            raw = psycopg.connect(conninfo(self._url, read_only=self._read_only), autocommit=True, row_factory=self._factory)
        except psycopg.Error as error:
            raise LostError(f"the database cannot be reached: {_one_line(error)}") from error
        raw.adapters.register_dumper(bool, _Number)
        raw.adapters.register_dumper(str, _Text)
        raw.prepare_threshold = _PREPARE_AFTER
        return raw

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self)

    def execute(self, statement: Statement, values: Values | None = None) -> Cursor:
        """Run one statement on a cursor of its own."""
        return self.cursor().execute(statement, values)

    def begin(self) -> None:
        """Begin a transaction that writes its number, by which its outcome can be found out. Raises LostError.

        The server's own number of it would not do: one that was given before a crash may be given to another transaction after it.
        """
        if self.raw.closed:
            self.raw = self._open()
        self.wakes = False
        self._number += 1
        try:
            self.raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED", prepare=False)
            if self.name and self.raw.execute(_NUMBER, {"name": self.name, "number": self._number}).rowcount == 0:
                # Nobody has written under this name for a month, and it was forgotten.
                self.raw.execute("ROLLBACK", prepare=False)
                self._introduce()
                raise LostError(f"the writer {self.name} was not known to the database")
        except psycopg.Error as error:
            raise fault(error, lost=self.raw.closed) from error

    def _introduce(self) -> None:
        """The row of this writer is there before its first transaction: whoever asks for it then waits for the transaction that holds it."""
        self.raw.execute(_INTRODUCE, {"name": self.name, "number": self._number})
        self.raw.execute(_FORGET)

    def commit(self) -> None:
        """Return when it is on disk. Raises LostError when nothing was committed, DiskError when that cannot be found out now."""
        try:
            if self.wakes:
                self.raw.execute(f"NOTIFY {CHANNEL}, '{self.name}'", prepare=False)
            self.raw.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if not self.raw.closed:
                raise fault(error, lost=False) from error
            if not self._was_committed():
                raise LostError(f"the connection was lost before the commit: {_one_line(error)}") from error

    def _was_committed(self) -> bool:
        """What became of the transaction whose COMMIT was not answered."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.raw = self._open()
                # The old server process may still be at it: it holds the row, and this waits for it.
                found = self.raw.execute(_LAST_NUMBER, {"name": self.name}).fetchone()
            except (Error, psycopg.Error) as error:
                if time.monotonic() > give_up:
                    raise DiskError(f"whether it was committed cannot be found out now: {_one_line(error)}") from error
            else:
                return found is not None and bool(found[0] == self._number)
            # The server starts, and many ask at the same time.
            time.sleep(random.uniform(0.05, 0.4))  # noqa: S311 - no secret depends on it

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return not self.raw.closed and self.raw.info.transaction_status != TransactionStatus.IDLE

    def close(self) -> None:
        """Harmless when called twice."""
        self.raw.close()


def conninfo(url: str, *, read_only: bool) -> str:
    """What psycopg connects by: the operator's URL comes first wherever a setting is not ours alone to decide."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    ours = [_OPTIONS, "-c default_transaction_read_only=on"] if read_only else [_OPTIONS]
    options = " ".join([str(given.get("options") or ""), *ours]).strip()
    return psycopg.conninfo.make_conninfo(url, **{**_PARAMETERS, **given, "options": options, "application_name": "n2n"})


def _naming() -> Callable[[Any], Any]:
    """Rows that know their columns by name."""
    classes = RowClasses()

    def factory(cursor: Any) -> Callable[[Any], Row]:
        return classes.of(tuple(one.name for one in cursor.description or ()))

    return factory


def fault(error: psycopg.Error, *, lost: bool) -> Error:
    """What an error of PostgreSQL means."""
    text = _one_line(error)
    if lost or isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.CannotConnectNow):
        return LostError(text)
    if isinstance(error, psycopg.IntegrityError):
        return ConstraintError(text)
    if isinstance(error, errors.DeadlockDetected | errors.SerializationFailure | errors.LockNotAvailable):
        return ConflictError(text)
    if isinstance(error, errors.DiskFull):
        return FullError(text)
    # A migration by another process changes what a prepared statement gives.
    if isinstance(error, errors.FeatureNotSupported) and "cached plan" in text:
        return ConflictError(text)
    of_the_server = isinstance(error, psycopg.OperationalError | psycopg.InternalError | errors.ReadOnlySqlTransaction)
    return DiskError(text) if of_the_server else Error(text)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
