"""A SQLite file that cannot be read: with its place and the remedy."""

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

    def __init__(self, path: Path, error: DiskError) -> None:
        damaged = isinstance(error.__cause__, DAMAGE)
        self.what = f"the database {'is damaged' if damaged else 'cannot be read'}: {error}"
        self.path, self.remedy = path, RESTORE if damaged else REMEDY
        super().__init__(f"{path}: {self.what}")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises StoreUnreadable for what the disk says meanwhile."""
    try:
        yield
    except DiskError as error:
        raise StoreUnreadable(path, error) from error
