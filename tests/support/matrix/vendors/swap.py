"""Swap's facts for the matrix."""

from collections.abc import Callable

from support.matrix.facts import Document, Facts, Inputs, Lookup, Wrong
from support.matrix.shop import Shop

SKU = "TEE-NVY-M"
BACK_THEN = "2019-01-01T00:00:00Z"


def made(_shop: Shop, document: Document) -> str:
    return str(document["return_id"])


def moved(status: str) -> Callable[[Shop, Document], str]:
    def move(shop: Shop, document: Document) -> str:
        shop.advance(60)
        shop.move(document["return_id"], status)
        return str(document["return_id"])

    return move


def inspected(condition: str) -> Callable[[Shop, Document], str]:
    """Record quality control of the return's only product."""

    def inspect(shop: Shop, document: Document) -> str:
        shop.advance(60)
        body = {
            "store_id": shop.login["store_id"],
            "shopify_order_name": document["shopify_order_name"],
            "sku": SKU,
            "condition": condition,
            "return_qty": 1,
        }
        shop.api("POST", "/v1/external/quality-control/update", json=body)
        return str(document["return_id"])

    return inspect


def quality(document: Document, condition: str) -> Inputs:
    order = document["shopify_order_name"]
    return {"order_number": order, "sku": SKU, "condition": condition, "quantity": 1}


def arrived(shop: Shop, document: Document) -> str:
    shop.advance(4 * 86_400)
    return str(document["return_id"])


def update_quality_control(shop: Shop) -> Inputs:
    document = shop.create_return()
    line = document["products"][0]["shopify_line_item_id"]
    more = {"line_item_id": line, "receipt_date": "2026-05-04T10:00:00Z", "carton_id": "CARTON-7"}
    return {**quality(document, "Sellable"), **more}


def update_quality_control_of_products(shop: Shop) -> Inputs:
    document = shop.create_return()
    order = document["shopify_order_name"]
    found = {key: value for key, value in quality(document, "Sellable").items() if key != "order_number"}
    line = document["products"][0]["shopify_line_item_id"]
    more = {"line_item_id": line, "receipt_date": "2026-05-04T10:00:00Z", "carton_id": "CARTON-7"}
    return {"order_number": order, "items": [{**found, **more}, {**found, **more, "quantity": 0}]}


def in_no_known_state(shop: Shop) -> Inputs:
    return quality(shop.create_return(), "Chewed")


def by_number(_shop: Shop, document: Document) -> Inputs:
    return {
        "rma_number": document["rma_number"],
        "order_number": document["shopify_order_name"],
        "customer_email": document["customer_email"],
    }


FACTS = Facts(
    happens={
        "new_return": made,
        "return_updated": moved("processing"),
        "return_status_changed": moved("processing"),
        "return_needs_review": moved("needs_review"),
        "return_cancelled": moved("cancelled"),
        "return_completed": inspected("Sellable"),
        "return_delivered": arrived,
        "quality_control_changed": inspected("Damaged"),
        "quality_control_passed": inspected("Sellable"),
        "quality_control_failed": inspected("Damaged"),
    },
    actions={
        "update_quality_control": update_quality_control,
        "update_quality_control_of_products": update_quality_control_of_products,
    },
    needed={
        "update_quality_control": frozenset({"order_number", "sku"}),
        "update_quality_control_of_products": frozenset({"order_number", "items"}),
    },
    again={
        "return_updated": moved("on_hold"),
        "return_status_changed": moved("on_hold"),
        "quality_control_changed": inspected("Sellable"),
        "quality_control_passed": inspected("Sellable"),
        "quality_control_failed": inspected("Damaged"),
        "return_needs_review": None,
        "return_cancelled": None,
    },
    # Only seeded returns have an address.
    unfilled=frozenset({"country"}),
    wrong=Wrong("update_quality_control", in_no_known_state, ("condition", "Condition")),
    lookups={
        "find_return": Lookup(
            by_number,
            (
                {"rma_number": "RMA-1999-001"},
                {"order_number": "#0"},
                {"customer_email": "unknown@example.com"},
            ),
        ),
        "list_submitted_returns": Lookup(
            lambda _shop, _document: {"submitted_after": BACK_THEN},
            ({"submitted_after": BACK_THEN, "submitted_before": BACK_THEN},),
        ),
    },
)
