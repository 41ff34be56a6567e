"""From the register of documents to the entries of a manifest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.customs.filing import registration
from node.customs.reconciling.entry import Direction, Entry
from node.customs.xpath.functions import LEVELS

#: What a message does on its way; not told by documents.
_ON_ITS_WAY: Final = frozenset({"L0", "L1"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of the ladder that a document has taken, told by the one side or the other."""

    level: str
    outcome: str
    at: datetime


def entry_of(document: registration.Entry, steps: Iterable[Taken], receipt_at: datetime | None = None) -> Entry | None:
    """The entry of a document in the register; None for what is no document of its own: the same once more, or octets without a MessageID.

    `steps` are those of its ladder. `receipt_at` is when the receipt of the AS4 message came, of a document that went out.
    """
    if document.duplicate_of is not None or not document.about.document_id or not document.about.type_id:
        return None
    received = document.carried.direction == registration.IN
    present = Taken("L1" if received else "L0", "", document.registered_at)
    if not received and receipt_at is not None:
        present = Taken("L1", "", receipt_at)
    # Of what nobody answers the sender never learns more.
    for step in steps if document.about.reply else ():
        if (LEVELS.index(step.level), step.at) > (LEVELS.index(present.level), present.at) and step.level not in _ON_ITS_WAY:
            present = step
    return Entry(
        Direction.RECEIVED if received else Direction.SENT,
        document.about.document_id,
        document.about.type_id,
        document.digest,
        document.registered_at,
        present.level,
        present.at,
        present.outcome,
        document.carried.message_id,
    )
