"""A connection to any vendor whose answers the test supplies, and requests without inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

import connector
from connector.definition.compiler import integration as compiled
from connector.transport.deadline import Deadline
from connector.transport.request import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connector.definition.model import Operation
    from connector.runtime.connection import Connection
    from support.fake_vendor import Time

TYPED = {"redirect_uri": "https://shop.example/exsited", "shop_name": "shop.myshopify.example"}
"""Values of login fields that need a certain format."""

Replying = Callable[[httpx.Request], httpx.Response]


def opened(vendor: str, reply: Replying, time: Time, **how: Any) -> Connection:
    """Connect to a vendor answered by `reply`; token requests succeed."""
    made = compiled(vendor)
    login = made.authentication
    fields: dict[str, Any] = {
        one.key: TYPED.get(one.key, f"sandbox-{one.key}") for one in login.fields if one.required
    }
    token = made.operations[login.tokens.operation].path if login.tokens and not login.field else None

    def answer(request: httpx.Request) -> httpx.Response:
        if token and request.url.path.endswith(token):
            return httpx.Response(200, json={"access_token": "sandbox-token", "expires_in": 3600})
        return reply(request)

    transport = httpx.MockTransport(answer)
    how = {"base_url": made.base_url, "transport": transport, **how}
    connection = connector.open(made, clock=time.clock, sleep=time.sleep, **how, **fields)
    # Requests without inputs would break every contract, so they bypass the check.
    connection.client._sender.transport = transport
    return connection


def operations(connection: Connection) -> list[Operation]:
    """Return all operations of a vendor, except its token request."""
    tokens = connection.integration.authentication.tokens
    found = connection.integration.operations.values()
    return [one for one in found if tokens is None or one.id != tokens.operation]


async def send(connection: Connection, operation: Operation) -> Any:
    """Send an operation without its inputs, skipping their validation."""
    client = connection.client
    request = Request(operation=operation, path=operation.path, query=(), body=None)
    deadline = Deadline(120, client.sleep, connection.integration.vendor.id)
    return await client._repeat(request, client._logged_in, deadline, safe=operation.method == "GET")


class Stream(httpx.AsyncByteStream):
    """A body in pieces, as a network delivers it, not yet decoded by httpx."""

    def __init__(self, *pieces: bytes, endless: bool = False) -> None:
        self._pieces = pieces
        self._endless = endless
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            for piece in self._pieces:
                self.read += len(piece)
                yield piece
            if not self._endless:
                return
