"""Version 4: AEO operators."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """The register of foreign operators, and our own list."""
    op.create_table(
        "aeo_programme",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("sender", "programme"),
        *_numbers("sequence"),
        sa.Column("full_quantity", sa.Integer),
        *_maybe("snapshot_at", "received_at"),
        sa.UniqueConstraint("sender", "programme"),
    )
    op.create_table(
        "aeo_set",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("programme_id", "since_sequence", "to_sequence", "parts", "quantity"),
        *_texts("mode", "snapshot_at", "digest", "state", "received_at", "document_id", "message_id", "result"),
    )
    op.create_index("aeo_set_of_programme", "aeo_set", ["programme_id", "to_sequence", "id"])
    op.create_table(
        "aeo_part",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("programme_id", "set_id", "part", "quantity"),
        *_texts("document_id", "message_id", "sha256", "received_at"),
        sa.UniqueConstraint("programme_id", "document_id"),
    )
    op.create_index("aeo_part_of_set", "aeo_part", ["set_id", "part"])
    _operators()
    _found_by()
    _own()


def _operators() -> None:
    op.create_table(
        "aeo_staged",
        *_numbers("set_id"),
        *_texts("operator", "status"),
        *_numbers("version", "part_id", "position"),
        *_texts("operation", "recorded_at", "content", "record"),
        sa.PrimaryKeyConstraint("set_id", "operator", "status", "version", "part_id", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "aeo_operator",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("programme_id", "record_id", "version"),
        sa.Column("present", sa.Boolean, nullable=False),
        *_texts("operator", "tier", "status", "valid_from", "content", "moment"),
        *_maybe("validation_date"),
        sa.UniqueConstraint("programme_id", "operator"),
    )
    op.create_table(
        "aeo_record",
        sa.Column("id", sa.Integer, primary_key=True),
        *_numbers("operator_id", "part_id"),
        *_texts("operation", "status", "valid_from", "known_from", "received_at", "record"),
        sa.Column("deleted", sa.Boolean, nullable=False),
        *_maybe("valid_to", "known_until", "received_until"),
    )
    op.create_index("aeo_record_of_operator", "aeo_record", ["operator_id", "id"])


def _found_by() -> None:
    op.create_table(
        "aeo_identifier",
        *_texts("value", "scheme"),
        *_numbers("operator_id"),
        sa.PrimaryKeyConstraint("value", "scheme", "operator_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "aeo_name",
        *_texts("beginning"),
        *_numbers("operator_id"),
        sa.PrimaryKeyConstraint("beginning", "operator_id"),
        sqlite_with_rowid=False,
    )
    op.create_table("aeo_counter", sa.Column("name", sa.String, primary_key=True), *_numbers("next"))
    op.create_table(
        "aeo_query",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("at", "who", "purpose", "asked"),
        *_numbers("found"),
    )


def _own() -> None:
    op.create_table(
        "aeo_held",
        *_texts("partner", "programme", "operator", "status", "content"),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("partner", "programme", "operator"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "aeo_sent",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("partner", "programme", "mode", "snapshot_at", "made_at", "digest"),
        *_numbers("sequence", "quantity"),
        sa.UniqueConstraint("partner", "programme", "sequence", "mode"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=True) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False, autoincrement=False) for name in names]
