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
    op.create_table("duty", sa.Column("name", sa.String, primary_key=True), sa.Column("worker", sa.String, nullable=False))
    op.drop_column("exchange", "lease_until")
    op.drop_index("exchange_due", "exchange")
    to_send = sa.text("due_at IS NOT NULL AND state != 'AWAITING_RECEIPT'")
    op.create_index(
        *("exchange_to_send", "exchange", ["partner", "priority", "due_at", "id"]), sqlite_where=to_send, postgresql_where=to_send
    )
