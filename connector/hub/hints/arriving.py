"""Brings polls forward when a hint arrives, and counts the changes that no hint announced.

Hints are debounced: the poll waits for `DEBOUNCE`, and a list is not polled again within `GAP`. Each poll
that is brought forward is paid from a share of the vendor's limit that the plan keeps for hints. If the share
of the last 24 hours is used up, the poll stays where it is. Polls by plan never depend on hints.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub import budget
from connector.hub.lists import polled_lists
from connector.hub.locks import one_at_a_time
from connector.hub.moments import micros
from connector.hub.tables import calls, connections, hints, hooks, lists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from connector.definition.model import Integration
    from connector.hub.hints.records import Hint
    from connector.hub.planning import Plan

DEBOUNCE = timedelta(seconds=2)
"""How long a poll waits for further hints."""
GAP = timedelta(seconds=10)
"""The shortest time between two polls of a list if a hint brings the second one forward."""
FORGOTTEN = timedelta(days=2)
"""How long hints are kept."""
BEFORE = timedelta(minutes=1)
"""How long before a change, by the vendor's clock, a hint may have arrived that announced it."""
REMEMBERED = timedelta(hours=1)
"""How long before a poll a hint may have arrived, if the vendor does not state the time of the change."""


def received(
    connection: sa.Connection,
    integration: Integration,
    of: str,
    found: Collection[Hint],
    plan: Plan,
    now: datetime,
) -> int:
    """Store a hint about the records in `found`, and bring the polls of their lists forward.

    `found` is empty if the records are unknown; then all lists of the connection `of` are polled. Returns the
    number of polls that were brought forward.
    """
    counted = sa.update(hooks).where(hooks.c.connection == of)
    connection.execute(counted.values(received=hooks.c.received + 1, received_at=micros(now), problem=None))
    for resource, record in found or {("", "")}:
        _remember(connection, of, resource, record, now)
    return bring_forward(connection, integration, of, {resource for resource, _ in found}, plan, now)


def admit(connection: sa.Connection, of: str, now: datetime, most: int) -> bool:
    """Count a post at the address of the connection `of`; return False if `most` came in this minute."""
    login, minute = f"posts {of}", micros(now) // budget.MINUTE
    one_at_a_time(connection, f"calls of {login}")
    here = (calls.c.login == login, calls.c.minute == minute)
    taken = connection.execute(sa.select(calls.c.count).where(*here)).scalar_one_or_none()
    if taken is None:
        connection.execute(sa.delete(calls).where(calls.c.login == login))
        connection.execute(sa.insert(calls).values(login=login, minute=minute, count=1))
    elif taken < most:
        connection.execute(sa.update(calls).where(*here).values(count=taken + 1))
    return taken is None or taken < most


def refused(connection: sa.Connection, of: str, problem: str) -> None:
    """Count a post that is not genuine, and store why."""
    counted = sa.update(hooks).where(hooks.c.connection == of)
    connection.execute(counted.values(refused=hooks.c.refused + 1, problem=problem))


def bring_forward(
    connection: sa.Connection,
    integration: Integration,
    of: str,
    resources: Collection[str],
    plan: Plan,
    now: datetime,
) -> int:
    """Make the lists of the connection `of` due soon, and return the number of lists.

    If `resources` is not empty, only lists with such records are polled. Lists that fail, or that are due
    soon anyway, do not change.
    """
    known = polled_lists(integration)
    used = sa.select(lists, connections.c.login).join(connections, connections.c.id == lists.c.connection)
    moved = 0
    for row in connection.execute(used.where(lists.c.connection == of, lists.c.failures == 0)).all():
        read = {trigger.resource for trigger in known[row.name].triggers.values()}
        at = micros(now + DEBOUNCE)
        if row.polled_at is not None:
            at = max(at, row.polled_at + micros_of(GAP))
        if (resources and not read & set(resources)) or row.due_at <= at:
            continue
        if budget.count(connection, f"hints {row.login}", now, plan.hints, known[row.name].calls):
            here = (lists.c.connection == of, lists.c.name == row.name)
            connection.execute(sa.update(lists).where(*here).values(due_at=at))
            moved += 1
    return moved


def after_poll(
    connection: sa.Connection,
    integration: Integration,
    of: str,
    found: Iterable[tuple[str, str, datetime | None]],
    plan: Plan,
    began: datetime,
    now: datetime,
) -> None:
    """Count which changes of a poll were announced by a hint, and poll again if a hint arrived meanwhile.

    `found` contains the resource, the record and the time of each event. The poll may have read the list
    before the change that a hint announced while the poll ran (since `began`).
    """
    if not connection.execute(sa.select(hooks.c.connection).where(hooks.c.connection == of)).first():
        return
    latest: dict[Hint, int] = {}
    for resource, record, occurred_at in found:
        since = now - REMEMBERED if occurred_at is None else occurred_at - BEFORE
        latest[resource, record] = max(latest.get((resource, record), 0), micros(since))
    announced = sum(_was_announced(connection, of, hint, since) for hint, since in latest.items())
    if latest:
        connection.execute(
            sa.update(hooks)
            .where(hooks.c.connection == of)
            .values(
                announced=hooks.c.announced + announced,
                unannounced=hooks.c.unannounced + len(latest) - announced,
            )
        )
    meanwhile = sa.select(hints.c.resource).where(
        hints.c.connection == of, hints.c.received_at >= micros(began)
    )
    resources = set(connection.execute(meanwhile).scalars().all())
    if resources:
        bring_forward(connection, integration, of, resources - {""}, plan, now)


def micros_of(duration: timedelta) -> int:
    """Convert a duration to microseconds."""
    return duration // timedelta(microseconds=1)


def _was_announced(connection: sa.Connection, of: str, hint: Hint, since: int) -> bool:
    resource, record = hint
    here = (hints.c.connection == of, hints.c.resource == resource, hints.c.record.in_((record, "")))
    found = sa.select(hints.c.record).where(*here, hints.c.received_at >= since)
    return connection.execute(found).first() is not None


def _remember(connection: sa.Connection, of: str, resource: str, record: str, now: datetime) -> None:
    """Store when the latest hint about a record arrived; delete the connection's old hints."""
    here = (hints.c.connection == of, hints.c.resource == resource, hints.c.record == record)
    at = micros(now)
    if not connection.execute(sa.update(hints).where(*here).values(received_at=at)).rowcount:
        old = (hints.c.connection == of, hints.c.received_at < micros(now - FORGOTTEN))
        connection.execute(sa.delete(hints).where(*old))
        connection.execute(
            sa.insert(hints).values(connection=of, resource=resource, record=record, received_at=at)
        )
