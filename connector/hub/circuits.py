"""Rests a subscription whose target fails again and again (a circuit breaker).

After `OPENS_AFTER` failed attempts in a row, the circuit of the subscription is open: only one delivery is
attempted after each pause. The first one that succeeds closes the circuit, and the others follow. No delivery
is lost meanwhile: a delivery that is not attempted does not grow older.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub.locks import one_at_a_time
from connector.hub.moments import micros
from connector.hub.tables import circuits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

OPENS_AFTER = 5
PAUSES = (60, 300, 900, 1_800)
"""The pauses between two attempts at an open circuit in seconds; the last one repeats."""


def rests(subscription: sa.Column[str], at: int) -> sa.ColumnElement[bool]:
    """Build the condition that a subscription's circuit is open, and that its pause has not ended at `at`."""
    resting = sa.select(circuits.c.subscription)
    return resting.where(circuits.c.subscription == subscription, circuits.c.open_until > at).exists()


def probes(connection: sa.Connection, rows: Sequence[Any], now: datetime, lease: timedelta) -> list[Any]:
    """Keep only the first of the due deliveries of each subscription whose circuit is open.

    Until the result of this delivery is stored, or for `lease`, no process attempts another one.
    """
    ids = {row.subscription for row in rows}
    query = sa.select(circuits.c.subscription).where(
        circuits.c.subscription.in_(ids), circuits.c.failures >= OPENS_AFTER
    )
    broken = sorted(connection.execute(query).scalars()) if ids else []
    seen = {one for one in broken if not _reserve(connection, one, now, lease)}
    kept = []
    for row in rows:
        if row.subscription not in broken or row.subscription not in seen:
            kept.append(row)
        seen.add(row.subscription)
    return kept


def _reserve(connection: sa.Connection, subscription: str, now: datetime, lease: timedelta) -> bool:
    """Let an open circuit rest during an attempt; return False if another process attempts a delivery."""
    free = (circuits.c.subscription == subscription, circuits.c.open_until <= micros(now))
    reserved = sa.update(circuits).where(*free).values(open_until=micros(now + lease))
    return connection.execute(reserved).rowcount > 0


def settle(connection: sa.Connection, subscription: str, problem: str, now: datetime) -> None:
    """Store the result of an attempt: `problem` is why it failed, or "" if the target accepted it."""
    here = circuits.c.subscription == subscription
    if problem:
        one_at_a_time(connection, f"circuit of {subscription}")
    row = connection.execute(sa.select(circuits).where(here)).first()
    if not problem:
        if row is not None:
            connection.execute(sa.delete(circuits).where(here))
        return
    failures = 1 if row is None else row.failures + 1
    values = {"failures": failures, "problem": problem, "open_until": 0}
    if failures >= OPENS_AFTER:
        pause = PAUSES[min(failures - OPENS_AFTER, len(PAUSES) - 1)]
        values["open_until"] = micros(now + timedelta(seconds=pause))
    if row is None:
        connection.execute(sa.insert(circuits).values(subscription=subscription, since=micros(now), **values))
    else:
        connection.execute(sa.update(circuits).where(here).values(**values))


def close(connection: sa.Connection, subscription: str) -> None:
    """Close the circuit of a subscription, so that its deliveries are attempted at once."""
    connection.execute(sa.delete(circuits).where(circuits.c.subscription == subscription))
