"""What is on file, asked of a database: `on_file.OnFile`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from node.customs.filing.moving import Subject
from node.customs.filing.on_file import Filed, NoLongerThere, Standing
from node.store import prepared
from node.store.compressed import inflated
from node.store.connection import Cursor, Statement, Values
from node.store.database import read_instant

#: Reads every row of a statement.
Read = Callable[[Statement, Values], Sequence[Any]]


def by(cursor: Cursor) -> Read:
    """Reads within a transaction."""
    return lambda statement, values: cursor.execute(statement, values).fetchall()


def of_subject(subject: Subject) -> dict[str, str]:
    """A subject as the values of a statement."""
    return dict(zip(("type_id", "number", "issuer"), subject, strict=True))


class FiledDocuments:
    """The documents on file: of the caller's thread, or of the transaction under way."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def message(self, sender: str, message_id: str) -> Filed | None:
        """See `OnFile`."""
        rows = self._read(prepared.FILED_MESSAGE, {"sender": sender, "document_id": message_id})
        return self._filed(rows[0]) if rows else None

    def numbered(self, type_id: str, number: str, issuer: str | None) -> Sequence[Filed]:
        """See `OnFile`."""
        found = map(self._filed, self._read(prepared.FILED_NUMBER, {"type_id": type_id, "number": number}))
        return [filed for filed in found if issuer in {None, filed.issuer}]

    def naming(self, type_id: str, subject: Subject, sender: str) -> Sequence[Filed]:
        """See `OnFile`."""
        values = {**of_subject(subject), "by_type": type_id, "by_sender": sender}
        return [self._filed(row) for row in self._read(prepared.FILED_NAMING, values)]

    def state(self, subject: Subject, machine: str) -> str:
        """See `OnFile`."""
        rows = self._read(prepared.STATE, {**of_subject(subject), "machine": machine})
        return str(rows[0][0]) if rows else ""

    def states(self, subject: Subject) -> dict[str, tuple[str, datetime]]:
        """The state of every life cycle that has begun, and since when."""
        rows = self._read(prepared.STATES, of_subject(subject))
        return {row["machine"]: (row["state"], read_instant(row["at"])) for row in rows}

    def written_off(self, subject: Subject, item: str) -> Decimal:
        """See `OnFile`."""
        rows = self._read(prepared.TOTAL, {**of_subject(subject), "item": item})
        return Decimal(rows[0][0]) if rows else Decimal(0)

    def standing(self, sender: str, message_id: str) -> Standing:
        """See `OnFile`."""
        rows = self._read(prepared.STANDING, {"sender": sender, "document_id": message_id})
        return Standing(rows[0][3], bool(rows[0][4])) if rows else Standing()

    def octets(self, document: int) -> bytes:
        """The octets of a document in the register. Raises NoLongerThere."""
        rows = self._read(prepared.DOCUMENT_OCTETS, {"row_id": document})
        if not rows or rows[0][0] is None:
            since = f" since {rows[0][1]}" if rows and rows[0][1] else ""
            raise NoLongerThere(f"the octets of document {document} are not kept{since}")
        return inflated(rows[0][0])

    def _filed(self, row: Any) -> Filed:
        document, digest, type_id, message_id, sender, recipient, number, version, issuer, function, at = row
        octets = partial(self.octets, document)
        return Filed(
            *(octets, bytes.fromhex(digest), type_id, message_id, sender, recipient, number, version, issuer, function),
            filed_at=read_instant(at),
        )
