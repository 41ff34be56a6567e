"""The statements of AEO operators: what came, what is on file, what finds it, and our own list."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, func, literal_column, null, select, update
from sqlmodel import SQLModel

import node.store.operator_tables  # noqa: F401 - declares what is looked up here
from node.store.phrases import Statement, add, change

#: A column, and what selects the values.
Among = Callable[[Any, Any], Any]
#: A question, and the column that is to be the text.
Each = Callable[[Any, Any], Any]
programme: Final = SQLModel.metadata.tables["aeo_programme"]
set_: Final = SQLModel.metadata.tables["aeo_set"]
part: Final = SQLModel.metadata.tables["aeo_part"]
staged: Final = SQLModel.metadata.tables["aeo_staged"]
operator: Final = SQLModel.metadata.tables["aeo_operator"]
record: Final = SQLModel.metadata.tables["aeo_record"]
identifier: Final = SQLModel.metadata.tables["aeo_identifier"]
name: Final = SQLModel.metadata.tables["aeo_name"]
counter: Final = SQLModel.metadata.tables["aeo_counter"]
query: Final = SQLModel.metadata.tables["aeo_query"]
held: Final = SQLModel.metadata.tables["aeo_held"]
sent: Final = SQLModel.metadata.tables["aeo_sent"]
outgoing: Final = SQLModel.metadata.tables["aeo_outgoing"]
#: A part of the same set.
other: Final = part.alias("other")
#: All of a part that goes out but its octets.
_PART: Final = tuple(column for column in outgoing.c if column.name != "content")

_ON_FILE: Final = tuple(
    operator.c[column]
    for column in (
        *("id", "operator", "present", "record_id", "status", "version", "valid_from", "validation_date", "content", "moment"),
    )
)


def _few(statement: Any) -> Any:
    return statement.limit(bindparam("most")).offset(literal_column("0"))


def operator_statements(upsert: Callable[[Table], Any], each: Each, numbers: Any, among: Among) -> dict[str, Statement]:
    """Every statement by its name; `numbers` selects from the JSON list `owners`, and `among` says that a column is one of them.

    `each` asks a question once for every text of the JSON list `operators`. Both in words by which the database looks into its index for each,
    whatever it thinks of the table.
    """
    of_programme = programme.c.id == bindparam("programme_id")
    current = (
        select(operator.c.operator, record.c.record)
        .join_from(operator, record, record.c.id == operator.c.record_id)
        .where(operator.c.programme_id == bindparam("programme_id"), operator.c.present == literal_column("1"))
    )
    return {
        # sets
        "AEO_PROGRAMME": select(programme).where(
            programme.c.sender == bindparam("sender"), programme.c.programme == bindparam("programme")
        ),
        "AEO_PROGRAMMES": select(programme).order_by(programme.c.sender, programme.c.programme),
        "ADD_AEO_PROGRAMME": upsert(programme)
        .values(sender=bindparam("sender"), programme=bindparam("programme"), sequence=literal_column("0"))
        .on_conflict_do_nothing(index_elements=["sender", "programme"]),
        # Sets of one programme are taken one after the other, whichever process takes them.
        "LOCK_AEO_PROGRAMME": select(programme.c.id, programme.c.sequence, programme.c.received_at)
        .where(programme.c.sender == bindparam("sender"), programme.c.programme == bindparam("programme"))
        .with_for_update(),
        "ADVANCE_AEO": update(programme)
        .where(of_programme)
        .values({column: bindparam(column) for column in ("sequence", "snapshot_at", "received_at")}),
        "NOTE_AEO_FULL": update(programme).where(of_programme).values(full_quantity=bindparam("full_quantity")),
        "AEO_DOCUMENT": select(set_.c.result)
        .join_from(part, set_, set_.c.id == part.c.set_id)
        .where(part.c.programme_id == bindparam("programme_id"), part.c.document_id == bindparam("document_id")),
        "AEO_SETS_TO": select(set_)
        .where(set_.c.programme_id == bindparam("programme_id"), set_.c.to_sequence == bindparam("to_sequence"))
        .order_by(set_.c.id.desc()),
        "AEO_SETS": _few(select(set_).where(set_.c.programme_id == bindparam("programme_id")).order_by(set_.c.id.desc())),
        "AEO_WAITING": select(set_.c.id).where(
            set_.c.programme_id == bindparam("programme_id"),
            set_.c.to_sequence <= bindparam("to_sequence"),
            set_.c.state == literal_column("'WAITING'"),
        ),
        "ADD_AEO_SET": add(set_),
        "MOVE_AEO_SET": change(set_, "state", "quantity", "received_at", "document_id", "message_id", "result"),
        "OVERTAKE_AEO_SET": change(set_, "state", "result"),
        "ADD_AEO_PART": add(part),
        "AEO_PARTS": select(part.c.part).where(part.c.set_id == bindparam("set_id")).distinct(),
        "AEO_PART_QUANTITIES": select(part.c.part, part.c.quantity)
        .where(part.c.set_id == bindparam("set_id"))
        .order_by(part.c.id),
        "AEO_QUANTITY": select(func.count()).select_from(staged).where(staged.c.set_id == bindparam("set_id")),
        # A part that is sent again in another document takes the place of the first.
        "DROP_AEO_PART": delete(staged).where(
            staged.c.set_id == bindparam("set_id"),
            staged.c.part_id.in_(select(part.c.id).where(part.c.set_id == bindparam("set_id"), part.c.part == bindparam("part"))),
        ),
        "DROP_AEO_STAGED": delete(staged).where(staged.c.set_id == bindparam("set_id")),
        "AEO_STAGED_LINES": select(staged.c.operator, staged.c.status, staged.c.version)
        .where(staged.c.set_id == bindparam("set_id"))
        .order_by(staged.c.operator, staged.c.status, staged.c.version),
        "AEO_STAGED": select(staged)
        .where(staged.c.set_id == bindparam("set_id"))
        .order_by(staged.c.operator, staged.c.status, staged.c.version, staged.c.part_id, staged.c.position),
        # operators
        "AEO_ON_FILE": each(select(*_ON_FILE).where(operator.c.programme_id == bindparam("programme_id")), operator.c.operator),
        "AEO_PRESENT": _few(
            select(*_ON_FILE)
            .where(operator.c.programme_id == bindparam("programme_id"), operator.c.operator > bindparam("after"))
            .order_by(operator.c.operator)
        ),
        "AEO_IS_STAGED": select(staged.c.operator)
        .where(
            staged.c.set_id == bindparam("set_id"),
            staged.c.operator > bindparam("after"),
            staged.c.operator <= bindparam("until"),
        )
        .distinct(),
        "CHANGE_AEO_OPERATOR": change(
            operator, *("present", "record_id", "status", "version", "valid_from", "validation_date", "content", "moment")
        ),
        "CLOSE_AEO_RECORD": change(record, "known_until", "received_until", "deleted"),
        "AEO_RECORDS_BY_ID": select(record.c.id, record.c.record).where(among(record.c.id, numbers)),
        "ADD_AEO_IDENTIFIER": upsert(identifier)
        .values({c.name: bindparam(c.name) for c in identifier.c})
        .on_conflict_do_nothing(index_elements=["value", "scheme", "operator_id"]),
        "ADD_AEO_NAME": upsert(name)
        .values({c.name: bindparam(c.name) for c in name.c})
        .on_conflict_do_nothing(index_elements=["beginning", "operator_id"]),
        "REMOVE_AEO_NAME": delete(name).where(
            name.c.beginning == bindparam("beginning"), name.c.operator_id == bindparam("operator_id")
        ),
        "COUNT_AEO": upsert(counter)
        .values(name=bindparam("name"), next=bindparam("taken"))
        .on_conflict_do_update(index_elements=["name"], set_={"next": counter.c.next + bindparam("taken")})
        .returning(counter.c.next),
        # look-ups
        "AEO_BY_IDENTIFIER": _few(
            select(identifier.c.operator_id)
            .where(identifier.c.value == bindparam("value"))
            .order_by(identifier.c.scheme, identifier.c.operator_id)
        ),
        "AEO_BY_SCHEME": _few(
            select(identifier.c.operator_id)
            .where(identifier.c.value == bindparam("value"), identifier.c.scheme == bindparam("scheme"))
            .order_by(identifier.c.operator_id)
        ),
        "AEO_BY_NAME": _few(
            select(name.c.operator_id)
            .where(name.c.beginning >= bindparam("begins"), name.c.beginning < bindparam("ends"))
            .order_by(name.c.beginning, name.c.operator_id)
        ),
        "AEO_HISTORY": select(
            *(programme.c.sender, programme.c.programme, operator.c.operator, operator.c.id.label("operator_id")),
            *(record.c.operation, record.c.record, record.c.known_from, record.c.known_until),
            *(record.c.received_at, record.c.received_until, record.c.deleted),
            *(part.c.document_id, part.c.message_id, part.c.sha256, part.c.received_at.label("document_received_at")),
        )
        .join_from(operator, programme, programme.c.id == operator.c.programme_id)
        .join(record, record.c.operator_id == operator.c.id)
        .join(part, part.c.id == record.c.part_id)
        .where(among(operator.c.id, numbers))
        .order_by(programme.c.sender, programme.c.programme, operator.c.operator, record.c.id),
        "AEO_TOTALS": select(operator.c.tier, operator.c.status, func.count().label("quantity"))
        .where(operator.c.programme_id == bindparam("programme_id"), operator.c.present == literal_column("1"))
        .group_by(operator.c.tier, operator.c.status),
        "AEO_COVERAGE": select(identifier.c.scheme, func.count(identifier.c.operator_id.distinct()).label("quantity"))
        .join_from(identifier, operator, operator.c.id == identifier.c.operator_id)
        .where(operator.c.programme_id == bindparam("programme_id"), operator.c.present == literal_column("1"))
        .group_by(identifier.c.scheme),
        "AEO_SHARED": _few(
            select(identifier.c.value, identifier.c.scheme)
            .group_by(identifier.c.value, identifier.c.scheme)
            .having(func.count() > literal_column("1"))
            .order_by(identifier.c.value, identifier.c.scheme)
        ),
        "ADD_AEO_QUERY": add(query),
        "AEO_QUERIES": _few(select(query).order_by(query.c.id.desc())),
        # our own list
        "AEO_CURRENT": _few(current.where(operator.c.operator > bindparam("after")).order_by(operator.c.operator)),
        "AEO_CURRENT_OF": each(current, operator.c.operator),
        "AEO_HELD": _few(
            select(held)
            .where(
                held.c.partner == bindparam("partner"),
                held.c.programme == bindparam("programme"),
                held.c.operator > bindparam("after"),
            )
            .order_by(held.c.operator)
        ),
        "PUT_AEO_HELD": upsert(held)
        .values({c.name: bindparam(c.name) for c in held.c})
        .on_conflict_do_update(
            index_elements=["partner", "programme", "operator"], set_={c: bindparam(c) for c in ("status", "version", "content")}
        ),
        "ADD_AEO_SENT": add(sent),
        "AEO_LAST_SENT": select(sent)
        .where(sent.c.id.in_(select(func.max(sent.c.id)).group_by(sent.c.partner)))
        .order_by(sent.c.partner),
        "AEO_SEQUENCE": select(func.max(sent.c.sequence)).where(
            sent.c.partner == bindparam("partner"), sent.c.programme == bindparam("programme")
        ),
        "AEO_SENT_FULL": select(func.max(sent.c.made_at)).where(
            sent.c.partner == bindparam("partner"), sent.c.mode == literal_column("'FULL'")
        ),
        "AEO_SENT_OF": _few(
            select(sent)
            .where(sent.c.partner == bindparam("partner"), sent.c.programme == bindparam("programme"))
            .order_by(sent.c.id.desc())
        ),
        "ADD_AEO_OUTGOING": add(outgoing),
        "AEO_OUTGOING_DUE": select(*_PART).where(outgoing.c.state == literal_column("'DUE'")).order_by(outgoing.c.id),
        "AEO_OUTGOING_SINCE": select(*_PART)
        .where(
            outgoing.c.partner == bindparam("partner"),
            outgoing.c.programme == bindparam("programme"),
            outgoing.c.sequence >= bindparam("sequence"),
        )
        .order_by(outgoing.c.sequence, outgoing.c.id),
        "AEO_OUTGOING_OCTETS": select(outgoing.c.content).where(outgoing.c.id == bindparam("row_id")),
        "AEO_PARTS_LIKE": select(other.c.document_id, other.c.message_id)
        .join_from(part, other, other.c.set_id == part.c.set_id)
        .where(part.c.programme_id == bindparam("programme_id"), part.c.document_id == bindparam("document_id"))
        .order_by(other.c.part, other.c.id),
        "MOVE_AEO_OUTGOING": change(outgoing, "state").values(content=null()),
    }
