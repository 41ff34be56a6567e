"""Version 2: priorities, holds, reasons to wait, horizons, circuits, and attempts at handing over."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """What was sent before has the priority that everything had."""
    for column in (
        sa.Column("priority", sa.Integer, nullable=False, server_default="5"),
        sa.Column("held", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("waits_for", sa.String, nullable=False, server_default=""),
        sa.Column("give_up_at", sa.String),
        sa.Column("mpc", sa.String, nullable=False, server_default=""),
        sa.Column("lease", sa.Integer, nullable=False, server_default="0"),
        sa.Column("leased_by", sa.String),
        sa.Column("lease_until", sa.String),
    ):
        op.add_column("exchange", column)
    op.drop_index("exchange_due", "exchange")
    due = sa.text("due_at IS NOT NULL")
    op.create_index("exchange_due", "exchange", ["priority", "due_at", "id"], sqlite_where=due, postgresql_where=due)
    op.add_column("inbound", sa.Column("delivery_attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("inbound", sa.Column("deliver_at", sa.String))
    op.create_table(
        "circuit",
        sa.Column("partner", sa.String, primary_key=True),
        sa.Column("opened_at", sa.String, nullable=False),
        sa.Column("probe_at", sa.String, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("why", sa.String, nullable=False),
    )
