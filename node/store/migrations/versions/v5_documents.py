"""Version 5: documents."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_HELD = sa.text("outcome = 'AJ' AND decided_at IS NULL")
_DUE = sa.text("sending = 'DUE'")
_PURGE = sa.text("content IS NOT NULL")
_ANSWERS = sa.text("answers IS NOT NULL")
_AWAITED = sa.text("due_at IS NOT NULL")
_ESCALATED = sa.text("escalated_at IS NOT NULL")


def upgrade() -> None:
    """The register of documents."""
    op.create_table(
        "document",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("direction", "message_id", "partner"),
        *_numbers("payload"),
        *_texts(
            "conversation_id", "type_id", "document_id", "sender", "recipient", "function", "profile", "correlation", "campaign"
        ),
        *_maybe("issued_at"),
        *_texts("number"),
        *_numbers("version"),
        *_texts("issuer", "digest"),
        *_numbers("size"),
        *_texts("registered_at", "outcome", "findings"),
        *_numbers("findings_not_listed"),
        *_texts("retention"),
        sa.Column("duplicate_of", sa.Integer),
        sa.Column("content", sa.LargeBinary),
        *_maybe("removed_at"),
        *_texts("kept_because"),
        *_maybe("decided_at"),
        *_texts("decided_by", "decided_because"),
        sa.Column("answers", sa.Integer),
        *_texts("sending"),
        sa.UniqueConstraint("direction", "message_id", "partner", "payload"),
    )
    op.create_index("document_said", "document", ["document_id", "id"])
    op.create_index("document_numbered", "document", ["number", "id"])
    op.create_index("document_partner", "document", ["partner", "id"])
    op.create_index("document_registered", "document", ["partner", "registered_at", "id"])
    for name, columns, where in (
        ("document_answers", ["answers", "id"], _ANSWERS),
        ("document_held", ["id"], _HELD),
        ("document_due", ["id"], _DUE),
        ("document_purge", ["retention", "registered_at", "id"], _PURGE),
    ):
        op.create_index(name, "document", columns, sqlite_where=where, postgresql_where=where)
    _on_file()
    _lives()
    _ladder()
    _both_sides()
    _lists_out()
    _agreed()
    _updates()
    op.create_table(
        "document_name",
        *_texts("value", "kind"),
        *_numbers("document"),
        sa.PrimaryKeyConstraint("value", "kind", "document"),
        sqlite_with_rowid=False,
    )


def _on_file() -> None:
    op.create_table(
        "document_filed",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("document"),
        *_texts("sender", "document_id", "type_id", "number", "at"),
        sa.UniqueConstraint("sender", "document_id"),
        sa.UniqueConstraint("document"),
    )
    op.create_index("document_filed_number", "document_filed", ["type_id", "number", "id"])
    op.create_table(
        "document_naming",
        *_texts("type_id", "number", "issuer", "by_type", "by_sender"),
        *_numbers("filed"),
        sa.PrimaryKeyConstraint("type_id", "number", "issuer", "by_type", "by_sender", "filed"),
        sqlite_with_rowid=False,
    )


def _lives() -> None:
    op.create_table(
        "document_state",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("type_id", "number", "issuer", "machine", "state", "at"),
        sa.UniqueConstraint("type_id", "number", "issuer", "machine"),
    )
    op.create_index("document_state_in", "document_state", ["type_id", "machine", "state", "id"])
    op.create_table(
        "document_move",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("type_id", "number", "issuer", "machine", "before", "after", "event"),
        *_numbers("document"),
        *_texts("at"),
    )
    op.create_index("document_move_of", "document_move", ["type_id", "number", "issuer", "id"])
    op.create_table(
        "document_total",
        *_texts("type_id", "number", "issuer", "item", "total"),
        sa.PrimaryKeyConstraint("type_id", "number", "issuer", "item"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "document_written_off",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("type_id", "number", "issuer", "item", "amount"),
        *_numbers("document"),
        *_texts("at"),
    )
    op.create_index("document_written_off_of", "document_written_off", ["type_id", "number", "issuer", "id"])


def _ladder() -> None:
    op.create_table(
        "document_step",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("sender", "document_id", "level", "outcome", "at"),
        sa.Column("document", sa.Integer),
        *_texts("registered_at"),
    )
    op.create_index("document_step_of", "document_step", ["sender", "document_id", "id"])
    op.create_table(
        "document_standing",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("sender", "document_id", "level"),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("document", sa.Integer),
        *_texts("awaits"),
        *_maybe("due_at", "escalated_at"),
        sa.UniqueConstraint("sender", "document_id"),
    )
    op.create_index(
        "document_standing_due", "document_standing", ["due_at", "id"], sqlite_where=_AWAITED, postgresql_where=_AWAITED
    )
    op.create_index(
        "document_standing_late",
        "document_standing",
        ["escalated_at", "id"],
        sqlite_where=_ESCALATED,
        postgresql_where=_ESCALATED,
    )


def _both_sides() -> None:
    op.create_table(
        "document_night",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner", "night", "begins", "ends", "sent_at"),
        *_maybe("compared_at"),
        *_texts("outcome", "result"),
        sa.UniqueConstraint("partner", "night"),
    )
    op.create_index("document_night_of", "document_night", ["partner", "ends"])
    op.create_table(
        "document_batch",
        *_texts("partner", "batch_id"),
        *_numbers("document", "sequence", "total"),
        sa.PrimaryKeyConstraint("partner", "batch_id", "document"),
        sqlite_with_rowid=False,
    )


def _lists_out() -> None:
    op.create_table(
        "aeo_outgoing",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner", "programme", "mode"),
        *_numbers("sequence", "part"),
        *_texts("document_id", "message_id", "made_at", "state"),
        sa.Column("content", sa.LargeBinary),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("aeo_outgoing_of", "aeo_outgoing", ["partner", "programme", "sequence", "id"])
    due = sa.text("state = 'DUE'")
    op.create_index("aeo_outgoing_due", "aeo_outgoing", ["id"], sqlite_where=due, postgresql_where=due)


def _agreed() -> None:
    op.create_table(
        "agreed_version",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner", "sheet"),
        *_numbers("version"),
        *_texts("digest", "state", "side"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        *_texts("since"),
        *_maybe("ends_at"),
        *_texts("risk", "proposed_by", "changed_at"),
        sa.UniqueConstraint("sheet", "version", "digest"),
    )
    op.create_index("agreed_version_of", "agreed_version", ["partner", "id"])
    op.create_index("agreed_version_in", "agreed_version", ["state", "id"])
    op.create_table(
        "agreed_approval",
        *_numbers("agreed"),
        *_texts("who", "digest", "at", "why"),
        sa.PrimaryKeyConstraint("agreed", "who"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agreed_step",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("agreed"),
        *_texts("at", "who", "event", "before", "after", "why"),
    )
    op.create_index("agreed_step_of", "agreed_step", ["agreed", "id"])
    op.create_table(
        "onboarding_record",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner"),
        *_numbers("gate", "version"),
        *_texts("agreed", "at", "who"),
        sa.Column("passed", sa.Boolean, nullable=False),
        *_texts("facts", "digest"),
    )
    op.create_index("onboarding_record_of", "onboarding_record", ["partner", "id"])


def _updates() -> None:
    op.create_table(
        "agreement_update",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner", "direction", "request_id", "digest", "state", "message_id", "conversation_id"),
        *_maybe("respond_by", "activate_by"),
        *_texts("sending", "sending_id", "at", "changed_at"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.UniqueConstraint("partner", "direction", "request_id", "digest"),
    )
    op.create_index("agreement_update_in", "agreement_update", ["state", "id"])
    op.create_index("agreement_update_sending", "agreement_update", ["sending", "id"])
    op.create_table(
        "update_approval",
        *_numbers("update_id"),
        *_texts("who", "at", "why"),
        sa.PrimaryKeyConstraint("update_id", "who"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "update_step",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("update_id"),
        *_texts("at", "who", "event", "before", "after", "why"),
    )
    op.create_index("update_step_of", "update_step", ["update_id", "id"])
    op.create_index("update_step_accepted", "update_step", ["event", "id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=True) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False, autoincrement=False) for name in names]
