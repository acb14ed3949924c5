"""ReturnGO's login with two headers, its cursors, and details fetched for events only."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import BASE_URL, Time, Wire

import connector
import openapi
from connector.definition.compiler import CATALOGS, join
from connector.errors import CatalogError, ConnectorError, ValidationFailed
from connector.unified import unified_event

if TYPE_CHECKING:
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

TEXT = (CATALOGS / "returngo.yaml").read_text(encoding="utf-8")
DATE = {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}


@pytest.fixture
def shop(wire: Wire) -> Connection:
    time = Time()
    return connector.open(
        "returngo",
        base_url=BASE_URL,
        api_key="sandbox-demo-returngo",
        shop_name=" shop.myshopify.example ",
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
    )


def page(*ids: str, following: str | None = None) -> httpx.Response:
    rows = [{"rmaId": id_, "status": "Pending", "order_name": "#1", "events": []} for id_ in ids]
    return httpx.Response(200, json={"rmas": rows, "next_cursor": following}, headers=DATE)


def details(id_: str) -> httpx.Response:
    rma = {"rmaSummary": {"rmaId": id_}, "createdAt": "2026-03-01T11:59:00+00:00", "lastUpdated": "x"}
    return httpx.Response(200, json=rma)


async def test_every_request_has_both_login_headers(shop: Connection, wire: Wire) -> None:
    wire.reply(page())
    await shop.check()
    (sent,) = wire.requests
    assert (sent.headers["x-api-key"], sent.headers["x-shop-name"]) == (
        "sandbox-demo-returngo",
        "shop.myshopify.example",
    )


async def test_list_is_read_by_following_cursors(shop: Connection, wire: Wire) -> None:
    wire.reply(page("3", "2", following="bmV4dA=="), page("1"))
    rows = [row["rmaId"] async for row in shop.operations.list_rmas.rows(pagesize=2)]
    assert rows == ["3", "2", "1"]
    assert [dict(sent.url.params) for sent in wire.requests] == [
        {"pagesize": "2"},
        {"pagesize": "2", "cursor": "bmV4dA=="},
    ]
    wire.reply(page("3", following="bmV4dA=="))
    options = await shop.dropdowns["rma"]()
    assert (options.options[0].label, options.next_page) == ("#1 · Pending · 3", "bmV4dA==")


async def test_details_are_fetched_for_events_only(shop: Connection, wire: Wire) -> None:
    wire.reply(page("1", "2"))
    first = await shop.triggers["new_return"].poll()
    assert (first.events, len(wire.requests)) == ((), 1)
    sent = wire.requests[0].url
    assert sent.params["rma_created_at"] == "gte:2026-02-27T11:59:59"
    assert "sort_by=%2Brma_created_at" in str(sent)
    wire.requests.clear()
    wire.reply(page("1", "2", "3"), details("3"))
    (event,) = (await shop.triggers["new_return"].poll(first.cursor)).events
    assert [request.url.path for request in wire.requests] == ["/v1/rmas", "/v1/rma/3"]
    assert wire.requests[0].url.params["rma_created_at"] == "gte:2026-03-01T11:44:59"
    assert (event.id, event.data["rmaId"]) == ("returngo:new_return:3", "3")
    assert event.data["details"]["rmaSummary"] == {"rmaId": "3"}
    assert event.occurred_at is not None


async def test_details_of_a_listed_record_may_arrive_late_or_return_404(shop: Connection, wire: Wire) -> None:
    missing = httpx.Response(404, json={"message": "No RMA has the id 2."})
    wire.reply(page("1"))
    first = await shop.triggers["new_return"].poll()
    wire.reply(page("1", "2"), missing, missing, details("2"))
    (late,) = (await shop.triggers["new_return"].poll(first.cursor)).events
    assert late.data["details"]["rmaSummary"] == {"rmaId": "2"}
    wire.reply(page("1", "2"), missing)
    (gone,) = (await shop.triggers["new_return"].poll(first.cursor)).events
    assert (gone.id, gone.data["details"], gone.occurred_at) == (late.id, None, None)
    event = unified_event(shop.integration, gone)
    assert event.record is not None
    assert (event.raw["rmaId"], event.record.status) == ("2", None)


@pytest.mark.parametrize("odd", ["a/b", "..", "\ud83d", " "])
async def test_id_that_fits_no_url_blocks_no_other_event(shop: Connection, wire: Wire, odd: str) -> None:
    rows = json.dumps({"rmas": [{"rmaId": id_, "status": "Pending"} for id_ in ("1", odd, "3")]})
    wire.reply(httpx.Response(200, content=rows, headers=DATE), details("1"), details("3"))
    polled = await shop.triggers["new_return"].poll(since=date(2026, 1, 1))
    found = {event.data["rmaId"]: event.data["details"] is not None for event in polled.events}
    assert found == {"1": True, odd: False, "3": True}
    assert len(wire.requests) == 3


async def test_error_for_a_listed_id_is_raised(shop: Connection, wire: Wire) -> None:
    wire.reply(page("1"), httpx.Response(400, json={"message": "no such parameter"}))
    with pytest.raises(ConnectorError, match="no such parameter"):
        await shop.triggers["new_return"].poll(since=date(2026, 1, 1))


async def test_expired_cursor_restarts_the_lap(shop: Connection, wire: Wire) -> None:
    trigger = shop.triggers["new_return"]
    forgotten = httpx.Response(400, json={"message": "The cursor is not known."})
    wire.reply(*(page(str(number), following=f"c{number}") for number in range(1, 5)))
    stopped = await trigger.poll()
    assert not stopped.complete
    wire.requests.clear()
    pages = [page(str(number), following=f"d{number}") for number in range(1, 6)]
    wire.reply(forgotten, *pages, page("6"))
    read = await trigger.poll(stopped.cursor)
    asked = [sent.url.params.get("cursor") for sent in wire.requests]
    assert asked == ["c4", None, "d1", "d2", "d3", "d4", "d5"]
    assert (read.complete, read.events) == (True, ())
    wire.reply(page("6", "7"), details("7"))
    assert [event.data["rmaId"] for event in (await trigger.poll(read.cursor)).events] == ["7"]
    wire.reply(forgotten)
    with pytest.raises(ValidationFailed, match="The cursor is not known"):
        await trigger.poll(stopped.cursor)


async def test_unreadable_timestamp_becomes_none(shop: Connection, wire: Wire) -> None:
    trigger = shop.triggers["return_status_changed"]
    wire.reply(page("1"))
    cursor = (await trigger.poll()).cursor
    moved = [{"rmaId": "1", "status": "Approved", "order_name": "#1", "events": []}]
    wire.reply(httpx.Response(200, json={"rmas": moved, "next_cursor": None}, headers=DATE), details("1"))
    (event,) = (await trigger.poll(cursor)).events
    assert event.data["details"]["lastUpdated"] == "x"
    assert event.occurred_at is None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("x-shop-name: shop_name", "x-shop: shop_name", "fills x-shop, which no operation takes"),
        ("next: next_cursor", "next: next", "names field next, which the record does not have"),
        ("cursor: cursor\n", "cursor: after\n", "names parameter after"),
        ("sort: {parameter: sort_by", "sort: {parameter: sort", "names parameter sort"),
        ("parameters: {rmaId: rmaId}", "parameters: {id: rmaId}", "names parameter id"),
        ("parameters: {rmaId: rmaId}", "parameters: {rmaId: id}", "names field id"),
        ("details: {operation: get_rma", "details: {operation: get_return", "names operation get_return"),
        ("key: details, resource: return_details", "key: details, resource: rma", "names resource rma"),
        ("occurred_at: details.createdAt", "occurred_at: details.created", "names field details.created"),
        ("since_form: gte_zoneless", "since_form: gte", "since_form"),
    ],
)  # fmt: skip
def test_invalid_catalog_is_reported_with_its_line(old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    with pytest.raises(CatalogError) as caught:
        join(openapi.read("returngo"), TEXT.replace(old, new, 1), "returngo.yaml")
    assert any(complaint in one for one in caught.value.problems), caught.value.problems


def test_guarantee_mentions_records_hidden_by_the_filter() -> None:
    made: Any = join(openapi.read("returngo"), TEXT, "returngo.yaml")
    promise = made.triggers["return_received"].guarantees["python"]
    assert "Shipment updates" in promise.loses
    assert promise.calls_per_event == 1
