"""The statements of the log of evidence."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, func, insert, literal_column, null, select, text, update
from sqlmodel import SQLModel

from node.store import evidence_tables
from node.store.phrases import Statement, given, octets

head: Final = SQLModel.metadata.tables["evidence_head"]
entry: Final = SQLModel.metadata.tables["evidence_entry"]
kept: Final = SQLModel.metadata.tables["evidence_object"]
tile: Final = SQLModel.metadata.tables["evidence_tile"]
payload: Final = SQLModel.metadata.tables["evidence_payload"]
checkpoint: Final = SQLModel.metadata.tables["evidence_checkpoint"]
token: Final = SQLModel.metadata.tables["evidence_token"]

_ONE: Final[Any] = literal_column("1")


def every(table: Table) -> Any:
    """A row with every column."""
    return {column.name: bindparam(column.name) for column in table.c}


def limited(query: Select[Any], most: Any = _ONE) -> Select[Any]:
    """No more rows than asked for."""
    return query.limit(most).offset(literal_column("0"))


def evidence_statements(upsert: Callable[[Table], Any]) -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""
    begins = text(evidence_tables.BEGINS)
    return {
        "LOG_HEAD": select(head.c.number, head.c.chain, head.c.log).where(head.c.id == _ONE).with_for_update(),
        "LOG": select(head).where(head.c.id == _ONE),
        "BEGIN_LOG": upsert(head).values(every(head)).on_conflict_do_nothing(index_elements=["id"]),
        "NAME_LOG": update(head).where(head.c.id == _ONE).values(log=bindparam("name")),
        "MOVE_HEAD": update(head).where(head.c.id == _ONE).values(number=bindparam("last"), chain=bindparam("value")),
        "NOTE_SIGNED": update(head).where(head.c.id == _ONE).values(signed=bindparam("size")),
        "ADD_ENTRY": insert(entry).values(every(entry)),
        "LAST_ENTRY": limited(select(entry.c.number, entry.c.chain).order_by(entry.c.number.desc())),
        "ENTRY": select(entry).where(entry.c.number == bindparam("number")),
        "ENTRIES_OF": select(entry).where(entry.c.message_id == bindparam("message_id")).order_by(entry.c.number),
        "MESSAGE_IDS_FROM": limited(
            select(entry.c.message_id)
            .where(text("message_id != ''"), entry.c.message_id >= bindparam("message_id"))
            .group_by(entry.c.message_id)
            .order_by(entry.c.message_id),
            bindparam("most"),
        ),
        "MESSAGE_IDS_BEFORE": limited(
            select(entry.c.message_id)
            .where(text("message_id != ''"), entry.c.message_id < bindparam("message_id"))
            .group_by(entry.c.message_id)
            .order_by(entry.c.message_id.desc()),
            bindparam("most"),
        ),
        "ENTRIES_AFTER": limited(
            select(entry).where(entry.c.number > bindparam("after")).order_by(entry.c.number), bindparam("most")
        ),
        "ENTRY_OCTETS": select(entry.c.number, entry.c.octets, entry.c.chain)
        .where(entry.c.number > bindparam("after"), entry.c.number <= bindparam("until"))
        .order_by(entry.c.number),
        "ENTRIES_OF_KIND": limited(
            select(entry).where(entry.c.number > bindparam("after"), entry.c.kind == bindparam("kind")).order_by(entry.c.number),
            bindparam("most"),
        ),
        "MESSAGES_BEGUN": limited(
            select(entry.c.number, entry.c.message_id, entry.c.partner, entry.c.direction, entry.c.at)
            .where(
                begins,
                entry.c.partner == bindparam("partner"),
                entry.c.at >= bindparam("since"),
                entry.c.at < bindparam("until"),
                entry.c.number > bindparam("after"),
            )
            .order_by(entry.c.number),
            bindparam("most"),
        ),
        "MOVE_HELD": update(entry).where(entry.c.number == bindparam("of")).values(held=bindparam("held"), head=null()),
        "ADD_OBJECT": upsert(kept).values(every(kept)).on_conflict_do_nothing(index_elements=["sha256"]),
        "OBJECT": select(octets.c.id, octets.c.size, octets.c.sha256, octets.c.file, octets.c.removed_at)
        .join_from(kept, octets, kept.c.octets_id == octets.c.id)
        .where(kept.c.sha256 == bindparam("sha256")),
        "WALK_OBJECTS": limited(
            select(kept.c.sha256, kept.c.octets_id).where(kept.c.sha256 > bindparam("after")).order_by(kept.c.sha256),
            bindparam("most"),
        ),
        "PUT_TILE": upsert(tile)
        .values(every(tile))
        .on_conflict_do_update(index_elements=["level", "place"], set_={"hashes": bindparam("hashes")}),
        "TILE": select(tile.c.hashes).where(tile.c.level == bindparam("level"), tile.c.place == bindparam("place")),
        "LAST_TILE": select(func.max(tile.c.place)).where(tile.c.level == bindparam("level")),
        "TILES": select(tile.c.level, tile.c.place).order_by(tile.c.level, tile.c.place),
        "ADD_DIGEST": upsert(payload).values(every(payload)).on_conflict_do_nothing(index_elements=["sha256", "number"]),
        "NUMBERS_OF_DIGEST": select(payload.c.number).where(payload.c.sha256 == bindparam("sha256")).order_by(payload.c.number),
        "ADD_CHECKPOINT": insert(checkpoint).values(every(checkpoint)),
        "CHECKPOINT": select(checkpoint).where(checkpoint.c.size == bindparam("size")),
        "LAST_CHECKPOINT": limited(select(checkpoint).order_by(checkpoint.c.size.desc())),
        "CHECKPOINT_OVER": limited(
            select(checkpoint).where(checkpoint.c.size >= bindparam("number")).order_by(checkpoint.c.size)
        ),
        "STAMPED_OVER": limited(
            select(checkpoint)
            .join_from(checkpoint, token, (token.c.size == checkpoint.c.size) & (token.c.number == literal_column("0")))
            .where(checkpoint.c.size >= bindparam("number"))
            .order_by(checkpoint.c.size)
        ),
        "CHECKPOINTS_AFTER": limited(
            select(checkpoint).where(checkpoint.c.size > bindparam("after")).order_by(checkpoint.c.size), bindparam("most")
        ),
        "UNSTAMPED": limited(
            select(checkpoint)
            .outerjoin_from(checkpoint, token, token.c.size == checkpoint.c.size)
            .where(token.c.size.is_(None), checkpoint.c.size > bindparam("after"))
            .order_by(checkpoint.c.size.desc())
        ),
        "ADD_TOKEN": insert(token).values(every(token)),
        "NOT_LAST": update(token)
        .where(token.c.size == bindparam("of"), token.c.number == bindparam("of_number"))
        .values(last=literal_column("0")),
        "TOKENS": select(token).where(token.c.size == bindparam("size")).order_by(token.c.number),
        "STAMPED_SIZES": select(token.c.size).distinct().order_by(token.c.size),
        "LAST_STAMPED": limited(select(token.c.size).order_by(token.c.size.desc())),
        "TOKENS_ENDING": limited(
            select(token.c.size, token.c.number, token.c.at, token.c.ends_at)
            .where(token.c.last == _ONE, token.c.ends_at <= given("ends_by"))
            .order_by(token.c.ends_at, token.c.size),
            bindparam("most"),
        ),
        "LAST_TOKENS_AFTER": limited(
            select(token).where(token.c.last == _ONE, token.c.size > bindparam("after")).order_by(token.c.size), bindparam("most")
        ),
        "RESTATE_TOKEN": update(token)
        .where(token.c.size == bindparam("of"), token.c.number == bindparam("of_number"))
        .values(ends_at=bindparam("ends")),
    }
