"""The API keys of the hub; a key is shown once, and only its digest is stored."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.definition.spelling import unknown
from connector.errors import ConfigurationError, NotFound
from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.moments import micros, timestamp
from connector.hub.tables import keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ADMIN, READ, SUBSCRIBE, ACT, METRICS = SCOPES = ("admin", "read", "subscribe", "act", "metrics")


def digest(key: str) -> str:
    """Return the SHA-256 digest under which a key is stored; it needs no salt, as keys are random."""
    return hashlib.sha256(key.encode()).hexdigest()


def create(connection: sa.Connection, name: str, scopes: Iterable[str], now: datetime) -> str:
    """Create an API key named `name` with the given scopes, and return it; it cannot be read later.

    Raises `ConfigurationError` if another key has the same name.
    """
    one_at_a_time(connection, CONFIGURATION)
    if connection.execute(sa.select(keys.c.name).where(keys.c.name == name)).first():
        raise ConfigurationError(f'There is already a key named "{name}". Choose another name.')
    key = f"hub_{secrets.token_urlsafe(32)}"
    written = " ".join(one for one in SCOPES if one in set(scopes))
    connection.execute(
        sa.insert(keys).values(digest=digest(key), name=name, scope=written, created_at=micros(now))
    )
    return key


def create_first(connection: sa.Connection, now: datetime) -> str | None:
    """Create an admin key if the database has no keys, and return it; otherwise return None."""
    one_at_a_time(connection, CONFIGURATION)
    if connection.execute(sa.select(keys.c.name).limit(1)).first():
        return None
    return create(connection, "first", [ADMIN], now)


def scopes_of(connection: sa.Connection, key: str) -> set[str] | None:
    """Return the scopes of an API key, or None if the key does not exist."""
    found = sa.select(keys.c.scope).where(keys.c.digest == digest(key))
    scope = connection.execute(found).scalar_one_or_none()
    return None if scope is None else set(scope.split())


def listed(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return all keys in the format of the hub's API, oldest first, without the keys themselves."""
    rows = connection.execute(sa.select(keys).order_by(keys.c.created_at, keys.c.name)).all()
    return [_as_json(row) for row in rows]


def shown(connection: sa.Connection, name: str) -> dict[str, Any]:
    """Return one key in the format of the hub's API; raise `NotFound` if it does not exist."""
    return _as_json(_row(connection, name))


def delete(connection: sa.Connection, name: str) -> None:
    """Delete a key.

    Raises `NotFound` if it does not exist, and `ConfigurationError` if it is the last one with the scope
    `admin`.
    """
    one_at_a_time(connection, CONFIGURATION)
    _row(connection, name)
    admins = [one["name"] for one in listed(connection) if ADMIN in one["scopes"]]
    if admins == [name]:
        raise ConfigurationError(
            f'"{name}" is the last key with the scope admin. Create another one before you delete it.'
        )
    connection.execute(sa.delete(keys).where(keys.c.name == name))


def _row(connection: sa.Connection, name: str) -> Any:
    row = connection.execute(sa.select(keys).where(keys.c.name == name)).first()
    if row is None:
        known = connection.execute(sa.select(keys.c.name)).scalars()
        raise NotFound(unknown("key", name, known))
    return row


def _as_json(row: Any) -> dict[str, Any]:
    return {"name": row.name, "scopes": row.scope.split(), "created_at": timestamp(row.created_at)}
