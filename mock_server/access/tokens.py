"""Issues and verifies OAuth access tokens, refresh tokens and authorization codes.

A token is a JWT (RFC 7519, HS256) that is signed with a key derived from the sandbox's secret, so it is not
stored and remains valid after a restart. While its API key exists, a token grants the same access as that
key. It expires when the tenant's clock reaches its expiry time. Resetting the tenant can set that clock back,
so a token's time of issue can be in the future. Such a token is rejected; otherwise it would be valid for too
long. The only tokens in the store are single-use tokens that have already been used.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from mock_server.access.grants import Grant
from mock_server.access.keys import DEFAULT, DEMO, Keys
from mock_server.clock import SECOND, Clocks
from mock_server.store import Store, tables

Use = Literal["access", "refresh", "code"]

_ALGORITHM: Final = "HS256"
_REMEMBERED: Final = 4_096
_LEEWAY: Final = 60 * SECOND  # real clocks are sometimes set back a little


class TokenExpiredError(Exception):
    """Raised if a token has a valid signature, but has expired or was issued in the future."""


@dataclass(frozen=True, slots=True)
class _Token:
    tenant: str
    vendor: str
    key: str
    use: Use
    id: str
    begins: int  # microseconds since the Unix epoch, on the tenant's clock
    ends: int


class Tokens:
    """Issues tokens for API keys, and verifies the tokens that clients send."""

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
        """Reload the IDs of a tenant's used single-use tokens from the store."""
        self._spent[tenant] = {id_ for (id_,) in self._store.tenant_rows(tables.spent_tokens, tenant, "id")}

    def client_id(self, tenant: str, vendor: str, name: str = DEFAULT) -> str:
        """Compute the OAuth client ID of the API key `name`; the key itself is the client secret."""
        if tenant == DEMO and name == DEFAULT:
            return f"sandbox-demo-{vendor}-client"
        mac = hmac.digest(self._secret, f"{tenant}\0{vendor}\0{name}".encode(), "sha256")
        return f"sandbox-client-{base64.b32encode(mac[:10]).decode().lower()}"

    def client(self, vendor: str, client_id: str, client_secret: str) -> Grant | None:
        """Return the grant for an OAuth client ID and client secret; the client secret is the API key.

        Returns None if the key does not exist, or if the client ID belongs to another key.
        """
        grant = self._keys.look_up(vendor, client_secret)
        if grant is None:
            return None
        known = self.client_id(grant.tenant, vendor, grant.key)
        return grant if hmac.compare_digest(known.encode(), client_id.encode()) else None

    def issue(self, grant: Grant, use: Use, *, seconds: int) -> str:
        """Issue a token for a use, such as `access`; it expires after `seconds` on the tenant's clock."""
        import jwt  # imported here because it loads a library for cryptography if one is installed

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
        """Verify a token and return its grant.

        Returns None if the token is not genuine, was issued for another vendor or purpose, or belongs to a
        deleted API key. Raises `TokenExpiredError` if the token has expired, or if its time of issue is in
        the future on the tenant's clock.
        """
        token = self._token(presented)
        if token is None or (token.vendor, token.use) != (vendor, use):
            return None
        grant = self._keys.look_up(vendor, self._keys.key(token.tenant, vendor, token.key))
        if grant is not None and not token.begins <= self._clocks.now(token.tenant) < token.ends:
            raise TokenExpiredError(use)
        return grant

    def tenant_of(self, vendor: str, presented: str) -> str:
        """Return the tenant that a token was issued for, even if it has expired; "" if it is not genuine."""
        token = self._token(presented)
        return token.tenant if token and token.vendor == vendor else ""

    def spend(self, vendor: str, presented: str, use: Use = "code") -> Grant | None:
        """Verify a single-use token, such as an authorization code; mark it as used and return its grant.

        Returns None if the token is not valid or has been used before (RFC 6749, section 4.1.2). Raises
        `TokenExpiredError` if it has expired.
        """
        grant = self.look_up(vendor, use, presented)
        token = self._token(presented)
        if grant is None or token is None or token.id in self._spent.get(token.tenant, ()):
            return None
        table, tenant = tables.spent_tokens, token.tenant
        expired = sa.and_(table.c.tenant == tenant, table.c.ends <= self._clocks.now(tenant))
        # Delete used tokens that have expired: they are refused anyway, and the table stays small.
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
            if len(self._read) >= _REMEMBERED:  # bounds the memory; a token can always be parsed again
                self._read.clear()
            self._read[presented] = token
        return token

    def _parsed(self, presented: str) -> _Token | None:
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(presented, self._secret, algorithms=[_ALGORITHM])
        except (jwt.InvalidTokenError, ValueError):
            return None
        tenant, vendor, key = claims["of"]
        begins = claims.get("begins", 0)  # absent in tokens of earlier versions
        return _Token(tenant, vendor, key, claims["use"], claims["jti"], begins, claims["ends"])
