"""Sessions of people who have logged in to the page with an API key of the scope `admin`.

A session is a cookie with an expiry time, the digest of the API key, and a signature. It ends if the key is
deleted.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.keys import ADMIN, digest, scopes_of
from connector.hub.tables import keys

if TYPE_CHECKING:
    from connector.clock import Clock
    from connector.hub.store import Store

SECONDS = 12 * 3_600
"""How long a session lasts, in seconds."""
COOKIE = "returns_hub_session"


class Sessions:
    """Issues and checks the values of session cookies; `secret` is only known to this hub."""

    def __init__(self, store: Store, secret: str, clock: Clock) -> None:
        self._store = store
        self._key = sha256(b"session of the hub's page\0" + secret.encode()).digest()
        self._clock = clock

    async def log_in(self, key: str) -> str | None:
        """Return the cookie of a new session, or None if the key does not exist or is not an admin key."""
        scopes = await self._store.run(scopes_of, key)
        if not scopes or ADMIN not in scopes:
            return None
        ends = f"{int(self._clock().timestamp()) + SECONDS}.{digest(key)}"
        return f"{ends}.{self._signature(ends)}"

    async def is_valid(self, cookie: str) -> bool:
        """Return True if a cookie is genuine and not expired, and its key still exists."""
        signed, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return False
        ends, _, of = signed.partition(".")
        if int(ends) <= self._clock().timestamp():
            return False
        query = sa.select(keys.c.scope).where(keys.c.digest == of)
        scope = await self._store.run(lambda database: database.execute(query).scalar_one_or_none())
        return scope is not None and ADMIN in scope.split()

    def _signature(self, signed: str) -> str:
        return hmac.new(self._key, signed.encode(), sha256).hexdigest()
