"""Two hubs in one process on one database: alarms, and a target that rests."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import sqlalchemy as sa
from support.each import each
from support.hub import TARGET, Bench, Received, Targets, hub_at, merchant_of

from connector.hub import circuits, delivering
from connector.hub.alarms import book
from connector.hub.alarms.conditions import Condition
from connector.hub.alarms.sending import Routes
from connector.hub.tables import alarms, connections

OWNER = "https://alarms.example.com/hook"
HOUR = 3_600


def two_hubs(folder: Path, targets: Targets, story: Callable[[Bench, Bench], Awaitable[None]]) -> None:
    async def told() -> None:
        with merchant_of("swap") as merchant:
            options = {"alarms": Routes(url=OWNER), "targets": targets}
            async with (
                hub_at(merchant, folder, **options) as one,
                hub_at(merchant, folder, **options) as two,
            ):
                await story(one, two)

    asyncio.run(told())


def sent_to(url: str, targets: Targets) -> list[Received]:
    return [one for one in targets.received if one.url == url]


def test_an_alarm_is_opened_and_sent_by_one_hub(tmp_path: Path) -> None:
    async def story(*hubs: Bench) -> None:
        for index in range(5):
            await hubs[0].connect(f"shop {index}")
        refuse = sa.update(connections).values(state="refused", problem="The key was revoked.")
        await hubs[0].hub.store.run(lambda database: database.execute(refuse))
        await asyncio.gather(*(bench.hub.watch.look() for bench in hubs))
        sent = await asyncio.gather(*(bench.hub.watch.send_due() for bench in hubs))
        assert sum(sent) == 5
        shops = sorted(one.body["message"].partition(":")[0] for one in sent_to(OWNER, targets))
        assert shops == [f"shop {index}" for index in range(5)]

    targets = Targets()
    two_hubs(tmp_path, targets, story)


def test_an_alarm_that_another_hub_has_leased_is_left_to_it(tmp_path: Path) -> None:
    async def story(slow: Bench, other: Bench) -> None:
        run, clock = slow.hub.store.run, slow.hub.clock
        await run(book.open_, Condition("test", "", "A test."), clock())
        late = await run(book.lease_due, clock())
        assert await other.hub.watch.send_due() == 0
        slow.merchant.advance(book.LEASE.total_seconds() + 1)
        held = await other.hub.store.run(book.lease_due, clock())
        await run(book.settle, late, "The webhook did not answer.", clock())
        stored = sa.select(alarms.c.tries, alarms.c.notified)
        assert await run(lambda database: tuple(database.execute(stored).one())) == (0, "")
        await run(book.settle, held, "", clock())
        assert await run(lambda database: tuple(database.execute(stored).one())) == (0, "open")

    two_hubs(tmp_path, Targets(), story)


def test_two_hubs_try_one_delivery_to_a_target_that_rests(tmp_path: Path) -> None:
    async def story(one: Bench, two: Bench) -> None:
        await one.connect()
        await one.subscribe("return_created")
        await one.round()
        for _ in range(circuits.OPENS_AFTER + 1):
            one.merchant.ask_for_return()
        await one.round(HOUR)
        refused = len(sent_to(TARGET, targets))
        assert refused == circuits.OPENS_AFTER + 1
        one.merchant.advance(HOUR)
        assert await one.hub.store.run(delivering.lease_due, "held", one.hub.clock()) == 1
        assert await two.hub.deliverer.deliver_due() == 0
        # The process that has leased the delivery ends, and another one continues after the lease.
        one.merchant.advance(delivering.LEASE.total_seconds() + 1)
        both = await asyncio.gather(*(bench.hub.deliverer.deliver_due() for bench in each([one, two])))
        assert sum(both) == 1
        assert len(sent_to(TARGET, targets)) == refused + 1

    targets = Targets(answer=lambda got: httpx.Response(200 if got.url == OWNER else 404))
    two_hubs(tmp_path, targets, story)
