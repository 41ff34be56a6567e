"""What the statements are made of: the tables, and the shapes that come again."""

from typing import Any, Final

from sqlalchemy import Delete, Insert, Select, String, Table, Update, bindparam, insert, update
from sqlmodel import SQLModel

import node.store.tables  # noqa: F401 - declares what is looked up here

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
worker: Final = SQLModel.metadata.tables["worker"]
removal: Final = SQLModel.metadata.tables["removal"]
purged: Final = SQLModel.metadata.tables["purged"]
duty: Final = SQLModel.metadata.tables["duty"]
schema_version: Final = SQLModel.metadata.tables["schema_version"]


def given(name: str) -> Any:
    """A text that may be NULL, of which PostgreSQL must know that it is a text."""
    return bindparam(name, type_=String)


def columns_of(table: Table) -> dict[str, Any]:
    """A value for every column but the id, which the database gives."""
    return {column.name: bindparam(column.name) for column in table.c if column.name != "id"}


def add(table: Table, *left_out: str) -> Insert:
    """A row with every column but the id, which the database gives."""
    return insert(table).values({c.name: bindparam(c.name) for c in table.c if c.name not in {"id", *left_out}})


def change(table: Table, *columns: str) -> Update:
    """New values for some columns of the row with this id."""
    return update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(name) for name in columns})


payload_of_owner = (payload.c.direction == bindparam("direction")) & (payload.c.owner_id == bindparam("owner_id"))
