"""The tables of a store: made from nothing, or brought from an older version to this one in one transaction."""

import logging
from datetime import datetime
from typing import Final

from node.configuration import refuse
from node.store import prepared
from node.store.connection import Cursor
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
    cursor.execute(prepared.NOTE_LIBRARY, {"version": VERSION, "library": library})
