"""Searches, dropdowns, and find-or-create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.fake_vendor import Wire, one, refusal, rows

from connector.errors import ValidationFailed
from connector.runtime.dropdowns import BoundDropdown

if TYPE_CHECKING:
    import httpx

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
SHOP = [{"id": f"rma_{n}", "rma_number": f"RMA-{n:04d}", "status": "pending"} for n in range(250)]


def shop(request: httpx.Request) -> httpx.Response:
    page = int(request.url.params["page"])
    return rows(*SHOP[(page - 1) * 100 : page * 100], total=len(SHOP))


async def test_number_is_searched_page_by_page_until_found(rm: Connection, wire: Wire) -> None:
    wire.reply(shop)
    found = await rm.searches["find_return"](rma_number=" rma-0150")
    assert [row["id"] for row in found] == ["rma_150"]
    assert [request.url.params["page"] for request in wire.requests] == ["1", "2"]
    assert wire.requests[0].url.params["order"] == "desc"


async def test_record_on_two_pages_is_found_once(rm: Connection, wire: Wire) -> None:
    wire.reply(rows(*SHOP[:100], total=101), rows(SHOP[99], SHOP[100], total=101), rows(total=101))
    found = await rm.searches["list_customer_returns"](customer_email="kim@example.com", limit=200)
    assert found == SHOP[:101]


async def test_search_without_a_match_stops_at_the_stated_number_of_pages(rm: Connection, wire: Wire) -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        return rows(*SHOP[:100], total=100_000)

    wire.reply(endless)
    assert await rm.searches["find_return"](rma_number="RMA-9999") == []
    assert len(wire.requests) == rm.integration.searches["find_return"].scan_pages


async def test_filters_are_sent_to_the_vendor(rm: Connection, wire: Wire) -> None:
    wire.reply(rows(SHOP[0]))
    assert await rm.searches["find_return"](order_number="#1001") == [SHOP[0]]
    assert wire.requests[0].url.params["order_number"] == "#1001"


async def test_at_least_one_input_is_required(rm: Connection, wire: Wire) -> None:
    with pytest.raises(ValidationFailed, match="unless order_number or customer_email is given"):
        await rm.searches["find_return"]()
    assert wire.requests == []


@pytest.mark.parametrize(
    ("key", "inputs"),
    [("get_return", {"return_id": "x"}), ("list_customer_returns", {"customer_email": "no@example.com"})],
)
async def test_missing_record_is_an_empty_result(
    rm: Connection, wire: Wire, key: str, inputs: dict[str, Any]
) -> None:
    wire.reply(refusal(404, "NOT_FOUND", "No."))
    assert await rm.searches[key](**inputs) == []


async def test_report_is_one_record_and_the_limit_is_obeyed(rm: Connection, wire: Wire) -> None:
    wire.reply(one(total_rmas=3))
    assert await rm.searches["get_returns_report"](start_date="2026-01-01") == [{"total_rmas": 3}]
    wire.reply(shop)
    assert len(await rm.searches["list_customer_returns"](customer_email="kim@example.com", limit=150)) == 150


async def test_email_with_special_characters_is_encoded_as_one_segment(rm: Connection, wire: Wire) -> None:
    wire.reply(one(total_returns=1))
    await rm.searches["get_customer_stats"](customer_email="a/b+c#d@example.com")
    assert wire.requests[0].url.raw_path == b"/v1/customers/a%2Fb%2Bc%23d%40example.com/stats"


async def test_dropdown_pages_and_labels_its_records(rm: Connection, wire: Wire) -> None:
    wire.reply(shop)
    first = await rm.dropdowns["return"]()
    assert (first.options[0].value, first.options[0].label) == ("rma_0", "RMA-0000 · pending")
    assert first.next_page == 2
    assert (await rm.dropdowns["return"](page=3)).next_page is None
    assert [one.value for one in (await rm.dropdowns["return"](search="0007")).options] == ["rma_7"]


async def test_value_shared_by_two_records_is_listed_once(rm: Connection, wire: Wire) -> None:
    wire.reply(rows(*({"id": f"rma_{n}", "order_number": f"#{n // 2}", "rma_number": n} for n in range(3))))
    dropdown = rm.dropdowns["return"].dropdown.model_copy(update={"value": ("order_number",)})
    found = (await BoundDropdown(rm.client, dropdown)()).options
    assert [(one.value, one.label) for one in found] == [("#0", "0 · #0"), ("#1", "2 · #1")]


async def test_dropdown_of_fixed_values_sends_no_request(rm: Connection, wire: Wire) -> None:
    options = await rm.dropdowns["status"]()
    assert "label_sent" in [one.value for one in options.options]
    assert [one.label for one in (await rm.dropdowns["carrier"](search="team")).options] == [
        "Team Global Express"
    ]
    assert wire.requests == []


async def test_find_or_create_creates_missing_records_only(rm: Connection, wire: Wire) -> None:
    pair = rm.find_or_create["find_return"]
    create = {
        "order_number": "#1001",
        "customer_email": "kim@example.com",
        "items": [{"sku": "BOOT", "quantity": 1, "reason": "defective"}],
    }
    wire.reply(rows(SHOP[0]))
    assert await pair(search={"order_number": "#1001"}, create=create) == (SHOP[0], False)
    wire.reply(rows(), one(201, id="rma_new"))
    assert await pair(search={"order_number": "#1001"}, create=create) == ({"id": "rma_new"}, True)
