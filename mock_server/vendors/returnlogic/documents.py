"""ReturnLogic's records as JSON: what each looks like when it begins, and how it becomes a row.

Shapes are those of `openapi/returnlogic.yaml`. Times are whole seconds: µs since 1970 here, UTC text there.
"""

import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mock_server.clock import timestamp
from mock_server.store import Change
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
_LEFT_OUT: Final = (
    "externalCustomerId", "customerEmail", "customerPhone", "shippingAddress", "billingAddress",
    "fulfillmentStatus", "financialStatus", "externalSource", "sourceType", "shippedAt", "externalCreateDate",
    "externalUpdateDate", "gateway",
)  # fmt: skip
"""What an order shows as null when it was created without."""
_ALWAYS: Final = (
    "externalOrderId", "orderNumber", "orderName", "tags", "taxesIncluded", "shopCurrencyCode", "totalPrice",
    "fees", "taxPrice", "shippingPrice", "refundAmount",
)  # fmt: skip
_ITEM: Final = ("name", "externalProductId", "externalVariantId", "sku", "quantity", "price")


def new_order(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Return a new `Order`; `requested` is a `NewOrder`, `number` counts the tenant's orders from 1."""
    id_ = str(FIRST_ORDER + number)
    items = [
        {"rlOrderItemId": f"{id_}-{place}", **{name: item.get(name) for name in _ITEM}}
        for place, item in enumerate(requested.get("orderItems", ()), 1)
    ]
    return {
        "rlOrderId": id_,
        "createDate": timestamp(at),
        **{name: requested.get(name) for name in _LEFT_OUT},
        **{name: requested[name] for name in _ALWAYS},
        "orderItems": items,
        "orderDiscounts": [
            {name: one[name] for name in ("code", "amount")} for one in requested.get("orderDiscounts", ())
        ],
    }


def new_rma(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """An `Rma` that a shopper asks for; `number` counts the tenant's RMAs from 1."""
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
    reason = item["reason"]
    return {
        "rmaItemId": id_,
        "name": item.get("name"),
        "variantName": item.get("variant"),
        "sku": item["sku"],
        "quantity": item["quantity"],
        "returnType": kind,
        "returnReasonDescription": REASONS.get(reason, reason.replace("_", " ").capitalize()),
        "returnReasonComment": item.get("notes"),
    }


def worth(items: Sequence[Mapping[str, Any]]) -> Decimal:
    """What line items cost together; one whose price nobody named costs what its code stands for."""
    return sum((price(item) * item["quantity"] for item in items), Decimal(0))


def price(item: Mapping[str, Any]) -> Decimal:
    """Price of one: as told, else derived from the product's code."""
    told = item.get("unit_price")
    return Decimal(str(told)) if told is not None else Decimal(20 + zlib.crc32(item["sku"].encode()) % 180)


def new_label(rma: str, requested: Mapping[str, Any]) -> JSON:
    """The label of an RMA, with the parcel that was told or one derived from its id."""
    digits = zlib.crc32(rma.encode()) % 10**10
    carrier = requested.get("carrier") or list(CARRIERS)[digits % len(CARRIERS)]
    number = requested.get("tracking_number") or f"{TRACKING_PREFIXES[carrier]}{digits:010d}"
    return {
        "trackingNumber": number,
        "carrier": CARRIERS[carrier],
        "trackingUrl": f"https://track.example.com/{number}",
    }


def put_order(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Store an order that was taken in at `at`."""
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
    """Store an RMA as it is now."""
    document["timeline"]["updateDate"] = timestamp(at)
    status = document["workflowStatus"]
    change.put_document(
        tenant,
        NAME,
        "return",
        document["rlRmaId"],
        document,
        created_at=created_at,
        updated_at=at,
        status=status,
        state=LIFECYCLE.states[status],
        order_number=document["orderName"],
        customer_email=document["customerEmail"] or "",
    )


def put_parcel(change: Change, tenant: str, document: JSON, status: str, at: int) -> None:
    """Store the parcel of an RMA under its tracking number."""
    label, rma = document["shippingLabel"], document["rlRmaId"]
    parcel = {**label, "rlRmaId": rma}
    number = label["trackingNumber"]
    change.put_document(tenant, NAME, "shipment", number, parcel, created_at=at, status=status, parent=rma)
