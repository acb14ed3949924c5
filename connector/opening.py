"""Opens connections to vendors; `connector/typed/opening.pyi` declares both functions for each vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector import clock as _clock

if TYPE_CHECKING:
    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration
    from connector.runtime.blocking import SyncConnection
    from connector.runtime.connection import Connection


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

    Type checkers check the credentials and the keys of triggers, actions and searches against the types in
    `connector.typed`, provided that `vendor` is a literal string. If the vendor's ID is a variable, pass
    `connector.definition.compiler.integration(vendor)` instead.
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


def open_sync(
    vendor: str | Integration,
    *,
    base_url: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = _clock.now,
    sleep: Sleep = _clock.sleep,
    timeout: float = 30.0,
    deadline: float = 120.0,
    **credentials: str,
) -> SyncConnection:
    """Create a connection whose calls wait for their result, for programs and notebooks without async code.

        with connector.open_sync("returnmate", api_key="…") as rm:
            result = rm.triggers["new_return"].poll(cursor)

    The arguments and errors are those of `open`.
    """
    from connector.runtime.blocking import SyncConnection

    return SyncConnection(
        open(
            vendor,
            base_url=base_url,
            transport=transport,
            clock=clock,
            sleep=sleep,
            timeout=timeout,
            deadline=deadline,
            **credentials,
        )
    )
