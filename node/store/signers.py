"""Who signed the messages that are kept, and when each came: what revocation lists must stay for."""

from collections.abc import Iterator
from datetime import datetime

from node.store import prepared
from node.store.database import read_instant
from node.store.rows import Rows
from node.store.walk import walk


def signers(messages: Rows) -> Iterator[tuple[str, datetime]]:
    """The SHA-256 of the signer's certificate and the time of every signed message that is kept, the oldest first."""
    for row in walk(messages, prepared.WALK_SIGNERS):
        if row["signer_sha256"] is not None:
            yield row["signer_sha256"], read_instant(row["received_at"])
