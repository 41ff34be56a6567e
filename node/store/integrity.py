"""What is asked before the promises: is the database as SQLite wrote it, and are the folders beside it there."""

from collections.abc import Iterator
from typing import Final

from node.store.files import PayloadFiles
from node.store.finding import Finding
from node.store.messages import StoredMessages
from node.store.reading import RESTORE, StoreUnreadable
from node.store.sqlite_database import SqliteDatabase

ID: Final = "STORE"
SAYS: Final = "the database is as it was written, and its folders are there"
#: Of a damaged database so many places are named; one would do.
_MOST: Final = 10


def integrity(messages: StoredMessages) -> Iterator[Finding]:
    """Damaged pages and indexes, and a missing folder of payloads."""
    if isinstance(messages.database, SqliteDatabase):
        # PostgreSQL looks after its own pages.
        yield from _pages(messages.database)
    if isinstance(messages.files, PayloadFiles) and not messages.files.folder.is_dir():
        remedy = "mount or restore it; while it is missing, nothing large can be sent, handed over or proven"
        yield Finding(ID, "the folder of payloads is not there", str(messages.files.folder), remedy)


def _pages(database: SqliteDatabase) -> Iterator[Finding]:
    try:
        for row in database.read(f"PRAGMA integrity_check({_MOST})", {}):
            if row[0] != "ok":
                yield Finding(ID, f"the database is damaged: {' '.join(row[0].split())}", str(database.path), RESTORE)
    except StoreUnreadable as error:
        yield unreadable(error)


def unreadable(error: StoreUnreadable) -> Finding:
    """A database of which nothing, or nothing more, can be read."""
    return Finding(ID, error.what, error.place, error.remedy)
