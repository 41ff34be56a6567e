"""Every statement of the store as SQLAlchemy Core over the tables; `python -m node.store.statements` writes their text into prepared.py.

A node in service runs the text: it needs neither SQLAlchemy nor SQLModel in memory, and nothing is compiled per message.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Select,
    String,
    Table,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from node.store import dialects, migrating, tables
from node.store.agreed_statements import agreed_statements
from node.store.configured_statements import configured_statements
from node.store.document_statements import LINE, document_statements
from node.store.evidence_statements import evidence_statements
from node.store.hold_statements import hold_statements
from node.store.imported_statements import imported_statements
from node.store.keeping_statements import KEEPING
from node.store.operator_statements import Among, Each, operator_statements
from node.store.phrases import (
    Statement,
    add,
    change,
    circuit,
    duty,
    exchange,
    given,
    history,
    inbound,
    octets,
    payload,
    payload_of_owner,
    refusal,
    refused_envelope,
    schema_version,
    signal,
    worker,
)
from node.store.pulling_statements import PULLING
from node.store.update_statements import update_statements

#: For so long a worker counts as alive after it said so.
ALIVE_SECONDS: Final = 60
#: Either dialect's INSERT, which alone knows ON CONFLICT.
Upsert = Callable[[Table], Any]


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
            query = query.where(or_(given(name).is_(None), table.c[name] == bindparam(name)))
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


_to_deliver = (inbound.c.state == literal_column("'ACCEPTED'")) & (inbound.c.test_service == literal_column("0"))
#: What rests longer than any rest was put to rest by a clock that was ahead.
_rested = or_(
    inbound.c.deliver_at.is_(None), inbound.c.deliver_at <= bindparam("now"), inbound.c.deliver_at > bindparam("latest")
)


_to_send = exchange.c.state != literal_column("'AWAITING_RECEIPT'")
#: A lease ends with its attempt, and with whatever else happens to a message that waits.
_LEASED: Final = {"leased_by": case((bindparam("state") == literal_column("'SENDING'"), exchange.c.leased_by))}


def _due_pairs() -> Select[Any]:
    """Partner, priority and due time of the first in each queue."""
    first, less, after = exchange.alias("first"), exchange.alias("less"), exchange.alias("after")

    def head(of: Any, *where: Any) -> Any:
        due = (of.c.due_at.is_not(None), of.c.state != literal_column("'AWAITING_RECEIPT'"))
        return (
            select(of.c.id)
            .where(*due, *where)
            .order_by(of.c.partner, of.c.priority, of.c.due_at, of.c.id)
            .limit(literal_column("1"))
            .offset(literal_column("0"))
        )

    pair = select(head(first).scalar_subquery().label("id")).cte("pair", recursive=True)
    here = exchange.alias("here")
    # In two looks: SQLite compares pairs of columns by the first of them alone, and would pass over the whole queue of a partner.
    same = head(less, less.c.partner == here.c.partner, less.c.priority > here.c.priority).correlate(here).scalar_subquery()
    further = head(after, after.c.partner > here.c.partner).correlate(here).scalar_subquery()
    pair = pair.union_all(select(func.coalesce(same, further)).select_from(pair.join(here, here.c.id == pair.c.id)))
    return select(exchange.c.partner, exchange.c.priority, exchange.c.due_at).join_from(
        exchange, pair, exchange.c.id == pair.c.id
    )


#: What is known of octets without reading them.
LYING: Final = (octets.c.size, octets.c.sha256, octets.c.file, octets.c.removed_at, octets.c.packed_size)
#: Columns of a message that has just come in which have nothing to say yet.
NOT_AT_FIRST: Final = frozenset({"id", "duplicates", "delivery_attempts", "deliver_at", "payloads_removed_at"})


def statements(
    upsert: Upsert, partners: Any, listed: Any, each: Each, living: Any, until: Any, among: Among
) -> dict[str, Statement]:
    """Every statement by its name.

    `partners` selects the texts of the JSON list `without`, `listed` the numbers of the JSON list `owners`, `each` asks for each text of the JSON list `operators`, `living` the names of the workers that are alive, and `until` is how long one that says so
    now is.
    """
    free = or_(exchange.c.leased_by.is_(None), exchange.c.leased_by.not_in(living))
    return {
        # octets, payloads, history: both directions
        "ADD_OCTETS": add(octets, "removed_at"),
        "OCTETS": select(octets.c.content).where(octets.c.id == bindparam("row_id")),
        "OCTETS_LINE": select(*LYING).where(octets.c.id == bindparam("row_id")),
        "ADD_PAYLOAD": add(payload),
        "PAYLOADS": select(payload, *LYING)
        .join_from(payload, octets, payload.c.octets_id == octets.c.id)
        .where(payload_of_owner)
        .order_by(payload.c.position),
        "PAYLOADS_OF_ALL": select(payload, *LYING)
        .join_from(payload, octets, payload.c.octets_id == octets.c.id)
        .where(payload.c.direction == bindparam("direction"), payload.c.owner_id.in_(listed))
        .order_by(payload.c.owner_id, payload.c.position),
        "ADD_HISTORY": add(history),
        "HISTORY": select(history)
        .where(history.c.direction == bindparam("direction"), history.c.owner_id == bindparam("owner_id"))
        .order_by(history.c.id),
        # outbound
        "ADD_EXCHANGE": add(
            exchange,
            *("content_type", "signed_references", "wire", "held", "lease", "leased_by"),
            *("payloads_removed_at", "envelope_id"),
        ),
        "EXCHANGE": select(exchange).where(exchange.c.message_id == bindparam("message_id")),
        "EXCHANGE_STATE": select(exchange.c.id, exchange.c.state, exchange.c.attempts).where(
            exchange.c.message_id == bindparam("message_id")
        ),
        # Whoever changes a row of this life reads it so first: two processes then do it one after the other.
        "LOCK_EXCHANGE": select(*(exchange.c[name] for name in ("id", "state", "attempts", "lease", "partner", "give_up_at")))
        .where(exchange.c.message_id == bindparam("message_id"))
        .with_for_update(),
        "PACKAGE_EXCHANGE": change(
            exchange, "state", "changed_at", "due_at", "waits_for", "attempts", "content_type", "signed_references", "wire"
        ),
        "MOVE_EXCHANGE": change(exchange, "state", "changed_at", "due_at", "waits_for", "attempts").values(_LEASED),
        "PLAN": select(exchange.c.due_at, exchange.c.give_up_at, exchange.c.waits_for, exchange.c.held).where(
            exchange.c.id == bindparam("row_id")
        ),
        "PUT_PLAN": change(exchange, "due_at", "give_up_at", "waits_for").values(leased_by=null()),
        # The first due of each partner and priority: as many looks into the index as there are of them, however long the queue is.
        "DUE_PAIRS": _due_pairs(),
        "CLAIM": update(exchange)
        .where(
            exchange.c.id.in_(
                select(exchange.c.id)
                .where(
                    exchange.c.partner == bindparam("of_partner"),
                    exchange.c.priority == bindparam("of_priority"),
                    exchange.c.due_at <= bindparam("now"),
                    _to_send,
                    free,
                )
                .order_by(exchange.c.due_at, exchange.c.id)
                .limit(bindparam("most"))
                .offset(literal_column("0"))
                .with_for_update(skip_locked=True)
            )
        )
        .values(lease=exchange.c.lease + literal_column("1"), leased_by=bindparam("worker"))
        .returning(exchange),
        # Through the index of what is to be sent: asked only where the answer to a claim was lost.
        "CLAIMED": select(exchange.c.message_id, exchange.c.lease).where(
            exchange.c.due_at.is_not(None), _to_send, exchange.c.leased_by == bindparam("worker")
        ),
        "RELEASE": update(exchange)
        .where(
            exchange.c.message_id == bindparam("of_message"),
            exchange.c.lease == bindparam("of_lease"),
            exchange.c.state != literal_column("'SENDING'"),
        )
        .values(leased_by=null()),
        "LAPSED": select(exchange.c.id, exchange.c.message_id, exchange.c.attempts)
        .where(
            exchange.c.state == literal_column("'SENDING'"),
            free,
            # An attempt that no worker makes, as a gate does, has no lease that could lapse.
            or_(exchange.c.leased_by.is_not(None), exchange.c.changed_at <= bindparam("alone_since")),
        )
        .order_by(exchange.c.id)
        .with_for_update(skip_locked=True),
        "VOID_LEASE": update(exchange)
        .where(exchange.c.id == bindparam("row_id"))
        .values(lease=exchange.c.lease + literal_column("1"), leased_by=null()),
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
        "ORDERED": change(exchange, "state", "changed_at", "due_at", "give_up_at", "waits_for", "held", "attempts").values(
            _LEASED
        ),
        "FROZEN": select(exchange.c.wire.is_not(None), exchange.c.payloads_removed_at).where(
            exchange.c.id == bindparam("row_id")
        ),
        "CHOOSE": select(
            *EXCHANGE_LINE,
            exchange.c.wire.is_not(None).label("frozen"),
        )
        .where(
            exchange.c.id > bindparam("after"),
            *(
                or_(given(name).is_(None), exchange.c[name] == bindparam(name))
                for name in ("message_id", "state", "partner", "action")
            ),
            or_(given("since").is_(None), exchange.c.submitted_at >= bindparam("since")),
            or_(given("until").is_(None), exchange.c.submitted_at < bindparam("until")),
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
        "OWED": select(signal, octets.c.size, octets.c.sha256, octets.c.file, octets.c.removed_at)
        .join_from(signal, octets, signal.c.octets_id == octets.c.id)
        .where(
            signal.c.due_at.is_not(None),
            or_(signal.c.due_at <= bindparam("now"), signal.c.due_at > bindparam("latest")),
            signal.c.partner.not_in(partners),
        )
        .order_by(signal.c.due_at, signal.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0")),
        "OPEN_CIRCUIT": upsert(circuit)
        .values({c.name: bindparam(c.name) for c in circuit.c})
        .on_conflict_do_update(
            index_elements=["partner"], set_={name: bindparam(name) for name in ("probe_at", "failures", "why")}
        ),
        "CLOSE_CIRCUIT": delete(circuit).where(circuit.c.partner == bindparam("partner")),
        "SHIFT_CIRCUIT": update(circuit)
        .where(circuit.c.partner == bindparam("row_partner"))
        .values(opened_at=bindparam("opened_at"), probe_at=bindparam("probe_at")),
        "CIRCUITS": select(circuit).order_by(circuit.c.partner),
        # who works on it
        "ALIVE": upsert(worker)
        .values(name=bindparam("name"), place=bindparam("place"), started_at=bindparam("started_at"), alive_until=until)
        .on_conflict_do_update(index_elements=["name"], set_={"alive_until": until}),
        "RETIRE": delete(worker).where(worker.c.name == bindparam("name")),
        "VOID_WORKERS": delete(worker),
        "FORGET_WORKERS": delete(worker).where(worker.c.name.not_in(living), worker.c.started_at < bindparam("before")),
        "WORKERS": select(worker.c.name, worker.c.place, worker.c.started_at)
        .where(worker.c.name.in_(living))
        .order_by(worker.c.started_at),
        "TAKE_DUTY": upsert(duty)
        .values(name=bindparam("name"), worker=bindparam("worker"))
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"worker": bindparam("worker")},
            where=or_(duty.c.worker == bindparam("worker"), duty.c.worker.not_in(living)),
        ),
        "DUTIES": select(duty.c.name, duty.c.worker).where(duty.c.worker.in_(living)).order_by(duty.c.name),
        # inbound
        "ADD_INBOUND": upsert(inbound)
        .values(
            {c.name: bindparam(c.name) for c in inbound.c if c.name not in NOT_AT_FIRST} | {"duplicates": literal_column("0")}
        )
        .on_conflict_do_nothing(index_elements=["message_id", "from_party"]),
        "SEEN_BEFORE": select(
            inbound.c.id, inbound.c.fingerprint, inbound.c.received_at, inbound.c.receipt_id, inbound.c.receipt_content_type
        ).where(inbound.c.from_party == bindparam("from_party"), inbound.c.message_id == bindparam("message_id")),
        "COUNT_DUPLICATE": update(inbound)
        .where(inbound.c.id == bindparam("row_id"))
        .values(duplicates=inbound.c.duplicates + literal_column("1")),
        # Whatever becomes of it, it rests no more.
        "MOVE_INBOUND": change(inbound, "state", "changed_at").values(deliver_at=null()),
        "INBOUND_STATE": select(inbound.c.state, inbound.c.message_id, inbound.c.partner)
        .where(inbound.c.id == bindparam("row_id"))
        .with_for_update(),
        "DELIVERY_ATTEMPTS": select(inbound.c.delivery_attempts, inbound.c.state)
        .where(inbound.c.id == bindparam("row_id"))
        .with_for_update(),
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
        "PUT_REFUSED_ENVELOPE": upsert(refused_envelope)
        .values({name: bindparam(name) for name in ("slot", "refusal_id", "content")})
        .on_conflict_do_update(index_elements=["slot"], set_={name: bindparam(name) for name in ("refusal_id", "content")}),
        "REFUSED_ENVELOPE": select(refused_envelope.c.content).where(refused_envelope.c.refusal_id == bindparam("refusal_id")),
        "REFUSALS": page(refusal, tuple(refusal.c)),
        "REFUSAL_COUNTS": select(refusal.c.error_code, func.count()).group_by(refusal.c.error_code),
        # every row in the order of its id, a page at a time: for invariants.py
        "WALK_EXCHANGES": walk(exchange, tuple(exchange.c)),
        "WALK_INBOUNDS": walk(inbound, tuple(inbound.c)),
        "WALK_SIGNERS": walk(inbound, (inbound.c.id, inbound.c.signer_sha256, inbound.c.received_at)),
        "WALK_OCTETS": walk(octets, (octets.c.id, octets.c.size, octets.c.sha256, octets.c.file, octets.c.removed_at)),
        # the store itself
        "PUT_SCHEMA_VERSION": upsert(schema_version)
        .values({c.name: bindparam(c.name) for c in schema_version.c})
        .on_conflict_do_nothing(index_elements=["id"]),
        "NOTE_LIBRARY": update(schema_version).values(version=bindparam("version"), library=bindparam("library")),
        "SCHEMA_VERSION": select(schema_version.c.version),
        **KEEPING,
        **PULLING,
        **operator_statements(upsert, each, listed, among),
        **document_statements(upsert),
        **agreed_statements(upsert),
        **update_statements(upsert),
        **evidence_statements(upsert),
        **hold_statements(),
        **imported_statements(upsert),
        **configured_statements(upsert),
    }


#: How PostgreSQL writes an instant as `database.instant` does: by its own clock, so that hosts whose clocks differ agree on who is alive.
_BY_ITS_CLOCK: Final = (
    "to_char(clock_timestamp() AT TIME ZONE 'utc' + interval '{} seconds', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
)


def _each_by_index(query: Select[Any], column: Any) -> Select[Any]:
    """A look for each text. As a list of them, PostgreSQL would rather read a whole programme for each batch, which it takes for small."""
    texts = func.json_array_elements_text(cast(bindparam("operators", type_=String), JSON))
    wanted = texts.table_valued("value", name="wanted").render_derived()
    found = query.where(column == wanted.c.value).offset(literal_column("0")).lateral("found")
    return select(*found.c).select_from(wanted.join(found, true()))


STATEMENTS: Final = statements(
    sqlite.insert,
    select(func.json_each(bindparam("without")).table_valued("value").c.value),
    select(func.json_each(bindparam("owners")).table_valued("value").c.value),
    lambda query, column: query.where(column.in_(select(func.json_each(bindparam("operators")).table_valued("value").c.value))),
    # One process alone serves, and a start voids what the one before left.
    select(worker.c.name),
    literal_column("'9999'"),
    lambda column, wanted: column.in_(wanted),
)
POSTGRES: Final = statements(
    postgresql.insert,
    select(func.json_array_elements_text(cast(bindparam("without", type_=String), JSON)).column_valued("value")),
    select(cast(func.json_array_elements_text(cast(bindparam("owners", type_=String), JSON)).column_valued("value"), BigInteger)),
    _each_by_index,
    select(worker.c.name).where(worker.c.alive_until > literal_column(_BY_ITS_CLOCK.format(0))),
    literal_column(_BY_ITS_CLOCK.format(ALIVE_SECONDS)),
    # As a join it may read the whole table: the plan is made while the table is small, and kept.
    lambda column, wanted: column == func.any(func.array(wanted.scalar_subquery())),
)


def prepared_text() -> str:
    """The source of prepared.py."""
    lines = [
        '"""The text of every statement: written by `python -m node.store.statements` from the tables, never by hand."""',
        "",
        "# fmt: off",
        "from node.store.wording import Wording",
        "",
        "SCHEMA = Wording(",
        *[f"    {_words(dialects.tables_of(name))!r}," for name in dialects.NAMES],
        ")",
        "#: What makes the tables of a version out of those of the one before.",
        "MIGRATIONS = {",
        *[
            f"    {one.revision}: Wording({migrating.migration(one, 'sqlite')!r}, {migrating.migration(one, 'postgres')!r}),"
            for one in migrating.revisions()
        ],
        "}",
        f"EXCHANGE_COLUMNS = {tuple(column.name for column in exchange.c)!r}",
        f"DOCUMENT_COLUMNS = {tuple(column.name for column in LINE)!r}",
        *[
            f"{name} = Wording({dialects.text_of('sqlite', statement)!r}, {dialects.text_of('postgres', POSTGRES[name])!r})"
            for name, statement in STATEMENTS.items()
        ],
    ]
    return "\n".join(lines) + "\n"


def _words(statements: list[str]) -> str:
    return ";\n".join(statements)


if __name__ == "__main__":
    Path(tables.__file__).with_name("prepared.py").write_text(prepared_text(), "utf-8")
