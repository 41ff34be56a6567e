"""Version 1: what the first exchange needed."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """The tables from nothing."""
    op.create_table(
        "schema_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("sqlite_version", sa.String, nullable=False),
    )
    op.create_table(
        "exchange",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message_id", sa.String, nullable=False, unique=True),
        *_texts("state", "partner", "pmode_id", "service", "action", "conversation_id", "submitted_at", "changed_at"),
        sa.Column("due_at", sa.String),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("header"),
        sa.Column("content_type", sa.String),
        sa.Column("signed_references", sa.String),
        sa.Column("wire", sa.String),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("exchange_due", "exchange", ["due_at", "id"], sqlite_where=due, postgresql_where=due)
    op.create_index("exchange_state", "exchange", ["state", "id"])
    op.create_table(
        "inbound",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("from_party", "message_id", "state", "partner", "pmode_id", "service", "action", "conversation_id"),
        *_texts("received_at", "changed_at"),
        sa.Column("test_service", sa.Boolean, nullable=False),
        sa.Column("duplicates", sa.Integer, nullable=False),
        *_texts("fingerprint"),
        sa.Column("signer_sha256", sa.String),
        *_texts("peer_address"),
        sa.Column("peer_tls_sha256", sa.String),
        *_texts("header"),
        sa.Column("envelope_id", sa.Integer, nullable=False),
        sa.Column("receipt_id", sa.Integer, nullable=False),
        *_texts("receipt_content_type"),
        sa.UniqueConstraint("message_id", "from_party"),
    )
    op.create_index("inbound_state", "inbound", ["state", "test_service", "id"])
    op.create_table(
        "payload",
        sa.Column("direction", sa.String, primary_key=True),
        sa.Column("owner_id", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        *_texts("content_id", "media_type"),
        sa.Column("name", sa.String),
        sa.Column("compressed", sa.Boolean, nullable=False),
        sa.Column("inflated_size", sa.Integer, nullable=False),
        sa.Column("octets_id", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "octets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String),
        sa.Column("file", sa.String),
        sa.Column("content", sa.LargeBinary),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("direction"),
        sa.Column("owner_id", sa.Integer, nullable=False),
        *_texts("at", "from_state", "event", "to_state", "detail"),
        sa.Column("http_status", sa.Integer),
        sa.Column("error_code", sa.String),
        sa.Column("answer_id", sa.Integer),
        sa.Column("answer_content_type", sa.String),
    )
    op.create_index("history_owner", "history", ["direction", "owner_id", "id"])
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("at", "peer_address"),
        sa.Column("peer_tls_sha256", sa.String),
        sa.Column("partner", sa.String),
        sa.Column("size", sa.Integer, nullable=False),
        *_texts("sha256", "error_code", "detail"),
        sa.Column("message_id", sa.String),
        sa.Column("nearest_pmode", sa.String),
    )
    op.create_table(
        "refused_envelope",
        sa.Column("slot", sa.Integer, primary_key=True),
        sa.Column("refusal_id", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]
