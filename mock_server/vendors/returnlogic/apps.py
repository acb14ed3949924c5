"""Public apps: a retailer installs one, it exchanges the code that the retailer brings for tokens.

Source: vendor page, "Public Apps OAuth"; lifetimes, rotation and the refresh are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from mock_server.access.grants import Grant
from mock_server.access.keys import DEFAULT, Keys, is_public
from mock_server.access.tokens import TokenExpiredError, Tokens
from mock_server.acts import Act
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.store import Change
from mock_server.switches import Switches
from mock_server.vendors.returnlogic.facts import NAME

CODE_SECONDS: Final = 600
BEARER_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 90 * 86_400
_PRESENTED: Final = {"authorization_code": "code", "refresh_token": "refresh_token"}


@dataclass(slots=True)
class PublicApps:
    """What an app is given for a retailer; its client secret is the tenant's key."""

    tokens: Tokens
    keys: Keys
    switches: Switches

    def request_tokens(self, requested: Mapping[str, Any]) -> Reply:
        """Answer a `TokenRequest`; no bearer token comes with it, so the client tells whose switch counts."""
        client = self.tokens.client(NAME, requested["client_id"], requested["client_secret"])
        if client is None:
            raise Problem("unauthenticated", "This client_id and client_secret are not known here.")
        closed = self.switches.closed(client.tenant, NAME)
        if closed:
            raise Problem("unavailable", closed)
        field = _PRESENTED[requested["grant_type"]]
        if field not in requested:
            raise _refused(field, f"is required for the grant type {requested['grant_type']}")
        grant = self._spent(field, requested[field])
        if grant is None or (grant.tenant, grant.key) != (client.tenant, client.key):
            raise _refused(field, "is not good, or not any more")
        return Reply(
            200,
            {
                "bearer_token": self.tokens.issue(grant, "access", seconds=BEARER_SECONDS),
                "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
            },
        )

    @property
    def installing(self) -> Act:
        """The retailer installs an app, and is sent to its redirect URL."""
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": ["redirect_uri"],
            "properties": {"redirect_uri": {"type": "string", "format": "uri", "pattern": "^https?://"}},
        }
        return Act(
            "The retailer installs a public app: where its redirect URL is led to.", schema, self._install
        )

    def login_to_show(self, tenant: str) -> Mapping[str, Any] | None:
        """The body of a token request that works once; None where the key is not one that everybody knows."""
        secret = self.keys.key(tenant, NAME)
        grant = self.keys.look_up(NAME, secret)
        if grant is None or not is_public(secret, NAME):
            return None
        return {
            "grant_type": "refresh_token",
            "client_id": self.tokens.client_id(tenant, NAME),
            "client_secret": secret,
            "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
        }

    def _install(
        self, _change: Change, tenant: str, requested: Mapping[str, Any], _at: int
    ) -> Mapping[str, Any]:
        """Say where the retailer is sent to, with a fresh code, and by what the app is known."""
        secret = self.keys.key(tenant, NAME)
        grant = self.keys.look_up(NAME, secret)
        if grant is None:
            raise LookupError(f"{tenant} has no key {DEFAULT!r}.")
        code = self.tokens.issue(grant, "code", seconds=CODE_SECONDS)
        query = urlencode(
            {"code": code, "teamId": uuid5(NAMESPACE_URL, f"https://team.example.com/{tenant}")}
        )
        joint = "&" if "?" in requested["redirect_uri"] else "?"
        return {
            "redirect_to": f"{requested['redirect_uri']}{joint}{query}",
            "client_id": self.tokens.client_id(tenant, NAME),
            "client_secret": secret,
        }

    def _spent(self, field: str, presented: str) -> Grant | None:
        try:
            return self.tokens.spend(NAME, presented, "code" if field == "code" else "refresh")
        except TokenExpiredError:
            return None


def _refused(field: str, message: str) -> Problem:
    return Problem("invalid", f"{field} {message}.", fields=(FieldError(field, message),))
