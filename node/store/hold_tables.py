"""The tables of legal holds; as `tables`, never imported by a node in service."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

_IN_FORCE = text("released_at IS NULL AND partner != ''")


class HoldRow(SQLModel, table=True):
    """An order that messages stay whatever the rules of retention say; never removed, so that it can be told who kept what and when."""

    __tablename__ = "hold"
    __table_args__ = (Index("hold_partner", "partner", "id", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    #: Under which number a court or an office knows it; empty for an order about single messages without one.
    case_file: str
    why: str
    who: str
    at: str
    #: All messages of this partner that begin in this time, also those still to come; an empty partner for messages that are named.
    partner: str
    #: Empty for no beginning, and for no end.
    since: str
    until: str
    #: NULL as long as it is in force.
    released_at: str | None
    released_by: str
    released_because: str


class HeldMessageRow(SQLModel, table=True):
    """One message that a hold names."""

    __tablename__ = "hold_message"
    __table_args__ = (Index("hold_message_of", "hold_id"), {"sqlite_with_rowid": False})

    direction: str = Field(primary_key=True)
    owner_id: int = Field(primary_key=True)
    hold_id: int = Field(primary_key=True)
