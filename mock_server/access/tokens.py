"""Tokens that stand for a key for a while: access tokens, refresh tokens and authorization codes.

A token is a JWT (RFC 7519, HS256) signed with a key made from the instance's secret, so nothing of it has to
be stored, and it outlives a restart. It opens what its key opens, as long as that key is in force, and ends
on the tenant's clock. A clock that was reset lies before what was issued on it, which is good no more: it
would outlive its hours by as much as the clock was ahead. The store keeps which of those that are good once
were used.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

import jwt
import sqlalchemy as sa

from mock_server.access.grants import Grant
from mock_server.access.keys import DEFAULT, DEMO, Keys
from mock_server.clock import SECOND, Clocks
from mock_server.store import Store, tables

Use = Literal["access", "refresh", "code"]

_ALGORITHM: Final = "HS256"
_REMEMBERED: Final = 4_096
_LEEWAY: Final = 60 * SECOND  # a real clock is set back by a little at times


class TokenExpiredError(Exception):
    """The token was good once."""


@dataclass(frozen=True, slots=True)
class _Token:
    tenant: str
    vendor: str
    key: str
    use: Use
    id: str
    begins: int  # µs since 1970, by the tenant's clock
    ends: int


class Tokens:
    """Issues tokens for what a key opens, and tells what a presented one opens."""

    def __init__(self, store: Store, keys: Keys, clocks: Clocks, secret: bytes) -> None:
        self._store = store
        self._keys = keys
        self._clocks = clocks
        self._secret = hashlib.sha256(b"tokens\0" + secret).digest()
        self._read: dict[str, _Token] = {}
        self._spent: dict[str, set[str]] = {}
        for tenant, id_ in store.select(sa.select(tables.spent_tokens.c.tenant, tables.spent_tokens.c.id)):
            self._spent.setdefault(tenant, set()).add(id_)
        store.on_change(tables.spent_tokens, self._reload)

    def _reload(self, tenant: str) -> None:
        """Know exactly those spent tokens of a tenant that the store has."""
        self._spent[tenant] = {id_ for (id_,) in self._store.tenant_rows(tables.spent_tokens, tenant, "id")}

    def client_id(self, tenant: str, vendor: str, name: str = DEFAULT) -> str:
        """Return the public name of a key, for vendors whose clients log in with an id and a secret."""
        if tenant == DEMO and name == DEFAULT:
            return f"sandbox-demo-{vendor}-client"
        mac = hmac.digest(self._secret, f"{tenant}\0{vendor}\0{name}".encode(), "sha256")
        return f"sandbox-client-{base64.b32encode(mac[:10]).decode().lower()}"

    def client(self, vendor: str, client_id: str, client_secret: str) -> Grant | None:
        """Return what a client opens whose secret is the key; None unless both belong together."""
        grant = self._keys.look_up(vendor, client_secret)
        if grant is None:
            return None
        known = self.client_id(grant.tenant, vendor, grant.key)
        return grant if hmac.compare_digest(known.encode(), client_id.encode()) else None

    def issue(self, grant: Grant, use: Use, *, seconds: int) -> str:
        """Make a token that ends so many seconds from now, by the tenant's clock."""
        now = self._clocks.now(grant.tenant)
        claims = {
            "of": [grant.tenant, grant.vendor, grant.key],
            "use": use,
            "begins": now - _LEEWAY,
            "ends": now + seconds * SECOND,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def look_up(self, vendor: str, use: Use, presented: str) -> Grant | None:
        """Return what a token opens; None for one of another vendor or use, or whose key is gone.

        Raises `TokenExpiredError` when its time is over.
        """
        token = self._token(presented)
        if token is None or (token.vendor, token.use) != (vendor, use):
            return None
        grant = self._keys.look_up(vendor, self._keys.key(token.tenant, vendor, token.key))
        if grant is not None and not token.begins <= self._clocks.now(token.tenant) < token.ends:
            raise TokenExpiredError(use)
        return grant

    def spend(self, vendor: str, presented: str, use: Use = "code") -> Grant | None:
        """Take what is good once, as a code is (RFC 6749, section 4.1.2); else as `look_up`."""
        grant = self.look_up(vendor, use, presented)
        token = self._token(presented)
        if grant is None or token is None or token.id in self._spent.get(token.tenant, ()):
            return None
        table, tenant = tables.spent_tokens, token.tenant
        expired = sa.and_(table.c.tenant == tenant, table.c.ends <= self._clocks.now(tenant))
        with self._store.change() as change:
            change.run_for(tenant, sa.delete(table).where(expired))
            change.run_for(tenant, sa.insert(table).values(tenant=tenant, id=token.id, ends=token.ends))
        return grant

    def _token(self, presented: str) -> _Token | None:
        token = self._read.get(presented)
        if token is None:
            token = self._parsed(presented)
            if token is None:
                return None
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            self._read[presented] = token
        return token

    def _parsed(self, presented: str) -> _Token | None:
        try:
            claims: dict[str, Any] = jwt.decode(presented, self._secret, algorithms=[_ALGORITHM])
        except (jwt.InvalidTokenError, ValueError):
            return None
        tenant, vendor, key = claims["of"]
        begins = claims.get("begins", 0)  # earlier sandboxes did not say
        return _Token(tenant, vendor, key, claims["use"], claims["jti"], begins, claims["ends"])
