"""Old events go in slices, and one customer's events go at once, with everything that belongs to them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.hub import Bench, hub_at, merchant_of

from connector.definition.compiler import vendors
from connector.hub import exact_json, retention
from connector.hub.moments import micros
from connector.hub.tables import alarms, deliveries, events, pending

HOUR = 3_600
DAY = 86_400


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())


async def count(bench: Bench, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(await bench.hub.store.run(lambda database: database.execute(query).scalar_one()))


def test_old_events_are_deleted_in_slices_with_their_deliveries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        for _ in range(3):
            bench.merchant.ask_for_return()
        await bench.round(HOUR)
        bench.merchant.advance(4 * DAY)
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        prune = bench.hub.retention.prune_due
        assert await prune() == 0
        bench.merchant.advance(2 * DAY)
        assert [await prune(), await prune(), await prune()] == [2, 1, 0]
        assert (await count(bench, events), await count(bench, deliveries)) == (1, 1)
        # What was deleted is not found again.
        await bench.round(HOUR)
        assert len(bench.targets.received) == 4
        assert await bench.hub.retention.next_prune() == bench.hub.clock() + retention.EVERY - timedelta(
            hours=1
        )

    at_a_vendor("returngo", tmp_path, story, keep_days=5)


def test_closed_alarms_of_that_age_are_deleted_too(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        now = micros(bench.hub.clock())
        row = {
            "kind": "silent", "subject": "", "message": "", "began_at": 0, "notified": "closed", "tries": 0,
            "due_at": 0, "leased_until": 0,
        }  # fmt: skip
        rows = [
            {**row, "open_key": None, "ended_at": 1},
            {**row, "open_key": None, "ended_at": now},
            {**row, "open_key": "silent", "ended_at": None},
        ]
        await bench.hub.store.run(lambda database: database.execute(sa.insert(alarms), rows))
        await bench.hub.retention.prune_due()
        assert await count(bench, alarms) == 2

    at_a_vendor("returngo", tmp_path, story)


@pytest.mark.parametrize("vendor", vendors())
def test_a_customer_is_erased_and_no_other(vendor: str, tmp_path: Path) -> None:
    customer, other = "Iris.Lane@example.com", "priya.nair@example.com"

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        erased = bench.merchant.ask_for_return(customer_email=customer.lower())
        bench.merchant.ask_for_return(customer_email=other)
        await bench.round(HOUR)
        found = (await bench.get("/events"))["events"]
        mine = [one for one in found if customer.lower() in str(one["data"]).lower()]
        assert mine
        counts = await bench.post("/erasures", 200, customer=f" {customer} ")
        assert counts == {"events": len(mine), "deliveries": 1, "waiting": 0}
        left = (await bench.get("/events"))["events"]
        assert len({one["record"] for one in left}) == 1
        assert other in str(left)
        assert erased not in str(left)
        assert (await bench.post("/erasures", 200, customer="example.com"))["events"] == 0

    at_a_vendor(vendor, tmp_path, story)


def test_events_that_wait_for_details_are_erased_too(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        event = {"id": "e", "trigger": "new_return", "kind": "return_created", "observed_at": 0, "data": {}}
        rows = [
            {
                "connection": connection["id"], "record": record, "tries": 1, "problem": "", "found_at": 0,
                "due_at": 0, "leased_until": 0,
                "event": exact_json.dumps({**event, "data": email}),
            }
            for record, email in [("1", "jürgen@example.com"), ("2", "other@example.com")]
        ]  # fmt: skip
        await bench.hub.store.run(lambda database: database.execute(sa.insert(pending), rows))
        counts = await bench.post("/erasures", 200, customer="Jürgen@example.com")
        assert counts == {"events": 0, "deliveries": 0, "waiting": 1}
        assert await count(bench, pending) == 1

    at_a_vendor("swap", tmp_path, story)
