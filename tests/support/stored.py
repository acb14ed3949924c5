"""What the store holds for a tenant, and operations on whole tenants while serving."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mock_server.bulk import Bulk
from mock_server.store import Store, tables
from support.worlds import OpenWorld, open_world


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
        try:
            await story(bulk_of(opened))
        finally:
            if opened.world.store.pending:
                await opened.world.store.yield_after_commit()
            opened.world.store._batch = None

    asyncio.run(serve())


@contextmanager
def observing(opened: OpenWorld, look: Callable[[], None]) -> Iterator[None]:
    """Call `look` whenever the operation yields to the event loop."""
    yield_after_commit = opened.world.store.yield_after_commit

    async def looked() -> None:
        look()
        await yield_after_commit()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opened.world.store, "yield_after_commit", looked)
        yield


@contextmanager
def killed(file: Path, folder: Path) -> Iterator[OpenWorld]:
    """Open the files that a process killed now would leave behind."""
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{file}{suffix}", f"{folder / file.name}{suffix}")
    with open_world(database=f"sqlite:///{folder / file.name}") as opened:
        yield opened
