"""ReturnGO's returns, transactions and webhook data, computed from the books and the ledger."""

from collections.abc import Container
from datetime import datetime
from typing import Any

from contract.oracle.books import HOMES, Booked
from contract.oracle.history import History
from contract.oracle.values import Anything, Like, number, tax

SHOP = "outfitters.myshopify.example"
_LONG = Like("[0-9]{13}")
_RESOLUTIONS = {
    "refund": ("RefundToPaymentMethod", "Refund to original payment", "Refund to Payment Method - Regular"),
    "store_credit": ("RefundToStoreCredit", "Store credit", "Store Credit - Regular"),
    "gift_card": ("RefundToGiftCard", "New gift card", "Gift Card - Regular"),
    "exchange": ("InstantVariantExchange", "Exchange for another variant", "Variant Exchange - Regular"),
}
_REFERENCES = {"refund": "PlatformRefundId", "store_credit": "StoreCreditCode", "gift_card": "GiftCardCode"}
_METHODS = {"refund": "original_payment", "store_credit": "store_credit", "gift_card": "gift_card"}
_REASONS = {
    "changed_mind": "Not what I expected",
    "wrong_size": "Does not fit",
    "wrong_item": "Received wrong item",
    "damaged": "Item is damaged or stained",
    "defective": "Item is damaged or stained",
    "not_as_described": "Not what I expected",
}
_CARRIERS = {
    "australia_post": "Australia Post", "startrack": "StarTrack", "tnt": "TNT", "tge": "Team Global Express",
}  # fmt: skip
_OUTCOMES = {"paid": "Success", "failed": "Failed", "awaited": "Requested"}


def moment(at: datetime | None) -> str | None:
    """Format a time as `2026-03-17T09:00:00+00:00`."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}+00:00"


def money(amount: Any, currency: str) -> dict[str, Any]:
    """Compute a `Money`: the customer pays in the currency of the shop's order."""
    value = number(amount)
    return {"amount": value, "currency": currency, "shopAmount": value, "shopCurrency": currency}


def document(one: Booked, history: History, parcels: Container[str]) -> dict[str, Any]:
    """Compute an `Rma`; returns of the file in one of the statuses `parcels` have a parcel in the file."""
    shipment = str(5_300_000 + 13 * history.number)
    units = [item for item in one.items for _ in range(item.quantity)]
    exchange = one.type == "exchange"
    approved = history.reached("Approved")
    return {
        "rmaSummary": summary(one, history),
        "orderDetails": {"orderId": _LONG, "order_name": one.order},
        "shipments": [_shipment(one, history, shipment, known=not one.live and one.status in parcels)],
        "items": [_unit(one, history, item, place, shipment) for place, item in enumerate(units, start=1)],
        "comments": Anything(),
        "exchangeOrders": [
            {
                "draftOrderId": _LONG,
                "orderId": _LONG if history.reached("Done") else "",
                "orderName": Like("#D[0-9]{1,4}"),
                "type": "Exchange",
            }
        ]
        if exchange and approved
        else [],
        "exchangeItems": [],
        "cancellationFee": 0,
        "transactions": transactions(one, history),
        "createdAt": moment(history.created_at),
        "lastUpdated": moment(history.moved_at),
        "isOutOfPolicy": 0,
    }


def summary(one: Booked, history: History) -> dict[str, Any]:
    """Compute an `RmaSummary`."""
    events = [("RMA_CREATED", history.created_at, "Return Portal")]
    if approved := history.reached("Approved"):
        events.append(("RMA_APPROVED", approved, "Dashboard"))
    return {
        "rmaId": history.id,
        "status": history.status,
        "order_name": one.order,
        "events": [
            {
                "eventName": name,
                "eventDate": moment(at),
                "triggeredVia": via,
                "storeLocationId": "online",
                "userDetails": None,
            }
            for name, at, via in events
        ],
    }


def _unit(one: Booked, history: History, item: Any, place: int, shipment: str) -> dict[str, Any]:
    line, id_ = item.line, f"{history.id}{place:02d}"
    type_, resolution, rule = _RESOLUTIONS[one.type]
    of_variant = {"variantName": line.size, "barcode": Like("200[0-9]{10}")} if line.size else {}
    exchange = {
        "productId": _LONG,
        "variantId": _LONG,
        "quantity": 1,
        "sku": f"{line.sku}-OTHER",
        "itemPriceMethod": "CatalogPrice",
        "freeExchangePriceRange": {"min": 0, "max": 110},
        "catalogPrice": money(line.price, one.currency),
        "effectivePrice": money(line.price, one.currency),
    }
    return {
        "shopLineItemId": _LONG,
        "shopProductId": _LONG,
        "variantId": _LONG,
        "returnedItemId": id_,
        "fullName": " - ".join(filter(None, (line.name, line.size))),
        "productName": line.name,
        **of_variant,
        "image": f"https://cdn.returns.example/{line.sku}.jpg",
        "sku": line.sku,
        "paidPrice": money(line.price, one.currency),
        "paidTax": money(tax(line.price, one.currency), one.currency),
        "taxIncluded": True,
        "returnReason": _REASONS[item.reason],
        "resolutionName": resolution,
        "resolutionType": type_,
        "policyRuleName": rule,
        "isAutoApprove": 0,
        "restockingFee": 0,
        "returnFee": 0,
        "shipmentFee": 0,
        "shipmentId": shipment,
        "extendedReason": Like(rf"(?s).* > {item.comment}"),
        "returnMethod": {"type": "Ship with any carrier", "name": "Post it yourself"},
        "itemValidationStatusResponse": _validation(one, history, id_),
        "exchangeItems": [exchange] if one.type == "exchange" else [],
        "followUpQuestions": Anything(),
    }


def _validation(one: Booked, history: History, unit: str) -> dict[str, Any]:
    """Compute an item's validation: the file's Validated returns were validated, staff only moves them."""
    at = None if one.live else history.reached("Validated")
    return {
        **({"returnedItemId": unit} if at else {}),
        "isRestockable": bool(at),
        "isReturned": bool(at),
        "nonRestockableReason": None,
        "nonReturnedReason": None,
        "storeLocationId": "online" if at else None,
        "lastValidationDate": moment(at),
        "lastValidatedBy": "Tom (warehouse)" if at else None,
        "thirdPartyName": None,
        "userDetails": None,
    }


def _shipment(one: Booked, history: History, id_: str, *, known: bool) -> dict[str, Any]:
    (parcel,) = history.parcels
    assert parcel.id == id_
    home = {} if one.live else HOMES
    label = {
        "carrierName": _CARRIERS[one.carrier],
        "requestedServiceLevel": "express",
        "actualServiceLevel": "express",
        "trackingNumber": one.tracking_number,
        "trackingURL": f"https://track.example.com/{one.tracking_number}",
        "labelURL": f"https://labels.example.com/{one.tracking_number}.pdf",
    }
    return {
        "shipmentId": id_,
        "status": parcel.status,
        **(label if known else dict.fromkeys(label)),
        "customerAddress": {
            "name": one.customer.name,
            "street1": home.get("street", ""),
            "street2": "",
            "city": home.get("city", ""),
            "state": home.get("region", ""),
            "zip": home.get("postcode", ""),
            "country": "AU",
            "phone": "" if one.live else one.customer.phone,
            "email": one.customer.email,
        },
        "returnAddress": {
            "name": "Example Outfitters Returns",
            "street1": "4 Tannery Road",
            "street2": "",
            "city": "Marlow Bend",
            "state": "NSW",
            "zip": "2009",
            "country": "AU",
            "phone": "+1 202-555-0100",
            "email": "returns@example.com",
        },
        "isOutbound": False,
    }


def settled_at(one: Booked, history: History) -> datetime | None:
    """Return when a refund is due: store credit on receipt, everything else when the return is Done."""
    if one.type == "exchange":
        return None
    early = [history.reached("Received"), history.reached("Validated")] if one.type == "store_credit" else []
    return min([at for at in (*early, history.reached("Done")) if at], default=None)


def transactions(one: Booked, history: History) -> list[dict[str, Any]]:
    """Compute the `Transaction` that pays all units of a return; an exchange has none."""
    at = settled_at(one, history)
    if at is None:
        return []
    completed = not one.live and one.status == "completed"
    status = _OUTCOMES[one.refund] if completed else "Success"
    units = sum(item.quantity for item in one.items)
    return [
        {
            "id": Like("6[0-9]{6}"),
            "type": _RESOLUTIONS[one.type][0],
            "externalReferenceId": _LONG if status == "Success" else None,
            "externalReferenceType": _REFERENCES[one.type] if status == "Success" else None,
            "amount": money(one.worth, one.currency),
            "status": status,
            "processor": "Shopify",
            "bankAccountDetails": None,
            "returnItemIds": [f"{history.id}{place:02d}" for place in range(1, units + 1)],
            "createdAt": moment(at),
            "lastUpdated": moment(at),
        }
    ]


def refunds(one: Booked, history: History) -> list[Any]:
    """Compute the refunds in the ledger: one for each transaction that succeeded."""
    at = settled_at(one, history)
    body = {"amount": f"{one.worth:.2f}", "currency": one.currency, "method": _METHODS.get(one.type)}
    return [(at, body) for entry in transactions(one, history) if entry["status"] == "Success"]


def credited(one: Booked, history: History) -> list[tuple[str | None, Any]]:
    """Compute time and text of the comments that name an amount."""
    return [
        (moment(at), Like(rf"Credited \${body['amount']}<br>Transaction ID: 6[0-9]{{6}}"))
        for at, body in refunds(one, history)
    ]
