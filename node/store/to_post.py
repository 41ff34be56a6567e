"""Receipts and errors of ours that go out as requests of their own: owed until the partner has taken them."""

import json
import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from node.msh.ports import Accepted, Owed
from node.store import prepared
from node.store.connection import Cursor
from node.store.database import instant, read_instant
from node.store.kept import kept_of
from node.store.rows import Rows

#: A signal that could not be posted never rests longer.
LONGEST_REST: Final = timedelta(hours=1)
#: Errors that wait for one partner at most: what makes us owe one is not always proven to come from it.
MOST_ERRORS: Final = 1000

log = logging.getLogger("node.store.to_post")


class ToPost(Rows):
    """Signals that are still to be posted."""

    def owe(self, owed: Owed, at: datetime, due: datetime) -> None:
        """Keep a signal: about a message that was not kept, or the receipt whose place its answer has taken."""
        octets = self.piece(owed.octets)
        row = _row(owed.partner, owed.pmode_id, owed.about, owed.content_type, at, due) | {"is_error": owed.is_error}

        def work(cursor: Cursor) -> None:
            if owed.is_error and cursor.execute(prepared.OWED_ERRORS, {"partner": owed.partner}).fetchone()[0] >= MOST_ERRORS:
                log.warning("%d errors wait to be posted to %s: that about %s is dropped", MOST_ERRORS, owed.partner, owed.about)
                return
            cursor.execute(prepared.ADD_SIGNAL, row | {"octets_id": octets.add(cursor)})

        self.writer.run(work)

    def owed(self, limit: int, now: datetime, without: Collection[str] = ()) -> Sequence[Owed]:
        """What is to be posted now, the longest due first, leaving out these partners."""
        # What rests longer than any rest was put to rest by a clock that was ahead.
        rows = self.all(
            prepared.OWED,
            now=instant(now),
            latest=instant(now + LONGEST_REST),
            most=limit,
            without=json.dumps(list(without)),
        )
        return [
            Owed(
                partner=row["partner"],
                pmode_id=row["pmode_id"],
                about=row["about"],
                content_type=row["content_type"],
                octets=kept_of(
                    row["octets_id"], row["size"], row["sha256"], row["file"], self.database, self.files, row["removed_at"]
                ),
                is_error=bool(row["is_error"]),
                id=row["id"],
                since=read_instant(row["since"]),
                attempts=row["attempts"],
            )
            for row in rows
        ]

    def posted(self, owed: Owed, due: datetime | None, detail: str) -> None:
        """One attempt is over: nothing more is owed, or it is posted again when it is due."""
        row = {"row_id": owed.id, "due_at": instant(due) if due else None, "attempts": owed.attempts + 1, "detail": detail[:500]}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.SIGNAL_POSTED, row)

        self.writer.run(work, "pull.posted")


def add_receipt(cursor: Cursor, row_id: int, octets_id: int, accepted: Accepted, content_type: str = "") -> None:
    """The receipt of a message that is accepted in this transaction is owed."""
    about, pmode, at = accepted.user_message.message_info.message_id, accepted.pmode, accepted.received_at
    row = _row(pmode.partner, pmode.id, about, content_type or accepted.receipt_content_type, at, at)
    cursor.execute(prepared.ADD_SIGNAL, row | {"inbound_id": row_id, "octets_id": octets_id})


def receipt_again(cursor: Cursor, row_id: int, octets_id: int, content_type: str, accepted: Accepted) -> None:
    """The stored receipt of a message that came once more is owed once more, the same octets (INV-5)."""
    at = instant(accepted.received_at)
    cursor.execute(prepared.SIGNAL_AGAIN, {"row_inbound": row_id, "due_at": at, "since": at})
    if cursor.rowcount == 0:
        # The agreement asked for receipts on the same connection when it came first.
        add_receipt(cursor, row_id, octets_id, accepted, content_type)


def _row(partner: str, pmode_id: str, about: str, content_type: str, at: datetime, due: datetime) -> dict[str, Any]:
    return {
        "inbound_id": None,
        "partner": partner,
        "pmode_id": pmode_id,
        "about": about,
        "is_error": False,
        "content_type": content_type,
        "since": instant(at),
        "due_at": instant(due),
        "attempts": 0,
        "detail": "",
    }
