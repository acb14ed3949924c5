"""Leases: the right to work on some rows, such as lists that are due, for a limited time.

A process leases rows before it works on them, so that no other process does the same work. A row's `lease` is
the ID of its lease, which ends at `leased_until`. If a process dies, another one continues its jobs under the
same lease. If there is no other process, the rows become available at `leased_until`.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.tables import deliveries, lists, pending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

LEASED = (lists, pending, deliveries)
"""The tables whose rows are leased."""


def new_lease() -> str:
    """Return the ID of a new lease."""
    return secrets.token_hex(16)


def end_all(connection: sa.Connection) -> None:
    """End all leases: a process that has the database to itself can do again what was interrupted."""
    for table in LEASED:
        connection.execute(
            sa.update(table).where(table.c.leased_until > 0).values(lease=None, leased_until=0)
        )


async def all_of(work: Iterable[Awaitable[None]]) -> None:
    """Do the leased work at once, wait for all of it, and then raise the first exception, if any."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
