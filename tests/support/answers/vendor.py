"""A vendor in memory: one answer under test, and complete documented answers to everything else."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from connector.definition.compiler import integration
from support.answers.documented import responses
from support.answers.undocumented import Wire
from support.requests.inputs import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration

TOKENS = {"access_token": "sandbox-access-token", "refresh_token": "sandbox-refresh-token"}
SECRET = "sandbox-secret-of-the-login"
BROKEN = Wire("reset", failure=httpx.ReadError("Connection reset by peer"))


class Vendor(httpx.AsyncBaseTransport):
    """Answers requests by their operation.

    `test` sets the answer to the first page of an operation; its further pages are empty. `served` lists the
    operations in the order of their requests.
    """

    def __init__(self, vendor: str) -> None:
        self.made: Integration = integration(vendor)
        self.served: list[str] = []
        self._tested = ""
        self._breaks: str | None = None
        self._answer = Wire("none")
        self._bodies = complete_bodies(vendor)
        known = sorted(described(vendor).values(), key=lambda one: one.path.count("{"))
        self._routes = [
            (one.id, one.method, re.compile(re.sub(r"\{[^}]+\}", "[^/]*", one.path))) for one in known
        ]

    def test(self, operation: str, answer: Wire, breaks: str | None) -> None:
        """Answer requests for an operation with `answer` from now on, and those for `breaks` not at all."""
        self._tested, self._answer, self._breaks = operation, answer, breaks
        self.served.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        name = next(
            name for name, verb, form in self._routes if verb == request.method and form.fullmatch(path)
        )
        self.served.append(name)
        if name == self._breaks:
            return BROKEN.response()
        if name == self._tested and self._is_first_page(name, request):
            return self._answer.response()
        body = self._bodies[name] if name != self._tested else self._last_page(name)
        return httpx.Response(self.made.operations[name].status, json=body)

    def _is_first_page(self, name: str, request: httpx.Request) -> bool:
        paging = self.made.paging.get(self.made.operations[name].paging or "")
        here = request.url.params.get(paging.page_parameter) if paging else None
        return paging is None or here is None or (paging.next is None and here == str(paging.first))

    def _last_page(self, name: str) -> Any:
        """Return an empty page of a list, which names no further one."""
        operation = self.made.operations[name]
        paging = self.made.paging.get(operation.paging or "")
        empty = with_value(self._bodies[name], operation.payload, [])
        return with_value(empty, paging.next, None) if paging and paging.next else empty


@cache
def secrets(vendor: str, operation: str) -> tuple[str, ...]:
    """Return what no message, error or log may contain; before a request for a token there are no tokens."""
    said = integration(vendor).authentication
    has_tokens = said.tokens and not said.field and operation != said.tokens.operation
    return (SECRET, *(TOKENS.values() if has_tokens else ()))


@cache
def complete_bodies(vendor: str) -> dict[str, Any]:
    """Return a complete success of each operation; tokens are long-lived, and named in `TOKENS`."""
    made, known = integration(vendor), responses(vendor)
    bodies = {one.operation: known.complete(one) for one in known.listed if one.status < 300 and one.schema}
    tokens = made.authentication.tokens
    if tokens:
        body = with_value(bodies[tokens.operation], tokens.access_token, TOKENS["access_token"])
        if tokens.refresh_token:
            body = with_value(body, tokens.refresh_token, TOKENS["refresh_token"])
        bodies[tokens.operation] = with_value(body, tokens.expires_in, 10**9) if tokens.expires_in else body
    return bodies


def with_value(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return a copy of a body with another value at a path of member names."""
    if not path:
        return value
    inside: Mapping[str, Any] = body if isinstance(body, dict) else {}
    return {**inside, path[0]: with_value(inside.get(path[0]), path[1:], value)}


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()
