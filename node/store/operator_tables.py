"""The tables of AEO operators: sets that came, operators with their two times, what finds them, and our own list. Source: DESIGN 4."""

from typing import Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

#: Parts that nobody has handed to the messages yet.
DUE: Final = "state = 'DUE'"


class AeoProgrammeRow(SQLModel, table=True):
    """One programme of one authority, and how far we follow it."""

    __tablename__ = "aeo_programme"
    __table_args__ = (UniqueConstraint("sender", "programme"),)

    id: int = Field(primary_key=True)
    sender: str
    programme: str
    #: ToSequence of the latest set applied; 0 if none was.
    sequence: int
    #: Records in the last full list.
    full_quantity: int | None
    snapshot_at: str | None
    received_at: str | None


class AeoSetRow(SQLModel, table=True):
    """One set, whole or not, and what became of it."""

    __tablename__ = "aeo_set"
    __table_args__ = (Index("aeo_set_of_programme", "programme_id", "to_sequence", "id"),)

    id: int = Field(primary_key=True)
    programme_id: int
    mode: str
    #: -1 for FULL, which has none.
    since_sequence: int
    to_sequence: int
    parts: int
    snapshot_at: str
    #: Base64; empty where the set has none.
    digest: str
    state: str
    #: Records that have come.
    quantity: int
    #: When its last part came, in which document and which AS4 message.
    received_at: str
    document_id: str
    message_id: str
    #: JSON.
    result: str


class AeoPartRow(SQLModel, table=True):
    """One document with a part of a set: the source of its records."""

    __tablename__ = "aeo_part"
    __table_args__ = (UniqueConstraint("programme_id", "document_id"), Index("aeo_part_of_set", "set_id", "part"))

    id: int = Field(primary_key=True)
    programme_id: int
    document_id: str
    message_id: str
    sha256: str
    received_at: str
    set_id: int
    part: int
    quantity: int


class AeoStagedRow(SQLModel, table=True):
    """One record of a set of which parts are missing, in the order of the digest."""

    __tablename__ = "aeo_staged"
    __table_args__ = {"sqlite_with_rowid": False}

    set_id: int = Field(primary_key=True)
    #: TIN and tier.
    operator: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    part_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    operation: str
    recorded_at: str
    #: Tells whether two records say the same.
    content: str
    #: JSON.
    record: str


class AeoOperatorRow(SQLModel, table=True):
    """One TIN in one tier of a programme, and the latest that is on file of it."""

    __tablename__ = "aeo_operator"
    __table_args__ = (UniqueConstraint("programme_id", "operator"),)

    id: int = Field(primary_key=True)
    programme_id: int
    #: TIN and tier.
    operator: str
    tier: str
    #: 0 after DELETE.
    present: bool
    #: The latest row of `aeo_record`.
    record_id: int
    status: str
    version: int
    valid_from: str
    validation_date: str | None
    content: str
    #: Since when that is known to its sender, or no longer known.
    moment: str


class AeoRecordRow(SQLModel, table=True):
    """One record with its valid time, its record time and when we had it; never removed."""

    __tablename__ = "aeo_record"
    __table_args__ = (Index("aeo_record_of_operator", "operator_id", "id"),)

    id: int = Field(primary_key=True)
    operator_id: int
    #: The source.
    part_id: int
    operation: str
    status: str
    valid_from: str
    valid_to: str | None
    known_from: str
    #: NULL while it stands.
    known_until: str | None
    received_at: str
    received_until: str | None
    #: Whether a deletion closed it, and not a newer record.
    deleted: bool
    #: JSON.
    record: str


class AeoIdentifierRow(SQLModel, table=True):
    """What an operator is or was called in some scheme."""

    __tablename__ = "aeo_identifier"
    __table_args__ = {"sqlite_with_rowid": False}

    #: Capitals, without spaces and hyphens.
    value: str = Field(primary_key=True)
    scheme: str = Field(primary_key=True)
    operator_id: int = Field(primary_key=True)


class AeoNameRow(SQLModel, table=True):
    """A place of a name of today at which a search may begin to read; gone after DELETE."""

    __tablename__ = "aeo_name"
    __table_args__ = {"sqlite_with_rowid": False}

    beginning: str = Field(primary_key=True)
    operator_id: int = Field(primary_key=True)


class AeoCounterRow(SQLModel, table=True):
    """The next number of operators and of records, so that many rows get theirs at once."""

    __tablename__ = "aeo_counter"

    name: str = Field(primary_key=True)
    next: int


class AeoQueryRow(SQLModel, table=True):
    """One look-up: who asked, when, why."""

    __tablename__ = "aeo_query"

    id: int = Field(primary_key=True)
    at: str
    who: str
    purpose: str
    asked: str
    found: int


class AeoHeldRow(SQLModel, table=True):
    """What a partner holds of one of our operators, as far as we have sent it."""

    __tablename__ = "aeo_held"
    __table_args__ = {"sqlite_with_rowid": False}

    partner: str = Field(primary_key=True)
    programme: str = Field(primary_key=True)
    operator: str = Field(primary_key=True)
    status: str
    version: int
    content: str


class AeoSentRow(SQLModel, table=True):
    """One set that we made for a partner."""

    __tablename__ = "aeo_sent"
    __table_args__ = (UniqueConstraint("partner", "programme", "sequence", "mode"),)

    id: int = Field(primary_key=True)
    partner: str
    programme: str
    mode: str
    sequence: int
    snapshot_at: str
    made_at: str
    quantity: int
    digest: str


class AeoOutgoingRow(SQLModel, table=True):
    """One part of a set that goes out in a message, in the order in which the parts go."""

    __tablename__ = "aeo_outgoing"
    __table_args__ = (
        UniqueConstraint("message_id"),
        Index("aeo_outgoing_of", "partner", "programme", "sequence", "id"),
        Index("aeo_outgoing_due", "id", sqlite_where=text(DUE), postgresql_where=text(DUE)),
    )

    id: int = Field(primary_key=True)
    partner: str
    programme: str
    mode: str
    sequence: int
    part: int
    #: MessageID of the document, and MessageId of the message.
    document_id: str
    message_id: str
    made_at: str
    #: DUE, and then what has become of it.
    state: str
    #: Compressed; NULL once the message has it.
    content: bytes | None
