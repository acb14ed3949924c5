"""Stores connections: the encrypted logins with which the hub polls, and the lists that it polls for each."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.errors import ConfigurationError, NotFound
from connector.hub.lists import polled_lists
from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.moments import micros, timestamp
from connector.hub.tables import connections, lists, subscriptions
from connector.unified.events import choose_trigger
from connector.unified.offers import action_offer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from connector.definition.model import Integration, SharedAction
    from connector.hub.encryption import Encryption

ACTIVE, REFUSED = "active", "refused"
ALL = "all"
"""The value of a parameter that means all connections; it is not the ID of one."""


@dataclass(frozen=True, slots=True)
class Account:
    """A connection with its decrypted login; `fields` are the login fields, which `repr` omits.

    `login` is a digest that is equal for connections that share the vendor's limits (see `login_digest`).
    """

    id: str
    name: str
    vendor: str
    base_url: str | None
    login: str
    fields: Mapping[str, str] = field(repr=False)


def login_digest(integration: Integration, base_url: str | None, fields: Mapping[str, str]) -> str:
    """Compute a digest that is equal for connections that share the vendor's limits.

    Fields that only select a shop of the account are not included.
    """
    shop = integration.authentication.shop_fields
    shared = {key: value for key, value in fields.items() if key not in shop}
    text = json.dumps([integration.vendor.id, base_url, shared], sort_keys=True)
    return hashlib.scrypt(text.encode(), salt=b"returns-hub-login", n=2**12, r=8, p=1, dklen=16).hex()


def add(
    connection: sa.Connection,
    encryption: Encryption,
    integration: Integration,
    *,
    name: str,
    base_url: str | None,
    fields: Mapping[str, str],
    now: datetime,
) -> str:
    """Store a connection, start to poll the lists that existing subscriptions need, and return its ID.

    Raises `ConfigurationError` if another connection has the same name.
    """
    one_at_a_time(connection, CONFIGURATION)
    if connection.execute(sa.select(connections.c.id).where(connections.c.name == name)).first():
        raise ConfigurationError(f'There is already a connection named "{name}". Choose another name.')
    id_ = f"con_{secrets.token_hex(8)}"
    connection.execute(
        sa.insert(connections).values(
            id=id_,
            name=name,
            vendor=integration.vendor.id,
            base_url=base_url,
            login=login_digest(integration, base_url, fields),
            fields=encryption.encrypt(dict(fields)),
            state=ACTIVE,
            created_at=micros(now),
        )
    )
    wanted = connection.execute(
        sa.select(subscriptions.c.trigger).where(subscriptions.c.connection.is_(None)).distinct()
    ).scalars()
    use_lists(connection, integration, id_, wanted, now)
    return id_


def use_lists(
    connection: sa.Connection, integration: Integration, id_: str, names: Iterable[str], now: datetime
) -> None:
    """Start to poll the lists that the triggers or event types in `names` need, for the connection `id_`.

    Lists that are polled already are not changed. A name for which the vendor has no trigger is ignored.
    """
    known = set(connection.execute(sa.select(lists.c.name).where(lists.c.connection == id_)).scalars().all())
    wanted = {trigger for name in names if (trigger := trigger_for(integration, name))}
    for one in polled_lists(integration).values():
        if one.name not in known and wanted & set(one.triggers):
            connection.execute(
                sa.insert(lists).values(
                    connection=id_,
                    name=one.name,
                    cursors="{}",
                    version=0,
                    due_at=micros(now),
                    leased_until=0,
                    failures=0,
                )
            )


def drop_unused_lists(connection: sa.Connection, integrations: Mapping[str, Integration]) -> None:
    """Stop polling the lists that no subscription needs any longer, and delete their cursors."""
    wanted = connection.execute(sa.select(subscriptions.c.connection, subscriptions.c.trigger)).all()
    rows = connection.execute(
        sa.select(lists.c.connection, lists.c.name, connections.c.vendor).join(
            connections, connections.c.id == lists.c.connection
        )
    ).all()
    for row in rows:
        triggers = polled_lists(integrations[row.vendor])[row.name].triggers
        needed = any(
            trigger_for(integrations[row.vendor], name) in triggers
            for of, name in wanted
            if of in (None, row.connection)
        )
        if not needed:
            here = (lists.c.connection == row.connection, lists.c.name == row.name)
            connection.execute(sa.delete(lists).where(*here))


def trigger_for(integration: Integration, name: str) -> str | None:
    """Return the key of the vendor's trigger with the key or the event type `name`; None if there is none."""
    return choose_trigger(integration, name, name, include_assumed=True).trigger


def account(connection: sa.Connection, encryption: Encryption, id_: str) -> Account:
    """Read a connection and decrypt its login; raise `NotFound` if the connection does not exist."""
    row = _row(connection, id_)
    return Account(row.id, row.name, row.vendor, row.base_url, row.login, encryption.decrypt(row.fields))


def delete(connection: sa.Connection, id_: str) -> None:
    """Delete a connection with its subscriptions, events and deliveries.

    Raises `NotFound` if there is no such connection.
    """
    one_at_a_time(connection, CONFIGURATION)
    _row(connection, id_)
    connection.execute(sa.delete(connections).where(connections.c.id == id_))


def refuse(connection: sa.Connection, id_: str, problem: str) -> None:
    """Store that the vendor rejects a connection's login, with the reason `problem`.

    Until the vendor accepts the login again, the hub polls the connection only once an hour.
    """
    connection.execute(
        sa.update(connections).where(connections.c.id == id_).values(state=REFUSED, problem=problem)
    )


def accept(connection: sa.Connection, id_: str) -> None:
    """Store that the vendor has accepted a connection's login."""
    connection.execute(
        sa.update(connections).where(connections.c.id == id_).values(state=ACTIVE, problem=None)
    )


def listed(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return all connections in the format of the hub's API, without logins and with the polled lists."""
    rows = connection.execute(sa.select(connections).order_by(connections.c.created_at)).all()
    polled = connection.execute(sa.select(lists).order_by(lists.c.name)).all()
    return [as_json(row, [one for one in polled if one.connection == row.id]) for row in rows]


def choices(
    connection: sa.Connection, integrations: Mapping[str, Integration], action: SharedAction | None
) -> list[dict[str, str]]:
    """Return the choices of an app's field for a connection: all of them, and then each, oldest first.

    With `action`, only the connections whose vendors have the action are returned, because an action needs
    one connection.
    """
    rows = connection.execute(
        sa.select(connections).order_by(connections.c.created_at, connections.c.id)
    ).all()
    able = [row for row in rows if action is None or action_offer(integrations[row.vendor], action).key]
    each = [
        {"value": row.id, "label": f"{row.name} · {integrations[row.vendor].vendor.title}"} for row in able
    ]
    return each if action else [{"value": ALL, "label": "All connections"}, *each]


def shown(connection: sa.Connection, id_: str) -> dict[str, Any]:
    """Return one connection in the format of the hub's API; raise `NotFound` if it does not exist."""
    row = _row(connection, id_)
    polled = connection.execute(sa.select(lists).where(lists.c.connection == id_)).all()
    return as_json(row, polled)


def as_json(row: Any, polled: Iterable[Any]) -> dict[str, Any]:
    """Convert a connection's row, and the rows of its polled lists, to the format of the hub's API."""
    return {
        "id": row.id,
        "name": row.name,
        "vendor": row.vendor,
        "base_url": row.base_url,
        "state": row.state,
        "problem": row.problem,
        "created_at": timestamp(row.created_at),
        "lists": [
            {
                "name": one.name,
                "polled_at": timestamp(one.polled_at),
                "due_at": timestamp(one.due_at),
                "problem": one.problem,
            }
            for one in polled
        ],
    }


def _row(connection: sa.Connection, id_: str) -> Any:
    row = connection.execute(sa.select(connections).where(connections.c.id == id_)).first()
    if row is None:
        raise NotFound(f"There is no connection {id_}. List them with GET /connections.")
    return row
