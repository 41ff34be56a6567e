"""SQLite as the store uses it, through APSW: its wheel carries a SQLite that is mended, and its VFS lets a test cut the power."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import apsw

from node.store.connection import Noted, Row, RowClasses, Statement, Values
from node.store.faults import ConstraintError, DiskError, Error, FullError

#: What SQLite says of the disk and not of the work.
_OF_THE_DISK: Final = (
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.NoMemError,
    apsw.PermissionsError,
)
#: Those of them that say that the file itself is no longer what was written.
DAMAGE: Final = (apsw.CorruptError, apsw.NotADBError)
#: Before this, two connections that write or checkpoint may damage a database in WAL mode (the WAL-reset defect).
MENDED: Final = (3, 51, 3)


def version() -> str:
    """The SQLite at work."""
    return apsw.sqlite_lib_version()


def is_mended(number: str) -> bool:
    """Whether a SQLite of this version is without the WAL-reset defect."""
    return tuple(int(one) for one in number.split(".")[:3]) >= MENDED


class Cursor:
    """Runs statements on one connection, one after the other."""

    __slots__ = ("_connection", "_cursor", "noted")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._cursor = connection.raw.cursor()
        self.noted: list[Noted] = []

    def execute(self, statement: Statement, values: Values | None = None) -> Self:
        """Run one statement with its values by name. Raises Error."""
        try:
            self._cursor.execute(statement if isinstance(statement, str) else statement.sqlite, values)
        except apsw.Error as error:
            raise fault(error) from error
        return self

    def execute_many(self, statement: Statement, rows: Iterable[Values]) -> None:
        """Run one statement for each of many rows. Raises Error."""
        try:
            self._cursor.executemany(statement if isinstance(statement, str) else statement.sqlite, rows)
        except apsw.Error as error:
            raise fault(error) from error

    def add_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows. Raises Error."""
        marks = ", ".join("?" * len(columns))
        try:
            self._cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - names of ours
        except apsw.Error as error:
            raise fault(error) from error

    def stream(self, statement: Statement, values: Values) -> Iterator[Any]:
        """The rows of a long answer, read as they are asked for. Raises Error."""
        return iter(Cursor(self._connection).execute(statement, values))

    def fetchone(self) -> Any:
        """The next row, or None; the statement ends if there is no further one."""
        found = self._next()
        if found is not None:
            # One that is left standing would keep the connection in its snapshot.
            self._next()
        return found

    def fetchall(self) -> list[Any]:
        """Every row that is left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        while (row := self._next()) is not None:
            yield row

    def _next(self) -> Any:
        try:
            return next(self._cursor, None)
        except apsw.Error as error:
            raise fault(error) from error

    def wake(self) -> None:
        """Nothing: whoever shares the file sees its number change (`PRAGMA data_version`)."""

    @property
    def rowcount(self) -> int:
        """How many rows the last INSERT, UPDATE or DELETE changed."""
        return self._connection.raw.changes()

    @property
    def lastrowid(self) -> int:
        """The id that the last INSERT gave."""
        return self._connection.raw.last_insert_rowid()


class Connection:
    """One connection, which begins no transaction by itself; `vfs` names another disk than the machine's. Raises Error."""

    def __init__(self, path: Path | str, vfs: str = "", *, read_only: bool = False, named: bool = False) -> None:
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self.raw = apsw.Connection(str(path), flags=flags, vfs=vfs or None)
        except apsw.Error as error:
            raise fault(error) from error
        self.raw.set_busy_timeout(10_000)
        if named:
            self.raw.row_trace = _Naming()

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self)

    def execute(self, statement: Statement, values: Values | None = None) -> Cursor:
        """Run one statement on a cursor of its own."""
        return self.cursor().execute(statement, values)

    def begin(self) -> None:
        """Take the lock for writing at once, so that nothing read in the transaction is old."""
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """One fdatasync of the log."""
        self.execute("COMMIT")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return self.raw.in_transaction

    def close(self) -> None:
        """Harmless when called twice."""
        self.raw.close()


class _Naming:
    """Makes rows of tuples; what each statement's columns are is found out once."""

    def __init__(self) -> None:
        self._classes = RowClasses()

    def __call__(self, cursor: apsw.Cursor, row: tuple[Any, ...]) -> Row:
        return self._classes.of(tuple(one[0] for one in cursor.get_description()))(row)


def fault(error: apsw.Error) -> Error:
    """What an error of SQLite means."""
    if isinstance(error, apsw.ConstraintError):
        return ConstraintError(str(error))
    if isinstance(error, apsw.FullError):
        return FullError(str(error))
    return DiskError(str(error)) if isinstance(error, _OF_THE_DISK) else Error(str(error))
