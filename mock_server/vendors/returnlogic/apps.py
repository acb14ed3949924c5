"""Public apps: a retailer installs one, it exchanges the code that the retailer brings for tokens.

Source: vendor page, "Public Apps OAuth"; lifetimes, rotation and the refresh are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.keys import Grant
from mock_server.tokens import TokenExpiredError, Tokens
from mock_server.vendors.returnlogic.words import NAME

CODE_SECONDS: Final = 600
BEARER_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 90 * 86_400
_PRESENTED: Final = {"authorization_code": "code", "refresh_token": "refresh_token"}


@dataclass(slots=True)
class PublicApps:
    """What an app is given for a retailer; its client is a key of the tenant."""

    tokens: Tokens

    def request_tokens(self, wish: Mapping[str, Any]) -> Reply:
        """Answer a `TokenRequest`."""
        client = self.tokens.client(NAME, wish["client_id"], wish["client_secret"])
        if client is None:
            raise Problem("unauthenticated", "This client_id and client_secret are not known here.")
        field = _PRESENTED[wish["grant_type"]]
        if field not in wish:
            raise _refused(field, f"is required for the grant type {wish['grant_type']}")
        grant = self._spent(field, wish[field])
        if grant is None or (grant.tenant, grant.key) != (client.tenant, client.key):
            raise _refused(field, "is not good, or not any more")
        return Reply(
            200,
            {
                "bearer_token": self.tokens.issue(grant, "access", seconds=BEARER_SECONDS),
                "refresh_token": self.tokens.issue(grant, "refresh", seconds=REFRESH_SECONDS),
            },
        )

    def installation(self, grant: Grant) -> Mapping[str, str]:
        """What a retailer brings to the redirect URL of an app that was just installed."""
        code = self.tokens.issue(grant, "code", seconds=CODE_SECONDS)
        return {"code": code, "teamId": str(uuid5(NAMESPACE_URL, f"https://team.example.com/{grant.tenant}"))}

    def _spent(self, field: str, presented: str) -> Grant | None:
        try:
            return self.tokens.spend(NAME, "code" if field == "code" else "refresh", presented)
        except TokenExpiredError:
            return None


def _refused(field: str, message: str) -> Problem:
    return Problem("invalid", f"{field} {message}.", fields=(FieldError(field, message),))
