"""The database tables; all SQL statements are compiled from these definitions.

Times are integers: microseconds since the Unix epoch. Documents and bodies are JSON, stored as bytes.
"""

import sqlalchemy as sa

SCHEMA_VERSION = "5"

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column(
        "partition", sa.Text, nullable=False, unique=True
    ),  # the value of `tenant` in the `PARTITIONED` tables
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("seed_size", sa.Integer, nullable=False),
    sa.Column("shop", sa.Text, nullable=False, server_default=""),  # "": generated returns
    sa.Column("plan", sa.Text, nullable=False),  # "": each vendor's first plan
    sa.Column("limits", sa.Text, nullable=False),  # on, off, auto
    sa.Column("first_moment", sa.BigInteger, nullable=False),
    sa.Column("chosen", sa.Boolean, nullable=False),
    sa.Column("frozen", sa.Boolean, nullable=False),
    sa.Column("clock_offset", sa.BigInteger, nullable=False),
    sa.Column("frozen_at", sa.BigInteger, nullable=True),  # null: not frozen
)

shops = sa.Table(
    "shops",  # the merchants' own shops, as JSON
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # derived from the content
    sa.Column("content", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

stray_partitions = sa.Table(
    "stray_partitions",  # partitions being filled or emptied, without a tenant; emptied at the next start
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("partition", sa.Text, nullable=False, unique=True),  # holds the rows; it never changes
    sa.Column("at", sa.BigInteger, nullable=False),  # the tenant's time
    sa.Column("frozen", sa.Boolean, nullable=False),  # whether the clock stood still
    sa.Column("first_moment", sa.BigInteger, nullable=False),
    sa.Column("switches", sa.LargeBinary, nullable=False),  # those that are on: [[vendor, name, shop], …]
    sa.Column("faults", sa.LargeBinary, nullable=False),  # a list of the rows of `faults`
    sqlite_with_rowid=False,
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # SHA-256; the key itself is not stored
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),  # separated by spaces
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("tenant", "vendor", "name"),
)

switches = sa.Table(
    "switches",  # only switches that are on
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("vendor", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("shop", sa.Text, primary_key=True),  # "": the whole account
    sqlite_with_rowid=False,
)

spent_tokens = sa.Table(
    "spent_tokens",  # single-use tokens that were used, kept until they would have expired
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ends", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

faults = sa.Table(
    "faults",  # faults that affect a tenant's clients, in the order in which they were added
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),  # "": added by itself
    sa.Column("vendor", sa.Text, nullable=False),  # "*": every vendor
    sa.Column("operation", sa.Text, nullable=False),  # "*": every operation
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("parameters", sa.LargeBinary, nullable=False),
    sa.Column("condition", sa.LargeBinary, nullable=False),  # when the fault fires
    sa.Column("calls", sa.LargeBinary, nullable=False),  # matching calls, counted per vendor and operation
    sa.Column("fired", sa.Integer, nullable=False),
    sa.Index("faults_by_tenant", "tenant", "id"),
    sqlite_autoincrement=True,  # ids that clients have seen are never reused
)

REMEMBERED = (tenants, keys, switches, spent_tokens, faults)
"""Tables that are cached in memory, keyed by tenant; write to them with `Change.run_for`."""

PARTITIONED = ("rows", "counters", "ledger", "steps", "deliveries")
"""Tables whose `tenant` column contains the name of a partition."""

rows = sa.Table(
    "rows",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),  # insertion order across all tenants
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("order_number", sa.Text, nullable=False),
    sa.Column("customer_email", sa.Text, nullable=False),  # lower case
    sa.Column("parent", sa.Text, nullable=False),
    sa.Column("shop", sa.Text, nullable=False),
    sa.Column("summary", sa.LargeBinary, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # last, so that lists do not read it
    sa.UniqueConstraint("tenant", "vendor", "kind", "id"),
)
for _filter in ("status", "order_number", "customer_email", "parent", "shop"):
    sa.Index(
        f"rows_by_{_filter}",
        *(rows.c[name] for name in ("tenant", "vendor", "kind", _filter, "created_at", "sequence")),
        sqlite_where=rows.c[_filter] != sa.literal_column("''"),  # most rows have no value here
    )
_LISTED = ("tenant", "vendor", "kind")
sa.Index("rows_by_created_at", *(rows.c[name] for name in (*_LISTED, "created_at", "sequence")))
sa.Index("rows_by_updated_at", *(rows.c[name] for name in (*_LISTED, "updated_at", "created_at", "sequence")))
# Only rows of accounts with several shops; with the times and the status, filters need not read the rows.
sa.Index(
    "rows_by_shop_sequence",
    *(rows.c[name] for name in (*_LISTED, "shop", "sequence", "created_at", "updated_at", "status")),
    sqlite_where=rows.c.shop != sa.literal_column("''"),
)
sa.Index(
    "rows_by_shop_updated_at",
    *(rows.c[name] for name in (*_LISTED, "shop", "updated_at", "sequence", "status")),
    sqlite_where=rows.c.shop != sa.literal_column("''"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("vendor", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, primary_key=True),
    sa.Column("total", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

deliveries = sa.Table(
    "deliveries",  # webhook deliveries
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("webhook", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=True),  # null: finished
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, delivered, given_up
    sa.Column("test", sa.Boolean, nullable=False),  # a test event, which nothing in the sandbox caused
    sa.Column("attempts_before", sa.Integer, nullable=False),  # attempts made before the last resend
    sa.Column("log", sa.LargeBinary, nullable=False),  # the last attempts, as a JSON array
    sa.Column("return_id", sa.Text, nullable=False, server_default=""),  # "": a test event
    sa.Index("deliveries_by_tenant", "tenant", "id"),
    sqlite_autoincrement=True,  # ids that clients have seen are never reused
)
sa.Index(
    "deliveries_by_webhook",
    *(deliveries.c[name] for name in ("tenant", "vendor", "webhook", "due", "id")),
    sqlite_where=deliveries.c.due.is_not(None),  # most deliveries are finished
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("steps_by_due", "tenant", "due", "id"),
    sa.Index("steps_by_subject", "tenant", "vendor", "subject"),
)
