"""The statements of updates by message."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, func, literal_column, select, update
from sqlmodel import SQLModel

import node.store.update_tables  # noqa: F401 - declares what is looked up here
from node.store.phrases import Statement, add, columns_of

asked: Final = SQLModel.metadata.tables["agreement_update"]
approval: Final = SQLModel.metadata.tables["update_approval"]
step: Final = SQLModel.metadata.tables["update_step"]

_NAMED: Final = [asked.c[name] == bindparam(name) for name in ("partner", "direction", "request_id")]
_PROPOSED: Final = asked.c.state == literal_column("'PROPOSED'")


def update_statements(upsert: Callable[[Table], Any]) -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""
    return {
        "ADD_UPDATE": upsert(asked)
        .values(columns_of(asked))
        .on_conflict_do_nothing(index_elements=["partner", "direction", "request_id", "digest"])
        .returning(asked.c.id),
        "UPDATE": select(asked).where(asked.c.id == bindparam("row_id")),
        "LOCK_UPDATE": select(asked).where(asked.c.id == bindparam("row_id")).with_for_update(),
        # However often one id is used, one row tells that it was.
        "UPDATE_NAMED": select(asked).where(*_NAMED).limit(literal_column("1")).offset(literal_column("0")),
        "UPDATE_EXACT": select(asked).where(*_NAMED, asked.c.digest == bindparam("digest")),
        "UPDATES_OF": select(asked).where(asked.c.partner == bindparam("partner")).order_by(asked.c.id),
        "UPDATES": select(asked).order_by(asked.c.id),
        "UPDATES_ACCEPTED": select(asked).where(asked.c.state == literal_column("'ACCEPTED'")).order_by(asked.c.id),
        # Ours: so many as we asked for. Of partners' only what is over, without their content.
        "UPDATES_UNANSWERED": select(asked).where(_PROPOSED, asked.c.direction == literal_column("'out'")).order_by(asked.c.id),
        "UPDATES_OVER": select(asked.c.id)
        .where(_PROPOSED, (asked.c.respond_by <= bindparam("now")) | (asked.c.activate_by <= bindparam("now")))
        .order_by(asked.c.id),
        "UPDATES_WAITING": select(func.count().label("waiting"))
        .select_from(asked)
        .where(_PROPOSED, asked.c.direction == literal_column("'in'"), asked.c.partner == bindparam("partner")),
        "UPDATES_DUE": select(asked).where(asked.c.sending == literal_column("'DUE'")).order_by(asked.c.id),
        # Whoever comes second finds another state than the one that it saw.
        "MOVE_UPDATE": update(asked)
        .where(asked.c.id == bindparam("row_id"), asked.c.state == bindparam("seen"))
        .values({one: bindparam(f"new_{one}") for one in ("state", "changed_at", "answer", "sending", "sending_id")}),
        "UPDATE_SENT": update(asked)
        .where(asked.c.id == bindparam("row_id"), asked.c.sending == literal_column("'DUE'"))
        .values(sending=literal_column("'SENT'")),
        "ADD_UPDATE_APPROVAL": upsert(approval)
        .values(columns_of(approval))
        .on_conflict_do_nothing(index_elements=["update_id", "who"]),
        "UPDATE_APPROVALS": select(approval).where(approval.c.update_id == bindparam("update_id")).order_by(approval.c.who),
        "ADD_UPDATE_STEP": add(step),
        "UPDATE_STEPS": select(step).where(step.c.update_id == bindparam("update_id")).order_by(step.c.id),
        # What the setting depends on: nothing else that a partner sends makes a node read it again.
        "UPDATE_MARK": select(func.count().label("steps"), func.max(step.c.id).label("latest"))
        .select_from(step)
        .where(step.c.event == literal_column("'ACCEPT'")),
    }
