"""ReturnLogic's facts for the matrix."""

from collections.abc import Callable
from typing import Any

from support.matrix.facts import Document, Facts, Filter, Inputs, Lookup, Wrong
from support.matrix.shop import Shop

BACK_THEN = "2019-01-01T00:00:00Z"


def order_id(shop: Shop, document: Document) -> str:
    """Return the id of the order of this RMA."""
    number = document["orderName"].removeprefix("#")
    (order,) = shop.api("GET", "/orders", params={"orderNumber": number, "limit": 1})
    return str(order["rlOrderId"])


def rma_id(_shop: Shop, document: Document) -> str:
    return str(document["rlRmaId"])


def moved(*statuses: str) -> Callable[[Shop, Document], str]:
    def move(shop: Shop, document: Document) -> str:
        shop.move(document["rlRmaId"], *statuses)
        return str(document["rlRmaId"])

    return move


def create_order(shop: Shop) -> Inputs:
    number = str(5001 + len(shop.proxy.reached))
    return {
        "external_order_id": f"50{number}",
        "order_number": number,
        "order_name": f"#{number}",
        "customer_email": "omar.haddad@example.com",
        "customer_phone": "+1 202-555-0147",
        "external_customer_id": 7001,
        "currency": "USD",
        "total_price": 42.5,
        "tax_price": 2.5,
        "taxes_included": False,
        "shipping_price": 0,
        "fees": 0,
        "refund_amount": 0,
        "tags": ["spring"],
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "external_source": "shopify",
        "source_type": "web",
        "gateway": "example_payments",
        "ordered_at": "2026-05-04T10:00:00Z",
        "updated_at": "2026-05-04T11:00:00Z",
        "shipped_at": "2026-05-05T10:00:00Z",
        **{f"ship_to_{name}": value for name, value in ADDRESS.items()},
        **{f"bill_to_{name}": value for name, value in ADDRESS.items()},
        "items": [
            {
                "external_product_id": "7001",
                "external_variant_id": "7002",
                "sku": "TEE-NVY-M",
                "quantity": 1,
                "price": 38,
            },
            {"name": "Gift wrap", "quantity": 1, "price": 2},
        ],
        "discounts": [{"code": "SPRING", "amount": 1.5}],
    }


ADDRESS = {
    "name": "Omar Haddad",
    "address1": "1 Wattle Street",
    "address2": "Flat 2",
    "city": "Gumnut Flat",
    "province": "NSW",
    "zip": "2999",
    "country": "AU",
    "phone": "+1 202-555-0147",
}


def in_no_currency(shop: Shop) -> Inputs:
    return {**create_order(shop), "currency": "shells"}


def unpaid(shop: Shop, _document: Document) -> Any:
    """Create an order that is not paid yet."""
    inputs = shop.offer.actions["create_order"].inputs
    names = {one.key: one.path[0] for one in inputs if one.required and not one.children}
    body = {names[key]: value for key, value in create_order(shop).items() if key in names}
    return shop.api("POST", "/orders", json={**body, "financialStatus": "pending"})


def by_number(_shop: Shop, document: Document) -> Inputs:
    return {"order_number": document["orderName"].removeprefix("#")}


FACTS = Facts(
    happens={"new_order": order_id, "new_rma": rma_id, "rma_status_changed": moved("Authorized")},
    again={"rma_status_changed": moved("In Transit")},
    actions={"create_order": create_order},
    wrong=Wrong("create_order", in_no_currency, ("currency", "shopCurrencyCode")),
    lookups={
        "find_order": Lookup(
            by_number,
            ({"order_number": "0"}, {"order_name": "#0"}, {"customer_email": "unknown@example.com"}),
        ),
        "list_created_orders": Lookup(
            lambda _shop, _document: {"created_after": BACK_THEN},
            ({"created_after": BACK_THEN, "created_before": BACK_THEN},),
        ),
        "find_rmas": Lookup(
            lambda _shop, document: {"customer_email": document["customerEmail"]},
            ({"customer_email": "unknown@example.com"},),
        ),
        "get_rma": Lookup(lambda _shop, document: {"return_id": document["rlRmaId"]}, ({"return_id": "1"},)),
    },
    filters={
        "rma_status_changed": Filter({"status": "Authorized"}, moved("Rejected")),
        "new_order": Filter({"financial_status": "paid"}, unpaid),
    },
)
