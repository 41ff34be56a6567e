"""What is pulled (pulled.py), and signals that are posted by themselves (to_post.py)."""

from typing import Final

from sqlalchemy import bindparam, func, literal_column, or_, select, update

from node.store.phrases import (
    Statement,
    add,
    change,
    exchange,
    signal,
)

_pulled = exchange.c.mpc != literal_column("''")
_pullable = (
    select(exchange.c.id, exchange.c.message_id, exchange.c.attempts)
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
)
PULLING: Final[dict[str, Statement]] = {
    # what is pulled
    "PULLABLE": _pullable,
    # Whoever pulls at the same time is given the next one.
    "LOCK_PULLABLE": _pullable.with_for_update(skip_locked=True),
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
    "SIGNAL_POSTED": change(signal, "due_at", "attempts", "detail"),
    "OWED_ERRORS": select(func.count()).where(
        signal.c.partner == bindparam("partner"), signal.c.due_at.is_not(None), signal.c.is_error == literal_column("1")
    ),
    "SIGNAL_OF": select(signal.c.due_at, signal.c.detail).where(
        signal.c.inbound_id.is_not(None), signal.c.inbound_id == bindparam("inbound_id")
    ),
}
