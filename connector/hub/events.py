"""Stores the result of a poll in one transaction: cursors, events, their deliveries, and the next poll."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub import exact_json, waiting
from connector.hub.locks import EVENTS, one_at_a_time
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
    """An event that a poll has found, with the ID of its record and the event type of its trigger.

    `problem` is the reason why the record's details could not be read, or "" if the event is complete.
    """

    event: Event
    record: str
    kind: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a successful poll.

    `cursors` contains the cursors for the next poll, keyed by trigger, and `found` the events, oldest first.
    `notes` are sentences for the log, for example about rows that cannot be read.
    """

    cursors: Mapping[str, Cursor]
    found: Sequence[Found]
    notes: Sequence[str] = ()


def settle(connection: sa.Connection, lease: Lease, outcome: Outcome, now: datetime, due: datetime) -> bool:
    """Store the result of a poll, and when the list must be polled next; return True.

    Returns False, and stores nothing, if another poll of the list has been stored since `lease` was made. A
    poll that takes longer than its lease can therefore run twice, but has an effect only once. Events that
    are stored already are skipped. `due` is the time of the next poll.
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
            lease=None,
            leased_until=0,
            failures=0,
            problem=None,
        )
    )
    if not moved.rowcount:
        return False
    if outcome.found:
        one_at_a_time(connection, EVENTS)
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
    """Store an event and create its deliveries, unless the event is stored already.

    `of` is the ID of the event's connection. The caller holds the lock `EVENTS`.
    """
    number = _store(connection, of, found)
    if number is not None:
        subscribed = [one for one in _subscribed(connection, of) if _fits(one, trigger, found)]
        _enqueue(connection, of, subscribed, number, found, now)


def settle_failure(
    connection: sa.Connection, lease: Lease, problem: str, failures: int, due: datetime
) -> None:
    """Store why a poll failed, and the time `due` of the next poll; the cursors do not change.

    Nothing is stored if the lease has passed to another process, which polls the list as well.
    `failures` is the number of consecutive polls that have failed.
    """
    connection.execute(
        sa.update(lists)
        .where(
            lists.c.connection == lease.account.id,
            lists.c.name == lease.list.name,
            lists.c.version == lease.version,
            lists.c.lease == lease.id,
        )
        .values(due_at=micros(due), lease=None, leased_until=0, failures=failures, problem=problem)
    )


def read_after(
    connection: sa.Connection,
    after: int,
    limit: int,
    *,
    of: str | None = None,
    trigger: str | None = None,
) -> list[dict[str, Any]]:
    """Return up to `limit` events with numbers greater than `after`, in the order of their numbers.

    If `of` (a connection's ID) or `trigger` is given, only events of this connection or trigger are returned.
    """
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
    """Convert an event's row to the format of the hub's API."""
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
    """Store an event of the connection `of`, and return its number; return None if it is stored already."""
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
    # A subscription that ends or is deleted at this moment waits, and its deliveries then change with it.
    query = query.with_for_update(read=True)
    return list(connection.execute(query).all())


def _enqueue(
    connection: sa.Connection,
    of: str,
    subscribed: Sequence[Any],
    number: int,
    found: Found,
    now: datetime,
) -> None:
    """Create a delivery of an event for each subscription in `subscribed`.

    If an earlier delivery of the event's record was given up, the new one carries `gap: true`.
    """
    at, incomplete = micros(now), _with_gap(connection, subscribed, found.record)
    rows = [
        {
            "subscription": one.id,
            "event": number,
            "webhook_id": webhook_id(of, found.event.id, one.id),
            "record": found.record,
            "state": "waiting",
            "attempts": 0,
            "gap": one.id in incomplete,
            "created_at": at,
            "due_at": at,
            "leased_until": 0,
        }
        for one in subscribed
    ]
    if rows:
        connection.execute(sa.insert(deliveries), rows)


def _with_gap(connection: sa.Connection, subscribed: Sequence[Any], record: str) -> set[str]:
    """Return the IDs of the subscriptions for which a delivery of a record was given up."""
    given_up = sa.select(deliveries.c.subscription).where(
        deliveries.c.subscription.in_([one.id for one in subscribed]),
        deliveries.c.record == record,
        deliveries.c.state == "given up",
    )
    return set(connection.execute(given_up).scalars()) if subscribed else set()


def webhook_id(connection: str, event: str, subscription: str) -> str:
    """Return the `webhook-id` of an event's delivery, from the IDs of connection, event and subscription.

    It does not depend on the database: if an older copy of the database is restored, an event that is found
    again is delivered under the same ID, and no other event gets an ID that was used before.
    """
    text = f"{connection}\n{event}\n{subscription}"
    return f"evt_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _fits(one: Any, trigger: Trigger, found: Found) -> bool:
    """Return True if an event matches the trigger or event type of a subscription, and its filters.

    `one` is the subscription's row.
    """
    event, filters = found.event, json.loads(one.filters)
    if one.trigger not in (event.trigger, found.kind):
        return False
    return not filters or fill(trigger.key, trigger.inputs, filters, looking=True).fits(event.data)
