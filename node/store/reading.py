"""Reading: what the disk says of a database becomes the store's own error, with the place and the remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.msh.ports import StorageUnavailable
from node.store.database import Database
from node.store.sqlite import DAMAGE, DISK_ERRORS, Error, Row, Values

REMEDY: Final = "look at free space, permissions and the disk itself"
RESTORE: Final = "keep the data folder as it is for whoever looks into it, and restore it from a backup"


class StoreUnreadable(StorageUnavailable):
    """The database cannot be read; `remedy` says what to do."""

    def __init__(self, path: Path, error: Error) -> None:
        damaged = isinstance(error, DAMAGE)
        self.what = f"the database {'is damaged' if damaged else 'cannot be read'}: {error}"
        self.path, self.remedy = path, RESTORE if damaged else REMEDY
        super().__init__(f"{path}: {self.what}")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises StoreUnreadable for what the disk says meanwhile."""
    try:
        yield
    except DISK_ERRORS as error:
        raise StoreUnreadable(path, error) from error


def fetch_one(database: Database, statement: str, values: Values) -> Row | None:
    """The first row, or None. Raises StoreUnreadable."""
    try:
        row: Row | None = database.reader().execute(statement, values).fetchone()
    except DISK_ERRORS as error:
        raise StoreUnreadable(database.path, error) from error
    return row


def fetch_all(database: Database, statement: str, values: Values) -> list[Row]:
    """Every row. Raises StoreUnreadable."""
    try:
        return database.reader().execute(statement, values).fetchall()
    except DISK_ERRORS as error:
        raise StoreUnreadable(database.path, error) from error
