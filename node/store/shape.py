"""The tables of a store: made from nothing, or brought from an older version to this one in one transaction."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from node.configuration import refuse
from node.failpoints import failpoint
from node.store import prepared
from node.store.connection import Cursor, Row, Statement, Values
from node.store.database import VERSION, instant
from node.store.wording import Wording

_HAS_TABLES: Final = Wording(
    "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'",
    "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_version' AND table_schema = current_schema()",
)

log = logging.getLogger("node.store.shape")


def bring_up_to_date(cursor: Cursor, now: datetime, library: str, shown: str) -> None:
    """Within a transaction that nobody else shares. Raises ConfigurationError for a store that a newer node has changed."""
    if not cursor.execute(_HAS_TABLES).fetchone()[0]:
        cursor.execute(prepared.SCHEMA)
        row = {"id": 1, "version": VERSION, "created_at": instant(now), "library": library}
        cursor.execute(prepared.PUT_SCHEMA_VERSION, row)
        return
    found = cursor.execute(prepared.SCHEMA_VERSION).fetchone()[0]
    if found > VERSION:
        remedy = "install the newer node again, or restore the backup from before it"
        refuse(shown, "schema_version", f"is {found}, this node works with {VERSION}", remedy)
    for version in range(found + 1, VERSION + 1):
        log.warning("%s: the tables of version %d become those of version %d", shown, version - 1, version)
        cursor.execute(prepared.MIGRATIONS[version])
        failpoint("migration.before_commit")
    cursor.execute(prepared.NOTE_LIBRARY, {"version": VERSION, "library": library})


def check_shape(read: Callable[[Statement, Values], Sequence[Row]], shown: str) -> None:
    """For whoever only reads. Raises ConfigurationError for what is no store, and for a store of another version."""
    if not read(_HAS_TABLES, {})[0][0]:
        refuse(shown, "", "is no store of a node: it has no tables of one", "look whether it is the right one")
    found = read(prepared.SCHEMA_VERSION, {})[0][0]
    if found != VERSION:
        remedy = "use the newer node" if found > VERSION else "n2n serve brings it up to date"
        refuse(shown, "schema_version", f"is {found}, this node works with {VERSION}", remedy)
