"""Stores subscriptions, each of which delivers some events to one target."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import sqlalchemy as sa

from connector.definition.model import EventKind
from connector.definition.spelling import unknown
from connector.errors import ConfigurationError, NotFound
from connector.hub import circuits
from connector.hub.connections import drop_unused_lists, trigger_for, use_lists
from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.moments import micros, timestamp
from connector.hub.tables import connections, deliveries, events, subscriptions
from connector.runtime.inputs import fill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.definition.model import Integration
    from connector.hub.encryption import Encryption

ACTIVE, PAUSED, ENDED = "active", "paused", "ended"
ONLY_TRIGGERS = "Filters need a connection and one of its vendor's triggers; event types have no filters."


@dataclass(frozen=True, slots=True)
class Requested:
    """The fields of a new subscription.

    `target` is the URL to which events are sent. `connection` is a connection's ID, or None for all
    connections. `trigger` is a trigger's key or an event type. `format` is "vendor" (the vendor's record) or
    "unified" (the common model).
    """

    trigger: str
    target: str
    connection: str | None = None
    format: str = "unified"
    filters: Mapping[str, Any] = field(default_factory=dict)


def add(
    connection: sa.Connection,
    encryption: Encryption,
    integrations: Mapping[str, Integration],
    requested: Requested,
    now: datetime,
) -> dict[str, Any]:
    """Store a subscription to the events from now on, and return it with its signing secret.

    The secret cannot be read later. Raises `NotFound` for an unknown connection, `ConfigurationError` for a
    trigger that the connection's vendor does not have, and `ValidationFailed` for an unknown or invalid
    filter.
    """
    one_at_a_time(connection, CONFIGURATION)
    _check(connection, integrations, requested)
    id_, secret = f"sub_{secrets.token_hex(8)}", new_secret()
    newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(events.c.number), 0))).scalar_one()
    connection.execute(
        sa.insert(subscriptions).values(
            id=id_,
            connection=requested.connection,
            trigger=requested.trigger,
            filters=json.dumps(dict(requested.filters)),
            target=requested.target,
            format=requested.format,
            secret=encryption.encrypt(secret),
            state=ACTIVE,
            after=newest,
            created_at=micros(now),
        )
    )
    served = sa.select(connections.c.id, connections.c.vendor)
    if requested.connection is not None:
        served = served.where(connections.c.id == requested.connection)
    for row in connection.execute(served).all():
        use_lists(connection, integrations[row.vendor], row.id, [requested.trigger], now)
    return {**shown(connection, id_), "secret": secret}


def new_secret() -> str:
    """Generate a signing secret in the format of Standard Webhooks: `whsec_` and 32 bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _check(connection: sa.Connection, integrations: Mapping[str, Integration], requested: Requested) -> None:
    if requested.connection is None:
        if requested.filters:
            raise ConfigurationError(ONLY_TRIGGERS)
        offered = {name for one in integrations.values() for name in trigger_names(one)}
        if requested.trigger not in offered:
            raise ConfigurationError(unknown("trigger or event type", requested.trigger, sorted(offered)))
        return
    vendor = connection.execute(
        sa.select(connections.c.vendor).where(connections.c.id == requested.connection)
    ).scalar_one_or_none()
    if vendor is None:
        raise NotFound(f"There is no connection {requested.connection}. List them with GET /connections.")
    integration = integrations[vendor]
    if requested.trigger in integration.triggers:
        fill(
            requested.trigger, integration.triggers[requested.trigger].inputs, requested.filters, looking=True
        )
    elif requested.filters:
        raise ConfigurationError(ONLY_TRIGGERS)
    if trigger_for(integration, requested.trigger) is None:
        of = f"trigger or event type of {integration.vendor.title}"
        raise ConfigurationError(unknown(of, requested.trigger, sorted(trigger_names(integration))))


def trigger_names(integration: Integration) -> set[str]:
    """Return the keys of a vendor's triggers and their event types, to which programs can subscribe."""
    kinds = set(get_args(EventKind)) - {"other"}
    table = integration.unified.events.values() if integration.unified else ()
    return {*integration.triggers, *(kind for kind in table if kind in kinds)}


def listed(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return all subscriptions in the format of the hub's API, without their secrets."""
    rows = connection.execute(sa.select(subscriptions).order_by(subscriptions.c.created_at)).all()
    return [_as_json(row) for row in rows]


def shown(connection: sa.Connection, id_: str) -> dict[str, Any]:
    """Return one subscription in the format of the hub's API; raise `NotFound` if it does not exist."""
    row = connection.execute(sa.select(subscriptions).where(subscriptions.c.id == id_)).first()
    if row is None:
        raise NotFound(f"There is no subscription {id_}. List them with GET /subscriptions.")
    return _as_json(row)


def delete(connection: sa.Connection, integrations: Mapping[str, Integration], id_: str) -> None:
    """Delete a subscription and its deliveries; do nothing if it does not exist.

    A missing subscription is not an error, because a platform can send the request twice, for example if the
    first response was lost.
    """
    one_at_a_time(connection, CONFIGURATION)
    connection.execute(sa.delete(subscriptions).where(subscriptions.c.id == id_))
    drop_unused_lists(connection, integrations)


def turn(connection: sa.Connection, id_: str, state: str) -> dict[str, Any]:
    """Set the state of a subscription to `state` (active or paused), and return the subscription.

    While it is paused, its deliveries wait. Raises `NotFound` if it does not exist.
    """
    shown(connection, id_)
    connection.execute(
        sa.update(subscriptions).where(subscriptions.c.id == id_).values(state=state, problem=None)
    )
    circuits.close(connection, id_)
    return shown(connection, id_)


def end(connection: sa.Connection, id_: str, problem: str, now: datetime) -> None:
    """End a subscription whose target no longer exists, with the reason `problem`; cancel its deliveries."""
    connection.execute(
        sa.update(subscriptions).where(subscriptions.c.id == id_).values(state=ENDED, problem=problem)
    )
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.subscription == id_, deliveries.c.state == "waiting")
        .values(state="canceled", ended_at=micros(now))
    )


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "connection": row.connection,
        "trigger": row.trigger,
        "filters": json.loads(row.filters),
        "target": row.target,
        "format": row.format,
        "state": row.state,
        "problem": row.problem,
        "created_at": timestamp(row.created_at),
    }
