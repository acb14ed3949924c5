"""ReturnLogic's orders and RMAs, computed from the books and the ledger."""

from collections.abc import Container
from decimal import Decimal
from typing import Any

from contract.oracle.books import HOMES, Booked
from contract.oracle.history import History
from contract.oracle.values import Like, number, spelled, tax, utc

_TYPES = {"refund": "Refund", "exchange": "Exchange", "store_credit": "Store Credit"}
_TOTALS = {"refund": "refund", "exchange": "exchange", "store_credit": "giftCard"}
_METHODS = {"refund": "original_payment", "store_credit": "store_credit"}
_CARRIERS = {
    "australia_post": "Australia Post", "startrack": "StarTrack", "tnt": "TNT", "tge": "Team Global Express",
}  # fmt: skip
_LABELLED = {"Authorized"}


def rma(one: Booked, history: History, parcels: Container[str]) -> dict[str, Any]:
    """Compute an `Rma`; returns of the file in one of the statuses `parcels` have a parcel in the file."""
    id_ = str(100_000 + history.number)
    reason = {"changed_mind": "Changed my mind"}
    return {
        "rlRmaId": id_,
        "workflowStatus": history.status,
        "orderName": one.order,
        "customerEmail": one.customer.email,
        "customerName": one.customer.name,
        "timeline": {"createDate": utc(history.created_at), "updateDate": utc(history.moved_at)},
        "totals": {
            name: {"total": number(one.worth) if name == _TOTALS[one.type] else 0}
            for name in ("refund", "exchange", "giftCard")
        },
        "shippingLabel": _label(one, known=not one.live and one.status in parcels)
        if any(to in _LABELLED for _, to in history.steps)
        else None,
        "rmaItems": [
            {
                "rmaItemId": f"{id_}-{place}",
                "name": item.line.name,
                "variantName": item.line.size or (None if not one.live else ""),
                "sku": item.line.sku,
                "quantity": item.quantity,
                "returnType": _TYPES[one.type],
                "returnReasonDescription": reason.get(item.reason, spelled(item.reason)),
                "returnReasonComment": item.comment,
            }
            for place, item in enumerate(one.items, start=1)
        ],
    }


def _label(one: Booked, *, known: bool) -> dict[str, Any]:
    carrier: Any = Like("|".join(_CARRIERS.values()))
    tracking: Any = Like("[A-Z]{3}[0-9]{10}")
    if known:
        carrier, tracking = _CARRIERS[one.carrier], one.tracking_number
    return {
        "trackingNumber": tracking,
        "carrier": carrier,
        "trackingUrl": Like(r"https://track\.example\.com/[A-Z0-9]+"),
    }


def refunds(one: Booked, history: History) -> list[Any]:
    """Compute the refunds in the ledger: completing an RMA pays its worth, but an exchange has no refund."""
    at = history.reached("Complete")
    if at is None or one.type == "exchange":
        return []
    body = {"amount": f"{one.worth:.2f}", "currency": one.currency, "method": _METHODS[one.type]}
    return [(at, body)]


def order(one: Booked, number_: int) -> dict[str, Any]:
    """Compute the `Order` of a return; orders are numbered from 1, oldest first."""
    id_, digits, at = str(200_000 + number_), one.order.removeprefix("#"), utc(one.ordered_at)
    total = sum((line.price * line.ordered for line in one.lines), Decimal(0))
    home = {
        "name": one.customer.name,
        "address1": HOMES["street"],
        "city": HOMES["city"],
        "province": HOMES["region"],
        "zip": HOMES["postcode"],
        "country": HOMES["country"],
    }
    return {
        "rlOrderId": id_,
        "createDate": at,
        "externalOrderId": f"50{digits}",
        "externalCustomerId": None,
        "customerEmail": one.customer.email,
        "customerPhone": one.customer.phone,
        "orderNumber": digits,
        "orderName": one.order,
        "shippingAddress": home,
        "billingAddress": home,
        "fulfillmentStatus": "fulfilled",
        "financialStatus": "paid",
        "externalSource": "shopify",
        "sourceType": "web",
        "shippedAt": at,
        "externalCreateDate": at,
        "externalUpdateDate": at,
        "gateway": "example_payments",
        "tags": [],
        "taxesIncluded": True,
        "shopCurrencyCode": one.currency,
        "totalPrice": number(total),
        "fees": 0,
        "taxPrice": number(tax(total, one.currency)),
        "shippingPrice": 0,
        "refundAmount": 0,
        "orderItems": [
            {
                "rlOrderItemId": f"{id_}-{place}",
                "name": None,
                "externalProductId": line.sku,
                "externalVariantId": None,
                "sku": line.sku,
                "quantity": line.ordered,
                "price": number(line.price),
            }
            for place, line in enumerate(one.lines, start=1)
        ],
        "orderDiscounts": [],
    }
