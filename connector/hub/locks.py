"""Locks of PostgreSQL that last until the end of a transaction.

SQLite needs none, because only one transaction at a time can write.
"""

from __future__ import annotations

import sqlalchemy as sa

SPACE = 0x52455455
"""The first half of each lock's key, so that other programs on the same server use other keys."""
MIGRATION = "migration"
"""Held while the tables are created or changed."""
CONFIGURATION = "configuration"
"""Held while connections, subscriptions or API keys change, because they decide which lists are polled."""
ALARMS = "alarms"
"""Held while alarms are opened and closed, so that each problem has one."""
EVENTS = "events"
"""Held while events are stored, so that their numbers become visible in ascending order.

Otherwise a reader of `GET /events?after=` could see number 8 before number 7, and never read number 7."""


def one_at_a_time(connection: sa.Connection, name: str) -> None:
    """Wait until no other transaction has locked `name`, and lock it until this transaction ends."""
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtext(name)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SPACE, key)))
