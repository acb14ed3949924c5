"""Failed token requests: the actual request was never sent, and the error says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.fake_vendor import Answer, Time, Wire

import connector
from connector.errors import ConnectorError, RateLimited, UnexpectedResponse, VendorUnavailable

if TYPE_CHECKING:
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

CLIENT: dict[str, Any] = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret-of-acme",
    "redirect_uri": "https://shop.example/exsited",
}
ATTEMPTS = 4


@pytest.fixture
def account(wire: Wire) -> Connection:
    time = Time()
    return connector.open(
        "exsited",
        base_url="https://shop.example.com",
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
        **CLIENT,
    )


@pytest.mark.parametrize(
    ("answer", "kind", "asked"),
    [
        (httpx.Response(503), VendorUnavailable, ATTEMPTS),
        (httpx.ReadTimeout("late"), VendorUnavailable, ATTEMPTS),
        (httpx.ConnectError("refused"), VendorUnavailable, ATTEMPTS),
        (httpx.Response(429), RateLimited, ATTEMPTS),
        (httpx.Response(200, text="<html>Welcome</html>"), UnexpectedResponse, 1),
        (httpx.Response(200, json={"token": "elsewhere"}), UnexpectedResponse, 1),
    ],
)
async def test_write_without_a_token_was_not_sent(
    account: Connection, wire: Wire, answer: Answer, kind: type[ConnectorError], asked: int
) -> None:
    wire.reply(answer)
    with pytest.raises(kind) as failed:
        await account.actions["receive_return"](
            invoice_id="INV-1", return_id="RMA-1", items=[{"return_line_uuid": "L-1", "quantity": "1"}]
        )
    assert type(failed.value) is kind
    assert all(request.url.path.endswith("/token") for request in each(wire.requests))
    assert len(wire.requests) == asked
