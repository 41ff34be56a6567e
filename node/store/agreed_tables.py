"""The tables of agreements: versions of sheets, who approved them, what became of them and by whom, and the records of the gates. Source: decision 22."""

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class AgreedVersionRow(SQLModel, table=True):
    """One version of the agreement with a partner."""

    __tablename__ = "agreed_version"
    __table_args__ = (
        UniqueConstraint("sheet", "version", "digest"),
        Index("agreed_version_of", "partner", "id"),
        Index("agreed_version_in", "state", "id"),
    )

    id: int = Field(primary_key=True)
    #: Empty as long as nobody has named who was offered it.
    partner: str
    sheet: str
    version: int
    #: SHA-256 of the canonical body.
    digest: str
    state: str
    #: The side that is ours: a or b.
    side: str
    #: The file, with its signatures.
    content: bytes
    since: str
    #: When it is no longer accepted; NULL as long as none follows.
    ends_at: str | None
    #: Of the change, against the version that was active when this one was last judged.
    risk: str
    #: Who proposed or accepted it on our side.
    proposed_by: str
    changed_at: str


class AgreedApprovalRow(SQLModel, table=True):
    """One person's approval of one version."""

    __tablename__ = "agreed_approval"
    __table_args__ = {"sqlite_with_rowid": False}

    agreed: int = Field(primary_key=True)
    #: As names are compared: without capitals and spaces around.
    who: str = Field(primary_key=True)
    #: What was approved; the same row may come to hold another body.
    digest: str
    at: str
    why: str


class AgreedStepRow(SQLModel, table=True):
    """One step in the life of a version; never changed, never removed."""

    __tablename__ = "agreed_step"
    __table_args__ = (Index("agreed_step_of", "agreed", "id"),)

    id: int = Field(primary_key=True)
    agreed: int
    at: str
    who: str
    event: str
    before: str
    after: str
    why: str


class OnboardingRecordRow(SQLModel, table=True):
    """What one look at one gate found; never changed, never removed."""

    __tablename__ = "onboarding_record"
    __table_args__ = (Index("onboarding_record_of", "partner", "id"),)

    id: int = Field(primary_key=True)
    partner: str
    gate: int
    #: The version that was in force, and its digest; 0 and empty for an agreement of one side.
    version: int
    agreed: str
    at: str
    who: str
    passed: bool
    #: Canonical JSON.
    facts: str
    #: SHA-256 of the canonical record.
    digest: str
