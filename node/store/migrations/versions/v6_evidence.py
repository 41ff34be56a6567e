"""Version 6: the log of evidence."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_OF_MESSAGE = sa.text("message_id != ''")
_BEGINS = sa.text("partner != '' AND kind IN ('message.packaged', 'message.received')")

_ACTS = sa.text("kind IN ('act', 'evidence.retrieved')")


def upgrade() -> None:
    """What happened from now on is written into a log."""
    op.create_table(
        "evidence_head",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("log"),
        *_numbers("number"),
        *_octets("chain"),
        *_numbers("exchange_before", "inbound_before", "signed"),
    )
    nothing = "zeroblob(32)" if op.get_context().dialect.name == "sqlite" else "decode(repeat('00', 32), 'hex')"
    op.execute(
        "INSERT INTO evidence_head (id, log, number, chain, exchange_before, inbound_before, signed) "  # noqa: S608 - words of ours
        f"SELECT 1, '', 0, {nothing}, (SELECT coalesce(max(id), 0) FROM exchange), (SELECT coalesce(max(id), 0) FROM inbound), 0"
    )
    op.create_table(
        "evidence_entry",
        *_numbers("number"),
        *_octets("octets", "chain"),
        *_texts("kind", "at", "message_id", "partner", "direction", "held"),
        sa.Column("head", sa.LargeBinary),
        sa.PrimaryKeyConstraint("number"),
    )
    for name, columns, where in (
        ("evidence_entry_message", ["message_id", "number"], _OF_MESSAGE),
        ("evidence_entry_partner", ["partner", "at", "number"], _BEGINS),
        ("evidence_entry_act", ["number"], _ACTS),
    ):
        op.create_index(name, "evidence_entry", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "evidence_object",
        *_texts("sha256"),
        *_numbers("octets_id"),
        sa.PrimaryKeyConstraint("sha256"),
        sqlite_with_rowid=False,
    )
    _tree()
    op.create_table(
        "evidence_checkpoint",
        *_numbers("size"),
        *_octets("octets", "signature"),
        *_texts("signers", "at"),
        *_numbers("previous"),
        sa.PrimaryKeyConstraint("size"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evidence_token",
        *_numbers("size", "number"),
        *_octets("note", "token"),
        *_texts("at", "ends_at"),
        sa.Column("last", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("size", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("evidence_token_ends", "evidence_token", ["last", "ends_at"])
    _configured()


def _tree() -> None:
    op.create_table(
        "evidence_tile",
        *_numbers("level", "place"),
        *_octets("hashes"),
        sa.PrimaryKeyConstraint("level", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evidence_payload",
        *_texts("sha256"),
        *_numbers("number"),
        sa.PrimaryKeyConstraint("sha256", "number"),
        sqlite_with_rowid=False,
    )


def _configured() -> None:
    op.create_table(
        "configured_place",
        *_texts("place", "salt", "mark", "under_way"),
        sa.PrimaryKeyConstraint("place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "configured_file",
        *_texts("place", "path", "stat", "seal", "told"),
        sa.PrimaryKeyConstraint("place", "path"),
        sqlite_with_rowid=False,
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False, autoincrement=False) for name in names]


def _octets(*names: str) -> list[sa.Column[bytes]]:
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]
