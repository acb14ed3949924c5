"""Counts the API calls of each login, and rejects calls that would exceed the plan's budget.

The counts are stored in the database, so that they survive a crash and all processes share them. A vendor's
limit for a day is applied to any 24 hours, which never allows more calls than a calendar day does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.errors import RateLimited
from connector.hub.locks import one_at_a_time
from connector.hub.moments import SECOND, micros
from connector.hub.tables import calls

if TYPE_CHECKING:
    from datetime import datetime

    from connector.clock import Clock
    from connector.hub.store import Store
    from connector.transport.client import Pace
    from connector.transport.deadline import Deadline

MINUTE = 60 * SECOND
DAY_MINUTES = 1_440


def spent(connection: sa.Connection, login: str, now: datetime) -> int:
    """Return the number of calls that the hub has sent with a login in the last 24 hours."""
    first = micros(now) // MINUTE - DAY_MINUTES  # a call can be older than a day by up to a minute
    counted = sa.select(sa.func.coalesce(sa.func.sum(calls.c.count), 0))
    return int(
        connection.execute(counted.where(calls.c.login == login, calls.c.minute >= first)).scalar_one()
    )


def count(connection: sa.Connection, login: str, now: datetime, most: int | None, calls_: int = 1) -> bool:
    """Count `calls_` calls and return True, or return False if more than `most` would be sent in 24 hours.

    If `most` is None, every call is counted.
    """
    one_at_a_time(connection, f"calls of {login}")
    if most is not None and spent(connection, login, now) + calls_ > most:
        return False
    minute = micros(now) // MINUTE
    this = (calls.c.login == login, calls.c.minute == minute)
    if not connection.execute(sa.update(calls).where(*this).values(count=calls.c.count + calls_)).rowcount:
        old = (calls.c.login == login, calls.c.minute < minute - DAY_MINUTES)
        connection.execute(sa.delete(calls).where(*old))
        connection.execute(sa.insert(calls).values(login=login, minute=minute, count=calls_))
    return True


class Budget:
    """Limits the calls of one login: waits as the vendor's limits require, and counts each call.

    `most` is the number of calls that the hub may send in 24 hours, or None for any number. `pace` delays
    calls to stay within limits for shorter periods.
    """

    def __init__(self, store: Store, login: str, most: int | None, pace: Pace, clock: Clock) -> None:
        self._store = store
        self._login = login
        self._most = most
        self._clock = clock
        self._pace = pace
        self.learn = pace.learn

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        """Wait until the next call is allowed, and count the call.

        Raises `RateLimited` if the budget of the last 24 hours is used up.
        """
        await self._pace.admit(operation, deadline)
        if not await self._store.run(count, self._login, self._clock(), self._most):
            raise RateLimited(
                f"The hub's budget of {self._most:,} calls in 24 hours is used up.", operation=operation
            )
