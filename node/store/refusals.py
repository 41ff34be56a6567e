"""What was refused: one small row for each, and a ring of the last envelopes of known partners; both are bounded."""

from typing import Final

from node.msh.ports import Refusal
from node.store import prepared
from node.store.connection import Cursor
from node.store.database import instant
from node.store.inbound import tls_sha256
from node.store.rows import Rows

#: The log forgets its oldest rows beyond this many, so that a stranger cannot fill the disk.
LOG: Final = 100_000
#: Envelopes in the ring.
RING: Final = 256
_TEXT: Final = 500


class Refusals(Rows):
    """The refusal part of `ports.Messages`."""

    def record_refusal(self, refusal: Refusal) -> None:
        """Keep one row, and the envelope where there is one."""
        row = refusal_row(refusal)

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.ADD_REFUSAL, row)
            row_id = cursor.lastrowid
            if row_id > LOG:
                cursor.execute(prepared.FORGET_REFUSALS, {"last_id": row_id - LOG})
            if refusal.envelope is not None:
                values = {"slot": row_id % RING, "refusal_id": row_id, "content": refusal.envelope}
                cursor.execute(prepared.PUT_REFUSED_ENVELOPE, values)

        self.writer.run(work)

    def refused_envelope(self, refusal_id: int) -> bytes | None:
        """The envelope of a refusal while the ring still has it."""
        row = self.one(prepared.REFUSED_ENVELOPE, refusal_id=refusal_id)
        return row["content"] if row else None


def refusal_row(refusal: Refusal) -> dict[str, object]:
    """The columns of a refusal; texts that a stranger chose are cut."""
    return {
        "at": instant(refusal.at),
        "peer_address": refusal.peer.address[:_TEXT],
        "peer_tls_sha256": tls_sha256(refusal.peer.certificate),
        "partner": refusal.partner,
        "size": refusal.size,
        "sha256": refusal.sha256,
        "error_code": refusal.error_code,
        "detail": refusal.detail[: 4 * _TEXT],
        "message_id": refusal.message_id[:_TEXT] if refusal.message_id else None,
        "nearest_pmode": refusal.nearest_pmode,
    }
