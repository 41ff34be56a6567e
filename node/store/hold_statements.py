"""The statements of legal holds (holding.py)."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, case, func, insert, literal_column, or_, select, update
from sqlmodel import SQLModel

import node.store.hold_tables  # noqa: F401 - declares what is looked up here
from node.store.phrases import Statement, exchange, inbound, schema_version

hold: Final = SQLModel.metadata.tables["hold"]
held: Final = SQLModel.metadata.tables["hold_message"]

_ONE: Final[Any] = literal_column("1")
_NONE: Final[Any] = literal_column("0")
#: How an order is told: its number among courts, and why.
_SAID: Final = case(
    (hold.c.case_file == literal_column("''"), hold.c.why), else_=hold.c.case_file + literal_column("': '") + hold.c.why
)


def because(table: Table) -> ColumnElement[str]:
    """Why a message is kept by order: what the first hold in force says that names it or its partner and time; empty where none does."""
    began = table.c.submitted_at if table is exchange else table.c.received_at
    direction: Any = literal_column("'out'" if table is exchange else "'in'")
    named = (
        select(_SAID)
        .join_from(held, hold, held.c.hold_id == hold.c.id)
        .where(held.c.direction == direction, held.c.owner_id == table.c.id, hold.c.released_at.is_(None))
    )
    of_partner = select(_SAID).where(_covers(table.c.partner, began))
    return func.coalesce(*(_first(one).correlate(table).scalar_subquery() for one in (named, of_partner)), literal_column("''"))


def _covers(partner: Any, began: Any) -> Any:
    return (
        (hold.c.partner == partner)
        & (hold.c.partner != literal_column("''"))
        & hold.c.released_at.is_(None)
        & (hold.c.since <= began)
        & or_(hold.c.until == literal_column("''"), hold.c.until > began)
    )


def _first(query: Any) -> Any:
    return query.order_by(hold.c.id).limit(_ONE).offset(_NONE)


def hold_statements() -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""
    gate = select(schema_version.c.id)
    return {
        # Whoever removes passes this gate with others of its kind; whoever places a hold passes alone. So nothing goes that a hold
        # covers which was placed before, however close the two came.
        "PASS_GATE": gate.with_for_update(read=True),
        "HOLD_GATE": gate.with_for_update(),
        "NEXT_HOLD": select(func.coalesce(func.max(hold.c.id), _NONE) + _ONE),
        "ADD_HOLD": insert(hold).values({column.name: bindparam(column.name) for column in hold.c}),
        "HOLD_MESSAGE": insert(held).values({column.name: bindparam(column.name) for column in held.c}),
        "HOLDS": select(hold).order_by(hold.c.id),
        "HOLD_OF": select(hold.c.case_file, hold.c.partner).where(hold.c.id == bindparam("row_id")),
        "HELD_MESSAGES": select(held.c.direction, held.c.owner_id).where(held.c.hold_id == bindparam("hold_id")),
        "HELD_COUNTS": select(held.c.hold_id, func.count().label("messages")).group_by(held.c.hold_id),
        "HOLDS_OF": select(hold.c.id, hold.c.case_file)
        .join_from(held, hold, held.c.hold_id == hold.c.id)
        .where(held.c.direction == bindparam("direction"), held.c.owner_id == bindparam("owner_id"), hold.c.released_at.is_(None))
        .order_by(hold.c.id),
        "RELEASE_HOLD": update(hold)
        .where(hold.c.id == bindparam("row_id"), hold.c.released_at.is_(None))
        .values({name: bindparam(name) for name in ("released_at", "released_by", "released_because")}),
        "CARRIER_KEPT_OUT": select(because(exchange)).where(exchange.c.message_id == bindparam("message_id")),
        "CARRIER_KEPT_IN": select(because(inbound)).where(
            inbound.c.message_id == bindparam("message_id"), inbound.c.partner == bindparam("partner")
        ),
        # A document whose message has gone already.
        "PARTNER_HELD": _first(select(hold.c.id).where(_covers(bindparam("partner"), bindparam("began")))),
    }
