"""A record whose details cannot be read holds back only its own events."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from support.hub import Bench, hub_at, merchant_of

from connector.hub.waiting import PATIENCE, PAUSES

HOUR = 3_600


class Failing(httpx.AsyncBaseTransport):
    """The vendor, which answers 500 to requests for the details of some records."""

    def __init__(self, vendor: httpx.AsyncBaseTransport) -> None:
        self.vendor = vendor
        self.broken: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.rpartition("/")[2] in self.broken:
            return httpx.Response(500, request=request)
        return await self.vendor.handle_async_request(request)


def with_failing_records(folder: Path, story: Callable[[Bench, Failing], Awaitable[None]]) -> None:
    with merchant_of("returngo") as merchant:
        failing = Failing(merchant.transport)

        async def told() -> None:
            async with hub_at(merchant, folder, transport=failing) as bench:
                await bench.connect()
                await bench.subscribe("return_status_changed")
                await story(bench, failing)

        asyncio.run(told())


def statuses(bench: Bench, id_: str) -> list[str]:
    bodies = [one.body for one in bench.targets.received]
    return [one["data"]["vendor_status"] for one in bodies if one["data"]["id"] == id_]


def test_other_records_do_not_wait_and_the_order_is_kept(tmp_path: Path) -> None:
    async def story(bench: Bench, failing: Failing) -> None:
        bad, good = bench.merchant.ask_for_return(), bench.merchant.ask_for_return()
        await bench.round()
        failing.broken.add(bad)
        bench.merchant.move(bad, "Approved")
        bench.merchant.move(good, "Approved")
        await bench.round(HOUR)
        assert (statuses(bench, bad), statuses(bench, good)) == ([], ["Approved"])
        failing.broken.clear()
        bench.merchant.move(bad, "Received")
        # The later event is found first, but waits for the earlier one.
        bench.merchant.advance(PAUSES[0])
        await bench.hub.poller.poll_due()
        await bench.hub.deliverer.deliver_due()
        assert statuses(bench, bad) == []
        await bench.round()
        await bench.round()
        assert statuses(bench, bad) == ["Received", "Received"]
        ids = bench.targets.events()
        assert [one.rpartition(":")[2] for one in ids] == ["Approved", "Approved", "Received"]
        assert len(set(ids)) == 3

    with_failing_records(tmp_path, story)


def test_after_a_day_the_event_is_published_without_details(tmp_path: Path) -> None:
    async def story(bench: Bench, failing: Failing) -> None:
        bad = bench.merchant.ask_for_return()
        await bench.round()
        failing.broken.add(bad)
        bench.merchant.move(bad, "Approved")
        await bench.round(HOUR)
        await bench.round(PATIENCE.total_seconds() - 1)
        assert bench.targets.received == []
        await bench.round(2 * PAUSES[-1])
        [received] = bench.targets.received
        assert received.body["raw"]["details"] is None
        assert received.body["raw"]["rmaId"] == bad

    with_failing_records(tmp_path, story)


def test_a_vendor_that_answers_no_details_at_all_delays_the_poll(tmp_path: Path) -> None:
    async def story(bench: Bench, failing: Failing) -> None:
        ids = [bench.merchant.ask_for_return() for _ in range(8)]
        await bench.round()
        failing.broken.update(ids)
        for id_ in ids:
            bench.merchant.move(id_, "Approved")
        await bench.round(HOUR)
        [connection] = (await bench.get("/connections"))["connections"]
        assert connection["lists"][0]["problem"]
        failing.broken.clear()
        await bench.round(HOUR)
        assert len(bench.targets.received) == len(set(bench.targets.events())) == 8

    with_failing_records(tmp_path, story)
