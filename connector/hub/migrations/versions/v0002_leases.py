"""Store who holds a lease, so that a job that was interrupted continues with what it had leased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("lists", "pending", "deliveries"):
        op.add_column(table, sa.Column("lease", sa.String(32)))
        op.create_index(f"{table}_of_a_lease", table, ["lease"])
