"""Lists deliveries, and sends a delivery again at a user's request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.errors import NotFound
from connector.hub import circuits
from connector.hub.moments import micros, timestamp
from connector.hub.tables import deliveries, events

if TYPE_CHECKING:
    from datetime import datetime

SHOWN = sa.select(deliveries, events.c.id.label("event_id")).join(
    events, events.c.number == deliveries.c.event
)


def latest(
    connection: sa.Connection, limit: int, subscription: str | None = None, state: str | None = None
) -> list[dict[str, Any]]:
    """Return up to `limit` deliveries, newest first.

    If `subscription` or `state` is given, only deliveries of this subscription or with this state are
    returned.
    """
    query = SHOWN.order_by(deliveries.c.number.desc()).limit(limit)
    if subscription is not None:
        query = query.where(deliveries.c.subscription == subscription)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return [_as_json(row) for row in connection.execute(query).all()]


def resend(connection: sa.Connection, number: int, now: datetime) -> dict[str, Any]:
    """Make a delivery due now, with the same `webhook-id`, and return it.

    Raises `NotFound` if the delivery does not exist.
    """
    at = micros(now)
    again = sa.update(deliveries).where(deliveries.c.number == number)
    connection.execute(
        again.values(
            state="waiting", attempts=0, due_at=at, lease=None, leased_until=0, tried_at=None, ended_at=None
        )
    )
    row = connection.execute(SHOWN.where(deliveries.c.number == number)).first()
    if row is None:
        raise NotFound(f"There is no delivery {number}. List them with GET /deliveries.")
    circuits.close(connection, row.subscription)
    return _as_json(row)


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "webhook_id": row.webhook_id,
        "subscription": row.subscription,
        "event_id": row.event_id,
        "record": row.record,
        "state": row.state,
        "attempts": row.attempts,
        "gap": bool(row.gap),
        "status": row.status,
        "answer": row.answer,
        "created_at": timestamp(row.created_at),
        "due_at": timestamp(row.due_at),
        "ended_at": timestamp(row.ended_at),
    }
