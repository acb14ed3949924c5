"""Exsited's token endpoint: exchanges client credentials or a refresh token for an access token.

Source: the documentation's introduction. Wrong credentials result in status 401 (assumed). A rejected refresh
token results in status 400, as in RFC 6749, section 5.2. This matters because the vendor's own clients fall
back to client credentials only after a 400 (observed).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.access.grants import Grant
from mock_server.access.keys import Keys, is_public
from mock_server.access.tokens import TokenExpiredError, Tokens
from mock_server.engine.problem import Problem
from mock_server.vendors.exsited.facts import (
    NAME,
    READY_SECONDS,
    REDIRECT_URI,
    REFRESH_SECONDS,
    TOKEN_SECONDS,
)
from mock_server.vendors.refusals import invalid


@dataclass(slots=True)
class Login:
    """Issues access and refresh tokens to clients. A client's secret is one of its tenant's keys."""

    keys: Keys
    tokens: Tokens

    def token(self, requested: Mapping[str, Any]) -> dict[str, Any]:
        """Issue an access token and a refresh token for a `TokenRequest`.

        Raises `Problem` for wrong credentials, an invalid or expired refresh token, or a missing field.
        """
        grant = self.tokens.client(NAME, requested["client_id"], requested["client_secret"])
        if grant is None:
            raise Problem("unauthenticated", "No client has these credentials.")
        if requested["grant_type"] == "refresh_token":
            self._check_refresh_token(grant, requested)
        elif not requested.get("redirect_uri"):
            raise _missing("redirect_uri", "client_credentials")
        return {
            "access_token": self.tokens.issue(grant, "access", seconds=TOKEN_SECONDS),
            "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
            "expires_in": TOKEN_SECONDS,
        }

    def _check_refresh_token(self, grant: Grant, requested: Mapping[str, Any]) -> None:
        if "refresh_token" not in requested:
            raise _missing("refresh_token", "refresh_token")
        try:
            owner = self.tokens.look_up(NAME, "refresh", requested["refresh_token"])
        except TokenExpiredError:
            raise invalid("refresh_token", "has expired") from None
        if owner is None or (owner.tenant, owner.key) != (grant.tenant, grant.key):
            raise invalid("refresh_token", "does not belong to this client")

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """Build the client credentials for a key, and a request header with a ready-made access token.

        Raises `LookupError` if the key does not exist or was deleted.
        """
        grant = self.keys.look_up(NAME, key)
        if grant is None:
            raise LookupError("No credentials: the key does not exist or was deleted.")
        fields = {
            "client_id": self.tokens.client_id(grant.tenant, NAME, grant.key),
            "client_secret": key,
            "redirect_uri": REDIRECT_URI,
        }
        ready = self.tokens.issue(grant, "access", seconds=READY_SECONDS)
        return {"fields": fields, "headers": {"Authorization": f"Bearer {ready}"}, "query": {}}

    def example_request(self, tenant: str) -> dict[str, Any] | None:
        """Build a token request that the token endpoint accepts.

        Returns None if the tenant's default key is not a public demo key, or was deleted.
        """
        key = self.keys.key(tenant, NAME)
        if not is_public(key, NAME) or self.keys.look_up(NAME, key) is None:
            return None
        return {"grant_type": "client_credentials", **self.credentials(key)["fields"]}


def _missing(field: str, grant_type: str) -> Problem:
    return invalid(field, f"is required for the grant {grant_type}")
