"""What the hub's jobs read and write costs the same however many events the hub has kept."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from support.each import each
from support.hub import Bench, Targets, hub_at, merchant_of

from connector.hub import tables
from connector.hub.store import Store

STORED = (tables.events, tables.deliveries, tables.pending, tables.calls, tables.hints)
"""The tables that grow with what happens; the others grow with connections and subscriptions."""
GROWING = {"older", *(table.name for table in STORED)}
"""Their names in statements, and an alias."""


def record(engine: sa.Engine) -> dict[str, Any]:
    """Return a dictionary that receives the statements of a database, with their parameters."""
    statements: dict[str, Any] = {}

    def add(*given: Any) -> None:
        _connection, _cursor, statement, parameters, _context, many = given
        statements.setdefault(statement, parameters[0] if many else parameters)

    sa.event.listen(engine, "before_cursor_execute", add)
    return statements


def scans(connection: sa.Connection, statement: str, parameters: Any) -> list[str]:
    """Return the steps of a statement that read a growing table from its beginning to its end."""
    driver: Any = connection.connection.driver_connection
    plan = [row[3] for row in driver.execute(f"explain query plan {statement}", parameters)]
    return [step for step in plan if step.startswith("SCAN") and step.split()[1] in GROWING]


async def run_all_jobs(bench: Bench) -> None:
    """Let every job of the hub run while there is work for it."""
    await bench.connect()
    await bench.subscribe("return_status_changed")
    [connection] = (await bench.get("/connections"))["connections"]
    await bench.api.put(f"/connections/{connection['id']}/hook", json={})
    for status in (200, 503):
        bench.targets.answer = lambda _got, status=status: httpx.Response(status)  # type: ignore[misc]
        id_ = bench.merchant.ask_for_return()
        for job in bench.hub.jobs():
            await job.run()
            await job.next_due()
        bench.merchant.advance(3_600)
        bench.merchant.move(id_, "Approved")
    for job in bench.hub.jobs():
        await job.run()
        await job.next_due()


def test_no_job_reads_a_growing_table_from_beginning_to_end(tmp_path: Path) -> None:
    options: dict[str, Any] = {"targets": Targets(), "database": f"sqlite:///{tmp_path / 'hub'}"}

    async def told() -> None:
        async with hub_at(merchant, tmp_path, **options) as bench:
            statements = record(bench.hub.store.engine)
            await run_all_jobs(bench)
            seen = dict(statements)
            assert any(one.startswith("UPDATE deliveries") for one in seen)
            for table in each(STORED):
                assert any(table.name in one for one in seen)
            with bench.hub.store.engine.begin() as connection:
                found = [
                    (step, one)
                    for one, parameters in seen.items()
                    if one.startswith(("SELECT", "UPDATE", "DELETE"))
                    for step in scans(connection, one, parameters)
                ]
            assert found == []

    with merchant_of("returngo") as merchant:
        asyncio.run(told())


def test_a_search_without_an_index_is_seen(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'hub'}") as store, store.engine.begin() as connection:
        assert scans(connection, "select * from events where record = ?", ("1",)) == ["SCAN events"]
        assert scans(connection, "select * from events where number = ?", (1,)) == []


def test_deleting_a_row_finds_the_rows_that_refer_to_it_by_an_index(tmp_path: Path) -> None:
    """The plan of a statement does not show the search for rows that a foreign key deletes."""
    keys = [(table.name, key.parent.name) for table in STORED for key in table.foreign_keys]
    with Store(f"sqlite:///{tmp_path / 'hub'}") as store, store.engine.begin() as connection:
        for table, column in each(keys):
            assert scans(connection, f"delete from {table} where {column} = ?", ("1",)) == []
