"""Tokens for client credentials, as in the documentation's introduction.

Wrong credentials are 401 (assumed). A refused refresh token is 400, as RFC 6749 section 5.2 has it: the
vendor's own clients ask for client credentials again after 400 only (observed).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.access.grants import Grant
from mock_server.access.keys import Keys, is_public
from mock_server.access.tokens import TokenExpiredError, Tokens
from mock_server.engine.problem import FieldError, Problem
from mock_server.vendors.exsited.facts import (
    NAME,
    READY_SECONDS,
    REDIRECT_URI,
    REFRESH_SECONDS,
    TOKEN_SECONDS,
)


@dataclass(slots=True)
class Login:
    """Gives tokens to clients whose secret is a key of this vendor."""

    keys: Keys
    tokens: Tokens

    def token(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a `TokenRequest`; raises `Problem` for wrong credentials."""
        grant = self.tokens.client(NAME, asked["client_id"], asked["client_secret"])
        if grant is None:
            raise Problem("unauthenticated", "No client has these credentials.")
        if asked["grant_type"] == "refresh_token":
            self._check_refresh(grant, asked)
        elif not asked.get("redirect_uri"):
            raise _missing("redirect_uri", "client_credentials")
        return {
            "access_token": self.tokens.issue(grant, "access", seconds=TOKEN_SECONDS),
            "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
            "expires_in": TOKEN_SECONDS,
        }

    def _check_refresh(self, grant: Grant, asked: Mapping[str, Any]) -> None:
        if "refresh_token" not in asked:
            raise _missing("refresh_token", "refresh_token")
        try:
            found = self.tokens.look_up(NAME, "refresh", asked["refresh_token"])
        except TokenExpiredError:
            raise _refused("has expired") from None
        if found is None or (found.tenant, found.key) != (grant.tenant, grant.key):
            raise _refused("is not one of this client's")

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """What a key looks like to people, with a ready token for the impatient."""
        grant = self.keys.look_up(NAME, key)
        if grant is None:
            raise LookupError("Only a key in force can be shown.")
        fields = {
            "client_id": self.tokens.client_id(grant.tenant, NAME, grant.key),
            "client_secret": key,
            "redirect_uri": REDIRECT_URI,
        }
        ready = self.tokens.issue(grant, "access", seconds=READY_SECONDS)
        return {"fields": fields, "headers": {"Authorization": f"Bearer {ready}"}, "query": {}}

    def to_show(self, tenant: str) -> dict[str, Any] | None:
        """The body of a token request; None where the secret is not one that everybody knows."""
        key = self.keys.key(tenant, NAME)
        if not is_public(key, NAME) or self.keys.look_up(NAME, key) is None:
            return None
        return {"grant_type": "client_credentials", **self.credentials(key)["fields"]}


def _refused(why: str) -> Problem:
    return Problem("invalid", f"refresh_token {why}.", (FieldError("refresh_token", why),))


def _missing(field: str, grant_type: str) -> Problem:
    why = f"is required for the grant {grant_type}"
    return Problem("invalid", f"{field} {why}.", (FieldError(field, why),))
