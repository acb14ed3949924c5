"""Triggers, actions and searches of returns APIs, for Python and as generated Zapier and Make apps.

    async with connector.open("returnmate", api_key="…") as rm:
        result = await rm.triggers["new_return"].poll(cursor)
        created = await rm.actions["create_return"](order_number="#1001", …)
        answer = await rm.operations.list_returns(status=["pending", "approved"])

`open` returns a `Connection`; a handler of events raises `Skip` to set one aside. Errors are in
`connector.errors`, durable polling is in `connector.runtime.runner`, all vendors in one model in
`connector.unified`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector import clock as _clock
from connector.errors import Skip

if TYPE_CHECKING:
    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

__all__ = ["Skip", "open"]


def open(  # noqa: A001 - read as connector.open
    vendor: str | Integration,
    *,
    base_url: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = _clock.now,
    sleep: Sleep = _clock.sleep,
    timeout: float = 30.0,
    deadline: float = 120.0,
    **credentials: str,
) -> Connection:
    """Open a connection to a vendor, to use with `async with`; no request is sent yet.

    `vendor` is the vendor's id (`"returnmate"`) or a compiled `Integration`. `base_url` defaults to the
    vendor's production API. `credentials` are the vendor's login fields, such as `api_key`. Raises
    `ConfigurationError` for an unknown vendor, an invalid base URL, or unknown or missing credentials.

    `timeout` is how many seconds one attempt may take, from connecting to the last byte of the answer.
    `deadline` is how many seconds one call may take, with all attempts and the waits between them. Waits of
    more than two seconds are logged as warnings of the logger `returns_connector`.

    `transport` replaces the network, `clock` the current time and `sleep` the waiting, for tests.
    """
    from connector.runtime.connection import connect

    return connect(
        vendor,
        base_url=base_url,
        transport=transport,
        clock=clock,
        sleep=sleep,
        credentials=credentials,
        timeout=timeout,
        deadline=deadline,
    )
