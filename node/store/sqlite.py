"""SQLite as the store uses it, through APSW: its wheel carries a SQLite that is mended, and its VFS lets a test cut the power."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import apsw

Values = Mapping[str, object] | Sequence[object]
Error = apsw.Error
ConstraintError = apsw.ConstraintError
FullError = apsw.FullError
#: What SQLite says of the disk and not of the work: a message cannot be taken now.
DISK_ERRORS: Final = (
    apsw.FullError,
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


class Row(tuple[Any, ...]):
    """A row that also knows its columns by name; each statement has a class of its own."""

    __slots__ = ()
    columns: Mapping[str, int] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.columns[key] if isinstance(key, str) else key)

    def keys(self) -> Sequence[str]:
        """The names of the columns in their order."""
        return tuple(self.columns)


class Cursor:
    """Runs statements on one connection, one after the other."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._cursor = connection.raw.cursor()

    def execute(self, statement: str, values: Values | None = None) -> Self:
        """Run one statement with its values by name or by place. Raises Error."""
        self._cursor.execute(statement, values)
        return self

    def fetchone(self) -> Any:
        """The next row, or None; the statement ends if there is no further one."""
        found = self._next()
        if found is not None:
            # One that is left standing would keep the connection in its snapshot.
            next(self._cursor, None)
        return found

    def fetchall(self) -> list[Any]:
        """Every row that is left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        while (row := self._next()) is not None:
            yield row

    def _next(self) -> Any:
        return next(self._cursor, None)

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
        self.raw = apsw.Connection(str(path), flags=flags, vfs=vfs or None)
        self.raw.set_busy_timeout(10_000)
        if named:
            self.raw.row_trace = _Naming()

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self)

    def execute(self, statement: str, values: Values | None = None) -> Cursor:
        """Run one statement on a cursor of its own."""
        return self.cursor().execute(statement, values)

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
        self._classes: dict[tuple[str, ...], type[Row]] = {}

    def __call__(self, cursor: apsw.Cursor, row: tuple[Any, ...]) -> Row:
        names = tuple(one[0] for one in cursor.get_description())
        made = self._classes.get(names)
        if made is None:
            columns = {name: place for place, name in enumerate(names)}
            made = self._classes[names] = type("Row", (Row,), {"__slots__": (), "columns": columns})
        return made(row)
