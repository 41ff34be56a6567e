"""The statements of agreements: versions, approvals, steps, and the records of the gates."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, func, literal_column, select, update
from sqlmodel import SQLModel

import node.store.agreed_tables  # noqa: F401 - declares what is looked up here
from node.store.phrases import Statement, add, columns_of

version: Final = SQLModel.metadata.tables["agreed_version"]
approval: Final = SQLModel.metadata.tables["agreed_approval"]
step: Final = SQLModel.metadata.tables["agreed_step"]
record: Final = SQLModel.metadata.tables["onboarding_record"]

_EVER_ACTIVE: Final = version.c.state.in_([literal_column(f"'{one}'") for one in ("ACTIVE", "SUPERSEDED", "EXPIRED")])


def agreed_statements(upsert: Callable[[Table], Any]) -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""
    return {
        "ADD_AGREED": upsert(version)
        .values(columns_of(version))
        .on_conflict_do_nothing(index_elements=["sheet", "version", "digest"])
        .returning(version.c.id),
        "AGREED": select(version).where(version.c.id == bindparam("row_id")),
        "LOCK_AGREED": select(version).where(version.c.id == bindparam("row_id")).with_for_update(),
        "LOCK_AGREED_OF": select(version)
        .where(version.c.partner == bindparam("partner"))
        .order_by(version.c.id)
        .with_for_update(),
        "AGREED_OF": select(version).where(version.c.partner == bindparam("partner")).order_by(version.c.id),
        "AGREED_SHEET": select(version).where(version.c.sheet == bindparam("sheet")).order_by(version.c.id),
        "AGREED_PARTNERS": select(version.c.partner).distinct(),
        "AGREED_ALL": select(version).order_by(version.c.partner, version.c.id),
        "AGREED_IN_FORCE": select(version).where(_EVER_ACTIVE).order_by(version.c.partner, version.c.id),
        # Whoever comes second finds another state than the one that it saw.
        "MOVE_AGREED": update(version)
        .where(version.c.id == bindparam("row_id"), version.c.state == bindparam("seen"))
        .values({one: bindparam(f"new_{one}") for one in ("state", "changed_at")}),
        "FILL_AGREED": update(version)
        .where(version.c.id == bindparam("row_id"))
        .values(
            {
                one: bindparam(f"new_{one}")
                for one in ("partner", "digest", "content", "since", "ends_at", "risk", "proposed_by", "changed_at")
            }
        ),
        "SIGN_AGREED": update(version).where(version.c.id == bindparam("row_id")).values(content=bindparam("new_content")),
        "RATE_AGREED": update(version)
        .where(version.c.id == bindparam("row_id"))
        .values(risk=bindparam("new_risk"), ends_at=bindparam("new_ends_at")),
        "AGREED_OVER": select(version.c.id).where(
            version.c.state.in_([literal_column(f"'{one}'") for one in ("ACTIVE", "OFFERED", "ACCEPTED")]),
            version.c.ends_at.is_not(None),
            version.c.ends_at <= bindparam("now"),
        ),
        "END_AGREED": update(version).where(version.c.id == bindparam("row_id")).values(ends_at=bindparam("new_ends_at")),
        "ADD_APPROVAL": upsert(approval)
        .values(columns_of(approval))
        .on_conflict_do_update(index_elements=["agreed", "who"], set_={one: bindparam(one) for one in ("digest", "at", "why")}),
        "APPROVALS": select(approval).where(approval.c.agreed == bindparam("agreed")).order_by(approval.c.who),
        "ADD_AGREED_STEP": add(step),
        # Every change of a version is a step.
        "AGREED_MARK": select(func.count().label("steps"), func.max(step.c.id).label("latest")).select_from(step),
        "AGREED_STEPS": select(step).where(step.c.agreed == bindparam("agreed")).order_by(step.c.id),
        "ADD_ONBOARDING_RECORD": add(record),
        "ONBOARDING_RECORDS": select(record).where(record.c.partner == bindparam("partner")).order_by(record.c.id),
    }
