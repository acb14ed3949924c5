"""Swap: the login's store id in every request, 404 for an empty list, bare errors, no known rate limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import BASE_URL, Time, Wire

import connector
import openapi
from connector.definition.compiler import CATALOGS, integration, join
from connector.definition.document import Spec
from connector.errors import (
    AuthenticationError,
    CatalogError,
    ConfigurationError,
    NotFound,
    UnexpectedResponse,
    ValidationFailed,
)

if TYPE_CHECKING:
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

TEXT = (CATALOGS / "swap.yaml").read_text(encoding="utf-8")
FOUND = {"sku": "A", "condition": "Sellable", "quantity": 1}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(wire: Wire, time: Time) -> Connection:
    return connector.open(
        "swap",
        base_url=BASE_URL,
        api_key="sandbox-demo-swap",
        store_id="store_9",
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
    )


def page(*rows: dict[str, Any], total: int = 0) -> httpx.Response:
    pagination = {"total_items": total or len(rows), "total_pages": 1, "items_per_page": 100}
    return httpx.Response(200, json={"returns": list(rows), "pagination": pagination})


def refusal(status: int, reason: str, message: str) -> httpx.Response:
    error = {"message": message, "customMessage": ""}
    return httpx.Response(status, json={"status": status, "reason": reason, "error": error})


async def test_key_is_sent_as_a_header_and_the_store_in_the_query(store: Connection, wire: Wire) -> None:
    wire.reply(page())
    await store.operations.list_returns(page=1)
    (sent,) = wire.requests
    assert sent.headers["x-api-key"] == "sandbox-demo-swap"
    assert "authorization" not in sent.headers
    assert dict(sent.url.params) == {"swap_store_id": "store_9", "page": "1"}


async def test_store_is_sent_in_the_body_if_the_body_has_it(store: Connection, wire: Wire) -> None:
    wire.reply(httpx.Response(200, json={"message": "Done."}))
    assert await store.actions["update_quality_control"](**FOUND) == {"message": "Done."}
    sent = {"sku": "A", "condition": "Sellable", "return_qty": 1, "store_id": "store_9"}
    assert json.loads(wire.requests[0].content) == sent
    assert not wire.requests[0].url.params


def test_security_schemes_distinguish_header_and_parameter() -> None:
    document = openapi.read("swap")
    document["components"]["securitySchemes"]["store"] = {"type": "apiKey", "in": "header", "name": "X-Store"}
    text = TEXT.replace("sends: {", "sends: {X-Store: store_id, ")
    login = join(document, text, "swap.yaml").authentication
    assert login.headers == {"X-Store": "store_id"}
    assert "X-Store" not in login.sends


def test_login_value_that_no_header_can_carry_is_refused() -> None:
    made = integration("swap")
    login = made.authentication.model_copy(update={"headers": {"x-store": "store_id"}})
    with pytest.raises(ConfigurationError, match="store_id contains characters"):
        connector.open(
            made.model_copy(update={"authentication": login}),
            base_url=BASE_URL,
            api_key="sandbox-demo-swap",
            store_id="store\r\n9",
        )


async def test_explicit_argument_overrides_the_login_value(store: Connection, wire: Wire) -> None:
    wire.reply(page())
    await store.operations.list_returns(swap_store_id="store_7")
    assert wire.requests[0].url.params["swap_store_id"] == "store_7"


async def test_login_without_its_store_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Swap needs store_id"):
        connector.open(integration("swap"), api_key="sandbox-demo-swap")


async def test_404_of_a_list_is_empty_except_when_checking_the_login(store: Connection, wire: Wire) -> None:
    wire.reply(refusal(404, "NOT_FOUND", "Error: No store has the id store_9."))
    polled = await store.triggers["new_return"].poll()
    assert (polled.events, polled.complete) == ((), True)
    assert await store.searches["find_return"](rma_number="RMA-1") == []
    assert (await store.dropdowns["order"]()).options == ()
    with pytest.raises(AuthenticationError, match=r"No store has the id store_9\. Check the Store ID\.$"):
        await store.check()
    with pytest.raises(NotFound, match="store_9"):
        await store.operations.list_returns(page=1)


async def test_missing_page_is_an_error_and_not_the_end_of_the_list(store: Connection, wire: Wire) -> None:
    trigger = store.triggers["new_return"]
    wire.reply(page())
    cursor = (await trigger.poll()).cursor
    row = {"return_id": "1", "date_created": "2026-03-01T12:00:00Z", "date_updated": "2026-03-01T12:00:00Z"}
    wire.reply(page(row, total=101), refusal(404, "NOT_FOUND", "Error: Return data not found"))
    with pytest.raises(UnexpectedResponse, match="page 2 is missing"):
        await trigger.poll(cursor)


async def test_errors_are_read_in_swaps_format(store: Connection, wire: Wire) -> None:
    wire.reply(refusal(401, "UNAUTHORIZED", "Error: Invalid API key"))
    with pytest.raises(AuthenticationError, match="Error: Invalid API key"):
        await store.check()
    wire.reply(refusal(400, "BAD_REQUEST", "Error: sku is required."))
    with pytest.raises(ValidationFailed, match="sku is required") as caught:
        await store.actions["update_quality_control"](**FOUND)
    assert list(caught.value.fields) == []


async def test_requests_are_not_paced_without_a_known_limit(
    store: Connection, wire: Wire, time: Time
) -> None:
    wire.reply(page())
    for _ in range(300):
        await store.operations.list_returns()
    assert time.slept == []


async def test_pages_use_the_vendors_parameter_names(store: Connection, wire: Wire) -> None:
    rows = [{"return_id": f"RET-{number}"} for number in range(3)]
    pagination = {"total_items": 3, "total_pages": 2, "items_per_page": 2}
    wire.reply(
        httpx.Response(200, json={"returns": rows[:2], "pagination": pagination}),
        httpx.Response(200, json={"returns": rows[2:], "pagination": pagination}),
    )
    assert [row async for row in store.operations.list_returns.rows(items_per_page=2)] == rows
    assert [sent.url.params["page"] for sent in wire.requests] == ["1", "2"]


def test_no_action_or_search_asks_for_the_store() -> None:
    made = integration("swap")
    inputs = [one for action in made.actions.values() for one in action.inputs]
    inputs += [one for search in made.searches.values() for one in search.inputs]
    taken = {one.key for one in inputs}
    assert not taken & made.authentication.sends.keys()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("sends: {swap_store_id:", "sends: {swap_store:", "fills swap_store, which no operation takes"),
        ("store: store_id, store", "store: shop_id, store", "store is filled from login field shop_id"),
        ("swap_store_id: store_id, ", "", "leaves out swap_store_id"),
        ("mark: date_created", "mark: date_made", "names field date_made"),
        ("    mark: date_updated\n", "", "source returns_by_update needs a mark or a state"),
        ("source: returns_by_closure", "source: returns_by_delivery", "its source has no state"),
        ("status: completed", "status: complete", "does not list; did you mean completed?"),
        ("initial: [pending]", "initial: [waiting]", "names quality_control_status waiting"),
        ("since: last_RMA_updated_date", "since: last_updated_date", "names parameter last_updated_date"),
        ("list_returns: returns", "list_returns: orders", "the answer of list_returns has no field orders"),
    ],
)  # fmt: skip
def test_invalid_catalog_is_reported_with_its_line(old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    with pytest.raises(CatalogError) as caught:
        join(openapi.read("swap"), TEXT.replace(old, new, 1), "swap.yaml")
    assert any(complaint in one for one in caught.value.problems), caught.value.problems


def test_alternatives_of_required_fields_are_ignored() -> None:
    body = Spec(openapi.read("swap")).operations["update_quality_control"].body
    assert body
    assert {one.key for one in body.children if one.required} == {"store_id", "condition", "return_qty"}
