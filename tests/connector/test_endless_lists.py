"""Lists whose pages repeat, stay empty or never end raise an error after a few requests."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import BASE_URL, Time, Wire, rows

import connector
from connector.definition.compiler import integration
from connector.errors import UnexpectedResponse
from connector.transport.paging import (
    MAX_EMPTY_PAGES,
    MAX_PAGES,
    MAX_STALE_PAGES,
    EndlessList,
    Page,
    PageWalk,
    resume_walk,
)

if TYPE_CHECKING:
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

LOGINS: dict[str, dict[str, Any]] = {
    "returngo": {"api_key": "sandbox-demo-returngo", "shop_name": "shop.myshopify.example"},
    "returnlogic": {"api_key": "sandbox-demo-returnlogic"},
    "returnmate": {"api_key": "sandbox-demo-returnmate"},
}


def opened(vendor: str, wire: Wire, time: Time) -> Connection:
    return connector.open(
        integration(vendor),
        base_url=BASE_URL,
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
        **LOGINS[vendor],
    )


List = dict[str | None, tuple[list[int], Any]]
"""Maps a requested cursor to the row numbers and the next cursor."""


def rma(number: int) -> dict[str, Any]:
    return {"rmaId": f"RMA{number}", "order_name": f"#{number}", "status": "Pending", "events": []}


def pages(following: List) -> Any:
    """Answer as a list with cursors; `following` maps a cursor to its row numbers and the next cursor."""

    def answer(request: httpx.Request) -> httpx.Response:
        numbers, cursor = following[request.url.params.get("cursor")]
        return httpx.Response(200, json={"rmas": [rma(one) for one in numbers], "next_cursor": cursor})

    return answer


ROUND: List = {None: ([1], "A"), "A": ([2], "B"), "B": ([3], "A")}
LONG_ROUND: List = {None: ([0], "0"), **{str(one): ([one], str((one + 1) % 8)) for one in range(8)}}
EMPTY_FOR_EVER: List = {None: ([1], "0"), **{str(one): ([], str(one + 1)) for one in range(99)}}


@pytest.mark.parametrize(
    ("following", "words", "requests"),
    [
        (ROUND, "form a loop", 3),
        (LONG_ROUND, "form a loop", 9),
        (EMPTY_FOR_EVER, "empty", 2 + MAX_EMPTY_PAGES),
        ({None: ([1], "A"), "A": ([2], "A")}, "names itself", 2),
    ],
    ids=["A, B, A", "a long way round", "empty pages", "itself"],
)
async def test_repeating_cursors_end_a_search_and_a_trigger(
    following: List, words: str, requests: int, wire: Wire, time: Time
) -> None:
    wire.reply(pages(following))
    shop = opened("returngo", wire, time)
    with pytest.raises(UnexpectedResponse, match=words):
        await shop.searches["find_return"](order_number="#7")
    assert len(wire.requests) == requests
    with pytest.raises(UnexpectedResponse, match=words):
        await polled_for_ever(shop)


async def polled_for_ever(shop: Connection) -> None:
    """Poll a trigger that reads four pages per poll until it raises."""
    cursor = None
    for _ in range(5):
        cursor = (await shop.triggers["return_status_changed"].poll(cursor)).cursor


@pytest.mark.parametrize("empty", range(MAX_EMPTY_PAGES + 1))
async def test_empty_pages_in_the_middle_hide_no_rows(empty: int, wire: Wire, time: Time) -> None:
    between: List = {f"e{one}": ([], f"e{one + 1}") for one in range(empty)}
    wire.reply(pages({None: ([3], "e0"), **between, f"e{empty}": ([2, 1], None)}))
    shop = opened("returngo", wire, time)
    found = await shop.searches["find_return"](status="Pending")
    assert [row["rmaId"] for row in found] == ["RMA3", "RMA2", "RMA1"]
    polled = await shop.triggers["return_status_changed"].poll_list()
    cursor = polled.cursor
    if not polled.complete:
        cursor = (await shop.triggers["return_status_changed"].poll_list(cursor)).cursor
    assert set(cursor["state"]["rows"]) == {"RMA1", "RMA2", "RMA3"}


@pytest.mark.parametrize("cursor", [None, "", "e0"])
async def test_empty_page_without_a_new_cursor_ends_the_list(cursor: Any, wire: Wire, time: Time) -> None:
    wire.reply(pages({None: ([3], "e0"), "e0": ([], cursor)}))
    found = await opened("returngo", wire, time).searches["find_return"](status="Pending")
    assert [row["rmaId"] for row in found] == ["RMA3"]


async def test_ignored_offset_is_an_error(wire: Wire, time: Time) -> None:
    orders = [{"rlOrderId": one, "createDate": "2026-03-01T11:00:00Z"} for one in range(250)]
    wire.reply(httpx.Response(200, json=orders))
    shop = opened("returnlogic", wire, time)
    with pytest.raises(UnexpectedResponse, match="nothing new"):
        async for _ in shop.operations.list_orders.rows():
            pass
    assert len(wire.requests) == 1 + MAX_STALE_PAGES
    with pytest.raises(UnexpectedResponse, match="nothing new"):
        await shop.triggers["new_order"].poll()
    assert len(wire.requests) == 1 + MAX_STALE_PAGES + 2


async def test_repeated_short_page_is_the_complete_list(wire: Wire, time: Time) -> None:
    orders = [{"rlOrderId": one, "createDate": "2026-03-01T11:00:00Z"} for one in range(3)]
    wire.reply(httpx.Response(200, json=orders))
    shop = opened("returnlogic", wire, time)
    assert [row async for row in shop.operations.list_orders.rows()] == orders
    assert len(wire.requests) == 2
    polled = await shop.triggers["new_order"].poll(since=time.now - timedelta(days=1))
    assert [event.data["rlOrderId"] for event in polled.events] == [0, 1, 2]
    assert polled.complete


async def test_distinct_short_pages_are_read_up_to_the_empty_page(wire: Wire, time: Time) -> None:
    def capped(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params.get("skip", 0))
        return httpx.Response(200, json=[{"rlOrderId": one} for one in range(skip, min(skip + 2, 5))])

    wire.reply(capped)
    shop = opened("returnlogic", wire, time)
    assert [row["rlOrderId"] async for row in shop.operations.list_orders.rows()] == [0, 1, 2, 3, 4]
    assert [request.url.params.get("skip", "0") for request in wire.requests] == ["0", "2", "4", "5"]


async def test_trigger_stops_at_a_repeated_full_page(wire: Wire, time: Time) -> None:
    same = [
        {"id": f"rma_{one}", "created_at": "2026-03-01T11:00:00Z", "status": "pending"} for one in range(20)
    ]
    wire.reply(lambda _request: rows(*same, total=1_000))
    shop = opened("returnmate", wire, time)
    with pytest.raises(UnexpectedResponse, match="nothing new"):
        await shop.triggers["return_status_changed"].poll()
    assert len(wire.requests) == 2


async def test_endless_list_is_an_error_at_the_page_ceiling(wire: Wire, time: Time) -> None:
    numbers = itertools.count()

    def endless(_request: httpx.Request) -> httpx.Response:
        number = next(numbers)
        return httpx.Response(200, json={"rmas": [rma(number)], "next_cursor": f"c{number}"})

    wire.reply(endless)
    shop = opened("returngo", wire, time)
    with pytest.raises(UnexpectedResponse, match="did not end after 1,000 pages"):
        async for _ in shop.operations.list_rmas.rows():
            pass
    assert len(wire.requests) == MAX_PAGES


async def test_lap_over_many_polls_has_the_same_ceiling_and_ends_with_the_list(
    wire: Wire, time: Time
) -> None:
    numbers = itertools.count()
    wire.reply(
        lambda _request: httpx.Response(
            200, json={"rmas": [rma(number := next(numbers))], "next_cursor": f"c{number}"}
        )
    )
    trigger = opened("returngo", wire, time).triggers["return_status_changed"]
    cursor = (await trigger.poll()).cursor
    assert cursor["walk"]["pages"] == 4
    cursor["walk"]["pages"] = MAX_PAGES - 1
    before = len(wire.requests)
    with pytest.raises(EndlessList):
        await trigger.poll(cursor)
    assert len(wire.requests) == before + 1, "the list is not read again from its start"
    wire.reply(pages({"c3": ([2_000], None)}))
    polled = await trigger.poll(cursor)
    assert (polled.complete, "walk" in polled.cursor) == (True, False)


def test_rows_seen_are_remembered_by_the_next_poll_of_a_lap() -> None:
    walk = PageWalk("list", pages=3, seen=["a"], total=9, total_fell=True)
    assert resume_walk("list", (), walk.as_json()) == walk
    odd: Any
    for odd in (None, [], {"pages": "3"}, {"pages": 3}, {"pages": 3, "seen": 7}):
        assert resume_walk("list", (), odd) == PageWalk("list")


def test_rows_inserted_during_a_poll_are_no_error() -> None:
    """Newest first, two rows per page: two new rows before each page push the same two rows onto the next."""
    walk = PageWalk("list", ("id",))
    for number in range(MAX_STALE_PAGES):
        walk.visit(Page(({"id": 1}, {"id": 2}), next=number + 2))
    walk.visit(Page(({"id": 3}, {"id": 4}), next=None))
    assert walk.pages == MAX_STALE_PAGES + 1
