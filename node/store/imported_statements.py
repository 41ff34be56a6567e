"""The statements of imported logs (imported.py)."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, func, literal_column, select, text, update
from sqlmodel import SQLModel

import node.store.imported_tables  # noqa: F401 - declares what is looked up here
from node.store.evidence_statements import every, limited
from node.store.evidence_tables import BEGINS
from node.store.phrases import Statement, exchange, inbound, purged

log: Final = SQLModel.metadata.tables["imported_log"]
entry: Final = SQLModel.metadata.tables["imported_entry"]
leaves: Final = SQLModel.metadata.tables["imported_leaves"]
checkpoint: Final = SQLModel.metadata.tables["imported_checkpoint"]
token: Final = SQLModel.metadata.tables["imported_token"]

_ONE: Final[Any] = literal_column("1")
_OF_LOG: Final = entry.c.log == bindparam("log")


def imported_statements(upsert: Callable[[Table], Any]) -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""

    def once(table: Table, *key: str) -> Any:
        return upsert(table).values(every(table)).on_conflict_do_nothing(index_elements=list(key))

    page: Any = bindparam("most")
    stamped = select(token.c.size).where(token.c.log == bindparam("log"), token.c.number == literal_column("0"))
    of_checkpoint = checkpoint.c.log == bindparam("log")
    return {
        "ANY_EXCHANGE": limited(select(exchange.c.id)),
        "ANY_INBOUND": limited(select(inbound.c.id)),
        "ANY_PURGED": limited(select(purged.c.id)),
        "IMPORTED_LOGS": select(log).order_by(log.c.log),
        "BEGIN_IMPORT": once(log, "log"),
        **{
            name: delete(table).where(table.c.log == bindparam("of"))
            for name, table in (
                ("DROP_IMPORT", log),
                ("DROP_IMPORTED_ENTRIES", entry),
                ("DROP_IMPORTED_LEAVES", leaves),
                ("DROP_IMPORTED_CHECKPOINTS", checkpoint),
                ("DROP_IMPORTED_TOKENS", token),
            )
        },
        "END_IMPORT": update(log)
        .where(log.c.log == bindparam("of"))
        .values({name: bindparam(name) for name in ("size", "signers", "complete")}),
        "ADD_IMPORTED_ENTRY": once(entry, "log", "number"),
        "PUT_IMPORTED_LEAVES": upsert(leaves)
        .values(every(leaves))
        .on_conflict_do_update(index_elements=["log", "place"], set_={"hashes": bindparam("hashes")}),
        "ADD_IMPORTED_CHECKPOINT": once(checkpoint, "log", "size"),
        "ADD_IMPORTED_TOKEN": once(token, "log", "size", "number"),
        "IMPORTED_ENTRY": select(entry).where(_OF_LOG, entry.c.number == bindparam("number")),
        "IMPORTED_ENTRIES_OF": select(entry)
        .where(entry.c.message_id == bindparam("message_id"), _OF_LOG)
        .order_by(entry.c.number),
        "IMPORTED_ENTRIES_AFTER": limited(
            select(entry).where(_OF_LOG, entry.c.number > bindparam("after")).order_by(entry.c.number), page
        ),
        "IMPORTED_BEGUN": limited(
            select(entry.c.number, entry.c.message_id, entry.c.partner, entry.c.direction, entry.c.at)
            .where(
                text(BEGINS),
                *(
                    _OF_LOG,
                    entry.c.partner == bindparam("partner"),
                    entry.c.at >= bindparam("since"),
                    entry.c.at < bindparam("until"),
                ),
                entry.c.number > bindparam("after"),
            )
            .order_by(entry.c.number),
            page,
        ),
        "IMPORTED_IDS_FROM": limited(
            select(entry.c.message_id)
            .where(_OF_LOG, entry.c.message_id >= bindparam("message_id"))
            .distinct()
            .order_by(entry.c.message_id),
            page,
        ),
        "IMPORTED_IDS_BEFORE": limited(
            select(entry.c.message_id)
            .where(_OF_LOG, entry.c.message_id < bindparam("message_id"))
            .distinct()
            .order_by(entry.c.message_id.desc()),
            page,
        ),
        "IMPORTED_LEAVES": select(leaves.c.hashes).where(leaves.c.log == bindparam("log"), leaves.c.place == bindparam("place")),
        "IMPORTED_CHECKPOINT_OVER": limited(
            select(checkpoint).where(of_checkpoint, checkpoint.c.size >= bindparam("number")).order_by(checkpoint.c.size)
        ),
        "IMPORTED_STAMPED_OVER": limited(
            select(checkpoint)
            .where(of_checkpoint, checkpoint.c.size >= bindparam("number"), checkpoint.c.size.in_(stamped))
            .order_by(checkpoint.c.size)
        ),
        "IMPORTED_TOKENS": select(token)
        .where(token.c.log == bindparam("log"), token.c.size == bindparam("size"))
        .order_by(token.c.number),
        "IMPORTED_MESSAGES": select(func.count(entry.c.message_id.distinct())).where(_OF_LOG),
    }
