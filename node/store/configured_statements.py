"""The statements of what was recorded of the files of a home, and of what people did."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, insert, select, text, update
from sqlmodel import SQLModel

from node.store import configured_tables, evidence_tables
from node.store.evidence_statements import every, limited
from node.store.phrases import Statement

place: Final = SQLModel.metadata.tables[str(configured_tables.ConfiguredPlaceRow.__tablename__)]
file: Final = SQLModel.metadata.tables[str(configured_tables.ConfiguredFileRow.__tablename__)]
entry: Final = SQLModel.metadata.tables["evidence_entry"]

_OF_PLACE: Final = place.c.place == bindparam("of_place")
_NEW: Final = ("stat", "seal", "told")


def configured_statements(upsert: Callable[[Table], Any]) -> dict[str, Statement]:
    """By the names that the text has in prepared.py."""
    return {
        "CONFIGURED_PLACE": select(place).where(_OF_PLACE),
        "LOCK_CONFIGURED_PLACE": select(place).where(_OF_PLACE).with_for_update(),
        "ADD_CONFIGURED_PLACE": upsert(place).values(every(place)).on_conflict_do_nothing(index_elements=["place"]),
        "MARK_CONFIGURED": update(place).where(_OF_PLACE).values(mark=bindparam("new_mark")),
        "ORDER_CONFIGURED": update(place).where(_OF_PLACE).values(under_way=bindparam("new_under_way")),
        "CONFIGURED_FILES": select(file).where(file.c.place == bindparam("of_place")).order_by(file.c.path),
        "ADD_CONFIGURED_FILE": insert(file).values(every(file)),
        "MOVE_CONFIGURED_FILE": update(file)
        .where(file.c.place == bindparam("of_place"), file.c.path == bindparam("of_path"))
        .values({name: bindparam(f"new_{name}") for name in _NEW}),
        "DROP_CONFIGURED_FILE": delete(file).where(file.c.place == bindparam("of_place"), file.c.path == bindparam("of_path")),
        # The newest first.
        "ACTS_BEFORE": limited(
            select(entry).where(text(evidence_tables.ACTS), entry.c.number < bindparam("before")).order_by(entry.c.number.desc()),
            bindparam("most"),
        ),
    }
