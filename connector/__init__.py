"""Triggers, actions and searches of returns services, run in Python and generated for no-code platforms.

async with connector.open("returnmate", base_url=…, api_key=…) as rm:
    polled = await rm.triggers["new_return"].poll(cursor)
    created = await rm.actions["create_return"](order_number="#1001", …)
    page = await rm.operations.list_returns(status=["pending", "approved"])
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
    """Connect to a vendor, by its name or by an `Integration` compiled before.

    `base_url` defaults to production; `credentials` are the vendor's login fields (`api_key`). Use it in an
    `async with`. Raises `ConfigurationError` for an unknown vendor or missing credentials; sends nothing yet.

    `timeout` is how many seconds one attempt may take in all, from the connection to the last byte of the
    answer; `deadline` is how many one call may take, with its attempts and the waits between them. A wait of
    more than two seconds is reported to the logger `returns_connector`.
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
