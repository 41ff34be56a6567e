"""Every statement of the store as SQLAlchemy Core over the tables; `python -m node.store.statements` writes their text into prepared.py.

A node in service runs the text: it needs neither SQLAlchemy nor SQLModel in memory, and nothing is compiled per message.
"""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Delete, Insert, Select, Table, Update, bindparam, delete, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from node.store import tables

Statement = Insert | Update | Select[Any] | Delete

exchange: Final = SQLModel.metadata.tables["exchange"]
inbound: Final = SQLModel.metadata.tables["inbound"]
payload: Final = SQLModel.metadata.tables["payload"]
octets: Final = SQLModel.metadata.tables["octets"]
history: Final = SQLModel.metadata.tables["history"]
refusal: Final = SQLModel.metadata.tables["refusal"]
refused_envelope: Final = SQLModel.metadata.tables["refused_envelope"]
signal: Final = SQLModel.metadata.tables["signal"]
circuit: Final = SQLModel.metadata.tables["circuit"]
schema_version: Final = SQLModel.metadata.tables["schema_version"]

#: What a list of one kind shows of each row; big columns stay where they are.
EXCHANGE_LINE: Final = tuple(
    exchange.c[name]
    for name in (
        "id",
        "message_id",
        "state",
        "partner",
        "pmode_id",
        "service",
        "action",
        "conversation_id",
        "submitted_at",
        "changed_at",
        "due_at",
        "attempts",
        "priority",
        "held",
        "waits_for",
        "give_up_at",
    )
)
INBOUND_LINE: Final = tuple(
    inbound.c[name]
    for name in (
        "id",
        "message_id",
        "state",
        "partner",
        "pmode_id",
        "service",
        "action",
        "conversation_id",
        "received_at",
        "changed_at",
        "test_service",
        "duplicates",
        "from_party",
        "signer_sha256",
        "peer_address",
        "peer_tls_sha256",
    )
)


def add(table: Table, *left_out: str) -> Insert:
    """A row with every column but the id, which the database gives."""
    return insert(table).values({c.name: bindparam(c.name) for c in table.c if c.name not in {"id", *left_out}})


def change(table: Table, *columns: str) -> Update:
    """New values for some columns of the row with this id."""
    return update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(name) for name in columns})


def page(table: Table, columns: tuple[Any, ...], *required: str) -> Select[Any]:
    """The newest rows before an id, filtered by what is required and by whatever else is not NULL."""
    query = (
        select(*columns)
        .where(table.c.id < bindparam("before"))
        .order_by(table.c.id.desc())
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    for name in ("state", "partner", "conversation_id"):
        if name in required:
            query = query.where(table.c[name] == bindparam(name))
        elif name in table.c:
            query = query.where(or_(bindparam(name).is_(None), table.c[name] == bindparam(name)))
    return query


def walk(table: Table, columns: tuple[Any, ...]) -> Select[Any]:
    """The next rows after an id."""
    return (
        select(*columns)
        .where(table.c.id > bindparam("after"))
        .order_by(table.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )


def counts(table: Table) -> Select[Any]:
    """How many rows are in each state."""
    return select(table.c.state, func.count()).group_by(table.c.state)


#: Partners to leave out, as a JSON list.
_without = func.json_each(bindparam("without")).table_valued("value")
_to_deliver = (inbound.c.state == literal_column("'ACCEPTED'")) & (inbound.c.test_service == literal_column("0"))
_pulled = exchange.c.mpc != literal_column("''")
#: What rests longer than any rest was put to rest by a clock that was ahead.
_rested = or_(
    inbound.c.deliver_at.is_(None), inbound.c.deliver_at <= bindparam("now"), inbound.c.deliver_at > bindparam("latest")
)
_payload_of_owner = (payload.c.direction == bindparam("direction")) & (payload.c.owner_id == bindparam("owner_id"))

STATEMENTS: Final[dict[str, Statement]] = {
    # octets, payloads, history: both directions
    "ADD_OCTETS": add(octets),
    "OCTETS": select(octets.c.content).where(octets.c.id == bindparam("row_id")),
    "OCTETS_LINE": select(octets.c.size, octets.c.sha256, octets.c.file).where(octets.c.id == bindparam("row_id")),
    "ADD_PAYLOAD": add(payload),
    "PAYLOADS": select(payload, octets.c.size, octets.c.sha256, octets.c.file)
    .join_from(payload, octets, payload.c.octets_id == octets.c.id)
    .where(_payload_of_owner)
    .order_by(payload.c.position),
    "ADD_HISTORY": add(history),
    "HISTORY": select(history)
    .where(history.c.direction == bindparam("direction"), history.c.owner_id == bindparam("owner_id"))
    .order_by(history.c.id),
    # outbound
    "ADD_EXCHANGE": add(
        exchange,
        *("content_type", "signed_references", "wire", "held", "lease", "leased_by", "lease_until"),
    ),
    "EXCHANGE": select(exchange).where(exchange.c.message_id == bindparam("message_id")),
    "EXCHANGE_STATE": select(exchange.c.id, exchange.c.state, exchange.c.attempts).where(
        exchange.c.message_id == bindparam("message_id")
    ),
    "PACKAGE_EXCHANGE": change(
        exchange, "state", "changed_at", "due_at", "waits_for", "attempts", "content_type", "signed_references", "wire"
    ),
    "MOVE_EXCHANGE": change(exchange, "state", "changed_at", "due_at", "waits_for", "attempts"),
    "PLAN": select(exchange.c.due_at, exchange.c.give_up_at, exchange.c.waits_for, exchange.c.held).where(
        exchange.c.id == bindparam("row_id")
    ),
    "PUT_PLAN": change(exchange, "due_at", "give_up_at", "waits_for"),
    "SENDING": select(exchange.c.id, exchange.c.message_id, exchange.c.attempts).where(
        exchange.c.state == literal_column("'SENDING'")
    ),
    "TO_SEND": select(exchange)
    .where(
        exchange.c.priority == bindparam("priority"),
        exchange.c.due_at <= bindparam("now"),
        exchange.c.state != literal_column("'AWAITING_RECEIPT'"),
        exchange.c.partner.not_in(select(_without.c.value)),
    )
    .order_by(exchange.c.due_at, exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "OVERDUE": select(exchange)
    .where(exchange.c.state == literal_column("'AWAITING_RECEIPT'"), exchange.c.due_at <= bindparam("now"))
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "PLANS": select(exchange.c.id, exchange.c.due_at, exchange.c.give_up_at, exchange.c.changed_at).where(
        or_(exchange.c.due_at.is_not(None), exchange.c.give_up_at.is_not(None)),
        exchange.c.state.not_in([literal_column("'FAILED'"), literal_column("'SENT'"), literal_column("'ACKNOWLEDGED'")]),
    ),
    "SHIFT_PLAN": change(exchange, "due_at", "give_up_at"),
    # What was written later than now was written by a clock that was ahead.
    "DUE_NOW": update(exchange)
    .where(exchange.c.due_at > bindparam("now"), exchange.c.changed_at > bindparam("now"))
    .values(due_at=bindparam("now")),
    "EXCHANGES": page(exchange, EXCHANGE_LINE),
    "EXCHANGES_IN_STATE": page(exchange, EXCHANGE_LINE, "state"),
    "EXCHANGE_COUNTS": counts(exchange),
    "ORDERED": change(exchange, "state", "changed_at", "due_at", "give_up_at", "waits_for", "held", "attempts"),
    "FROZEN": select(exchange.c.wire.is_not(None)).where(exchange.c.id == bindparam("row_id")),
    "CHOOSE": select(
        *EXCHANGE_LINE,
        exchange.c.wire.is_not(None).label("frozen"),
    )
    .where(
        exchange.c.id > bindparam("after"),
        *(
            or_(bindparam(name).is_(None), exchange.c[name] == bindparam(name))
            for name in ("message_id", "state", "partner", "action")
        ),
        or_(bindparam("since").is_(None), exchange.c.submitted_at >= bindparam("since")),
        or_(bindparam("until").is_(None), exchange.c.submitted_at < bindparam("until")),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "EXPIRED": select(exchange)
    .where(
        exchange.c.state == literal_column("'READY'"),
        exchange.c.held == literal_column("0"),
        exchange.c.give_up_at <= bindparam("now"),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "NEVER_TRIED": select(exchange)
    .where(
        exchange.c.state == literal_column("'SUBMITTED'"),
        exchange.c.held == literal_column("0"),
        exchange.c.partner == bindparam("partner"),
        exchange.c.submitted_at <= bindparam("before"),
        # What is pulled, or waits for a window, is not waiting for the circuit.
        exchange.c.due_at <= bindparam("before"),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    # what is pulled
    "PULLABLE": select(exchange.c.id, exchange.c.message_id, exchange.c.attempts)
    .where(
        _pulled,
        exchange.c.state == literal_column("'READY'"),
        exchange.c.partner == bindparam("partner"),
        exchange.c.mpc == bindparam("mpc"),
        exchange.c.held == literal_column("0"),
        or_(exchange.c.give_up_at.is_(None), exchange.c.give_up_at > bindparam("now")),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
    .with_for_update(skip_locked=True),
    "RAISE_LEASE": update(exchange)
    .where(exchange.c.id == bindparam("row_id"))
    .values(lease=exchange.c.lease + literal_column("1")),
    "UNFROZEN": select(exchange)
    .where(
        _pulled,
        exchange.c.state == literal_column("'SUBMITTED'"),
        exchange.c.partner == bindparam("partner"),
        exchange.c.mpc == bindparam("mpc"),
        exchange.c.held == literal_column("0"),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "UNFROZEN_OF_ALL": select(exchange)
    .where(_pulled, exchange.c.state == literal_column("'SUBMITTED'"), exchange.c.held == literal_column("0"))
    .order_by(exchange.c.partner, exchange.c.mpc, exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "FREEZE_EXCHANGE": change(exchange, "state", "changed_at", "content_type", "signed_references", "wire", "waits_for"),
    "EXPLAIN_EXCHANGE": change(exchange, "waits_for"),
    "END_EXCHANGE": change(exchange, "give_up_at"),
    "CHANNEL": select(exchange.c.partner, exchange.c.mpc).where(exchange.c.id == bindparam("row_id")),
    "UNPULLED": select(exchange)
    .where(
        _pulled,
        exchange.c.state == bindparam("state"),
        exchange.c.held == literal_column("0"),
        or_(exchange.c.give_up_at.is_(None), exchange.c.give_up_at <= bindparam("now")),
    )
    .order_by(exchange.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    # signals that are posted by themselves
    "ADD_SIGNAL": add(signal),
    "SIGNAL_AGAIN": update(signal)
    .where(signal.c.inbound_id == bindparam("row_inbound"))
    .values(due_at=bindparam("due_at"), since=bindparam("since"), attempts=literal_column("0")),
    "OWED": select(signal, octets.c.size, octets.c.sha256, octets.c.file)
    .join_from(signal, octets, signal.c.octets_id == octets.c.id)
    .where(
        signal.c.due_at.is_not(None),
        or_(signal.c.due_at <= bindparam("now"), signal.c.due_at > bindparam("latest")),
        signal.c.partner.not_in(select(_without.c.value)),
    )
    .order_by(signal.c.due_at, signal.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "SIGNAL_POSTED": change(signal, "due_at", "attempts", "detail"),
    "OWED_ERRORS": select(func.count()).where(
        signal.c.partner == bindparam("partner"), signal.c.due_at.is_not(None), signal.c.is_error == literal_column("1")
    ),
    "SIGNAL_OF": select(signal.c.due_at, signal.c.detail).where(
        signal.c.inbound_id.is_not(None), signal.c.inbound_id == bindparam("inbound_id")
    ),
    "OPEN_CIRCUIT": upsert(circuit)
    .values({c.name: bindparam(c.name) for c in circuit.c})
    .on_conflict_do_update(index_elements=["partner"], set_={name: bindparam(name) for name in ("probe_at", "failures", "why")}),
    "CLOSE_CIRCUIT": delete(circuit).where(circuit.c.partner == bindparam("partner")),
    "SHIFT_CIRCUIT": update(circuit)
    .where(circuit.c.partner == bindparam("row_partner"))
    .values(opened_at=bindparam("opened_at"), probe_at=bindparam("probe_at")),
    "CIRCUITS": select(circuit).order_by(circuit.c.partner),
    # inbound
    "ADD_INBOUND": upsert(inbound)
    .values(
        {c.name: bindparam(c.name) for c in inbound.c if c.name not in {"id", "duplicates", "delivery_attempts", "deliver_at"}}
        | {"duplicates": literal_column("0")}
    )
    .on_conflict_do_nothing(index_elements=["message_id", "from_party"]),
    "SEEN_BEFORE": select(
        inbound.c.id, inbound.c.fingerprint, inbound.c.received_at, inbound.c.receipt_id, inbound.c.receipt_content_type
    ).where(inbound.c.from_party == bindparam("from_party"), inbound.c.message_id == bindparam("message_id")),
    "COUNT_DUPLICATE": update(inbound)
    .where(inbound.c.id == bindparam("row_id"))
    .values(duplicates=inbound.c.duplicates + literal_column("1")),
    "MOVE_INBOUND": change(inbound, "state", "changed_at"),
    "INBOUND_STATE": select(inbound.c.state).where(inbound.c.id == bindparam("row_id")),
    "DELIVERY_ATTEMPTS": select(inbound.c.delivery_attempts, inbound.c.state).where(inbound.c.id == bindparam("row_id")),
    "REST_INBOUND": change(inbound, "delivery_attempts", "deliver_at"),
    # No more than the limit is counted: a long backlog must not make each look at it slow.
    "WAITING": select(func.count()).select_from(
        select(inbound.c.id).where(_to_deliver).limit(bindparam("most")).offset(literal_column("0")).subquery()
    ),
    "TO_DELIVER": select(inbound)
    .where(_to_deliver, _rested)
    .order_by(inbound.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
    "INBOUND_OF": select(inbound).where(inbound.c.message_id == bindparam("message_id")).order_by(inbound.c.id),
    "INBOUNDS": page(inbound, INBOUND_LINE),
    "INBOUNDS_IN_STATE": page(inbound, INBOUND_LINE, "state"),
    "INBOUND_COUNTS": counts(inbound),
    # refusals
    "ADD_REFUSAL": add(refusal),
    "FORGET_REFUSALS": delete(refusal).where(refusal.c.id <= bindparam("last_id")),
    "PUT_REFUSED_ENVELOPE": insert(refused_envelope)
    .values(slot=bindparam("slot"), refusal_id=bindparam("refusal_id"), content=bindparam("content"))
    .prefix_with("OR REPLACE"),
    "REFUSED_ENVELOPE": select(refused_envelope.c.content).where(refused_envelope.c.refusal_id == bindparam("refusal_id")),
    "REFUSALS": page(refusal, tuple(refusal.c)),
    "REFUSAL_COUNTS": select(refusal.c.error_code, func.count()).group_by(refusal.c.error_code),
    # every row in the order of its id, a page at a time: for invariants.py
    "WALK_EXCHANGES": walk(exchange, tuple(exchange.c)),
    "WALK_INBOUNDS": walk(inbound, tuple(inbound.c)),
    "WALK_OCTETS": walk(octets, (octets.c.id, octets.c.size, octets.c.sha256, octets.c.file)),
    # the store itself
    "PUT_SCHEMA_VERSION": insert(schema_version)
    .values({c.name: bindparam(c.name) for c in schema_version.c})
    .prefix_with("OR IGNORE"),
    "NOTE_SQLITE": update(schema_version).values(sqlite_version=bindparam("sqlite_version")),
    "SCHEMA_VERSION": select(schema_version.c.version),
}


def prepared_text() -> str:
    """The source of prepared.py."""
    dialect = sqlite.dialect(paramstyle="named")
    created: list[str] = []
    for table in SQLModel.metadata.sorted_tables:
        created.append(_flat(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        created.extend(
            _flat(CreateIndex(index, if_not_exists=True).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda one: str(one.name))
        )
    lines = [
        '"""The text of every statement: written by `python -m node.store.statements` from the tables, never by hand."""',
        "",
        "# fmt: off",
        "SCHEMA = (",
        *[f"    {text!r}," for text in created],
        ")",
        *[f"{name} = {_flat(statement.compile(dialect=dialect))!r}" for name, statement in STATEMENTS.items()],
    ]
    return "\n".join(lines) + "\n"


def _flat(compiled: object) -> str:
    return " ".join(str(compiled).split())


if __name__ == "__main__":
    Path(tables.__file__).with_name("prepared.py").write_text(prepared_text(), "utf-8")
