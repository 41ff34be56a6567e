"""The octets of documents by their class of retention: which are old enough, and their removal. The rows stay. Source: decision 16."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from node.customs.filing.registration import IN, Entry
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.database import instant
from node.store.documents import entry_of
from node.store.group_commit import GroupCommit

PAGE: Final = 200


class Shelves:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def classes(self) -> Iterator[str]:
        """The classes of which octets are kept."""
        after = ""
        while (found := self._database.read(prepared.NEXT_RETENTION, {"after": after})[0][0]) is not None:
            yield str(found)
            after = str(found)

    def older(self, retention: str, before: datetime) -> Iterator[int]:
        """The documents of a class that came before an instant and whose octets are there, the oldest first."""
        at, row_id = "", 0
        values = {"retention": retention, "before": instant(before), "most": PAGE}
        while rows := self._database.read(prepared.KEPT_DOCUMENTS, {**values, "after_at": at, "after": row_id}):
            yield from (int(row[0]) for row in rows)
            row_id, at = int(rows[-1][0]), str(rows[-1][1])

    def empty(self, row_id: int, at: datetime) -> bool:
        """Remove the octets of a document; False when it waits for a person, is to be sent, or is kept by order of it or its message."""

        def work(cursor: Cursor) -> bool:
            cursor.execute(prepared.PASS_GATE)
            row = cursor.execute(prepared.LOCK_DOCUMENT, {"row_id": row_id}).fetchone()
            if row is None or _stays(entry_of(row)) or _message_is_kept(cursor, entry_of(row)):
                return False
            return cursor.execute(prepared.EMPTY_DOCUMENT, {"row_id": row_id, "removed_at": instant(at)}).rowcount > 0

        return self._writer.run(work)

    def keep(self, row_id: int, why: str) -> bool:
        """Keep the octets of a document whatever its class says; an empty reason takes the order back. False where there is no such document."""
        values = {"row_id": row_id, "kept_because": why}
        return self._writer.run(lambda cursor: cursor.execute(prepared.KEEP_DOCUMENT, values).rowcount > 0)


def _stays(entry: Entry) -> bool:
    return entry.held or entry.sending == "DUE" or bool(entry.kept_because)


def _message_is_kept(cursor: Cursor, entry: Entry) -> bool:
    carried = entry.carried
    # Its message may have gone before a hold was placed on all of the partner.
    at = {"partner": carried.partner, "began": instant(entry.registered_at)}
    if cursor.execute(prepared.PARTNER_HELD, at).fetchone() is not None:
        return True
    if carried.direction == IN:
        values = {"message_id": carried.message_id, "partner": carried.partner}
        return any(row[0] for row in cursor.execute(prepared.CARRIER_KEPT_IN, values).fetchall())
    return any(row[0] for row in cursor.execute(prepared.CARRIER_KEPT_OUT, {"message_id": carried.message_id}).fetchall())
