"""The tables of the hub's database. Times are in microseconds since the Unix epoch, UTC.

`lease` is the ID of the lease under which a process works on a row until `leased_until`;
`connector.hub.leases` describes leases. After a change here, add a revision to `connector.hub.migrations`.
"""

import sqlalchemy as sa

metadata = sa.MetaData()


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=True)


def _time(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _number() -> sa.Column[int]:
    """Create an integer primary key that the database assigns and never uses again after a row is deleted."""
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("number", kind, primary_key=True, autoincrement=True)


def _connection() -> sa.Column[str]:
    owner = sa.ForeignKey("connections.id", ondelete="CASCADE")
    return sa.Column("connection", sa.String(64), owner, nullable=False)


settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Values that belong to the whole database, such as the check value of the encryption key."""

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("scope", sa.String(100), nullable=False),
    _time("created_at"),
)
"""API keys as digests. `scope` contains the scopes, separated by blanks."""

connections = sa.Table(
    "connections",
    metadata,
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
"""Connections. `login` is equal for connections that share the vendor's limits; `fields` is encrypted."""

lists = sa.Table(
    "lists",
    metadata,
    sa.Column(
        "connection", sa.String(64), sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("cursors", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("leased_until", sa.BigInteger, nullable=False),
    sa.Column("lease", sa.String(32)),
    _time("polled_at", optional=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Index("lists_of_a_lease", "lease"),
)
"""The lists in use of each connection. `cursors` is a JSON object of the triggers' cursors. `version` counts
the polls that were stored; a poll of an older version is not stored."""

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("login", sa.String(64), primary_key=True),
    sa.Column("minute", sa.BigInteger, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
"""The calls of each login, counted before they are sent, in minutes since the Unix epoch."""

events = sa.Table(
    "events",
    metadata,
    sa.Column(
        "number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    sa.Column(
        "connection", sa.String(64), sa.ForeignKey("connections.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("trigger", sa.String(64), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    _time("occurred_at", optional=True),
    _time("observed_at"),
    sa.Column("data", sa.Text, nullable=False),
    sa.UniqueConstraint("connection", "id"),
    sa.Index("events_of_a_time", "observed_at"),
    sa.Index("events_of_a_connection", "connection", "observed_at"),
    sqlite_autoincrement=True,
)
"""Events in the order in which the hub found them. `id` is the trigger's event ID."""

pending = sa.Table(
    "pending",
    metadata,
    _number(),
    _connection(),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    _time("found_at"),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    _time("leased_until"),
    sa.Column("lease", sa.String(32)),
    sa.Index("pending_of_a_lease", "lease"),
    sa.Index("pending_of_a_record", "connection", "record", "number"),
    sqlite_autoincrement=True,
)
"""Events whose details could not be read yet. They become events as soon as the details are read."""

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    _key(),
    sa.Column("connection", sa.String(64), sa.ForeignKey("connections.id", ondelete="CASCADE"), index=True),
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
"""Subscriptions. `connection` is null for all connections; `trigger` is a trigger's key or an event type.
`after` is the number of the last event before the subscription began. `state` is "active", "paused", "ended"
(the target answered 410) or "failing" (deliveries wait, because the target does not accept them)."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column(
        "number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    sa.Column(
        "subscription", sa.String(64), sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False
    ),
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
    sa.Column("lease", sa.String(32)),
    _time("tried_at", optional=True),
    _time("ended_at", optional=True),
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.Text),
    sa.Index("deliveries_of_a_lease", "lease"),
    sa.Index("deliveries_due", "state", "due_at"),
    sa.Index("deliveries_of_a_record", "subscription", "record", "number"),
    sa.Index("deliveries_of_an_event", "event"),
    sqlite_autoincrement=True,
)
"""Deliveries of events to subscriptions. `state` is "waiting", "delivered", "given up" or "canceled";
`status` and `answer` are those of the last attempt, and `tried_at` is the time of the first one."""

hooks = sa.Table(
    "hooks",
    metadata,
    sa.Column(
        "connection", sa.String(64), sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("secret", sa.LargeBinary),
    sa.Column("registered", sa.Text, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
    sa.Column("announced", sa.BigInteger, nullable=False),
    sa.Column("unannounced", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text),
    _time("received_at", optional=True),
    _time("created_at"),
)
"""The addresses that take the vendors' webhooks. `token` and `secret` are encrypted, and `registered` is a
JSON list of the webhooks at the vendor. `announced` and `unannounced` count the changes that polls found."""

hints = sa.Table(
    "hints",
    metadata,
    sa.Column(
        "connection", sa.String(64), sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("resource", sa.String(64), primary_key=True),
    sa.Column("record", sa.String(200), primary_key=True),
    sa.Column("received_at", sa.BigInteger, nullable=False, index=True),
)
"""The time of the latest webhook about each record, for two days; both names are "" if they are unknown."""

circuits = sa.Table(
    "circuits",
    metadata,
    sa.Column(
        "subscription",
        sa.String(64),
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    _time("since"),
    _time("open_until"),
)
"""The subscriptions whose last deliveries failed: how many in a row, since when, and until when they rest."""

alarms = sa.Table(
    "alarms",
    metadata,
    _number(),
    sa.Column("open_key", sa.String(200), unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    _time("began_at"),
    _time("ended_at", optional=True),
    sa.Column("notified", sa.String(8), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    _time("leased_until"),
    sqlite_autoincrement=True,
)
"""Alarms. `open_key` names the problem while it lasts, and is null after it ended. `notified` is the state
that the owner knows: "", "open" or "closed"."""
