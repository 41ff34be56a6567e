"""The tables of the log of evidence; as `tables`, never imported by a node in service."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

_OF_MESSAGE = text("message_id != ''")
#: By these a partner's messages of a time are found: each message has one of them.
BEGINS = "partner != '' AND kind IN ('message.packaged', 'message.received')"

#: By these it is found what people did.
ACTS = "kind IN ('act', 'evidence.retrieved')"


class HeadRow(SQLModel, table=True):
    """Where the log ends; one row, which whoever writes into the log holds until its transaction ends."""

    __tablename__ = "evidence_head"

    id: int = Field(primary_key=True)
    #: The name of the log, for ever; empty until its first entry.
    log: str
    #: The number of the last entry, and its chain value.
    number: int
    chain: bytes
    #: The last rows of the lives that began before there was a log: not all of their facts are in it.
    exchange_before: int
    inbound_before: int
    #: The size of the last checkpoint; 0 before the first.
    signed: int


class EntryRow(SQLModel, table=True):
    """One entry; never changed but for `held` and `head`, which say where octets lie that it names, and never removed."""

    __tablename__ = "evidence_entry"
    __table_args__ = (
        Index("evidence_entry_message", "message_id", "number", sqlite_where=_OF_MESSAGE, postgresql_where=_OF_MESSAGE),
        Index("evidence_entry_partner", "partner", "at", "number", sqlite_where=text(BEGINS), postgresql_where=text(BEGINS)),
        Index("evidence_entry_act", "number", sqlite_where=text(ACTS), postgresql_where=text(ACTS)),
    )

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    octets: bytes
    chain: bytes
    # What search needs, out of the octets.
    kind: str
    at: str
    message_id: str
    partner: str
    direction: str
    #: JSON: the ids of the rows of octets that hold what it names.
    held: str
    #: The head of HTTP that it names; NULL where there is none, or a rule has removed it.
    head: bytes | None


class ObjectRow(SQLModel, table=True):
    """Octets that many entries name, such as certificates and revocation lists: kept once, and for good."""

    __tablename__ = "evidence_object"
    __table_args__ = {"sqlite_with_rowid": False}

    #: In hexadecimal.
    sha256: str = Field(primary_key=True)
    octets_id: int


class TileRow(SQLModel, table=True):
    """256 hashes of the tree, one after the other; above the lowest level it grows until it is full."""

    __tablename__ = "evidence_tile"
    __table_args__ = {"sqlite_with_rowid": False}

    #: Its hashes are each over 256 ** level entries.
    level: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    hashes: bytes


class DigestRow(SQLModel, table=True):
    """By the SHA-256 of a payload its entries are found: written with the tile of the entry."""

    __tablename__ = "evidence_payload"
    __table_args__ = {"sqlite_with_rowid": False}

    sha256: str = Field(primary_key=True)
    number: int = Field(primary_key=True)


class CheckpointRow(SQLModel, table=True):
    """What the log was at one moment, signed; never changed, never removed."""

    __tablename__ = "evidence_checkpoint"
    __table_args__ = {"sqlite_with_rowid": False}

    size: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    octets: bytes
    signature: bytes
    #: JSON: the SHA-256 of the certificate that signed, then of those above it.
    signers: str
    at: str
    #: The size of the checkpoint before; 0 for the first.
    previous: int


class TokenRow(SQLModel, table=True):
    """A time stamp over a checkpoint, and over the stamps before it; never changed, never removed."""

    __tablename__ = "evidence_token"
    __table_args__ = (Index("evidence_token_ends", "last", "ends_at"), {"sqlite_with_rowid": False})

    size: int = Field(primary_key=True)
    #: From 0.
    number: int = Field(primary_key=True)
    note: bytes
    token: bytes
    #: The time that it states, and when the certificate of its authority ends.
    at: str
    ends_at: str
    #: Whether no further one stands over it.
    last: bool
