"""Writes what one accepted document changes, within a transaction that holds the locks of all that it touches."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from node.customs.filing.filing import Filing, Step
from node.customs.filing.moving import Moved, Subject
from node.customs.filing.registration import CheckAgain
from node.customs.xpath.functions import LEVELS
from node.store import prepared
from node.store.connection import Cursor
from node.store.database import instant
from node.store.filed import FiledDocuments, by, of_subject


def touched(filing: Filing) -> Iterator[tuple[str, str]]:
    """The keys of everything that it changes; see `Looking.asked_about`."""
    filed = filing.filed
    yield filed.sender, filed.message_id
    yield filed.type_id, filed.number
    yield from ((subject[0], subject[1]) for subject in filing.subjects)
    yield from ((move.subject[0], move.subject[1]) for move in filing.moves)
    yield from ((amount.subject[0], amount.subject[1]) for amount in filing.written_off)
    yield from ((step.sender, step.message_id) for step in filing.steps)
    yield from filing.ends


def write_filing(cursor: Cursor, row_id: int, filing: Filing, moment: datetime, *, awaited: bool) -> None:
    """The document of a row goes on file; `awaited` when it is ours and steps of the ladder are to come. Raises CheckAgain."""
    at = instant(moment)
    filed = filing.filed
    row = {
        "document": row_id,
        "sender": filed.sender,
        "document_id": filed.message_id,
        "type_id": filed.type_id,
        "number": filed.number,
        "at": instant(filed.filed_at),
    }
    added = cursor.execute(prepared.ADD_FILED, row).fetchone()
    if added is None:
        raise CheckAgain(f"{filed.sender} has a document {filed.message_id} on file now")
    for subject in filing.subjects:
        naming = {**of_subject(subject), "by_type": filed.type_id, "by_sender": filed.sender, "filed": added[0]}
        cursor.execute(prepared.ADD_NAMING, naming)
    for move in filing.moves:
        _move(cursor, row_id, move, at)
    _write_off(cursor, row_id, filing, at)
    if awaited:
        put_standing(cursor, filed.sender, filed.message_id, row_id, moment)
    for step in filing.steps:
        add_step(cursor, row_id, step, moment)
    for sender, message_id in filing.ends:
        look_anew(cursor, sender, message_id, moment)
    for named in filing.named:
        cursor.execute(prepared.ADD_DOCUMENT_NAME, {"value": named.value, "kind": named.kind, "document": row_id})


def _move(cursor: Cursor, row_id: int, move: Moved, at: str) -> None:
    key = {**of_subject(move.subject), "machine": move.machine}
    found = cursor.execute(prepared.STATE, key).fetchone()
    # Before its first event a life cycle has no row, and `before` is the state that its pack begins with.
    if found is not None and found[0] != move.before:
        raise CheckAgain(f"{move.machine} of {move.subject[1]} is {found[0]} now, no longer {move.before}")
    cursor.execute(prepared.PUT_STATE, {**key, "state": move.after, "at": at})
    about = {"before": move.before, "after": move.after, "event": move.event, "document": row_id, "at": at}
    cursor.execute(prepared.ADD_MOVE, {**key, **about})


def _write_off(cursor: Cursor, row_id: int, filing: Filing, at: str) -> None:
    sums: dict[tuple[Subject, str], Decimal] = defaultdict(Decimal)
    for one in filing.written_off:
        sums[one.subject, one.item] += one.amount
        about = {"item": one.item, "amount": str(one.amount), "document": row_id, "at": at}
        cursor.execute(prepared.ADD_WRITTEN_OFF, {**of_subject(one.subject), **about})
    on_file = FiledDocuments(by(cursor))
    for (subject, item), amount in sums.items():
        total = on_file.written_off(subject, item) + amount
        cursor.execute(prepared.PUT_TOTAL, {**of_subject(subject), "item": item, "total": str(total)})


def add_step(cursor: Cursor, row_id: int | None, step: Step, at: datetime) -> None:
    """A message takes a step of the ladder; the sweep of late steps looks at it anew."""
    about = {"level": step.level, "outcome": step.outcome, "at": step.at, "document": row_id, "registered_at": instant(at)}
    cursor.execute(prepared.ADD_STEP, {"sender": step.sender, "document_id": step.message_id, **about})
    before = cursor.execute(prepared.STANDING, {"sender": step.sender, "document_id": step.message_id}).fetchone()
    level, ended, document = before[3:6] if before is not None else ("", 0, None)
    ended = bool(ended) or step.level == "LX" or step.outcome == "RE"
    level = max(level, step.level, key=LEVELS.index)
    put_standing(cursor, step.sender, step.message_id, document, at, level, ended=ended)


def look_anew(cursor: Cursor, sender: str, message_id: str, at: datetime) -> None:
    """The next sweep looks at a message whose life has ended; it is late no longer, and stands where it stood."""
    before = cursor.execute(prepared.STANDING, {"sender": sender, "document_id": message_id}).fetchone()
    if before is not None:
        level, ended, document = before[3:6]
        put_standing(cursor, sender, message_id, document, at, level, ended=bool(ended))


def put_standing(
    cursor: Cursor, sender: str, message_id: str, document: int | None, at: datetime, level: str = "", *, ended: bool = False
) -> None:
    """Where a message stands. What is ours and has not ended is looked at by the next sweep, which knows what was agreed."""
    row: dict[str, Any] = {
        "sender": sender,
        "document_id": message_id,
        "level": level,
        "ended": ended,
        "document": document,
        "awaits": "",
        "due_at": instant(at) if document is not None and not ended else None,
        "escalated_at": None,
    }
    cursor.execute(prepared.PUT_STANDING, row)
