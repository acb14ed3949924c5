"""The tables of the first version of the hub. Times are in microseconds since the Unix epoch, UTC."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("scope", sa.String(16), nullable=False),
        _time("created_at"),
    )
    op.create_table(
        "connections",
        _key(),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("vendor", sa.String(32), nullable=False),
        sa.Column("base_url", sa.Text),
        sa.Column("login", sa.String(64), nullable=False, index=True),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text),
        _time("created_at"),
    )
    op.create_table(
        "lists",
        _of("connections", "connection", key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("cursors", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
        _time("polled_at", optional=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "calls",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("minute", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "events",
        _number(),
        _of("connections", "connection"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("trigger", sa.String(64), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        _time("occurred_at", optional=True),
        _time("observed_at"),
        sa.Column("data", sa.Text, nullable=False),
        sa.UniqueConstraint("connection", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pending",
        _number(),
        _of("connections", "connection"),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        _time("found_at"),
        sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
        _time("leased_until"),
        sa.Index("pending_of_a_record", "connection", "record", "number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        _key(),
        _of("connections", "connection", optional=True),
        sa.Column("trigger", sa.String(64), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("after", sa.BigInteger, nullable=False),
        _time("created_at"),
    )
    op.create_table(
        "deliveries",
        _number(),
        _of("subscriptions", "subscription"),
        sa.Column("event", sa.BigInteger, sa.ForeignKey("events.number", ondelete="CASCADE")),
        sa.Column("webhook_id", sa.Text, nullable=False, unique=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("gap", sa.Boolean, nullable=False),
        sa.Column("replay_of", sa.Text),
        _time("created_at"),
        _time("due_at"),
        _time("leased_until"),
        _time("tried_at", optional=True),
        _time("ended_at", optional=True),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
        sa.Index("deliveries_due", "state", "due_at"),
        sa.Index("deliveries_of_a_record", "subscription", "record", "number"),
        sqlite_autoincrement=True,
    )


def _key() -> sa.Column[str]:
    return sa.Column("id", sa.String(64), primary_key=True)


def _time(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("number", kind, primary_key=True, autoincrement=True)


def _of(table: str, name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    """Create a column with the ID of a row of another table; the row is deleted with that row."""
    owner = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.String(64), owner, primary_key=key, nullable=optional, index=optional)
