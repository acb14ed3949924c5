"""The API keys of the hub; a key is shown once, and only its digest is stored."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.moments import micros
from connector.hub.tables import keys

if TYPE_CHECKING:
    from datetime import datetime

ADMIN, READ = "admin", "read"


def digest(key: str) -> str:
    """Return the SHA-256 digest under which a key is stored; it needs no salt, as keys are random."""
    return hashlib.sha256(key.encode()).hexdigest()


def create(connection: sa.Connection, name: str, scope: str, now: datetime) -> str:
    """Create an API key named `name` with the scope `scope`, and return it; it cannot be read later."""
    key = f"hub_{secrets.token_urlsafe(32)}"
    connection.execute(
        sa.insert(keys).values(digest=digest(key), name=name, scope=scope, created_at=micros(now))
    )
    return key


def create_first(connection: sa.Connection, now: datetime) -> str | None:
    """Create an admin key if the database has no keys, and return it; otherwise return None."""
    one_at_a_time(connection, CONFIGURATION)
    if connection.execute(sa.select(keys.c.name).limit(1)).first():
        return None
    return create(connection, "first", ADMIN, now)


def scope_of(connection: sa.Connection, key: str) -> str | None:
    """Return the scope of an API key (`admin` or `read`), or None if the key does not exist."""
    found = sa.select(keys.c.scope).where(keys.c.digest == digest(key))
    return connection.execute(found).scalar_one_or_none()
