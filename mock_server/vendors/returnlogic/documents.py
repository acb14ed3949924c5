"""Builds ReturnLogic's orders, RMAs and shipping labels as JSON documents, and stores them as rows.

The documents follow the schemas in `openapi/returnlogic.yaml`. Functions accept times in microseconds since
the Unix epoch; documents contain UTC strings with whole seconds.
"""

import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mock_server.clock import timestamp
from mock_server.store import Change
from mock_server.vendors import rows
from mock_server.vendors.returnlogic.facts import (
    CARRIERS,
    LIFECYCLE,
    NAME,
    REASONS,
    TOTALS,
    TRACKING_PREFIXES,
    TYPES,
)

JSON = dict[str, Any]
FIRST_ORDER: Final = 200_000
FIRST_RMA: Final = 100_000
_NULLABLE: Final = (
    "externalCustomerId", "customerEmail", "customerPhone", "shippingAddress", "billingAddress",
    "fulfillmentStatus", "financialStatus", "externalSource", "sourceType", "shippedAt", "externalCreateDate",
    "externalUpdateDate", "gateway",
)  # fmt: skip
"""Order fields that are null if the `NewOrder` does not contain them."""
_REQUIRED: Final = (
    "externalOrderId", "orderNumber", "orderName", "tags", "taxesIncluded", "shopCurrencyCode", "totalPrice",
    "fees", "taxPrice", "shippingPrice", "refundAmount",
)  # fmt: skip
_ITEM: Final = ("name", "externalProductId", "externalVariantId", "sku", "quantity", "price")


def new_order(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Build an `Order` from a `NewOrder`; `number` is the order's sequence number, starting at 1."""
    id_ = str(FIRST_ORDER + number)
    items = [
        {"rlOrderItemId": f"{id_}-{place}", **{name: item.get(name) for name in _ITEM}}
        for place, item in enumerate(requested.get("orderItems", ()), 1)
    ]
    return {
        "rlOrderId": id_,
        "createDate": timestamp(at),
        **{name: requested.get(name) for name in _NULLABLE},
        **{name: requested[name] for name in _REQUIRED},
        "orderItems": items,
        "orderDiscounts": [
            {name: discount[name] for name in ("code", "amount")}
            for discount in requested.get("orderDiscounts", ())
        ],
    }


def new_rma(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Build an `Rma` from a `ShopperReturn`; `number` is the RMA's sequence number, starting at 1."""
    id_ = str(FIRST_RMA + number)
    kind = TYPES[requested.get("return_type", "refund")]
    amount = float(worth(requested["items"]))
    totals = {name: {"total": amount if TOTALS[kind] == name else 0} for name in TOTALS.values()}
    return {
        "rlRmaId": id_,
        "workflowStatus": LIFECYCLE.initial,
        "orderName": requested["order_number"],
        "customerEmail": requested["customer_email"],
        "customerName": requested.get("customer_name"),
        "timeline": {"createDate": timestamp(at), "updateDate": timestamp(at)},
        "totals": totals,
        "shippingLabel": None,
        "rmaItems": [
            _rma_item(f"{id_}-{place}", kind, item) for place, item in enumerate(requested["items"], 1)
        ],
    }


def _rma_item(id_: str, kind: str, item: Mapping[str, Any]) -> JSON:
    return {
        "rmaItemId": id_,
        "name": item.get("name"),
        "variantName": item.get("variant"),
        "sku": item["sku"],
        "quantity": item["quantity"],
        "returnType": kind,
        "returnReasonDescription": _reason(item["reason"]),
        "returnReasonComment": item.get("notes"),
    }


def _reason(word: str) -> str:
    """Convert a reason such as `wrong_size` to its description.

    Text with spaces or capitals is already a description, and is returned unchanged.
    """
    described = word if " " in word or not word.islower() else word.replace("_", " ").capitalize()
    return REASONS.get(word, described)


def worth(items: Sequence[Mapping[str, Any]]) -> Decimal:
    """Compute the total price of line items from their unit prices and quantities."""
    return sum((price(item) * item["quantity"] for item in items), Decimal(0))


def price(item: Mapping[str, Any]) -> Decimal:
    """Return a line item's unit price; if the item has no price, derive one from the SKU."""
    given = item.get("unit_price")
    return Decimal(str(given)) if given is not None else Decimal(20 + zlib.crc32(item["sku"].encode()) % 180)


def new_label(rma: str, requested: Mapping[str, Any]) -> JSON:
    """Build the shipping label of an RMA.

    If `requested` contains no carrier or no tracking number, the missing value is derived from the RMA's ID.
    """
    digits = zlib.crc32(rma.encode()) % 10**10
    carrier = requested.get("carrier") or list(CARRIERS)[digits % len(CARRIERS)]
    number = requested.get("tracking_number") or f"{TRACKING_PREFIXES[carrier]}{digits:010d}"
    return {
        "trackingNumber": number,
        "carrier": CARRIERS[carrier],
        "trackingUrl": f"https://track.example.com/{number}",
    }


def put_order(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Store an order that was created at `at` (µs)."""
    change.put_document(
        tenant,
        NAME,
        "order",
        document["rlOrderId"],
        document,
        created_at=at,
        status=document["financialStatus"] or "",
        order_number=document["orderNumber"],
        customer_email=document["customerEmail"] or "",
    )


def put_rma(change: Change, tenant: str, document: JSON, created_at: int, at: int) -> None:
    """Store an RMA that was created at `created_at` and last updated at `at` (µs)."""
    document["timeline"]["updateDate"] = timestamp(at)
    rows.put_return(
        change,
        tenant,
        NAME,
        LIFECYCLE,
        document,
        id_=document["rlRmaId"],
        status=document["workflowStatus"],
        created_at=created_at,
        updated_at=at,
        order_number=document["orderName"],
        customer_email=document["customerEmail"] or "",
    )


def put_parcel(change: Change, tenant: str, document: JSON, status: str, at: int) -> None:
    """Store an RMA's parcel, keyed by tracking number; the label was created at `at` (µs)."""
    label, rma = document["shippingLabel"], document["rlRmaId"]
    parcel = {**label, "rlRmaId": rma}
    number = label["trackingNumber"]
    change.put_document(tenant, NAME, "shipment", number, parcel, created_at=at, status=status, parent=rma)
