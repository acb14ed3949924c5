"""ReturnLogic's orders, RMAs and webhooks, compared with the books and the ledger."""

from collections.abc import Iterator
from typing import Any

import pytest
from contract.oracle import returnlogic as oracle
from contract.oracle.shop import HOOK, HOOK_HOST, Shop, open_shop, run
from contract.oracle.values import differences, utc
from support.each import each
from support.in_process_client import opened

TYPES = ("refund", "exchange", "store_credit")
PARCELS = (
    "label_sent", "in_transit", "received", "inspected", "completed", "Delivered", "Partially Received",
    "Partially Processed",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with opened(webhook_allow=HOOK_HOST) as (_, http):
        made = open_shop(http, "returnlogic", TYPES, PARCELS)
        made.control("POST", f"/tenants/{made.tenant}/webhooks", json={"vendor": "returnlogic", "url": HOOK})
        run(made)
        yield made


def listed(shop: Shop, path: str, **query: Any) -> list[Any]:
    rows: list[Any] = []
    while page := shop.api("GET", path, params={"limit": 100, "skip": len(rows), **query}):
        rows += page
    return rows


def test_every_rma_equals_the_books(shop: Shop) -> None:
    histories = shop.histories()
    actual = {row["orderName"]: row for row in listed(shop, "/rmas")}
    seen = set()
    for one in each(shop.books):
        history = histories[one.order]
        expected = oracle.rma(one, history, PARCELS)
        assert differences(expected, actual.pop(one.order), one.order) == []
        assert differences(expected, shop.api("GET", f"/rmas/{history.id}"), one.order) == []
        assert list(history.refunds) == oracle.refunds(one, history)
        assert one.live or history.created_at == one.created_at
        seen |= {(one.type, one.currency, status) for _, status in history.steps}
    assert actual == {}
    assert len(seen) == 3 * 3 * 12


def test_every_order_equals_the_books(shop: Shop) -> None:
    in_order = sorted(shop.books, key=lambda one: one.ordered_at)
    actual = listed(shop, "/orders")
    expected = [oracle.order(one, place) for place, one in enumerate(in_order, start=1)]
    assert differences(expected[::-1], actual) == []


def test_dates_select_what_the_books_say(shop: Shop) -> None:
    histories = shop.histories()
    # The bounds are the time of an RMA and of an order, which must be on the right side of them.
    middle = sorted(history.created_at for history in histories.values())[90]
    edge = sorted(one.ordered_at for one in shop.books)[100]
    text = {"/rmas": utc(middle), "/orders": utc(edge)}
    wanted: dict[tuple[str, str], set[str]] = {
        ("/rmas", "minCreateDate"): {o for o, h in histories.items() if h.created_at >= middle},
        ("/rmas", "maxCreateDate"): {o for o, h in histories.items() if h.created_at <= middle},
        ("/orders", "minCreateDate"): {one.order for one in shop.books if one.ordered_at >= edge},
        ("/orders", "maxCreateDate"): {one.order for one in shop.books if one.ordered_at <= edge},
    }
    for (path, name), orders in each(wanted.items()):
        assert {row["orderName"] for row in listed(shop, path, **{name: text[path]})} == orders, name
    assert len({len(orders) for orders in wanted.values()}) > 2


def test_overviews_equal_the_books(shop: Shop) -> None:
    histories = shop.histories()
    for one in each(shop.books[::7]):
        actual = shop.control("GET", f"/tenants/{shop.tenant}/returns/returnlogic/{histories[one.order].id}")
        assert (actual["amount"], actual["currency"]) == (f"{one.worth:.2f}", one.currency)
        assert [(item["sku"], item["quantity"]) for item in actual["items"]] == [
            (item.line.sku, item.quantity) for item in one.items
        ]


def test_webhooks_show_the_rma_as_it_was(shop: Shop) -> None:
    histories = shop.histories()
    books = {one.order: one for one in shop.books}
    seen = set()
    for event, at, payload in each(shop.deliveries()):
        order = payload["data"]["orderName"]
        assert (payload["topic"], payload["createdAt"]) == (event, utc(at))
        then = histories[order].until(at)
        assert (
            differences(oracle.rma(books[order], then, PARCELS), payload["data"], f"{event} of {order}") == []
        )
        seen.add((event, then.status))
    assert len(seen) == 12


def test_order_made_through_the_api_keeps_every_figure(shop: Shop) -> None:
    amounts = {
        "totalPrice": 219.95,
        "fees": 1.05,
        "taxPrice": 20.35,
        "shippingPrice": 9.15,
        "refundAmount": 4.45,
    }
    asked: dict[str, Any] = {
        "externalOrderId": "x-1",
        "orderNumber": "77001",
        "orderName": "#77001",
        "tags": ["late"],
        "taxesIncluded": False,
        "shopCurrencyCode": "CAD",
        **amounts,
        "orderItems": [
            {
                "sku": "A-1",
                "externalProductId": "p1",
                "externalVariantId": "v1",
                "quantity": 3,
                "price": 11.15,
            },
            {
                "sku": "B-2",
                "externalProductId": "p2",
                "externalVariantId": "v2",
                "quantity": 7,
                "price": 5.35,
            },
        ],
        "orderDiscounts": [{"code": "SPRING", "amount": 2.25}],
    }
    other = open_shop(shop.http, "returnlogic", ("refund",), PARCELS, tenant="by-api")
    made = other.api("POST", "/orders", json=asked)
    assert {name: made[name] for name in asked} == {
        **asked,
        "orderItems": [
            {**item, "name": None, "rlOrderItemId": f"{made['rlOrderId']}-{place}"}
            for place, item in enumerate(asked["orderItems"], start=1)
        ],
    }
    assert made["createDate"] == utc(other.now())
    (found,) = other.api("GET", "/orders", params={"orderNumber": "77001"})
    assert found == made
