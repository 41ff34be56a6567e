"""What the parts of the store share: the database, its writer, the payload files, and the history that every step writes."""

import json
from collections.abc import Collection

from node.msh.ports import Kept
from node.store import prepared
from node.store.connection import Cursor, Database, Row
from node.store.entries import Entries
from node.store.group_commit import GroupCommit
from node.store.kept import Piece, call_back, kept_of, piece_of
from node.store.once import KeptOnce
from node.store.payloads import Payloads
from node.store.wording import Wording

OUT, IN = "out", "in"


class Rows:
    """A part of the store: reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit, files: Payloads) -> None:
        self.database, self.writer, self.files = database, writer, files
        #: What the log of evidence says of what is done here.
        self.entries = Entries(KeptOnce(database, writer, lambda: self.files))

    def one(self, statement: Wording, **values: object) -> Row | None:
        """The first row, or None."""
        rows = self.database.read(statement, values)
        return rows[0] if rows else None

    def all(self, statement: Wording, **values: object) -> list[Row]:
        """Every row."""
        return self.database.read(statement, values)

    def kept(self, row_id: int) -> Kept:
        """The octets of one row, read when they are asked for."""
        row = self.one(prepared.OCTETS_LINE, row_id=row_id)
        if row is None:
            raise LookupError(f"no octets {row_id}")
        return self._kept(row_id, row)

    def piece(self, kept: Kept) -> Piece:
        """Octets ready for a transaction, durable where they are large. Raises StorageUnavailable."""
        return piece_of(kept, self.files, self._claim)

    def _claim(self, file: str) -> None:
        """Take back the mark of a file that is to be removed, before it is written anew. Raises StorageUnavailable while it is being removed.

        Whoever would mark it from now on waits longer than any transaction before it goes.
        """
        if self.one(prepared.IS_MARKED, file=file) is not None:
            self.writer.run(lambda cursor: call_back(cursor, file))

    def payload_rows(self, direction: str, owner_id: int) -> list[tuple[Row, Kept]]:
        """The payloads of one message in their order."""
        rows = self.all(prepared.PAYLOADS, direction=direction, owner_id=owner_id)
        return [(row, self._kept_of(row)) for row in rows]

    def payloads_of_all(self, direction: str, owners: Collection[int]) -> dict[int, list[tuple[Row, Kept]]]:
        """The payloads of several messages in their order, read in one go."""
        found: dict[int, list[tuple[Row, Kept]]] = {owner: [] for owner in owners}
        for row in self.all(prepared.PAYLOADS_OF_ALL, direction=direction, owners=json.dumps(list(owners))) if owners else ():
            found[row["owner_id"]].append((row, self._kept_of(row)))
        return found

    def _kept_of(self, row: Row) -> Kept:
        return self._kept(row["octets_id"], row)

    def _kept(self, row_id: int, row: Row) -> Kept:
        facts = (row["size"], row["sha256"], row["file"], self.database, self.files)
        return kept_of(row_id, *facts, row["removed_at"], row["packed_size"])


def payload_row(
    media_type: str,
    piece: Piece,
    *,
    content_id: str,
    name: str | None = None,
    compressed: bool = False,
    inflated_size: int | None = None,
) -> dict[str, object]:
    """The columns of a payload that are known before its message has an id."""
    return {
        "content_id": content_id,
        "media_type": media_type,
        "name": name,
        "compressed": compressed,
        "inflated_size": piece.size if inflated_size is None else inflated_size,
    }


def add_payloads(
    cursor: Cursor, direction: str, owner_id: int, payloads: list[tuple[dict[str, object], Piece]]
) -> dict[str, int]:
    """Insert the payloads of one message with their octets; the ids of these, by the names that evidence has for them."""
    held: dict[str, int] = {}
    for position, (row, piece) in enumerate(payloads):
        octets_id = held[f"payload-{position + 1}"] = piece.add(cursor)
        row |= {"direction": direction, "owner_id": owner_id, "position": position, "octets_id": octets_id}
        cursor.execute(prepared.ADD_PAYLOAD, row)
    return held


def add_step(
    cursor: Cursor,
    direction: str,
    owner_id: int,
    at: str,
    from_state: str,
    event: str,
    to_state: str,
    detail: str = "",
    http_status: int | None = None,
    error_code: str | None = None,
    answer_id: int | None = None,
    answer_content_type: str | None = None,
) -> None:
    """Write one step of a history, in the transaction that makes it."""
    cursor.execute(
        prepared.ADD_HISTORY,
        {
            "direction": direction,
            "owner_id": owner_id,
            "at": at,
            "from_state": from_state,
            "event": event,
            "to_state": to_state,
            "detail": detail[:2000],
            "http_status": http_status,
            "error_code": error_code,
            "answer_id": answer_id,
            "answer_content_type": answer_content_type,
        },
    )
