"""GET /samples: the newest events in the shape of a delivery, within the budget, on a new connection too."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.hub import TARGET, Bench, hub_at, merchant_of
from support.json_schemas import response_errors

import openapi
from connector.definition.compiler import integration, vendors
from connector.hub import budget

HOUR, DAY = 3_600, 86_400
OBSERVED = "observed_at"


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())


def without_observed(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != OBSERVED}


@pytest.mark.parametrize("vendor", vendors())
def test_a_sample_is_what_is_delivered_of_the_same_record(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        older = bench.merchant.ask_for_return()
        bench.merchant.advance(HOUR)
        assert older in str((await bench.get("/samples", trigger="return_created"))["samples"][0]["data"])
        await bench.subscribe("return_created")
        await bench.subscribe("return_created", format="vendor", target=f"{TARGET}/raw")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        delivered = {one.url: without_observed(one.body) for one in bench.targets.received}
        for format_, url in each([("unified", TARGET), ("vendor", f"{TARGET}/raw")]):
            query = {"trigger": "return_created", "connection": connection["id"], "format": format_}
            answer = await bench.get("/samples", **query)
            assert answer["problems"] == []
            assert response_errors(openapi.HUB, "/samples", "get", 200, answer) == []
            newest, before = answer["samples"]
            assert without_observed(newest) == delivered[url]
            assert older in str(before["data"])

    at_a_vendor(vendor, tmp_path, story)


@pytest.mark.parametrize("vendor", vendors())
def test_samples_of_every_trigger_are_as_the_specification_says(vendor: str, tmp_path: Path) -> None:
    made = integration(vendor)
    seen: dict[str, int] = {}

    async def story(bench: Bench) -> None:
        await bench.connect()
        for steps in (0, 1, 2, 3, None):
            id_ = bench.merchant.ask_for_return()
            for status in bench.merchant.way(bench.merchant.statuses()[id_], ())[:steps]:
                bench.merchant.move(id_, status)
        bench.merchant.advance(30 * DAY)
        for trigger in each(made.triggers):
            answer = await bench.get("/samples", trigger=trigger, limit=10)
            assert response_errors(openapi.HUB, "/samples", "get", 200, answer) == []
            assert {one["type"] for one in answer["samples"]} <= {trigger}
            seen[trigger] = len(answer["samples"])

    at_a_vendor(vendor, tmp_path, story)
    assert 3 * sum(map(bool, seen.values())) >= len(seen), seen


def test_samples_cost_one_page_and_the_details_of_what_is_returned(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        for _ in range(4):
            bench.merchant.ask_for_return()
            bench.merchant.advance(60)
        before = await sent(bench)
        answer = await bench.get("/samples", trigger="return_created", limit=2)
        assert len(answer["samples"]) == 2
        assert await sent(bench) - before == 1 + 2

    at_a_vendor("returngo", tmp_path, story)


async def sent(bench: Bench) -> int:
    [login] = (await bench.get("/plan"))["logins"]
    calls: int = login["sent_today"]
    return calls


def test_stored_events_are_the_samples_if_the_budget_is_used_up(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        [delivered] = bench.targets.received
        await use_up(bench, connection["id"])
        bench.merchant.ask_for_return()
        answer = await bench.get("/samples", trigger="return_created")
        assert answer["samples"] == [delivered.body]
        [problem] = answer["problems"]
        assert problem["connection_id"] == connection["id"]
        assert problem["message"] == "The hub's budget of 1,800 calls in 24 hours is used up."

    at_a_vendor("returngo", tmp_path, story)


def test_stored_samples_are_the_newest_of_the_connection_and_the_trigger(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        shop, outlet = await bench.connect(), await bench.connect("outlet")
        for trigger in each(("return_created", "return_approved")):
            await bench.subscribe(trigger)
        await bench.round()
        created = []
        for _ in range(3):
            created.append(bench.merchant.ask_for_return())
            bench.merchant.move(created[-1], "Approved")
            await bench.round(HOUR)
        await use_up(bench, shop["id"])
        for one, trigger in each(product((shop, outlet), ("return_created", "return_approved"))):
            answer = await bench.get("/samples", trigger=trigger, connection=one["id"], limit=2)
            found = answer["samples"]
            assert {(sample["connection_id"], sample["kind"]) for sample in found} == {(one["id"], trigger)}
            assert [sample["data"]["id"] for sample in found] == created[:0:-1]
            assert [problem["connection_id"] for problem in answer["problems"]] == [one["id"]]
        every = (await bench.get("/samples", trigger="return_created", limit=4))["samples"]
        assert [sample["data"]["id"] for sample in every] == [created[2]] * 2 + [created[1]] * 2

    at_a_vendor("returngo", tmp_path, story)


async def use_up(bench: Bench, connection: str) -> None:
    account = await bench.hub.store.run(bench.hub.account, connection)
    await bench.hub.store.run(budget.count, account.login, bench.hub.clock(), None, 1_800)


def test_stored_events_are_the_samples_if_nothing_on_the_page_has_the_state(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_approved")
        await bench.round()
        id_ = bench.merchant.ask_for_return()
        bench.merchant.move(id_, "Approved")
        await bench.round(HOUR)
        [delivered] = bench.targets.received
        bench.merchant.delete("return", id_)
        bench.merchant.ask_for_return()
        assert (await bench.get("/samples", trigger="return_approved"))["samples"] == [delivered.body]

    at_a_vendor("returngo", tmp_path, story)


def test_a_vendor_that_does_not_answer_is_named(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        failing.append(True)
        answer = await bench.get("/samples", trigger="return_created")
        assert answer["samples"] == []
        assert [one["connection"] for one in answer["problems"]] == ["shop"]

    failing: list[bool] = []
    with merchant_of("swap") as merchant:

        async def answered(request: httpx.Request) -> httpx.Response:
            if failing:
                return httpx.Response(503)
            return await merchant.transport.handle_async_request(request)

        async def told() -> None:
            async with hub_at(merchant, tmp_path, transport=httpx.MockTransport(answered)) as bench:
                await story(bench)

        asyncio.run(told())


ERRORS: list[tuple[dict[str, Any], int, str]] = [
    ({}, 400, "trigger is missing."),
    ({"trigger": "return_aproved"}, 400, 'Did you mean "return_approved"?'),
    ({"trigger": "return_created", "connection": "con_0"}, 404, "There is no connection con_0"),
    ({"trigger": "return_created", "limit": 11}, 400, "limit must be at most 10."),
    ({"trigger": "return_created", "format": "xml"}, 400, "format must be unified or vendor."),
]


def test_a_wrong_request_is_answered_with_a_sentence(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for query, status, words in each(ERRORS):
            answer = await bench.api.get("/samples", params=query)
            assert (answer.status_code, words in answer.text.replace('\\"', '"')) == (status, True), (
                answer.text
            )
        connection = await bench.connect()
        query = {"trigger": "shipment_delivered", "connection": connection["id"]}
        answer = await bench.api.get("/samples", params=query)
        assert (answer.status_code, "of Exsited" in answer.text) == (400, True)
        assert (await bench.get("/samples", trigger="shipment_delivered"))["samples"] == []

    at_a_vendor("exsited", tmp_path, story)
