"""A connection to any vendor with one prepared answer; token requests always succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

import connector
from connector.definition.compiler import integration as compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from connector.definition.model import Integration, Operation
    from connector.runtime.connection import Connection
    from support.fake_vendor import Time

    Answering = Callable[[httpx.Request], httpx.Response]

HOST = "https://shop.example.com"


def open_any(
    vendor: str | Integration, time: Time, answer: Answering, arrived: list[httpx.Request] | None = None
) -> Connection:
    """Open a vendor's connection; `answer` answers every request except those for a token.

    All requests are appended to `arrived`, those for a token included.
    """
    made = compiled(vendor) if isinstance(vendor, str) else vendor
    tokens = made.authentication.tokens
    grant = made.operations[tokens.operation].path if tokens and not made.authentication.field else None

    def answering(request: httpx.Request) -> httpx.Response:
        if arrived is not None:
            arrived.append(request)
        if grant and request.url.path == grant:
            return httpx.Response(200, json={"access_token": "t", "refresh_token": "r", "expires_in": 36_000})
        return answer(request)

    login: dict[str, Any] = {one.key: f"https://{one.key}.example.com" for one in made.authentication.fields}
    return connector.open(
        made,
        base_url=HOST,
        transport=httpx.MockTransport(answering),
        clock=time.clock,
        sleep=time.sleep,
        **login,
    )


def listing(made: Integration, operation: Operation, data: Any) -> Answering:
    """Answer an operation with `data`; further pages of a list are empty."""
    paging = made.paging.get(operation.paging or "")

    def answer(request: httpx.Request) -> httpx.Response:
        here = request.url.params.get(paging.page_parameter) if paging else None
        later = paging is not None and here not in (None, str(paging.first))
        return httpx.Response(200, json=body(operation, [] if later else data))

    return answer


def body(operation: Operation, data: Any) -> Any:
    """Return an answer of an operation with `data` at its payload path."""
    for step in reversed(operation.payload):
        data = {step: data}
    return data
