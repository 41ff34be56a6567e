"""Version 6: the log of evidence, legal holds, and what we sent once and compressed."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_OF_MESSAGE = sa.text("message_id != ''")
_BEGINS = sa.text("partner != '' AND kind IN ('message.packaged', 'message.received')")

_IN_FORCE = sa.text("released_at IS NULL AND partner != ''")
_ACTS = sa.text("kind IN ('act', 'evidence.retrieved')")
_WIRED = sa.text("wire IS NOT NULL AND payloads_removed_at IS NULL AND state || '' = 'ACKNOWLEDGED'")


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
    _holds()
    _imported()
    _configured()
    op.add_column("octets", sa.Column("packed_size", sa.Integer, nullable=True))
    op.create_index("exchange_wired", "exchange", ["changed_at", "id"], sqlite_where=_WIRED, postgresql_where=_WIRED)


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


def _holds() -> None:
    op.create_table(
        "hold",
        *_numbers("id"),
        *_texts("case_file", "why", "who", "at", "partner", "since", "until"),
        sa.Column("released_at", sa.String),
        *_texts("released_by", "released_because"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hold_partner", "hold", ["partner", "id"], sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)
    op.create_table(
        "hold_message",
        *_texts("direction"),
        *_numbers("owner_id", "hold_id"),
        sa.PrimaryKeyConstraint("direction", "owner_id", "hold_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("hold_message_of", "hold_message", ["hold_id"])
    # An order of before becomes a hold over its message.
    for place, (direction, table) in enumerate((("out", "exchange"), ("in", "inbound"))):
        op.execute(
            "INSERT INTO hold (id, case_file, why, who, at, partner, since, until, released_at, released_by, released_because) "  # noqa: S608 - words of ours
            f"SELECT id * 2 + {place}, '', kept_because, '', changed_at, '', '', '', NULL, '', '' FROM {table} WHERE kept_because != ''"
        )
        op.execute(
            "INSERT INTO hold_message (direction, owner_id, hold_id) "  # noqa: S608 - words of ours
            f"SELECT '{direction}', id, id * 2 + {place} FROM {table} WHERE kept_because != ''"
        )
        op.drop_column(table, "kept_because")


def _imported() -> None:
    op.create_table(
        "imported_log",
        *_texts("log", "at", "who", "place"),
        *_numbers("size"),
        *_texts("signers"),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("log"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_entry",
        *_texts("log"),
        *_numbers("number"),
        *_octets("octets"),
        *_texts("kind", "at", "message_id", "partner", "direction"),
        sa.PrimaryKeyConstraint("log", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("imported_entry_message", "imported_entry", ["message_id", "log", "number"])
    columns = ["log", "partner", "at", "number"]
    op.create_index("imported_entry_partner", "imported_entry", columns, sqlite_where=_BEGINS, postgresql_where=_BEGINS)
    op.create_table(
        "imported_leaves",
        *_texts("log"),
        *_numbers("place"),
        *_octets("hashes"),
        sa.PrimaryKeyConstraint("log", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_checkpoint",
        *_texts("log"),
        *_numbers("size"),
        *_octets("octets", "signature"),
        *_texts("signers"),
        sa.PrimaryKeyConstraint("log", "size"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_token",
        *_texts("log"),
        *_numbers("size", "number"),
        *_octets("note", "token"),
        *_texts("at", "ends_at"),
        sa.PrimaryKeyConstraint("log", "size", "number"),
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
