"""GET /returns: one search over all connections, and the reasons of those that cannot be searched."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.hub import Bench, hub_at, merchant_of
from support.json_schemas import response_errors
from support.merchant import Merchant

import openapi
from connector.definition.compiler import integration, vendors
from connector.hub import budget, keys
from connector.unified.offers import WORDS, search_offer

if TYPE_CHECKING:
    from connector.definition.model import SharedSearch

EMAIL = "priya.nair@example.com"


@pytest.mark.parametrize("vendor", vendors())
def test_each_search_finds_the_return_or_says_that_the_vendor_has_none(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        id_ = bench.merchant.ask_for_return()
        document = bench.merchant.document(id_)
        [sample] = (await bench.get("/samples", trigger="return_created"))["samples"]
        values: dict[SharedSearch, str] = {
            "order_number": bench.merchant.order_of(id_),
            "number": sample["data"]["number"] or sample["data"]["id"],
            "customer_email": EMAIL,
        }
        for by, value in each(values.items()):
            answer = await bench.api.get("/returns", params={by: value})
            if search_offer(integration(vendor), by).key is None:
                assert answer.status_code == 400, answer.text
                assert f"has no search for returns by {WORDS[by]}." in answer.json()["error"]["message"]
                continue
            body = answer.json()
            assert (answer.status_code, body["count"], body["not_searched"]) == (200, 1, []), answer.text
            assert response_errors(openapi.HUB, "/returns", "get", 200, body) == []
            limits = search_offer(integration(vendor), by).limits
            assert [one["message"] for one in body["notes"]] == list(limits)
            [found] = body["returns"]
            assert (found["connection_id"], found["connection"]) == (connection["id"], "shop")
            assert (found["vendor"], found["data"]["id"]) == (vendor, sample["data"]["id"]), document

    with merchant_of(vendor) as merchant:
        asyncio.run(at_a_hub(merchant, tmp_path, story))


async def at_a_hub(merchant: Any, folder: Path, story: Any, **options: Any) -> None:
    async with hub_at(merchant, folder, **options) as bench:
        await story(bench)


class Routes(httpx.AsyncBaseTransport):
    """The internet of a hub: a transport for each host; other hosts cannot be reached."""

    def __init__(self, routes: Mapping[str, httpx.AsyncBaseTransport]) -> None:
        self._routes = routes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host not in self._routes:
            raise httpx.ConnectError("no route", request=request)
        return await self._routes[request.url.host].handle_async_request(request)


def test_connections_that_cannot_be_searched_are_listed_beside_the_returns(tmp_path: Path) -> None:
    with merchant_of("returnmate") as first, merchant_of("exsited") as second:
        routes = {
            httpx.URL(first.base_url).host: first.transport,
            "outlet.example.com": second.transport,
            "away.example.com": first.transport,
        }

        async def connect(bench: Bench, merchant: Merchant, name: str) -> dict[str, Any]:
            url = httpx.URL(merchant.base_url).copy_with(scheme="https", host=f"{name}.example.com")
            body = {"vendor": merchant.backend.vendor, "name": name, "base_url": str(url)}
            return await bench.post("/connections", **body, fields=merchant.fields)

        async def story(bench: Bench) -> None:
            shop = await bench.connect()
            outlet, third = await connect(bench, second, "outlet"), await connect(bench, first, "away")
            del routes["away.example.com"]
            id_ = first.ask_for_return()
            answer = await bench.get("/returns", order_number=first.order_of(id_))
            assert [one["connection_id"] for one in answer["returns"]] == [shop["id"]]
            assert answer["count"] == 1
            skipped, failed = sorted(answer["not_searched"], key=lambda one: -len(one["reason"]))
            assert (skipped["connection_id"], skipped["reason"]) == (outlet["id"], "unsupported")
            assert skipped["message"] == "Exsited has no search for returns by order number."
            assert (failed["connection_id"], failed["reason"]) == (third["id"], "failed")
            assert failed["message"].endswith(".")
            alone = await bench.api.get("/returns", params={"number": "x", "connection": third["id"]})
            assert alone.status_code == 502
            assert alone.json()["error"] == {"code": "vendor_unavailable", "message": failed["message"]}

        asyncio.run(at_a_hub(first, tmp_path, story, transport=Routes(routes)))


def test_a_search_is_charged_to_the_budget_and_refused_without_one(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        id_ = bench.merchant.ask_for_return()
        order = {"order_number": bench.merchant.order_of(id_)}
        assert (await bench.get("/returns", **order))["count"] == 1
        account = await bench.hub.store.run(bench.hub.account, connection["id"])
        spent = await bench.hub.store.run(budget.spent, account.login, bench.hub.clock())
        assert spent == 2  # the list, and the details of the return that was found
        await bench.hub.store.run(budget.count, account.login, bench.hub.clock(), None, 1_800)
        refused = await bench.api.get("/returns", params=order)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert "budget of 1,800 calls" in refused.json()["error"]["message"]

    with merchant_of("returngo") as merchant:
        asyncio.run(at_a_hub(merchant, tmp_path, story))


def test_search_returns_the_newest_of_all_connections(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        shop, outlet = await bench.connect(), await bench.connect("outlet")
        created = []
        for _ in range(3):
            created.append(bench.merchant.ask_for_return())
            bench.merchant.advance(3_600)
        every = (await bench.get("/returns", customer_email=EMAIL))["returns"]
        assert [one["data"]["id"] for one in every] == [id_ for id_ in created[::-1] for _ in "ab"]
        assert {one["connection_id"] for one in every} == {shop["id"], outlet["id"]}
        few = await bench.get("/returns", customer_email=EMAIL, limit=3)
        assert (few["returns"], few["count"]) == (every[:3], 3)
        alone = await bench.get("/returns", customer_email=EMAIL, connection=outlet["id"])
        assert [one["data"]["id"] for one in alone["returns"]] == created[::-1]
        assert {one["connection_id"] for one in alone["returns"]} == {outlet["id"]}

    assert search_offer(integration("returnmate"), "customer_email").key
    with merchant_of("returnmate") as merchant:
        asyncio.run(at_a_hub(merchant, tmp_path, story))


class Hanging(httpx.AsyncBaseTransport):
    """Answers all requests, or if `hangs` is True those to one host only; counts how many wait at a time."""

    def __init__(self, host: str, inner: httpx.AsyncBaseTransport) -> None:
        self._host, self._inner, self.hangs, self.waiting, self.most = host, inner, False, 0, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.hangs or request.url.host == self._host:
            return await self._inner.handle_async_request(request)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1
        raise AssertionError("nothing ends the wait")


def test_vendors_that_hang_delay_no_search_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.hub.on_demand.asking.PATIENCE", 0.2)
    monkeypatch.setattr("connector.hub.on_demand.asking.AT_ONCE", 2)

    async def story(bench: Bench) -> None:
        await bench.connect()
        login = {"vendor": "returnmate", "fields": bench.merchant.fields}
        for name in ("one", "two", "three"):
            url = httpx.URL(bench.url).copy_with(scheme="https", host=f"{name}.example.com")
            await bench.post("/connections", name=name, base_url=str(url), **login)
        id_ = bench.merchant.ask_for_return()
        hanging.hangs = True
        async with asyncio.timeout(10):
            answer = await bench.get("/returns", customer_email=EMAIL)
        assert [one["data"]["id"] for one in answer["returns"]] == [id_]
        assert {one["connection"] for one in answer["not_searched"]} == {"one", "two", "three"}
        assert {one["message"] for one in answer["not_searched"]} == {
            "ReturnMate did not answer within 0.2 seconds."
        }
        assert (hanging.waiting, hanging.most) == (0, 2)

    with merchant_of("returnmate") as merchant:
        hanging = Hanging(httpx.URL(merchant.base_url).host, merchant.transport)
        asyncio.run(at_a_hub(merchant, tmp_path, story, transport=hanging))


def test_exactly_one_value_is_searched_for(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        assert (await bench.get("/returns", number="1")) == {
            "returns": [], "count": 0, "not_searched": [], "notes": [],
        }  # fmt: skip
        for query in each([{}, {"number": "1", "order_number": "2"}]):
            answer = await bench.api.get("/returns", params=query)
            assert (answer.status_code, "one of the parameters" in answer.text) == (400, True)
        answer = await bench.api.get("/returns", params={"number": "1", "connection": "con_0"})
        assert answer.status_code == 404

    with merchant_of("returngo") as merchant:
        asyncio.run(at_a_hub(merchant, tmp_path, story))


def test_a_key_that_acts_may_search_but_not_subscribe(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        allowed = {
            keys.READ: (200, 403, 403),
            keys.SUBSCRIBE: (200, 400, 403),
            keys.ACT: (200, 403, 404),
            keys.METRICS: (403, 403, 403),
        }
        assert set(allowed) == set(keys.SCOPES) - {keys.ADMIN}
        for scope, expected in each(allowed.items()):
            key = await bench.hub.store.run(keys.create, scope, [scope], bench.hub.clock())
            headers = {"Authorization": f"Bearer {key}"}
            found = await bench.api.get("/returns", params={"number": "1"}, headers=headers)
            body = {"trigger": "no_such", "target": "https://hooks.example.com"}
            subscribed = await bench.api.post("/subscriptions", json=body, headers=headers)
            acted = await bench.api.post("/connections/con_0/returns/1/approve", headers=headers)
            statuses = (found.status_code, subscribed.status_code, acted.status_code)
            assert statuses == expected, scope

    with merchant_of("returngo") as merchant:
        asyncio.run(at_a_hub(merchant, tmp_path, story))
