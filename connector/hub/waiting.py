"""Stores events whose details could not be read, until they can be published.

A record whose details cannot be read must not hold back the events of other records. Only later events of the
same record wait too, because the events of a record are delivered in order. After a day, the event is
published without details, as if the record had been deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub import exact_json
from connector.hub.moments import micros, moment
from connector.hub.tables import pending
from connector.runtime.polling import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.hub.events import Found

AT_ONCE = 25
LEASE = timedelta(minutes=5)
PAUSES = (60, 300, 1_800, 3_600)
"""The pauses between attempts in seconds; the last one repeats."""
PATIENCE = timedelta(days=1)
"""How long details are tried."""


def records(connection: sa.Connection, of: str) -> Sequence[str]:
    """Return the IDs of the records of the connection `of` that have waiting events."""
    found = sa.select(pending.c.record).where(pending.c.connection == of).distinct()
    return connection.execute(found).scalars().all()


def add(connection: sa.Connection, of: str, found: Found, now: datetime) -> None:
    """Store an event of the connection `of` that waits for its details or for an earlier event."""
    event = found.event
    stored = {
        "id": event.id,
        "trigger": event.trigger,
        "kind": found.kind,
        "observed_at": micros(event.observed_at),
        "data": event.data,
    }
    at = micros(now)
    connection.execute(
        sa.insert(pending).values(
            connection=of,
            record=found.record,
            event=exact_json.dumps(stored),
            tries=1,
            problem=found.problem or "An earlier event of the record waits.",
            found_at=at,
            due_at=micros(now + timedelta(seconds=PAUSES[0])),
            leased_until=0,
        )
    )


def lease_due(connection: sa.Connection, lease: str, now: datetime) -> int:
    """Lease up to `AT_ONCE` waiting events that are due, and return their number.

    Only the oldest waiting event of each record can be due.
    """
    at, older = micros(now), pending.alias("older")
    held = sa.exists().where(
        older.c.connection == pending.c.connection,
        older.c.record == pending.c.record,
        older.c.number < pending.c.number,
    )
    found = connection.execute(
        sa.select(pending.c.number)
        .where(pending.c.due_at <= at, pending.c.leased_until <= at, ~held)
        .order_by(pending.c.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=pending)
    )
    numbers = found.scalars().all()
    chosen = sa.update(pending).where(pending.c.number.in_(numbers))
    connection.execute(chosen.values(lease=lease, leased_until=micros(now + LEASE)))
    return len(numbers)


def leased(connection: sa.Connection, lease: str, now: datetime) -> list[Any]:
    """Renew a lease, and return the rows of its events that still wait."""
    held = pending.c.lease == lease
    connection.execute(sa.update(pending).where(held).values(leased_until=micros(now + LEASE)))
    return list(connection.execute(sa.select(pending).where(held).order_by(pending.c.due_at)).all())


def event_of(row: Any) -> tuple[Event, str]:
    """Return the event that a row contains, and its event type."""
    stored = exact_json.loads(row.event)
    event = Event(
        id=stored["id"],
        trigger=stored["trigger"],
        occurred_at=None,
        observed_at=moment(stored["observed_at"]),
        data=stored["data"],
    )
    return event, str(stored["kind"])


def take(connection: sa.Connection, row: Any, now: datetime) -> bool:
    """Delete a waiting event, which the caller publishes in the same transaction, and return True.

    Makes the next waiting event of the record due now. Returns False if another process has already taken the
    event.
    """
    if not connection.execute(sa.delete(pending).where(pending.c.number == row.number)).rowcount:
        return False
    rest = (pending.c.connection == row.connection, pending.c.record == row.record)
    connection.execute(sa.update(pending).where(*rest).values(due_at=micros(now)))
    return True


def postpone(connection: sa.Connection, row: Any, problem: str, now: datetime) -> None:
    """Store why the details could not be read, and when they must be requested again.

    Nothing is stored if the lease has passed to another process.
    """
    pause = timedelta(seconds=PAUSES[min(row.tries, len(PAUSES) - 1)])
    values = {"tries": row.tries + 1, "problem": problem, "due_at": micros(now + pause)}
    here = (pending.c.number == row.number, pending.c.lease == row.lease)
    connection.execute(sa.update(pending).where(*here).values(**values, lease=None, leased_until=0))


def is_over(row: Any, now: datetime) -> bool:
    """Return True if the details of a waiting event have been requested for `PATIENCE` (a day)."""
    return now - moment(row.found_at) >= PATIENCE


def next_due(connection: sa.Connection) -> datetime | None:
    """Return the time at which the next waiting event is due, or None if no event waits."""
    end, due = pending.c.leased_until, pending.c.due_at
    later = sa.func.min(sa.case((end > due, end), else_=due))
    found = connection.execute(sa.select(later)).scalar_one()
    return None if found is None else moment(found)
