"""The tables of documents: each that came in or goes out, what is on file, life cycles, quantities, the ladder, and what finds a consignment. Source: DESIGN 2.3, 3.1, 5.2, 8."""

from typing import Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

#: Held for a person who has not decided.
HELD: Final = "outcome = 'AJ' AND decided_at IS NULL"
DUE: Final = "sending = 'DUE'"
#: What retention looks for, so that it need not pass over what it has removed.
PURGE: Final = "content IS NOT NULL"
LATE: Final = "due_at IS NOT NULL"


class DocumentRow(SQLModel, table=True):
    """One document that came in or goes out, those that were refused or are held included."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("direction", "message_id", "partner", "payload"),
        Index("document_said", "document_id", "id"),
        Index("document_numbered", "number", "id"),
        Index("document_partner", "partner", "id"),
        Index("document_registered", "partner", "registered_at", "id"),
        Index(
            "document_answers",
            "answers",
            "id",
            sqlite_where=text("answers IS NOT NULL"),
            postgresql_where=text("answers IS NOT NULL"),
        ),
        Index("document_held", "id", sqlite_where=text(HELD), postgresql_where=text(HELD)),
        Index("document_due", "id", sqlite_where=text(DUE), postgresql_where=text(DUE)),
        Index("document_purge", "retention", "registered_at", "id", sqlite_where=text(PURGE), postgresql_where=text(PURGE)),
    )

    id: int = Field(primary_key=True)
    direction: str
    #: The AS4 message that carried it, and the place of its payload there.
    message_id: str
    partner: str
    payload: int
    conversation_id: str
    #: Empty when the octets are no document of a known type.
    type_id: str
    #: What its header says; empty where it has none.
    document_id: str
    sender: str
    recipient: str
    function: str
    profile: str
    correlation: str
    campaign: str
    issued_at: str | None
    number: str
    version: int
    issuer: str
    #: SHA-256 in hexadecimal.
    digest: str
    size: int
    registered_at: str
    #: AP, CA, RE, AJ.
    outcome: str
    #: JSON.
    findings: str
    findings_not_listed: int
    #: The class of retention.
    retention: str
    #: The first document with these octets, when this one is the same once more.
    duplicate_of: int | None
    #: Compressed; NULL where the rows of the document went to another register, and when retention has removed them.
    content: bytes | None
    removed_at: str | None
    #: Why it is kept whatever the rule says; empty where nobody ordered that.
    kept_because: str
    #: Who released or refused a document that was held.
    decided_at: str | None
    decided_by: str
    decided_because: str
    #: The document that this one answers, and whether it is still to be sent: DUE, SENT, or empty for what the node does not send on its own.
    answers: int | None
    sending: str


class FiledRow(SQLModel, table=True):
    """One accepted document, in the order in which they came on file."""

    __tablename__ = "document_filed"
    __table_args__ = (
        UniqueConstraint("sender", "document_id"),
        UniqueConstraint("document"),
        Index("document_filed_number", "type_id", "number", "id"),
    )

    id: int = Field(primary_key=True)
    #: Its row in `document`.
    document: int
    sender: str
    document_id: str
    type_id: str
    number: str
    at: str


class NamingRow(SQLModel, table=True):
    """A document on file names a subject: type id, number, issuer."""

    __tablename__ = "document_naming"
    __table_args__ = {"sqlite_with_rowid": False}

    type_id: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    issuer: str = Field(primary_key=True)
    by_type: str = Field(primary_key=True)
    by_sender: str = Field(primary_key=True)
    filed: int = Field(primary_key=True)


class StateRow(SQLModel, table=True):
    """Where a life cycle of a subject stands."""

    __tablename__ = "document_state"
    __table_args__ = (
        Index("document_state_in", "type_id", "machine", "state", "id"),
        UniqueConstraint("type_id", "number", "issuer", "machine"),
    )

    id: int = Field(primary_key=True)
    type_id: str
    number: str
    issuer: str
    machine: str
    state: str
    at: str


class MoveRow(SQLModel, table=True):
    """One move of a life cycle; never changed, never removed."""

    __tablename__ = "document_move"
    __table_args__ = (Index("document_move_of", "type_id", "number", "issuer", "id"),)

    id: int = Field(primary_key=True)
    type_id: str
    number: str
    issuer: str
    machine: str
    before: str
    after: str
    event: str
    #: The document that moved it.
    document: int
    at: str


class TotalRow(SQLModel, table=True):
    """What documents on file have written off from an item of a subject."""

    __tablename__ = "document_total"
    __table_args__ = {"sqlite_with_rowid": False}

    type_id: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    issuer: str = Field(primary_key=True)
    #: With its unit: `3 KGM`.
    item: str = Field(primary_key=True)
    #: A decimal number as text: exact, and as large as it may be.
    total: str


class WrittenOffRow(SQLModel, table=True):
    """What one document has written off; never changed, never removed."""

    __tablename__ = "document_written_off"
    __table_args__ = (Index("document_written_off_of", "type_id", "number", "issuer", "id"),)

    id: int = Field(primary_key=True)
    type_id: str
    number: str
    issuer: str
    item: str
    amount: str
    document: int
    at: str


class StepRow(SQLModel, table=True):
    """One step of the ladder that a message took; never changed, never removed."""

    __tablename__ = "document_step"
    __table_args__ = (Index("document_step_of", "sender", "document_id", "id"),)

    id: int = Field(primary_key=True)
    #: Who sent the message that took it, and under which MessageID.
    sender: str
    document_id: str
    level: str
    outcome: str
    #: When, as whoever told it says.
    at: str
    #: The document that told it; NULL for what the node found out itself.
    document: int | None
    registered_at: str


class StandingRow(SQLModel, table=True):
    """Where a message stands on the ladder, and which step is expected when."""

    __tablename__ = "document_standing"
    __table_args__ = (
        UniqueConstraint("sender", "document_id"),
        Index("document_standing_due", "due_at", "id", sqlite_where=text(LATE), postgresql_where=text(LATE)),
        Index(
            "document_standing_late",
            "escalated_at",
            "id",
            sqlite_where=text("escalated_at IS NOT NULL"),
            postgresql_where=text("escalated_at IS NOT NULL"),
        ),
    )

    id: int = Field(primary_key=True)
    sender: str
    document_id: str
    #: The highest step; empty before the first.
    level: str
    ended: bool
    #: Our document whose steps are waited for, and the row it has; NULL for documents of others.
    document: int | None
    #: The step that is expected, and until when; NULL once it is late and was told, and where none is.
    awaits: str
    due_at: str | None
    #: Since when the step that is expected is known to be late.
    escalated_at: str | None


class NameRow(SQLModel, table=True):
    """By this a consignment is found again."""

    __tablename__ = "document_name"
    __table_args__ = {"sqlite_with_rowid": False}

    value: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    document: int = Field(primary_key=True)


class NightRow(SQLModel, table=True):
    """A period of which both sides tell each other what they have: our list of it has gone out, and what came of comparing it with theirs."""

    __tablename__ = "document_night"
    __table_args__ = (UniqueConstraint("partner", "night"), Index("document_night_of", "partner", "ends"))

    id: int = Field(primary_key=True)
    partner: str
    #: The number of the manifest, the same on both sides.
    night: str
    begins: str
    ends: str
    sent_at: str
    #: NULL as long as theirs has not come.
    compared_at: str | None
    #: AP, CA, AJ; empty as long as nothing was compared.
    outcome: str
    #: JSON.
    result: str


class BatchRow(SQLModel, table=True):
    """A document that came as one of a batch."""

    __tablename__ = "document_batch"
    __table_args__ = {"sqlite_with_rowid": False}

    partner: str = Field(primary_key=True)
    batch_id: str = Field(primary_key=True)
    #: Its row in `document`.
    document: int = Field(primary_key=True)
    sequence: int
    total: int
