"""POST /connections/{connection}/returns/{return_id}/…: the actions that vendors share, or why not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.hub import Bench, hub_at, merchant_of
from support.json_schemas import response_errors

import openapi
from connector.definition.compiler import integration, vendors
from connector.definition.model import SharedAction
from connector.hub import budget
from connector.unified.offers import DEEDS, action_offer, action_table

PATHS: dict[SharedAction, str] = {"approve": "approve", "reject": "reject", "add_note": "notes"}
NOTE = "Checked by hand"
ASSUMED = {"include_assumed": True}
OFFERING = [one for one in vendors() if action_offer(integration(one), "approve").key]


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())


@pytest.mark.parametrize("vendor", vendors())
def test_each_action_is_done_at_the_vendor_or_refused_with_a_sentence(vendor: str, tmp_path: Path) -> None:
    made = integration(vendor)

    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        for action, path in each(PATHS.items()):
            id_ = bench.merchant.ask_for_return()
            before = len(bench.merchant.story())
            to = f"/connections/{connection['id']}/returns/{id_}/{path}"
            answer = await bench.api.post(to, json={"text": NOTE} if action == "add_note" else None)
            if action_offer(made, action).assumed:
                assert (answer.status_code, "only assumed to exist" in answer.text) == (400, True)
                assert len(bench.merchant.story()) == before
                answer = await bench.api.post(to, json=ASSUMED)
            if action_offer(made, action).key is None:
                message = answer.json()["error"]["message"]
                assert answer.status_code == 400
                assert f"{made.vendor.title} has no action to {DEEDS[action]}." in message
                assert len(bench.merchant.story()) == before
                continue
            assert answer.status_code == 200, answer.text
            body = answer.json()
            here = f"/connections/{{connection}}/returns/{{return_id}}/{path}"
            assert response_errors(openapi.HUB, here, "post", 200, body) == []
            assert (body["connection_id"], body["return_id"]) == (connection["id"], id_)
            assert body["raw"]
            after = bench.merchant.story()[before:]
            assert [event.subject for event in after if event.kind.startswith("return")] or NOTE in str(body)
            if action != "add_note":
                status = bench.merchant.statuses()[id_]
                assert body["data"] is None or body["data"]["vendor_status"] == status
                assert status != "Pending"

    at_a_vendor(vendor, tmp_path, story)


@pytest.mark.parametrize("vendor", OFFERING)
def test_a_text_is_sent_where_the_vendor_takes_one(vendor: str, tmp_path: Path) -> None:
    table = action_table(integration(vendor), "approve")
    assert table is not None

    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        id_ = bench.merchant.ask_for_return()
        to = f"/connections/{connection['id']}/returns/{id_}/approve"
        answer = await bench.api.post(to, json={"text": NOTE, **ASSUMED})
        if table.text is None:
            assert (answer.status_code, "takes no text" in answer.text) == (400, True)
        else:
            assert (answer.status_code, NOTE in str(bench.merchant.document(id_))) == (200, True)

    at_a_vendor(vendor, tmp_path, story)


def test_what_the_vendor_refuses_is_refused_in_its_words(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        id_ = bench.merchant.ask_for_return()
        to = f"/connections/{connection['id']}/returns"
        assert (await bench.api.post(f"{to}/{id_}/reject")).status_code == 200
        again = await bench.api.post(f"{to}/{id_}/approve")
        assert (again.status_code, again.json()["error"]["code"]) == (400, "invalid")
        missing = await bench.api.post(f"{to}/nowhere/approve")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
        empty = await bench.api.post(f"{to}/{id_}/notes", json={"text": ""})
        assert (empty.status_code, "text must not be empty." in empty.text) == (400, True)

    at_a_vendor("returnmate", tmp_path, story)


@pytest.mark.parametrize("vendor", OFFERING)
def test_a_lost_answer_is_an_error_of_its_own(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        id_ = bench.merchant.ask_for_return()
        answer = await bench.api.post(f"/connections/{connection['id']}/returns/{id_}/approve", json=ASSUMED)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "outcome_unknown"), answer.text

    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, tmp_path, transport=Losing(merchant.transport)) as bench:
                await story(bench)

        asyncio.run(told())


class Losing(httpx.AsyncBaseTransport):
    """Loses every request that is not a GET request, after it was sent."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            raise httpx.ReadTimeout("lost", request=request)
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("vendor", OFFERING)
def test_an_action_is_charged_to_the_budget(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        id_ = bench.merchant.ask_for_return()
        account = await bench.hub.store.run(bench.hub.account, connection["id"])
        before = await bench.hub.store.run(budget.spent, account.login, bench.hub.clock())
        answer = await bench.api.post(f"/connections/{connection['id']}/returns/{id_}/approve", json=ASSUMED)
        assert answer.status_code == 200
        assert await bench.hub.store.run(budget.spent, account.login, bench.hub.clock()) > before

    at_a_vendor(vendor, tmp_path, story)


@pytest.mark.parametrize("vendor", vendors())
def test_a_form_offers_the_connections_that_have_the_action(vendor: str, tmp_path: Path) -> None:
    made = integration(vendor)

    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        one = {"value": connection["id"], "label": f"shop · {made.vendor.title}"}
        every = {"value": "all", "label": "All connections"}
        assert (await bench.get("/choices/connections"))["choices"] == [every, one]
        for action in each(DEEDS):
            offered = (await bench.get("/choices/connections", action=action))["choices"]
            assert offered == ([one] if action_offer(made, action).key else [])

    at_a_vendor(vendor, tmp_path, story)
