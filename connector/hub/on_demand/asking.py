"""Sends a request of a program to several connections at once, and returns errors instead of raising them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from connector.errors import ConnectorError, VendorUnavailable, as_connector_error
from connector.hub import connections as accounts
from connector.hub.store import DatabaseUnavailableError
from connector.hub.tables import connections

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from connector.hub.connections import Account
    from connector.hub.encryption import Encryption
    from connector.hub.vendors import Vendors
    from connector.runtime.connection import Connection

T = TypeVar("T")

AT_ONCE = 25
"""The most connections that are asked at the same time."""
PATIENCE = 20
"""How many seconds a connection may take. The platforms wait 30 seconds for an answer of the hub."""


def chosen(connection: sa.Connection, encryption: Encryption, of: str | None) -> list[Account]:
    """Return the connection with the ID `of`, or all connections, oldest first, for "all" and None.

    Raises `NotFound` if there is no connection with this ID.
    """
    if of not in {None, accounts.ALL}:
        return [accounts.account(connection, encryption, str(of))]
    query = sa.select(connections.c.id).order_by(connections.c.created_at, connections.c.id)
    return [accounts.account(connection, encryption, id_) for id_ in connection.execute(query).scalars()]


async def ask_all(
    vendors: Vendors, asked: Sequence[Account], ask: Callable[[Account, Connection], Awaitable[T]]
) -> list[T | ConnectorError]:
    """Call `ask` for each account with its open connection; return the results in the same order.

    A call that fails, or takes longer than `PATIENCE` seconds, has its error as the result. Raises
    `DatabaseUnavailableError` if calls cannot be counted.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(account: Account) -> T | ConnectorError:
        async with room:
            return await _asked(vendors, account, ask)

    return await asyncio.gather(*(one(account) for account in asked))


async def _asked(
    vendors: Vendors, account: Account, ask: Callable[[Account, Connection], Awaitable[T]]
) -> T | ConnectorError:
    title = vendors.integrations[account.vendor].vendor.title
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask(account, await vendors.connection(account))
    except TimeoutError:
        return VendorUnavailable(f"{title} did not answer within {PATIENCE} seconds.")
    except DatabaseUnavailableError:
        raise
    except Exception as problem:  # noqa: BLE001 - connections are independent of each other
        return as_connector_error(problem)
