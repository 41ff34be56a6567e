"""A database that cannot be read: with its place and the remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.msh.ports import StorageUnavailable
from node.store.faults import DiskError
from node.store.sqlite import DAMAGE

REMEDY: Final = "look at free space, permissions and the disk itself"
RESTORE: Final = "keep the data folder as it is for whoever looks into it, and restore it from a backup"


class StoreUnreadable(StorageUnavailable):
    """The database cannot be read; `remedy` says what to do."""

    def __init__(self, place: str, what: str, remedy: str) -> None:
        self.place, self.what = place, what
        super().__init__(f"{place}: {what}", remedy)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises StoreUnreadable for what the disk says meanwhile."""
    try:
        yield
    except DiskError as error:
        damaged = isinstance(error.__cause__, DAMAGE)
        what = f"the database {'is damaged' if damaged else 'cannot be read'}: {error}"
        raise StoreUnreadable(str(path), what, RESTORE if damaged else REMEDY) from error


@contextmanager
def whole(row: str) -> Iterator[None]:
    """Raises StoreUnreadable where what is read meanwhile from a row is not what was written."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
        raise StoreUnreadable("store", f"{row} is damaged: {type(error).__name__}: {error}", RESTORE) from error
