"""The tables of updates by message: what was asked by whom, who looked at it, and what became of it. Source: decision 23."""

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class AgreementUpdateRow(SQLModel, table=True):
    """One request for an update, the partner's or ours, with what is to be sent about it."""

    __tablename__ = "agreement_update"
    __table_args__ = (
        UniqueConstraint("partner", "direction", "request_id", "digest"),
        Index("agreement_update_in", "state", "id"),
        Index("agreement_update_sending", "sending", "id"),
    )

    id: int = Field(primary_key=True)
    partner: str
    #: in or out.
    direction: str
    request_id: str
    #: SHA-256 of a partner's request; empty for ours, of which an id stands for one.
    digest: str
    state: str
    #: The AS4 message that carried it; empty as long as ours is not sent.
    message_id: str
    conversation_id: str
    respond_by: str | None
    activate_by: str | None
    #: DUE or SENT: our request, or our answer; empty where nothing is to be sent.
    sending: str
    #: The MessageId under which it goes out.
    sending_id: str
    at: str
    changed_at: str
    #: The request; last, so that nobody reads it who looks for something else.
    content: bytes
    #: The answer, ours or the partner's; NULL as long as there is none.
    answer: bytes | None


class UpdateApprovalRow(SQLModel, table=True):
    """One person who has compared the fingerprints of one update."""

    __tablename__ = "update_approval"
    __table_args__ = {"sqlite_with_rowid": False}

    update_id: int = Field(primary_key=True)
    #: As names are compared: without capitals and spaces around.
    who: str = Field(primary_key=True)
    at: str
    why: str


class UpdateStepRow(SQLModel, table=True):
    """One step in the life of an update; never changed, never removed."""

    __tablename__ = "update_step"
    __table_args__ = (Index("update_step_of", "update_id", "id"), Index("update_step_accepted", "event", "id"))

    id: int = Field(primary_key=True)
    update_id: int
    at: str
    who: str
    event: str
    before: str
    after: str
    why: str
