"""What is no longer kept, and what is removed with it (purging.py)."""

from typing import Any, Final

from sqlalchemy import (
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)

from node.store import tables
from node.store.hold_statements import because
from node.store.phrases import (
    Statement,
    add,
    change,
    exchange,
    given,
    history,
    inbound,
    octets,
    payload,
    payload_of_owner,
    purged,
    removal,
    signal,
)


def facts(table: Table) -> Select[Any]:
    """What the rule of retention asks of a message, in the order of `purging.Candidate`."""
    began = table.c.submitted_at if table is exchange else table.c.received_at
    due = table.c.due_at.is_not(None) if table is exchange else literal_column("0")
    held = table.c.held if table is exchange else literal_column("0")
    wired = table.c.wire.is_not(None) if table is exchange else literal_column("0")
    more = () if table is exchange else (table.c.test_service, table.c.from_party, table.c.fingerprint)
    return select(
        *(table.c[name] for name in ("id", "message_id", "partner", "service", "action", "state")),
        began.label("began_at"),
        table.c.changed_at,
        due.label("due"),
        held.label("held"),
        because(table).label("kept_because"),
        table.c.payloads_removed_at.is_not(None).label("payloads_removed"),
        wired.label("wired"),
        *more,
    )


def purgeable(table: Table, condition: str) -> Select[Any]:
    """The next messages of the partial index, the longest ended first."""
    later = or_(
        table.c.changed_at > bindparam("after_at"),
        (table.c.changed_at == bindparam("after_at")) & (table.c.id > bindparam("after")),
    )
    return (
        facts(table)
        .where(text(condition), table.c.changed_at <= bindparam("before"), later)
        .order_by(table.c.changed_at, table.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )


def oldest(table: Table) -> Select[Any]:
    """The next messages after an id."""
    return (
        facts(table)
        .where(table.c.id > bindparam("after"))
        .order_by(table.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )


KEEPING: Final[dict[str, Statement]] = {
    "PURGEABLE_EXCHANGES": purgeable(exchange, tables.EXCHANGE_PURGE),
    "PURGEABLE_INBOUNDS": purgeable(inbound, tables.INBOUND_PURGE),
    "WIRED_EXCHANGES": purgeable(exchange, tables.EXCHANGE_WIRED),
    "OLDEST_EXCHANGES": oldest(exchange),
    "OLDEST_INBOUNDS": oldest(inbound),
    "EXCHANGE_FACTS": facts(exchange).where(exchange.c.id == bindparam("row_id")),
    "INBOUND_FACTS": facts(inbound).where(inbound.c.id == bindparam("row_id")),
    # Nobody else changes the message until the transaction that removes has ended.
    "LOCK_EXCHANGE_FACTS": facts(exchange).where(exchange.c.id == bindparam("row_id")).with_for_update(),
    "LOCK_INBOUND_FACTS": facts(inbound).where(inbound.c.id == bindparam("row_id")).with_for_update(),
    "LAST_STEP": select(history.c.at).order_by(history.c.id.desc()).limit(literal_column("1")).offset(literal_column("0")),
    "EXCHANGE_WIRE": select(exchange.c.wire, exchange.c.content_type, exchange.c.envelope_id).where(
        exchange.c.id == bindparam("row_id")
    ),
    "OCTETS_OF_PAYLOADS": select(payload.c.octets_id).where(payload_of_owner).order_by(payload.c.position),
    "OCTETS_FILE": select(octets.c.file).where(octets.c.id == bindparam("row_id")),
    "UNNAME_OCTETS": update(octets).where(octets.c.id == bindparam("row_id")).values(file=null()),
    "EMPTY_OCTETS": update(octets)
    .where(octets.c.id == bindparam("row_id"))
    .values(
        content=null(),
        removed_at=bindparam("removed_at"),
        sha256=func.coalesce(octets.c.sha256, given("sha256")),
    ),
    "PURGE_EXCHANGE": change(exchange, "payloads_removed_at"),
    "DROP_WIRE": update(exchange)
    .where(exchange.c.id == bindparam("row_id"))
    .values(envelope_id=bindparam("envelope_id"), wire=null()),
    "PURGE_INBOUND": change(inbound, "payloads_removed_at"),
    "EXCHANGE_EVIDENCE": select(exchange.c.envelope_id).where(exchange.c.id == bindparam("row_id")),
    "INBOUND_EVIDENCE": select(inbound.c.envelope_id, inbound.c.receipt_id).where(inbound.c.id == bindparam("row_id")),
    "ANSWERS": select(history.c.answer_id).where(
        history.c.direction == bindparam("direction"),
        history.c.owner_id == bindparam("owner_id"),
        history.c.answer_id.is_not(None),
    ),
    "REMOVE_OCTETS": delete(octets).where(octets.c.id == bindparam("row_id")),
    "REMOVE_PAYLOADS": delete(payload).where(payload_of_owner),
    "REMOVE_HISTORY": delete(history).where(
        history.c.direction == bindparam("direction"), history.c.owner_id == bindparam("owner_id")
    ),
    "REMOVE_EXCHANGE": delete(exchange).where(exchange.c.id == bindparam("row_id")),
    "REMOVE_SIGNAL": delete(signal).where(signal.c.inbound_id == bindparam("row_id")),
    "REMOVE_INBOUND": delete(inbound).where(inbound.c.id == bindparam("row_id")),
    "ADD_PURGED": add(purged),
    "PURGED_BEFORE": select(purged.c.fingerprint, purged.c.purged_at, purged.c.began_at).where(
        purged.c.message_id == bindparam("message_id"),
        purged.c.direction == bindparam("direction"),
        purged.c.from_party == bindparam("from_party"),
    ),
    "PURGED_OF": select(purged).where(purged.c.message_id == bindparam("message_id")).order_by(purged.c.id),
    "FILE_NAMED": select(octets.c.id)
    .where(octets.c.file == bindparam("file"))
    .limit(literal_column("1"))
    .offset(literal_column("0")),
    "ADD_REMOVAL": insert(removal).values(file=bindparam("file"), due_at=bindparam("due_at"), going=literal_column("0")),
    "REMOVALS": select(removal.c.file),
    "DUE_REMOVALS": select(removal.c.file)
    .where(removal.c.due_at <= bindparam("now"))
    .order_by(removal.c.due_at, removal.c.file)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "IS_MARKED": select(removal.c.going).where(removal.c.file == bindparam("file")),
    "IS_GOING": select(removal.c.file).where(removal.c.file == bindparam("file"), removal.c.going == literal_column("1")),
    "GOING": update(removal).where(removal.c.file == bindparam("file")).values(going=literal_column("1")),
    "CALL_BACK": delete(removal).where(removal.c.file == bindparam("file"), removal.c.going == literal_column("0")),
    "FORGET_REMOVAL": delete(removal).where(removal.c.file == bindparam("file")),
}
