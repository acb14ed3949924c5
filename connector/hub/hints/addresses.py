"""Stores the address of each connection that takes hints, and the secret with which they are verified.

The address contains a random token, so it cannot be guessed. Token and secret are encrypted in the database;
the token's digest is stored too, to compare it with the token of a request.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.errors import ConfigurationError, NotFound
from connector.hub import connections as accounts
from connector.hub.keys import digest
from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.moments import micros, timestamp
from connector.hub.tables import hooks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.definition.model import Integration
    from connector.hub.encryption import Encryption


@dataclass(frozen=True, slots=True)
class Address:
    """An address that takes hints: its connection, and the secret that verifies them ("" if missing)."""

    connection: str
    vendor: str
    secret: str = field(repr=False)


def create(
    connection: sa.Connection, encryption: Encryption, of: str, secret: str | None, now: datetime
) -> None:
    """Create the address of the connection `of`, or store another secret for its existing address.

    If `secret` is None, the stored secret does not change; "" removes it. Raises `NotFound` if the connection
    does not exist.
    """
    one_at_a_time(connection, CONFIGURATION)
    accounts.shown(connection, of)
    stored = None if not secret else encryption.encrypt(secret)
    if _row(connection, of) is None:
        token = secrets.token_urlsafe(32)
        connection.execute(
            sa.insert(hooks).values(
                connection=of,
                digest=digest(token),
                token=encryption.encrypt(token),
                secret=stored,
                registered="[]",
                received=0,
                refused=0,
                announced=0,
                unannounced=0,
                created_at=micros(now),
            )
        )
    elif secret is not None:
        connection.execute(sa.update(hooks).where(hooks.c.connection == of).values(secret=stored))


def find(connection: sa.Connection, encryption: Encryption, of: str, token: str) -> Address | None:
    """Return the address of the connection `of`, or None if there is none with this token."""
    row = _row(connection, of)
    if row is None or not compare_digest(row.digest, digest(token)):
        return None
    secret = "" if row.secret is None else encryption.decrypt(row.secret)
    return Address(of, accounts.shown(connection, of)["vendor"], secret)


def url(connection: sa.Connection, encryption: Encryption, public_url: str, of: str) -> str:
    """Return the complete address of the connection `of`; raise `NotFound` if it has none."""
    row = _existing(connection, of)
    return f"{public_url}/hooks/{of}/{encryption.decrypt(row.token)}"


def shown(
    connection: sa.Connection,
    encryption: Encryption,
    integrations: Mapping[str, Integration],
    public_url: str,
    of: str,
) -> dict[str, Any]:
    """Return the address of the connection `of` in the format of the hub's API.

    Raises `NotFound` if the connection has no address.
    """
    row = _existing(connection, of)
    integration = integrations[accounts.shown(connection, of)["vendor"]]
    return {
        "connection": of,
        "url": url(connection, encryption, public_url, of),
        "secret_stored": row.secret is not None,
        "verification": verification(integration, has_secret=row.secret is not None),
        "registered": [one["event"] for one in json.loads(row.registered)],
        "received": row.received,
        "refused": row.refused,
        "problem": row.problem,
        "announced": row.announced,
        "unannounced": row.unannounced,
        "received_at": timestamp(row.received_at),
        "created_at": timestamp(row.created_at),
    }


def verification(integration: Integration, *, has_secret: bool) -> str:
    """Return a sentence that says how posts of a vendor are verified."""
    title, webhooks = integration.vendor.title, integration.webhooks
    if webhooks is None or webhooks.unsigned:
        return f"{title} does not sign its webhooks, so only the address protects them."
    if not has_secret:
        return f"{title} signs its webhooks, but no secret is stored, so only the address protects them."
    return f"The signature of each webhook of {title} is verified."


def check_vendor(integration: Integration) -> None:
    """Raise `ConfigurationError` if a vendor has no known webhooks."""
    if integration.webhooks is None:
        raise ConfigurationError(
            f"No webhooks of {integration.vendor.title} are known, so the hub can only poll it."
        )


def registered(connection: sa.Connection, of: str) -> list[dict[str, str]]:
    """Return the webhooks that the hub has registered at the vendor: the `event` and `id` of each."""
    found: list[dict[str, str]] = json.loads(_existing(connection, of).registered)
    return found


def store_registered(connection: sa.Connection, of: str, registered: list[dict[str, str]]) -> None:
    """Store which webhooks the hub has registered at the vendor."""
    here = sa.update(hooks).where(hooks.c.connection == of)
    connection.execute(here.values(registered=json.dumps(registered)))


def delete(connection: sa.Connection, of: str) -> None:
    """Delete the address of the connection `of`; do nothing if it has none."""
    connection.execute(sa.delete(hooks).where(hooks.c.connection == of))


def _row(connection: sa.Connection, of: str) -> Any:
    return connection.execute(sa.select(hooks).where(hooks.c.connection == of)).first()


def _existing(connection: sa.Connection, of: str) -> Any:
    accounts.shown(connection, of)
    row = _row(connection, of)
    if row is None:
        raise NotFound(
            f"The connection {of} takes no webhooks. Create an address with PUT /connections/{of}/hook."
        )
    return row
