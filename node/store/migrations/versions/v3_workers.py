"""Version 3: several processes on one store."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Leases hold while their worker is alive; what is to be sent is found by partner."""
    op.alter_column("schema_version", "sqlite_version", new_column_name="library")
    op.create_table(
        "worker",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("alive_until", sa.String, nullable=False),
    )
    op.create_table(
        "writer",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table("duty", sa.Column("name", sa.String, primary_key=True), sa.Column("worker", sa.String, nullable=False))
    op.drop_column("exchange", "lease_until")
    op.drop_index("exchange_due", "exchange")
    to_send = sa.text("due_at IS NOT NULL AND state != 'AWAITING_RECEIPT'")
    op.create_index(
        *("exchange_to_send", "exchange", ["partner", "priority", "due_at", "id"]), sqlite_where=to_send, postgresql_where=to_send
    )
    _retention()
    _pulling()


def _retention() -> None:
    """What is no longer kept."""
    for table in ("exchange", "inbound"):
        op.add_column(table, sa.Column("payloads_removed_at", sa.String, nullable=True))
        if table == "exchange":
            op.add_column(table, sa.Column("envelope_id", sa.Integer, nullable=True))
        op.add_column(table, sa.Column("kept_because", sa.String, nullable=False, server_default=""))
    op.add_column("octets", sa.Column("removed_at", sa.String, nullable=True))
    named = sa.text("file IS NOT NULL")
    op.create_index("octets_file", "octets", ["file"], sqlite_where=named, postgresql_where=named)
    sent = sa.text("payloads_removed_at IS NULL AND state || '' IN ('ACKNOWLEDGED', 'SENT', 'FAILED')")
    op.create_index("exchange_purge", "exchange", ["changed_at", "id"], sqlite_where=sent, postgresql_where=sent)
    received = sa.text("payloads_removed_at IS NULL AND state || '' IN ('ACCEPTED', 'DELIVERED')")
    op.create_index("inbound_purge", "inbound", ["changed_at", "id"], sqlite_where=received, postgresql_where=received)
    op.create_table(
        "removal",
        sa.Column("file", sa.String, primary_key=True),
        sa.Column("due_at", sa.String, nullable=False),
        sa.Column("going", sa.Integer, nullable=False),
    )
    texts = ("direction", "message_id", "from_party", "partner", "service", "action", "state", "began_at", "ended_at")
    op.create_table(
        "purged",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in (*texts, "fingerprint", "purged_at", "rule")),
    )
    op.create_index("purged_message", "purged", ["message_id", "direction", "from_party"])


def _pulling() -> None:
    """What partners pull, and signals that are posted by themselves."""
    pulled = sa.text("mpc != ''")
    op.create_index(
        *("exchange_pulled", "exchange", ["state", "partner", "mpc", "id"]), sqlite_where=pulled, postgresql_where=pulled
    )
    op.create_table(
        "signal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("inbound_id", sa.Integer, nullable=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("partner", "pmode_id", "about")),
        sa.Column("is_error", sa.Boolean, nullable=False),
        sa.Column("octets_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("content_type", "since")),
        sa.Column("due_at", sa.String, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
    )
    due, of_inbound = sa.text("due_at IS NOT NULL"), sa.text("inbound_id IS NOT NULL")
    op.create_index("signal_due", "signal", ["due_at", "id"], sqlite_where=due, postgresql_where=due)
    op.create_index(
        *("signal_inbound", "signal", ["inbound_id"]), unique=True, sqlite_where=of_inbound, postgresql_where=of_inbound
    )
