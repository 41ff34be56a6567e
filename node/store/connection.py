"""What the store asks of a database: narrow, so that SQLite and PostgreSQL both are one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from node.store.wording import Wording

Values = Mapping[str, object]
#: A statement of ours, or one that every database knows by the same words.
Statement = Wording | str


class Noted(NamedTuple):
    """An entry of the log of evidence that has no number yet, with what the log is searched by."""

    octets: bytes
    kind: str
    at: str
    message_id: str
    partner: str
    direction: str
    #: JSON: the ids of the rows of octets that it names.
    held: str
    #: The head of HTTP that it names.
    head: bytes | None


class Row(tuple[Any, ...]):
    """A row that also knows its columns by name; each statement has a class of its own."""

    __slots__ = ()
    columns: Mapping[str, int] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.columns[key] if isinstance(key, str) else key)

    def keys(self) -> Sequence[str]:
        """The names of the columns in their order."""
        return tuple(self.columns)


class RowClasses:
    """The class of the rows of each set of columns."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, ...], type[Row]] = {}

    def of(self, names: tuple[str, ...]) -> type[Row]:
        """Made when it is first asked for."""
        made = self._classes.get(names)
        if made is None:
            columns = {name: place for place, name in enumerate(names)}
            made = self._classes[names] = type("Row", (Row,), {"__slots__": (), "columns": columns})
        return made


class Cursor(Protocol):
    """Runs statements on one connection, one after the other. Raises faults.Error."""

    #: What this transaction writes into the log of evidence: numbered when all of its work is done.
    noted: list[Noted]

    def execute(self, statement: Statement, values: Values | None = None) -> Self: ...
    def execute_many(self, statement: Statement, rows: Iterable[Values]) -> None:
        """Run one statement for each of many rows. Raises Error."""
        ...

    def add_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows the way that costs this database least. Table and columns are ours, never a stranger's. Raises Error."""
        ...

    def stream(self, statement: Statement, values: Values) -> Iterator[Any]:
        """The rows of a long answer, read as they are asked for, while this cursor does other things. Raises Error."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None; what is left of the statement is given up."""
        ...

    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...
    @property
    def rowcount(self) -> int:
        """How many rows the last INSERT, UPDATE or DELETE changed."""
        ...

    @property
    def lastrowid(self) -> int:
        """The id that the last INSERT gave."""
        ...

    def wake(self) -> None:
        """Once this transaction is committed, let other processes on the same store look for work."""
        ...


class Connection(Protocol):
    """One connection for writing, which begins no transaction by itself."""

    def cursor(self) -> Cursor: ...
    def begin(self) -> None:
        """Begin a transaction that writes."""
        ...

    def commit(self) -> None:
        """Return when it is on disk. Raises LostError only when it is known that nothing was committed."""
        ...

    @property
    def in_transaction(self) -> bool: ...
    def close(self) -> None: ...


Run = Callable[[Callable[[Cursor], int]], int]


class Database(Protocol):
    """One database: a connection for the writer, one for each reading thread."""

    #: Whether processes on other machines work on it too, so that no clock of ours alone rules it.
    shared: bool

    def create(self, now: datetime) -> None:
        """Make what is missing. Raises ConfigurationError for a store of another version, StorageUnavailable."""
        ...

    def connect(self) -> Connection:
        """A new connection for the writer. Raises faults.Error."""
        ...

    def read(self, statement: Statement, values: Values) -> list[Row]:
        """Every row of a statement that changes nothing. Raises StorageUnavailable."""
        ...

    def hold_still(self) -> None:
        """From now on this thread reads the store as it is at this instant."""
        ...

    def changes_of_others(self, run: Run) -> int:
        """A number that changes when another process has committed something that may be work for us; `run` is the writer's. For one thread."""
        ...

    def close(self) -> None:
        """Close the readers of every thread."""
        ...
