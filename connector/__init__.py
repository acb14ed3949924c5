"""Triggers, actions and searches for returns APIs, in Python and as generated Zapier and Make apps.

    async with connector.open("returnmate", api_key="…") as rm:
        result = await rm.triggers["new_return"].poll(cursor)
        created = await rm.actions["create_return"](order_number="#1001", …)
        response = await rm.operations.list_returns(status=["pending", "approved"])

`open` returns a `Connection`. An event handler raises `Skip` if an event should be skipped and not retried.
`connector.errors` contains all exceptions, `connector.runtime.runner` polls triggers and stores their cursors
between runs, and `connector.unified` converts records from all vendors to a common model.
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
    """Create a connection to a vendor, for use with `async with`. No request is sent yet.

    `vendor` is the vendor's ID (`"returnmate"`) or a compiled `Integration`. `base_url` defaults to the
    vendor's production API. `credentials` are the vendor's login fields, such as `api_key`. Raises
    `ConfigurationError` for an unknown vendor, an invalid base URL, or unknown or missing credentials.

    `timeout` is the maximum duration of one attempt in seconds, from connecting to the last byte of the
    response. `deadline` is the maximum duration of one call in seconds, including all attempts and the waits
    between them. A wait of more than two seconds is logged as a warning by the logger `returns_connector`.

    In tests, `transport` can replace the network, `clock` the current time, and `sleep` the waits.
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
