"""Stores the outcome of a poll in one transaction: cursors, events, deliveries, and when to poll again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub import exact_json, waiting
from connector.hub.moments import micros, timestamp
from connector.hub.tables import connections, deliveries, events, lists, subscriptions
from connector.runtime.inputs import fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connector.definition.model import Trigger
    from connector.hub.polling import Lease
    from connector.runtime.polling import Cursor, Event


@dataclass(frozen=True, slots=True)
class Found:
    """An event, the ID of its record, and the event type of its trigger.

    `problem` says why the details of the record could not be read; "" if the event is complete.
    """

    event: Event
    record: str
    kind: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a successful poll: the next cursors, keyed by trigger, and the events, oldest first."""

    cursors: Mapping[str, Cursor]
    found: Sequence[Found]


def settle(connection: sa.Connection, lease: Lease, outcome: Outcome, now: datetime, due: datetime) -> bool:
    """Store the outcome of a poll; return False, and store nothing, if another poll was stored meanwhile.

    A poll that outlives its lease can therefore run twice without a second effect. An event that is stored
    already is left out.
    """
    moved = connection.execute(
        sa.update(lists)
        .where(
            lists.c.connection == lease.account.id,
            lists.c.name == lease.list.name,
            lists.c.version == lease.version,
        )
        .values(
            cursors=json.dumps(dict(outcome.cursors)),
            version=lease.version + 1,
            polled_at=micros(now),
            due_at=micros(due),
            leased_until=0,
            failures=0,
            problem=None,
        )
    )
    if not moved.rowcount:
        return False
    held = set(waiting.records(connection, lease.account.id))
    for found in outcome.found:
        # An event also waits if an earlier event of its record does, because they are delivered in order.
        if found.problem or found.record in held:
            held.add(found.record)
            waiting.add(connection, lease.account.id, found, now)
        else:
            publish(connection, lease.account.id, lease.list.triggers[found.event.trigger], found, now)
    return True


def publish(connection: sa.Connection, of: str, trigger: Trigger, found: Found, now: datetime) -> None:
    """Store an event of a connection and create its deliveries, unless the event is stored already."""
    number = _store(connection, of, found)
    if number is not None:
        subscribed = [one for one in _subscribed(connection, of) if _fits(one, trigger, found)]
        _enqueue(connection, subscribed, number, found, now)


def settle_failure(
    connection: sa.Connection, lease: Lease, problem: str, failures: int, due: datetime
) -> None:
    """Store why a poll failed, and when to poll again; the cursors stay as they are."""
    connection.execute(
        sa.update(lists)
        .where(
            lists.c.connection == lease.account.id,
            lists.c.name == lease.list.name,
            lists.c.version == lease.version,
        )
        .values(due_at=micros(due), leased_until=0, failures=failures, problem=problem)
    )


def read_after(
    connection: sa.Connection,
    after: int,
    limit: int,
    *,
    of: str | None = None,
    trigger: str | None = None,
) -> list[dict[str, Any]]:
    """Return the events after an event number, in the order in which the hub found them."""
    query = (
        sa.select(events, connections.c.name.label("connection_name"), connections.c.vendor)
        .join(connections, connections.c.id == events.c.connection)
        .where(events.c.number > after)
        .order_by(events.c.number)
        .limit(limit)
    )
    if of is not None:
        query = query.where(events.c.connection == of)
    if trigger is not None:
        query = query.where(events.c.trigger == trigger)
    return [as_json(row) for row in connection.execute(query).all()]


def as_json(row: Any) -> dict[str, Any]:
    """Return an event as the hub's API shows it."""
    return {
        "number": row.number,
        "id": row.id,
        "connection": row.connection,
        "connection_name": row.connection_name,
        "vendor": row.vendor,
        "trigger": row.trigger,
        "record": row.record,
        "occurred_at": timestamp(row.occurred_at),
        "observed_at": timestamp(row.observed_at),
        "data": json.loads(row.data),
    }


def _store(connection: sa.Connection, of: str, found: Found) -> int | None:
    """Store an event and return its number; return None if it is stored already."""
    event = found.event
    known = sa.select(events.c.number).where(events.c.connection == of, events.c.id == event.id)
    if connection.execute(known).first():
        return None
    stored = connection.execute(
        sa.insert(events).values(
            connection=of,
            id=event.id,
            trigger=event.trigger,
            record=found.record,
            occurred_at=None if event.occurred_at is None else micros(event.occurred_at),
            observed_at=micros(event.observed_at),
            data=exact_json.dumps(event.data),
        )
    )
    return int(stored.inserted_primary_key[0])  # type: ignore[index]


def _subscribed(connection: sa.Connection, of: str) -> list[Any]:
    query = sa.select(subscriptions).where(
        subscriptions.c.state != "ended",
        sa.or_(subscriptions.c.connection.is_(None), subscriptions.c.connection == of),
    )
    return list(connection.execute(query).all())


def _enqueue(
    connection: sa.Connection, subscribed: Sequence[Any], number: int, found: Found, now: datetime
) -> None:
    """Create the deliveries of an event, one for each subscription that it belongs to."""
    at = micros(now)
    rows = [
        {
            "subscription": one.id,
            "event": number,
            "webhook_id": f"evt_{number}_{one.id}",
            "record": found.record,
            "state": "waiting",
            "attempts": 0,
            "gap": False,
            "created_at": at,
            "due_at": at,
            "leased_until": 0,
        }
        for one in subscribed
    ]
    if rows:
        connection.execute(sa.insert(deliveries), rows)


def _fits(one: Any, trigger: Trigger, found: Found) -> bool:
    """Check whether an event belongs to a subscription: its trigger or event type, and its filters."""
    event, filters = found.event, json.loads(one.filters)
    if one.trigger not in (event.trigger, found.kind):
        return False
    return not filters or fill(trigger.key, trigger.inputs, filters, looking=True).fits(event.data)
