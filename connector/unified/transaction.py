"""Polls all connections, and stores rows and cursors in one transaction of the user's database."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from connector.unified.poll import poll_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import date, datetime

    import sqlalchemy as sa

    from connector.runtime.connection import Connection
    from connector.runtime.cursor_table import CursorTable
    from connector.unified.poll import PollAllResult


@asynccontextmanager
async def poll_transaction(
    engine: sa.Engine,
    cursors: CursorTable,
    connections: Mapping[str, Connection],
    trigger: str,
    *,
    since: datetime | date | None = None,
    include_assumed: bool = False,
) -> AsyncIterator[tuple[sa.Connection, PollAllResult]]:
    """Poll a trigger on all connections, and run the `async with` block in a transaction that stores cursors.

        async with poll_transaction(engine, cursors, shops, "return_created") as (db, polled):
            for shop, returns in polled.returns.items():
                db.execute(…)

    The table of cursors is created if it is missing. The poll begins with the cursors in it, and no
    transaction is open while the vendors respond. After the block, the next cursors are stored under the
    name `trigger`, and the transaction is committed. If the block raises an exception, everything is rolled
    back, and the next poll returns the same events again. Therefore, each event is stored once.

    The other parameters are explained at `poll_all`. `engine` is not an `AsyncEngine`; each statement blocks
    the event loop until the database responds. Raises `ConfigurationError`, and rolls back, if another
    process stored a cursor during the poll.
    """
    cursors.create(engine)
    known = cursors.load(engine, trigger)
    polled = await poll_all(connections, trigger, known, since=since, include_assumed=include_assumed)
    with engine.begin() as db:
        yield db, polled
        cursors.save(db, trigger, polled.cursors)
