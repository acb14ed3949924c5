"""What the store holds for a tenant, and operations on whole tenants while serving."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from mock_server.bulk import Bulk
from mock_server.store import Store, tables
from support.worlds import OpenWorld


def everything(store: Store, tenant: str) -> dict[str, list[Any]]:
    """Return everything that the store holds for a tenant, in reading order."""
    partition = store.partition(tenant)
    found: dict[str, list[Any]] = {}
    for name in ("rows", "counters", "ledger", "steps"):
        table = tables.metadata.tables[name]
        unlike = (
            {"tenant"} | ({"sequence"} if name == "rows" else set()) | ({"id"} if name == "steps" else set())
        )
        columns = [column for column in table.c if column.name not in unlike]
        order = list(table.primary_key)
        found[name] = store.select(sa.select(*columns).where(table.c.tenant == partition).order_by(*order))
    return found


def stored(store: Store) -> int:
    """Count the rows of all partitions together."""
    return sum(
        store.select(sa.select(sa.func.count()).select_from(tables.metadata.tables[name]))[0][0]
        for name in tables.PARTITIONED
    )


def bulk_of(opened: OpenWorld) -> Bulk:
    return Bulk(opened.world, opened.tenants, opened.vendors)


def run(opened: OpenWorld, story: Callable[[Bulk], Awaitable[Any]]) -> None:
    """Run a story with group commit, as while serving."""

    async def serve() -> None:
        opened.world.store.commit_together(asyncio.get_running_loop())
        await story(bulk_of(opened))

    asyncio.run(serve())
