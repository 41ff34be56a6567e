"""The tables of logs that were imported; as `tables`, never imported by a node in service."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

_BEGINS = text("partner != '' AND kind IN ('message.packaged', 'message.received')")


class ImportedLogRow(SQLModel, table=True):
    """The log of another home, as an archive had it."""

    __tablename__ = "imported_log"
    __table_args__ = {"sqlite_with_rowid": False}

    #: Its own name, for ever.
    log: str = Field(primary_key=True)
    at: str
    who: str
    #: Out of which archive.
    place: str
    #: How many of its entries are known by their hashes.
    size: int
    #: JSON: the SHA-256 of certificates, by whose they are.
    signers: str
    #: An import that a crash cut off is not read; it is done once more.
    complete: bool


class ImportedEntryRow(SQLModel, table=True):
    """One entry of it, under its original number."""

    __tablename__ = "imported_entry"
    __table_args__ = (
        Index("imported_entry_message", "message_id", "log", "number"),
        Index("imported_entry_partner", "log", "partner", "at", "number", sqlite_where=_BEGINS, postgresql_where=_BEGINS),
        {"sqlite_with_rowid": False},
    )

    log: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    octets: bytes
    kind: str
    at: str
    message_id: str
    partner: str
    direction: str


class ImportedLeavesRow(SQLModel, table=True):
    """The hashes of up to 256 entries, one after the other."""

    __tablename__ = "imported_leaves"
    __table_args__ = {"sqlite_with_rowid": False}

    log: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    hashes: bytes


class ImportedCheckpointRow(SQLModel, table=True):
    """A checkpoint of it, signed by whoever signed it then."""

    __tablename__ = "imported_checkpoint"
    __table_args__ = {"sqlite_with_rowid": False}

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    octets: bytes
    signature: bytes
    #: JSON: the SHA-256 of the certificate that signed, then of others that may stand above it.
    signers: str


class ImportedTokenRow(SQLModel, table=True):
    """A time stamp over a checkpoint of it."""

    __tablename__ = "imported_token"
    __table_args__ = {"sqlite_with_rowid": False}

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    note: bytes
    token: bytes
    at: str
    ends_at: str
