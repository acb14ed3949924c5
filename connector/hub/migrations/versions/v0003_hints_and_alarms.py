"""Store webhooks of vendors as hints, resting targets and alarms; keep several scopes for a key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("keys") as keys:
        keys.alter_column("scope", existing_type=sa.String(16), type_=sa.String(100), existing_nullable=False)
    op.create_table(
        "hooks",
        _of("connections", "connection"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("registered", sa.Text, nullable=False),
        _number("received"),
        _number("refused"),
        _number("announced"),
        _number("unannounced"),
        sa.Column("problem", sa.Text),
        sa.Column("received_at", sa.BigInteger),
        _number("created_at"),
    )
    op.create_table(
        "hints",
        _of("connections", "connection"),
        sa.Column("resource", sa.String(64), primary_key=True),
        sa.Column("record", sa.String(200), primary_key=True),
        sa.Column("received_at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "circuits",
        _of("subscriptions", "subscription"),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        _number("since"),
        _number("open_until"),
    )
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "alarms",
        sa.Column("number", key, primary_key=True, autoincrement=True),
        sa.Column("open_key", sa.String(200), unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        _number("began_at"),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("notified", sa.String(8), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
        _number("leased_until"),
        sqlite_autoincrement=True,
    )


def _of(table: str, name: str) -> sa.Column[str]:
    """Create a primary key with the ID of a row of another table; the row is deleted with that row."""
    owner = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.String(64), owner, primary_key=True, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
