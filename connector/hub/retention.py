"""Deletes old events, and the events of one customer.

Everything is deleted in slices, each in a transaction of its own, so that polls and deliveries do not wait.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub.hints.arriving import FORGOTTEN
from connector.hub.moments import micros
from connector.hub.tables import alarms, deliveries, events, hints, pending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connector.clock import Clock
    from connector.hub.store import Store

SLICE = 500
"""The most rows that one transaction deletes or searches."""
EVERY = timedelta(hours=1)
"""How often old rows are deleted."""


class Retention:
    """Deletes what is older than `days`; `prune_due` is a job for the engine."""

    def __init__(self, store: Store, days: int, clock: Clock) -> None:
        self._store = store
        self._days = timedelta(days=days)
        self._clock = clock
        self._next: datetime | None = None

    async def prune_due(self) -> int:
        """Delete one slice of the old rows and return how many they were."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return 0
        deleted = await self._store.run(prune, now - self._days, now)
        if deleted < SLICE:
            self._next = now + EVERY
        return deleted

    async def next_prune(self) -> datetime | None:
        return self._next or self._clock()


def prune(connection: sa.Connection, before: datetime, now: datetime) -> int:
    """Delete up to `SLICE` events that were found before a time, with their deliveries, and return how many.

    The last slice also deletes closed alarms of that age, and old hints.
    """
    at = micros(before)
    found = sa.select(events.c.number).where(events.c.observed_at < at)
    old = found.order_by(events.c.observed_at).limit(SLICE)
    numbers = list(connection.execute(old).scalars())
    connection.execute(sa.delete(events).where(events.c.number.in_(numbers)))
    if len(numbers) < SLICE:
        connection.execute(sa.delete(alarms).where(alarms.c.ended_at < at))
        connection.execute(sa.delete(hints).where(hints.c.received_at < micros(now - FORGOTTEN)))
    return len(numbers)


async def erase(store: Store, customer: str) -> dict[str, int]:
    """Delete all events of the records that contain a customer's email address, ID or name.

    A record belongs to the customer if one of its events contains `customer` as a whole value, in upper or
    lower case. Returns how many events, deliveries and waiting events were deleted.
    """
    counts: Counter[str] = Counter({"events": 0, "deliveries": 0, "waiting": 0})
    last: int | None = 0
    while last is not None:
        last, found = await store.run(_records, events, events.c.data, customer, last)
        for of, record in sorted(found):
            counts.update(await store.run(_erase_record, of, record))
    last = 0
    while last is not None:
        last, found = await store.run(_records, pending, pending.c.event, customer, last)
        for of, record in sorted(found):
            counts.update(await store.run(_erase_record, of, record))
    return dict(counts)


def _records(
    connection: sa.Connection, table: sa.Table, data: sa.Column[str], customer: str, after: int
) -> tuple[int | None, set[tuple[str, str]]]:
    """Return the records of the customer in one slice of a table, and the number after which to read on."""
    written = json.dumps(customer)[1:-1].lower()
    query = (
        sa.select(table.c.number, table.c.connection, table.c.record, data.label("data"))
        .where(table.c.number > after, sa.func.lower(data).contains(written, autoescape=True))
        .order_by(table.c.number)
        .limit(SLICE)
    )
    rows = connection.execute(query).all()
    wanted = customer.casefold()
    found = {
        (row.connection, row.record)
        for row in rows
        if any(value.casefold() == wanted for value in _values(json.loads(row.data)))
    }
    return (rows[-1].number if len(rows) == SLICE else None), found


def _erase_record(connection: sa.Connection, of: str, record: str) -> dict[str, int]:
    """Delete all events of a record, and their deliveries."""
    numbers = sa.select(events.c.number).where(events.c.connection == of, events.c.record == record)
    delivered = sa.delete(deliveries).where(deliveries.c.event.in_(numbers))
    waiting = sa.delete(pending).where(pending.c.connection == of, pending.c.record == record)
    kept = sa.delete(events).where(events.c.connection == of, events.c.record == record)
    return {
        "deliveries": connection.execute(delivered).rowcount,
        "waiting": connection.execute(waiting).rowcount,
        "events": connection.execute(kept).rowcount,
    }


def _values(content: Any) -> Iterator[str]:
    """Yield the strings and numbers in a JSON value, as strings."""
    if isinstance(content, dict):
        for child in content.values():
            yield from _values(child)
    elif isinstance(content, list):
        for child in content:
            yield from _values(child)
    elif isinstance(content, str | int | float) and not isinstance(content, bool):
        yield str(content)
