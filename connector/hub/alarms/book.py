"""Stores when each problem began and ended, and what of this was sent to the owner."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub.locks import ALARMS, one_at_a_time
from connector.hub.moments import micros, moment, timestamp
from connector.hub.tables import alarms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connector.hub.alarms.conditions import Condition, Kind

OPEN, CLOSED, SKIPPED = "open", "closed", "skipped"
"""What the owner knows of an alarm. It is skipped if it ended before there was anywhere to send it."""
ONCE = ("away", "test")
"""Kinds of alarms that report something that happened, and end by themselves after `SHOWN`."""
SHOWN = timedelta(days=1)
LEASE = timedelta(minutes=2)
PAUSES = (10, 60, 300, 1_800)
"""The pauses between attempts to send an alarm in seconds; the last one repeats."""


def update(connection: sa.Connection, conditions: Iterable[Condition], now: datetime) -> int:
    """Open an alarm for each new problem, close those of problems that ended, and return how many changed."""
    one_at_a_time(connection, ALARMS)
    present = {one.key: one for one in conditions}
    known = connection.execute(sa.select(alarms).where(alarms.c.open_key.is_not(None))).all()
    ended = [row for row in known if row.open_key not in present and row.kind not in ONCE]
    for row in ended:
        _close(connection, row.number, now)
    forgotten = sa.update(alarms).where(
        alarms.c.kind.in_(ONCE), alarms.c.open_key.is_not(None), alarms.c.began_at < micros(now - SHOWN)
    )
    connection.execute(forgotten.values(open_key=None, ended_at=micros(now), notified=CLOSED))
    fresh = [one for key, one in present.items() if key not in {row.open_key for row in known}]
    for condition in fresh:
        open_(connection, condition, now)
    for row in known:
        still = present.get(row.open_key)
        if still is not None and still.message != row.message:
            changed = sa.update(alarms).where(alarms.c.number == row.number)
            connection.execute(changed.values(message=still.message))
    return len(ended) + len(fresh)


def is_open(connection: sa.Connection, kind: Kind) -> bool:
    """Return True if an alarm of a kind is open."""
    same = sa.select(alarms.c.number).where(alarms.c.kind == kind, alarms.c.open_key.is_not(None)).limit(1)
    return connection.execute(same).first() is not None


def open_(connection: sa.Connection, condition: Condition, now: datetime) -> None:
    """Open an alarm, unless it is open already."""
    one_at_a_time(connection, ALARMS)
    same = sa.select(alarms.c.number).where(alarms.c.open_key == condition.key)
    if connection.execute(same).first():
        return
    connection.execute(
        sa.insert(alarms).values(
            open_key=condition.key,
            kind=condition.kind,
            subject=condition.subject,
            message=condition.message,
            began_at=micros(now),
            notified="",
            tries=0,
            due_at=micros(now),
            leased_until=0,
        )
    )


def listed(connection: sa.Connection, limit: int = 100, *, only_open: bool = False) -> list[dict[str, Any]]:
    """Return the newest alarms in the format of the hub's API."""
    query = sa.select(alarms).order_by(alarms.c.number.desc()).limit(limit)
    if only_open:
        query = query.where(alarms.c.open_key.is_not(None))
    return [as_json(row) for row in connection.execute(query).all()]


def as_json(row: Any) -> dict[str, Any]:
    """Convert an alarm's row to the format of the hub's API."""
    return {
        "number": row.number,
        "kind": row.kind,
        "subject": row.subject,
        "state": OPEN if row.ended_at is None else CLOSED,
        "message": row.message,
        "began_at": timestamp(row.began_at),
        "ended_at": timestamp(row.ended_at),
        "sent": row.notified == (OPEN if row.ended_at is None else CLOSED),
        "problem": row.problem,
    }


def lease_due(connection: sa.Connection, now: datetime) -> Any | None:
    """Reserve the oldest alarm whose present state the owner does not know yet, and return its row, if any.

    One at a time, because sending one can take almost as long as the lease.
    """
    at = micros(now)
    due = sa.select(alarms.c.number).where(_unsent(), alarms.c.due_at <= at, alarms.c.leased_until <= at)
    first = due.order_by(alarms.c.number).limit(1).with_for_update(skip_locked=True)
    number = connection.execute(first).scalar_one_or_none()
    here = alarms.c.number == number
    connection.execute(sa.update(alarms).where(here).values(leased_until=micros(now + LEASE)))
    return connection.execute(sa.select(alarms).where(here)).first()


def settle(connection: sa.Connection, row: Any, problem: str, now: datetime) -> None:
    """Store that an alarm was sent to the owner, or why it could not be sent (`problem`).

    Nothing is stored if another process has leased the alarm meanwhile.
    """
    mine = (alarms.c.number == row.number, alarms.c.leased_until == row.leased_until)
    here = sa.update(alarms).where(*mine)
    if not problem:
        state = OPEN if row.ended_at is None else CLOSED
        connection.execute(here.values(notified=state, tries=0, problem=None, leased_until=0))
        return
    pause = timedelta(seconds=PAUSES[min(row.tries, len(PAUSES) - 1)])
    values = {"tries": row.tries + 1, "problem": problem, "due_at": micros(now + pause), "leased_until": 0}
    connection.execute(here.values(**values))


def skip(connection: sa.Connection, row: Any, problem: str) -> None:
    """Store that an alarm has ended and is not sent, with the reason `problem`."""
    here = sa.update(alarms).where(alarms.c.number == row.number)
    connection.execute(here.values(notified=SKIPPED, problem=problem, leased_until=0))


def next_due(connection: sa.Connection) -> datetime | None:
    """Return the time at which the next alarm must be sent, or None if all were sent."""
    later = sa.case((alarms.c.leased_until > alarms.c.due_at, alarms.c.leased_until), else_=alarms.c.due_at)
    found = connection.execute(sa.select(sa.func.min(later)).where(_unsent())).scalar_one()
    return None if found is None else moment(found)


def _unsent() -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(alarms.c.ended_at.is_(None), alarms.c.notified == ""),
        sa.and_(alarms.c.ended_at.is_not(None), alarms.c.notified.not_in((CLOSED, SKIPPED))),
    )


def _close(connection: sa.Connection, number: int, now: datetime) -> None:
    """Close an alarm, and make it due once more: a message to the owner says that the problem is over."""
    here = sa.update(alarms).where(alarms.c.number == number)
    connection.execute(here.values(open_key=None, ended_at=micros(now), due_at=micros(now), tries=0))
