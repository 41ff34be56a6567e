"""The statements of documents: what came, what is on file, life cycles, quantities, the ladder, consignments."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, func, literal_column, null, or_, select, update
from sqlmodel import SQLModel

import node.store.document_tables  # noqa: F401 - declares what is looked up here
from node.store.phrases import Statement, add, change, columns_of, given

document: Final = SQLModel.metadata.tables["document"]
filed: Final = SQLModel.metadata.tables["document_filed"]
naming: Final = SQLModel.metadata.tables["document_naming"]
state: Final = SQLModel.metadata.tables["document_state"]
move: Final = SQLModel.metadata.tables["document_move"]
total: Final = SQLModel.metadata.tables["document_total"]
written_off: Final = SQLModel.metadata.tables["document_written_off"]
step: Final = SQLModel.metadata.tables["document_step"]
standing: Final = SQLModel.metadata.tables["document_standing"]
name: Final = SQLModel.metadata.tables["document_name"]
night: Final = SQLModel.metadata.tables["document_night"]
batch: Final = SQLModel.metadata.tables["document_batch"]

#: What a document on file is to a check; its octets are read when they are asked for.
_FILED: Final = (
    *(filed.c.document, document.c.digest, document.c.type_id, document.c.document_id, document.c.sender, document.c.recipient),
    *(document.c.number, document.c.version, document.c.issuer, document.c.function, filed.c.at),
)
#: A document without its octets.
LINE: Final = tuple(column for column in document.c if column.name != "content")
_HELD: Final = (document.c.outcome == literal_column("'AJ'")) & document.c.decided_at.is_(None)


#: How a document was judged.
_JUDGED: Final = ("outcome", "findings", "findings_not_listed")
first: Final = document.alias("first")


def _of(table: Table, *names: str) -> Any:
    """The rows with these values."""
    return [table.c[one] == bindparam(one) for one in names]


def _subject(table: Table) -> Any:
    return _of(table, "type_id", "number", "issuer")


def _few(statement: Any) -> Any:
    return statement.limit(bindparam("most")).offset(literal_column("0"))


def _newest(*where: Any) -> Any:
    """A page of documents, the newest first."""
    return _few(select(*LINE).where(document.c.id < bindparam("before"), *where).order_by(document.c.id.desc()))


def _on_file() -> Any:
    return select(*_FILED).join_from(filed, document, document.c.id == filed.c.document)


Upsert = Callable[[Table], Any]


def document_statements(upsert: Upsert) -> dict[str, Statement]:
    """Every statement by its name."""
    return {
        **_arrivals(upsert),
        **_retention(),
        **_answers(),
        **_filing(upsert),
        **_lives(upsert),
        **_quantities(upsert),
        **_ladder(upsert),
        **_nights(upsert),
        **_consignments(upsert),
    }


def _arrivals(upsert: Upsert) -> dict[str, Statement]:
    """What came and what goes."""
    whose = or_(given("partner").is_(None), document.c.partner == given("partner"))
    return {
        "ADD_DOCUMENT": upsert(document)
        .values(columns_of(document))
        .on_conflict_do_nothing(index_elements=["direction", "message_id", "partner", "payload"])
        .returning(document.c.id),
        "DOCUMENT_OF_MESSAGE": select(*LINE).where(*_of(document, "direction", "message_id", "partner", "payload")),
        "DOCUMENTS_OF_MESSAGE": select(*LINE)
        .where(*_of(document, "direction", "message_id"))
        .order_by(document.c.partner, document.c.payload),
        "DOCUMENT": select(*LINE).where(document.c.id == bindparam("row_id")),
        "LOCK_DOCUMENT": select(*LINE).where(document.c.id == bindparam("row_id")).with_for_update(),
        "DOCUMENT_OCTETS": select(document.c.content, document.c.removed_at).where(document.c.id == bindparam("row_id")),
        "DOCUMENTS": _newest(),
        "DOCUMENTS_OF_PARTNER": _newest(*_of(document, "partner")),
        "HELD_DOCUMENTS": _newest(_HELD, whose),
        "DOCUMENTS_NUMBERED": _newest(*_of(document, "number")),
        "DOCUMENTS_SAID": _newest(*_of(document, "document_id")),
        "ANSWERS_OF": select(*LINE)
        .where(document.c.answers == bindparam("answers"), document.c.answers.is_not(None))
        .order_by(document.c.id),
        "DECIDE_DOCUMENT": change(document, "outcome", "decided_at", "decided_by", "decided_because"),
    }


def _retention() -> dict[str, Statement]:
    """What is no longer kept."""
    return {
        "NEXT_RETENTION": select(func.min(document.c.retention)).where(
            document.c.content.is_not(None), document.c.retention > bindparam("after")
        ),
        "KEPT_DOCUMENTS": _few(
            select(document.c.id, document.c.registered_at)
            .where(
                document.c.content.is_not(None),
                document.c.retention == bindparam("retention"),
                document.c.registered_at <= bindparam("before"),
                or_(
                    document.c.registered_at > bindparam("after_at"),
                    (document.c.registered_at == bindparam("after_at")) & (document.c.id > bindparam("after")),
                ),
            )
            .order_by(document.c.registered_at, document.c.id)
        ),
        "EMPTY_DOCUMENT": update(document)
        .where(document.c.id == bindparam("row_id"), document.c.content.is_not(None))
        .values(content=null(), removed_at=bindparam("removed_at")),
        "CHANGE_RETENTION": change(document, "retention"),
        "KEEP_DOCUMENT": change(document, "kept_because"),
        "RETENTION_OF": _few(
            select(document.c.retention).where(*_of(document, "document_id", "sender")).order_by(document.c.id.desc())
        ),
        "DROP_DOCUMENT_OCTETS": update(document).where(document.c.id == bindparam("row_id")).values(content=null()),
        # The same octets again: judged as the first time.
        "AS_BEFORE": update(document)
        .where(document.c.id == bindparam("row_id"))
        .values(
            duplicate_of=bindparam("first"),
            **{one: select(first.c[one]).where(first.c.id == bindparam("first")).scalar_subquery() for one in _JUDGED},
        ),
    }


def _answers() -> dict[str, Statement]:
    """What is owed."""
    return {
        "DUE_ANSWERS": _few(
            select(*LINE)
            .where(document.c.sending == literal_column("'DUE'"), document.c.id > bindparam("after"))
            .order_by(document.c.id)
        ),
        "ANSWER_SENT": update(document)
        .where(document.c.id == bindparam("row_id"), document.c.sending == literal_column("'DUE'"))
        .values(sending=literal_column("'SENT'")),
        "ANSWER_OVERTAKEN": update(document)
        .where(document.c.id == bindparam("row_id"), document.c.sending == literal_column("'DUE'"))
        .values(sending=literal_column("'OVERTAKEN'")),
    }


def _filing(upsert: Upsert) -> dict[str, Statement]:
    """What is on file."""
    return {
        "ADD_FILED": upsert(filed)
        .values(columns_of(filed))
        .on_conflict_do_nothing(index_elements=["sender", "document_id"])
        .returning(filed.c.id),
        "FILED_MESSAGE": _on_file().where(*_of(filed, "sender", "document_id")),
        "FILED_NUMBER": _on_file().where(*_of(filed, "type_id", "number")).order_by(filed.c.id),
        "FILED_ENTRIES": _few(
            select(*LINE)
            .join_from(filed, document, document.c.id == filed.c.document)
            .where(*_of(filed, "type_id", "number"))
            .order_by(filed.c.id)
        ),
        "ADD_NAMING": upsert(naming)
        .values(columns_of(naming))
        .on_conflict_do_nothing(index_elements=[column.name for column in naming.c]),
        "FILED_NAMING": select(*_FILED)
        .join_from(naming, filed, filed.c.id == naming.c.filed)
        .join(document, document.c.id == filed.c.document)
        .where(*_subject(naming), *_of(naming, "by_type", "by_sender"))
        .order_by(naming.c.filed),
        "NAMING_ANY": _few(
            select(*LINE)
            .join_from(naming, filed, filed.c.id == naming.c.filed)
            .join(document, document.c.id == filed.c.document)
            .where(*_subject(naming))
            .order_by(naming.c.by_type, naming.c.by_sender, naming.c.filed)
        ),
    }


def _lives(upsert: Upsert) -> dict[str, Statement]:
    """Life cycles."""
    return {
        "STATE": select(state.c.state).where(*_subject(state), *_of(state, "machine")),
        "STATES": select(state.c.machine, state.c.state, state.c.at).where(*_subject(state)).order_by(state.c.machine),
        "STATES_IN": _few(
            select(state.c.id, state.c.number, state.c.issuer, state.c.at)
            .where(*_of(state, "type_id", "machine", "state"), state.c.id < bindparam("before"))
            .order_by(state.c.id.desc())
        ),
        "PUT_STATE": upsert(state)
        .values(columns_of(state))
        .on_conflict_do_update(
            index_elements=["type_id", "number", "issuer", "machine"],
            set_={"state": bindparam("state"), "at": bindparam("at")},
        ),
        "ADD_MOVE": add(move),
        "MOVES": _few(select(move).where(*_subject(move)).order_by(move.c.id)),
    }


def _quantities(upsert: Upsert) -> dict[str, Statement]:
    """Quantities written off."""
    return {
        "TOTAL": select(total.c.total).where(*_subject(total), *_of(total, "item")),
        "PUT_TOTAL": upsert(total)
        .values(columns_of(total))
        .on_conflict_do_update(index_elements=["type_id", "number", "issuer", "item"], set_={"total": bindparam("total")}),
        "ADD_WRITTEN_OFF": add(written_off),
        "WRITTEN_OFF": _few(select(written_off).where(*_subject(written_off)).order_by(written_off.c.id)),
    }


def _ladder(upsert: Upsert) -> dict[str, Statement]:
    """Steps of the ladder."""
    return {
        "ADD_STEP": add(step),
        "STEPS": select(
            *(step.c.level, step.c.outcome, step.c.at, step.c.registered_at),
            func.coalesce(document.c.message_id, literal_column("''")).label("by"),
        )
        .join_from(step, document, document.c.id == step.c.document, isouter=True)
        .where(*_of(step, "sender", "document_id"))
        .order_by(step.c.id),
        "STANDING": select(standing).where(*_of(standing, "sender", "document_id")),
        "PUT_STANDING": upsert(standing)
        .values(columns_of(standing))
        .on_conflict_do_update(
            index_elements=["sender", "document_id"],
            set_={one: bindparam(one) for one in ("level", "ended", "document", "awaits", "due_at", "escalated_at")},
        ),
        "AWAIT_STEP": change(standing, "awaits", "due_at", "escalated_at").where(
            *_of(standing, "level"), standing.c.due_at == bindparam("seen")
        ),
        "DUE_STANDINGS": _few(
            select(standing)
            .where(standing.c.due_at <= bindparam("now"), standing.c.due_at.is_not(None))
            .order_by(standing.c.due_at, standing.c.id)
        ),
        "LATE_STANDINGS": _few(
            select(standing).where(standing.c.escalated_at.is_not(None)).order_by(standing.c.escalated_at, standing.c.id)
        ),
    }


def _nights(upsert: Upsert) -> dict[str, Statement]:
    """What both sides have, night by night and batch by batch."""
    return {
        "DOCUMENTS_REGISTERED": _few(
            select(*LINE)
            .where(
                *_of(document, "partner"),
                document.c.registered_at >= bindparam("after_at"),
                document.c.registered_at < bindparam("ends"),
                or_(document.c.registered_at > bindparam("after_at"), document.c.id > bindparam("after")),
            )
            .order_by(document.c.registered_at, document.c.id)
        ),
        "ADD_NIGHT": upsert(night)
        .values(columns_of(night))
        .on_conflict_do_nothing(index_elements=["partner", "night"])
        .returning(night.c.id),
        "NIGHT": select(night).where(*_of(night, "partner", "night")),
        "NIGHTS": _few(
            select(night).where(*_of(night, "partner"), night.c.ends < bindparam("before")).order_by(night.c.ends.desc())
        ),
        "COMPARED": update(night)
        .where(*_of(night, "partner", "night"))
        .values({one: bindparam(f"new_{one}") for one in ("compared_at", "outcome", "result")}),
        "ADD_BATCHED": upsert(batch)
        .values(columns_of(batch))
        .on_conflict_do_nothing(index_elements=["partner", "batch_id", "document"]),
        "BATCHED": select(batch.c.sequence, batch.c.total, document.c.digest)
        .join_from(batch, document, document.c.id == batch.c.document)
        .where(*_of(batch, "partner", "batch_id"))
        .order_by(batch.c.document),
        "BATCHES": _few(
            select(batch.c.batch_id, func.max(batch.c.document).label("latest"))
            .where(*_of(batch, "partner"))
            .group_by(batch.c.batch_id)
            .order_by(func.max(batch.c.document).desc())
        ),
    }


def _consignments(upsert: Upsert) -> dict[str, Statement]:
    """What a consignment is called."""
    return {
        "ADD_DOCUMENT_NAME": upsert(name)
        .values(columns_of(name))
        .on_conflict_do_nothing(index_elements=["value", "kind", "document"]),
        "NAMED": _few(
            select(name.c.kind, *LINE)
            .join_from(name, document, document.c.id == name.c.document)
            .where(name.c.value == bindparam("value"))
            .order_by(name.c.kind, name.c.document)
        ),
    }
