"""A retailer at ReturnLogic: orders are created, items come back, and a public app logs in by code.

Everything is read two rows per page.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from support.each import each
from support.merchant import Merchant, VendorSandbox

import connector
from connector.definition.compiler import integration as compiled
from connector.definition.model import Integration
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
    ValidationFailed,
    VendorUnavailable,
)
from connector.runtime.connection import Connection

VENDOR = "returnlogic"
ORDER: dict[str, Any] = {
    "external_order_id": "5002001",
    "order_number": "2001",
    "order_name": "#2001",
    "customer_email": "iris.lane@example.com",
    "currency": "USD",
    "total_price": 42,
    "tax_price": 0,
    "taxes_included": False,
    "shipping_price": 0,
    "fees": 0,
    "refund_amount": 0,
    "tags": [],
    "financial_status": "paid",
    "ship_to_city": "Gumnut Flat",
    "items": [
        {"external_product_id": "7001", "sku": "TEE-NVY-M", "quantity": 1, "price": 40},
        {"name": "Gift wrap", "quantity": 1, "price": 2},
    ],
}


def two_rows_a_page(made: Integration) -> Integration:
    """Return the integration with two rows per page in every list."""
    paging = {key: one.model_copy(update={"size": 2}) for key, one in made.paging.items()}
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update={"page_size": 2})})
        for key, one in made.triggers.items()
    }
    return made.model_copy(update={"paging": paging, "triggers": triggers})


OFFER = two_rows_a_page(compiled(VENDOR))


@pytest.fixture(scope="module")
def backend() -> Iterator[VendorSandbox]:
    opened = VendorSandbox.open(VENDOR)
    yield opened
    opened.close()


@pytest.fixture
def merchant(backend: VendorSandbox) -> Iterator[Merchant]:
    made = backend.merchant()
    yield made
    made.close()


def connected(
    merchant: Merchant, transport: httpx.AsyncBaseTransport | None = None, **login: str
) -> Connection:
    """Connect to the merchant; sleeping advances the merchant's clock."""

    async def sleep(seconds: float) -> None:
        merchant.advance(max(1, round(seconds)))

    return connector.open(
        OFFER,
        base_url=merchant.base_url,
        transport=transport or merchant.transport,
        clock=merchant.now,
        sleep=sleep,
        **(login or merchant.fields),
    )


def run_story(merchant: Merchant, story: Callable[[Connection], Awaitable[None]], **login: Any) -> None:
    async def run() -> None:
        async with connected(merchant, **login) as opened:
            await story(opened)

    asyncio.run(run())


def test_new_order_guarantees_each_record_once() -> None:
    for key in ("new_order", "new_rma"):
        trigger = compiled(VENDOR).triggers[key]
        created, id_ = getattr(trigger.source, "created", None), trigger.source.id
        told_apart = {runtime: promise.dedupe for runtime, promise in trigger.guarantees.items()}
        assert created
        assert told_apart == {"python": (id_,), "zapier": (id_,), "make": (created, id_), "n8n": (id_,)}
        assert trigger.guarantees["make"].watermark == created, "Make continues from the last timestamp"
        for promise in each(trigger.guarantees.values()):
            assert promise.delivers == "every_record"
            assert "versions" not in promise.loses
        assert trigger.guarantees["zapier"].shortest_interval == {"Default": 1}
        assert trigger.guarantees["python"].shortest_interval == {"Default": 10}


def test_new_orders_are_delivered_once_over_many_pages(merchant: Merchant) -> None:
    async def story(rl: Connection) -> None:
        trigger = rl.triggers["new_order"]
        cursor = (await trigger.poll()).cursor
        for _ in range(7):
            merchant.ask_for_return()
            merchant.advance(1)
        late = merchant.ask_for_return(seconds_ago=600)
        first = await trigger.poll(cursor)
        assert first.complete
        assert {event.data["rlOrderId"] for event in first.events} == merchant.orders().keys()
        assert len(first.events) == 8
        assert late
        again = await trigger.poll(first.cursor)
        assert (again.events, again.complete) == ((), True)

    run_story(merchant, story)


def test_order_is_created_found_and_returned(merchant: Merchant) -> None:
    async def story(rl: Connection) -> None:
        trigger = rl.triggers["new_order"]
        cursor = (await trigger.poll()).cursor
        made = await rl.actions["create_order"](**ORDER)
        assert [one["name"] for one in made["orderItems"]] == [None, "Gift wrap"]
        assert made["shippingAddress"] == {"city": "Gumnut Flat"}
        told = await trigger.poll(cursor)
        assert [event.data for event in told.events] == [made]
        orders: list[dict[str, Any]] = [
            {"order_number": "2001"},
            {"order_name": "#2001"},
            {"customer_email": "IRIS.LANE@example.com"},
        ]
        for options in each(orders):
            assert await rl.searches["find_order"](**options) == [made]
        found, created = await rl.find_or_create["find_order"](search={"order_name": "#2001"}, create=ORDER)
        assert (found, created) == (made, False)
        for _ in range(5):
            merchant.ask_for_return()
        rmas = await rl.searches["find_rmas"](customer_email="Priya.Nair@example.com")
        assert {row["rlRmaId"] for row in rmas} == merchant.returns().keys()
        assert await rl.searches["get_rma"](return_id=rmas[0]["rlRmaId"]) == [rmas[0]]
        with pytest.raises(NotFound, match="was never tried on a real account"):
            await rl.searches["get_rma"](return_id="7")  # the path is assumed, so it may not exist

    run_story(merchant, story)


def test_rows_are_read_by_offset_up_to_an_empty_page(merchant: Merchant) -> None:
    asked: list[str] = []

    class Listening(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.query.decode())
            return await merchant.transport.handle_async_request(request)

    async def story(rl: Connection) -> None:
        rows = [row["rlOrderId"] async for row in rl.operations.list_orders.rows()]
        assert set(rows) == merchant.orders().keys()
        assert len(rows) == 5

    for _ in range(5):
        merchant.ask_for_return()
    run_story(merchant, story, transport=Listening())
    assert asked == [f"skip={skip}&limit=2" for skip in (0, 2, 4, 5)]


@pytest.mark.parametrize(
    ("item", "field", "words"),
    [
        ({"external_product_id": "7001", "price": 1}, "items[0].quantity", "is required"),
        ({"quantity": 1, "price": 1}, "items[0].external_product_id", "is required for a product"),
        (
            {"name": "Wrap", "external_product_id": "7", "quantity": 1, "price": 1},
            "items[0].name",
            "does not belong",
        ),
        (
            {"name": "Wrap", "external_variant_id": "7", "quantity": 1, "price": 1},
            "items[0]",
            "does not belong",
        ),
    ],
)
def test_line_that_is_neither_product_nor_custom_item_is_not_sent(
    merchant: Merchant, item: dict[str, Any], field: str, words: str
) -> None:
    async def story(rl: Connection) -> None:
        with pytest.raises(ValidationFailed, match="create_order was not run") as caught:
            await rl.actions["create_order"](**{**ORDER, "items": [item]})
        (said,) = caught.value.fields
        assert said.field.startswith(field)
        assert words in said.message
        assert merchant.orders() == {}

    run_story(merchant, story)


def test_two_requests_per_second_are_paced_without_a_refusal(merchant: Merchant) -> None:
    statuses: list[int] = []

    class Watching(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await merchant.transport.handle_async_request(request)
            statuses.append(answer.status_code)
            return answer

    async def story(rl: Connection) -> None:
        start = merchant.now()
        for _ in range(130):
            await rl.operations.list_orders(limit=1)
        assert merchant.now() - start >= timedelta(seconds=64)

    merchant.count_requests()
    run_story(merchant, story, transport=Watching())
    assert statuses == [200] * 130


def test_maintenance_raises_unavailable_until_it_ends(merchant: Merchant) -> None:
    def turn(*, on: bool) -> None:
        merchant.world.switches.turn(merchant.tenant, VENDOR, "maintenance", on=on, at=0)

    async def story(rl: Connection) -> None:
        turn(on=True)
        with pytest.raises(VendorUnavailable, match="down for maintenance"):
            await rl.operations.list_orders()
        with pytest.raises(OutcomeUnknown):
            await rl.actions["create_order"](**ORDER)
        turn(on=False)
        assert (await rl.operations.list_orders()).data == []

    run_story(merchant, story)


def test_lost_create_is_found_and_not_repeated(merchant: Merchant) -> None:
    class Lossy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await merchant.transport.handle_async_request(request)
            if request.method == "POST":
                raise httpx.ReadTimeout("the answer is lost")
            return answer

    async def story(rl: Connection) -> None:
        made = await rl.actions["create_order"](**ORDER)
        assert {made["rlOrderId"]} == merchant.orders().keys()

    run_story(merchant, story, transport=Lossy())


# --- A public app


def installed(merchant: Merchant) -> dict[str, str]:
    """Return the credentials of an app that the retailer has just installed."""
    act = merchant.backend.served.acts["install_app"]  # type: ignore[attr-defined]
    with merchant.world.store.change() as change:
        shown = act.run(change, merchant.tenant, {"redirect_uri": "https://app.example.com/in"}, 0)
    (code,) = parse_qs(urlsplit(shown["redirect_to"]).query)["code"]
    return {"client_id": shown["client_id"], "client_secret": shown["client_secret"], "code": code}


def test_app_logs_in_by_code_and_continues_with_its_refresh_token(merchant: Merchant) -> None:
    kept: list[str] = []
    login = installed(merchant)
    merchant.ask_for_return()

    async def story(rl: Connection) -> None:
        assert len((await rl.operations.list_orders()).data) == 1
        assert rl.client.tokens is not None
        kept.append(rl.client.tokens.refresh_token)
        merchant.advance(3_700)
        assert len((await rl.operations.list_orders()).data) == 1, "the expired token was replaced"
        assert rl.client.tokens.refresh_token not in kept
        kept.append(rl.client.tokens.refresh_token)

    async def later(rl: Connection) -> None:
        assert len((await rl.operations.list_orders()).data) == 1

    async def too_late(rl: Connection) -> None:
        with pytest.raises(AuthenticationError, match="does not accept this login"):
            await rl.operations.list_orders()

    run_story(merchant, story, **login)
    client = {name: login[name] for name in ("client_id", "client_secret")}
    run_story(merchant, later, **client, refresh_token=kept[-1])
    run_story(merchant, too_late, **client, refresh_token=kept[0])
    run_story(merchant, too_late, **login)


def test_app_requires_its_complete_login(merchant: Merchant) -> None:
    login = installed(merchant)
    with pytest.raises(ConfigurationError, match="needs"):
        connected(merchant, client_id=login["client_id"], client_secret=login["client_secret"])
