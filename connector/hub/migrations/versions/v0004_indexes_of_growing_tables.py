"""Index events by time and deliveries by event, because searches of whole tables grow with them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("events_of_a_time", "events", ["observed_at"])
    op.create_index("events_of_a_connection", "events", ["connection", "observed_at"])
    op.create_index("deliveries_of_an_event", "deliveries", ["event"])
