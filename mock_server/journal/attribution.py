"""Finds the tenant of a request that was not authenticated, based on the credentials in it.

This applies to requests for tokens, requests with an expired token, and requests with an unknown path or a
wrong method, which are refused before their credentials are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mock_server.access.keys import Keys
    from mock_server.access.tokens import Tokens
    from mock_server.journal.entry import State

_LONGEST: Final = 4_000
_MAX_CANDIDATES: Final = 40


class Attribution:
    """Finds tenants by API keys and tokens.

    If a request's path belongs to no API, the keys and tokens of all `vendors` are searched.
    """

    def __init__(self, keys: Keys, tokens: Tokens) -> None:
        self._keys = keys
        self._tokens = tokens
        self.vendors: Collection[str] = ()

    def __call__(self, scope: Mapping[str, Any], state: State, reply: bytes) -> str:
        """Return the tenant whose key or token is in the request or the response, or "" if none is found.

        `reply` is the response's body.
        """
        served = [state.api.name] if state.api else self.vendors
        for count, candidate in enumerate(_candidates(scope, state, reply)):
            if count >= _MAX_CANDIDATES:
                break
            for vendor in served:
                if tenant := self._tenant(vendor, candidate):
                    return tenant
        return ""

    def _tenant(self, vendor: str, presented: str) -> str:
        grant = self._keys.look_up(vendor, presented)
        if grant is None and presented.count(".") == 2:  # noqa: PLR2004 - a JWT has three parts
            return self._tokens.tenant_of(vendor, presented)
        return grant.tenant if grant else ""


def _candidates(scope: Mapping[str, Any], state: State, reply: bytes) -> Iterator[str]:
    """Yield possible credentials from a request's headers, query and body, and from the response's body."""
    for _, value in scope["headers"]:
        yield value.decode("latin-1").rpartition(" ")[2][:_LONGEST]
    for pair in scope["query_string"].decode("latin-1").split("&"):
        yield pair.partition("=")[2][:_LONGEST]
    for body in (state.body, reply):
        try:
            content = orjson.loads(body) if body else None
        except orjson.JSONDecodeError:
            continue
        if isinstance(content, dict):
            yield from (value for value in content.values() if isinstance(value, str))
