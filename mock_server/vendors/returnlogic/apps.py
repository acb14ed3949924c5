"""ReturnLogic's OAuth for public apps: installs an app, and exchanges its authorization code for tokens.

Source: vendor page, "Public Apps OAuth"; token lifetimes, token rotation and the refresh request are assumed.
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
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.store import Change
from mock_server.switches import Switches
from mock_server.vendors.refusals import invalid
from mock_server.vendors.returnlogic.facts import NAME

CODE_SECONDS: Final = 600
BEARER_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 90 * 86_400
_FIELDS: Final = {"authorization_code": "code", "refresh_token": "refresh_token"}
"""The request field that contains the code or token to exchange, keyed by grant type."""


@dataclass(slots=True)
class PublicApps:
    """Issues tokens to public apps; an app's client secret is the tenant's API key."""

    tokens: Tokens
    keys: Keys
    switches: Switches

    def request_tokens(self, requested: Mapping[str, Any]) -> Reply:
        """Exchange the code or refresh token in a `TokenRequest` for a new pair of tokens.

        Raises `Problem` if the client credentials are wrong, if the API is closed for maintenance, or if the
        code or refresh token is missing, invalid, expired or already used.
        """
        client = self.tokens.client(NAME, requested["client_id"], requested["client_secret"])
        if client is None:
            raise Problem("unauthenticated", "No app has this client_id and client_secret.")
        # The engine checks the switches of a bearer token's tenant. A token request has no bearer token,
        # so the switches of its tenant are checked here.
        closed = self.switches.closed(client.tenant, NAME)
        if closed:
            raise Problem("unavailable", closed)
        field = _FIELDS[requested["grant_type"]]
        if field not in requested:
            raise invalid(field, f"is required for the grant type {requested['grant_type']}")
        grant = self._spend(field, requested[field])
        if grant is None or (grant.tenant, grant.key) != (client.tenant, client.key):
            raise invalid(field, "is not valid, has expired or was already used")
        return Reply(
            200,
            {
                "bearer_token": self.tokens.issue(grant, "access", seconds=BEARER_SECONDS),
                "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
            },
        )

    @property
    def install_act(self) -> Act:
        """Build the `install_app` act, in which a retailer installs a public app.

        The result of the act includes the URL that the retailer is redirected to. This URL contains an
        authorization code.
        """
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": ["redirect_uri"],
            "properties": {
                "redirect_uri": {
                    "type": "string",
                    "format": "uri",
                    "pattern": "^https?://",
                    "example": "https://app.example.com/installed",
                }
            },
        }
        sentence = "Installs a public app as the retailer; returns the redirect URL with a code."
        return Act(sentence, schema, self._install)

    def example_request(self, tenant: str) -> Mapping[str, Any] | None:
        """Build a token request that works once.

        Returns None if the tenant's default key is not a public demo key, or was deleted.
        """
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
        """Issue an authorization code, and build the redirect URL that contains the code.

        The result also contains the app's credentials. Raises `LookupError` if the tenant's default key was
        deleted.
        """
        secret = self.keys.key(tenant, NAME)
        grant = self.keys.look_up(NAME, secret)
        if grant is None:
            raise LookupError(f"{tenant} has no key {DEFAULT!r}.")
        code = self.tokens.issue(grant, "code", seconds=CODE_SECONDS)
        query = urlencode(
            {"code": code, "teamId": uuid5(NAMESPACE_URL, f"https://team.example.com/{tenant}")}
        )
        separator = "&" if "?" in requested["redirect_uri"] else "?"
        return {
            "redirect_to": f"{requested['redirect_uri']}{separator}{query}",
            "client_id": self.tokens.client_id(tenant, NAME),
            "client_secret": secret,
        }

    def _spend(self, field: str, presented: str) -> Grant | None:
        try:
            return self.tokens.spend(NAME, presented, "code" if field == "code" else "refresh")
        except TokenExpiredError:
            return None
