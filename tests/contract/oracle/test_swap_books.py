"""Swap's documents in both versions, its webhooks and its pages, compared with the books and the ledger."""

from collections.abc import Iterator
from typing import Any

import pytest
from contract.oracle import swap as oracle
from contract.oracle.books import Booked
from contract.oracle.shop import HOOK, HOOK_HOST, Shop, open_shop, run
from contract.oracle.values import differences, utc
from support.each import each
from support.in_process_client import opened

from mock_server.vendors.swap import documents

TYPES = ("refund", "exchange", "store_credit")
PARCELS = (
    "label_sent",
    "in_transit",
    "received",
    "inspected",
    "completed",
    "cancelled",
    "needs_review",
    "on_hold",
)
V2, V1, CHECK = "/v2/external/returns", "/v1/external/returns", "/v1/external/quality-control/update"
STORE = "store_123abc"


class Checked:
    """The conditions that quality control reported, by order and SKU."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.conditions: dict[str, dict[str, str]] = {}

    def check(self, shop: Shop, one: Booked, _id: str, status: str) -> None:
        """Report conditions for some returns: all products pass, one fails, or one is not reported."""
        if status != "processing" or one.place % 3 == 0:
            return
        known = self.conditions.setdefault(one.order, {})
        for place, item in enumerate(one.items[: 2 if one.place % 3 == 1 else 1]):
            condition = "Damaged" if place == 1 and one.place % 2 else "Sellable"
            body = {
                "store_id": STORE,
                "condition": condition,
                "return_qty": item.quantity,
                "shopify_order_name": one.order,
                "sku": item.line.sku,
            }
            shop.advance(19)
            shop.api("POST", CHECK, json=body)
            known[item.line.sku] = condition

    def expected(self) -> dict[str, Any]:
        """Compute every return, by order number."""
        histories = self.shop.histories()
        actual = listed(self.shop)
        found = {}
        for one in self.shop.books:
            row = actual[one.order]
            grams = [product["grams"] for product in row["products"]]
            conditions = self.conditions.get(one.order, {})
            found[one.order] = oracle.document(one, histories[one.order], grams, conditions)
        return found


def listed(shop: Shop, **query: Any) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for page in range(1, 100):
        more = {"items_per_page": 100, "page": page, **query}
        answer = shop.api("GET", V2, params=more)
        rows |= {row["shopify_order_name"]: row for row in answer["returns"]}
        if not answer["pagination"]["has_next_page"]:
            break
    return rows


@pytest.fixture(scope="module")
def kept() -> Iterator[Checked]:
    with opened(webhook_allow=HOOK_HOST) as (_, http):
        shop = open_shop(http, "swap", TYPES, PARCELS)
        for version in (2, 1):
            shop.control(
                "POST",
                f"/tenants/{shop.tenant}/webhooks",
                json={"vendor": "swap", "url": f"{HOOK}/{version}", "version": version},
            )
        found = Checked(shop)
        run(shop, found.check)
        yield found


def test_every_return_equals_the_books(kept: Checked) -> None:
    actual = listed(kept.shop)
    statuses = set()
    for order, expected in each(kept.expected().items()):
        assert differences(expected, actual.pop(order), order) == []
        statuses |= {(expected["type_string"], expected["customer_currency"], expected["status"])}
    assert actual == {}
    assert len({(type_, currency) for type_, currency, status in statuses if status == "completed"}) == 9


def test_refunds_in_the_ledger_equal_the_books(kept: Checked) -> None:
    histories = kept.shop.histories()
    refunded = set()
    for one in each(kept.shop.books):
        history = histories[one.order]
        at = history.reached("completed") if one.type == "refund" else None
        expected = {"amount": f"{one.worth:.2f}", "currency": one.currency, "method": "original_payment"}
        assert list(history.refunds) == ([(at, expected)] if at else [])
        refunded |= {one.currency} if at else set()
        if not one.live:
            assert history.created_at == one.created_at
    assert len(refunded) == 3


def test_version_1_equals_the_books(kept: Checked) -> None:
    actual: dict[str, Any] = {}
    for page in range(1, 100):
        query = {"store": STORE, "items_per_page": 50, "page": page}
        rows = kept.shop.api("GET", V1, params=query)["orders"]
        actual |= {row["order_name"]: row for row in rows}
        if not rows:
            break
    for order, expected in each(kept.expected().items()):
        assert differences(oracle.version_1(expected), actual.pop(order), order) == []
    assert actual == {}


def test_dates_select_what_the_books_say(kept: Checked) -> None:
    histories = kept.shop.histories()
    # The bound is the time of a return, which must be on the right side of it.
    middle = sorted(history.created_at for history in histories.values())[70]
    updated = sorted(history.latest for history in histories.values())[70]
    texts = {"last_RMA_updated_date": utc(updated)}
    wanted: dict[str, Any] = {
        "from_return_submission_date": {o for o, h in histories.items() if h.created_at >= middle},
        "to_return_submission_date": {o for o, h in histories.items() if h.created_at <= middle},
        "submitted_at_from": {o for o, h in histories.items() if h.created_at > middle},
        "submitted_at_to": {o for o, h in histories.items() if h.created_at < middle},
        "last_RMA_updated_date": {o for o, h in histories.items() if h.latest > updated},
    }
    for name, orders in each(wanted.items()):
        assert set(listed(kept.shop, **{name: texts.get(name, utc(middle))})) == orders, name
        assert 0 < len(orders) < len(histories)


def test_overviews_equal_the_books(kept: Checked) -> None:
    histories = kept.shop.histories()
    for one in each(kept.shop.books[::5]):
        path = f"/tenants/{kept.shop.tenant}/returns/swap/{histories[one.order].id}"
        actual = kept.shop.control("GET", path)
        assert (actual["amount"], actual["currency"]) == (f"{one.worth:.2f}", one.currency)
        assert [(item["sku"], item["quantity"], item["amount"]) for item in actual["items"]] == [
            (item.line.sku, item.quantity, f"{item.worth:.2f}") for item in one.items
        ]


def test_webhooks_show_the_return_as_it_was(kept: Checked) -> None:
    histories = kept.shop.histories()
    books = {one.order: one for one in kept.shop.books}
    actual = listed(kept.shop)
    seen = set()
    renamed = {
        "shipping_status": "delivery_status",
        "status": "return_status",
        "shipments": "return_shipments",
        "exchange_items": "exchange_products",
    }
    for event, at, payload in each(kept.shop.deliveries()):
        version = 1 if "return" in payload else 2
        order = payload["return"]["order_name"] if version == 1 else payload["shopify_order_name"]
        one, history = books[order], histories[order].until(at)
        grams = [product["grams"] for product in actual[order]["products"]]
        conditions = kept.conditions.get(order, {}) if event == "returnProcessed" else {}
        expected = oracle.document(one, history, grams, conditions)
        if version == 1:
            old = oracle.version_1(expected)
            old |= {"shipping_status": old.pop("delivery_status"), "status": old.pop("return_status")}
            assert differences(old, payload["return"], f"{event} of {order}") == []
        else:
            new = {renamed.get(name, name): value for name, value in expected.items()}
            new["result_type"] = expected["type_string"]
            assert differences(new, payload, f"{event} of {order}") == []
        seen.add((event, version, one.type))
    assert len(seen) == 2 * 2 * 3


@pytest.mark.parametrize(
    ("parcels", "expected"),
    [
        (("pre_transit", "pre_transit"), "pre_transit"),
        (("in_transit", "pre_transit"), "in_transit"),
        (("delivered", "pre_transit"), "in_transit"),
        (("delivered", "in_transit"), "in_transit"),
        (("delivered", "delivered"), "delivered"),
    ],
)
def test_return_is_delivered_when_all_its_parcels_are(parcels: tuple[str, ...], expected: str) -> None:
    document = {
        "shipping_status": "pre_transit",
        "delivered_date": None,
        "date_created": "2026-03-17T09:00:00Z",
    }
    documents.set_shipping_status(document, parcels, 1_773_900_000_000_000)
    assert document["shipping_status"] == expected
    assert (document["delivered_date"] is not None) == (expected == "delivered")
