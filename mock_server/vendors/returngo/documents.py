"""ReturnGO's records as JSON: what each looks like when it begins.

Shapes are those of `openapi/returngo.yaml`. Times are µs since 1970 here, whole seconds with `+00:00` there.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.vendors.returngo.facts import (
    ANSWERS,
    ANY_CARRIER,
    CARRIERS,
    NO_SHIPMENT,
    QUESTIONS,
    REASONS,
    RESOLUTIONS,
    SHOPS,
)

JSON = dict[str, Any]
_UNSEEN: JSON = {
    "isRestockable": False,
    "isReturned": False,
    "nonRestockableReason": None,
    "nonReturnedReason": None,
    "storeLocationId": None,
    "lastValidationDate": None,
    "lastValidatedBy": None,
    "thirdPartyName": None,
    "userDetails": None,
}
"""An item that nobody has looked at; it names not even itself."""


def moment(at: int) -> str:
    """Write a moment as ReturnGO does: `2026-01-18T17:49:33+00:00`."""
    return timestamp(at).replace("Z", "+00:00")


def long(*of: str) -> str:
    """Digits like those of the platform's ids, always the same for the same thing."""
    digest = hashlib.blake2s("\0".join(of).encode(), digest_size=6).digest()
    return str(1_000_000_000_000 + int.from_bytes(digest) % 9_000_000_000_000)


def rma_id(number: int) -> str:
    """Id of a tenant's return number so-and-so; ids grow."""
    return str(9_800_000 + 37 * number)


def money(amount: Decimal | float, currency: str) -> JSON:
    """An amount; customers pay in the shop's currency here. A whole one has no fraction (observed)."""
    exact = round(float(amount), 2)
    value = int(exact) if exact.is_integer() else exact
    return {"amount": value, "currency": currency, "shopAmount": value, "shopCurrency": currency}


def summary(id_: str, order_name: str, via: str, at: int) -> JSON:
    """An `RmaSummary` of a return that was just asked for."""
    return {
        "rmaId": id_,
        "status": "Pending",
        "order_name": order_name,
        "events": [event("RMA_CREATED", via, at)],
    }


def event(name: str, via: str, at: int) -> JSON:
    """An `Event` of a return."""
    return {
        "eventName": name,
        "eventDate": moment(at),
        "triggeredVia": via,
        "storeLocationId": "online",
        "userDetails": None,
    }


def comment(kind: str, by: str, text: str, at: int) -> JSON:
    """A `Comment`."""
    return {"commentType": kind, "triggeredBy": by, "htmlText": text, "datetime": moment(at)}


def new_rma(number: int, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
    """An `Rma` that was just asked for, with its shipment; `requested` is what a shopper asks for."""
    id_, order_name = rma_id(number), requested["order_number"]
    shipment = None if requested.get("keeps_it") else new_shipment(number, shop, requested)
    shipment_id = shipment["shipmentId"] if shipment else ""
    units = [item for item in requested["items"] for _ in range(item["quantity"])]
    items = [
        _item(f"{id_}{place:02d}", shipment_id, shop, requested, item)
        for place, item in enumerate(units, start=1)
    ]
    return {
        "rmaSummary": summary(id_, order_name, requested.get("via", "Return Portal"), at),
        "orderDetails": {"orderId": long("order", shop, order_name), "order_name": order_name},
        "shipments": [shipment] if shipment else [],
        "items": items,
        "comments": [comment("system", "", f"Request SUBMITTED, original order {order_name}", at)],
        "exchangeOrders": [],
        "exchangeItems": [],
        "cancellationFee": 0,
        "transactions": [],
        "createdAt": moment(at),
        "lastUpdated": moment(at),
        "isOutOfPolicy": 0,
    }


def _item(
    id_: str, shipment_id: str, shop: str, requested: Mapping[str, Any], item: Mapping[str, Any]
) -> JSON:
    sku, variant = item["sku"], item.get("variant") or ""
    name = item.get("name") or sku
    currency = requested.get("currency", "AUD")
    price = Decimal(str(item.get("unit_price", invented_price(sku))))
    type_, resolution, rule = RESOLUTIONS[item.get("resolution") or requested.get("return_type", "refund")]
    reason = item["reason"]
    questions = [_question(id_, place, *asked) for place, asked in enumerate(QUESTIONS.get(reason, ()))]
    only = {"variantName": variant, "barcode": f"200{zlib.crc32(sku.encode()):010d}"} if variant else {}
    return {
        "shopLineItemId": line_id(shop, requested["order_number"], sku),
        "shopProductId": long("product", sku),
        "variantId": long("variant", sku),
        "returnedItemId": id_,
        "fullName": " - ".join(filter(None, (name, variant))),
        "productName": name,
        **only,
        "image": f"https://cdn.returns.example/{sku}.jpg",
        "sku": sku,
        "paidPrice": money(price, currency),
        "paidTax": money(price / 11, currency),
        "taxIncluded": True,
        "returnReason": REASONS.get(reason, reason),
        "resolutionName": resolution,
        "resolutionType": type_,
        "policyRuleName": rule,
        "isAutoApprove": 0,
        "restockingFee": 0,
        "returnFee": 0,
        "shipmentFee": 0,
        "shipmentId": shipment_id,
        "extendedReason": _extended(questions, item.get("notes")),
        "returnMethod": ANY_CARRIER if shipment_id else NO_SHIPMENT,
        "itemValidationStatusResponse": dict(_UNSEEN),
        "exchangeItems": [_exchange(sku, price + item.get("dearer", 0), currency)]
        if type_ == "InstantVariantExchange"
        else [],
        "followUpQuestions": questions,
    }


def line_id(shop: str, order_name: str, sku: str) -> str:
    """Id of an order's line; units of one article are one line."""
    return long("line", shop, order_name, sku)


def invented_price(sku: str) -> float:
    """A price for a product the shop never sold: always the same for the same SKU, 10.00 to 209.95."""
    return (1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def _question(item: str, place: int, kind: str, name: str, answer: Any) -> JSON:
    if kind == "Media":
        url = f"https://media.returns.example/{item}/{place}.jpg"
        answer = [{"mediaType": answer, "mediaFileSize": 482_113, "tempDownloadUrl": url}]
    return {"type": kind, "name": name, "answer": {ANSWERS[kind]: answer}}


def _extended(questions: Sequence[JSON], notes: str | None) -> str:
    told: list[str] = []
    for question in questions:
        answer = next(iter(question["answer"].values()))
        told += [one for one in (answer if isinstance(answer, list) else [answer]) if isinstance(one, str)]
    return " <br />\n".join(f" > {one}" for one in [*told, *([notes] if notes else [])])


def _exchange(sku: str, price: Decimal, currency: str) -> JSON:
    return {
        "productId": long("product", sku),
        "variantId": long("variant", f"{sku}-OTHER"),
        "quantity": 1,
        "sku": f"{sku}-OTHER",
        "itemPriceMethod": "CatalogPrice",
        "freeExchangePriceRange": {"min": 0, "max": 110},
        "catalogPrice": money(price, currency),
        "effectivePrice": money(price, currency),
    }


def left_to_pay(rma: JSON) -> Decimal:
    """What a customer has still to pay for what they get instead, where that costs more."""
    left = Decimal(0)
    for item in rma["items"]:
        for wanted in item["exchangeItems"]:
            left += Decimal(str(wanted["effectivePrice"]["amount"])) - Decimal(
                str(item["paidPrice"]["amount"])
            )
    return max(left, Decimal(0))


def new_shipment(number: int, shop: str, requested: Mapping[str, Any]) -> JSON:
    """A `Shipment` that nobody has made a label for."""
    known = requested.get("address", {})
    email: str = requested["customer_email"]
    home = {
        "name": requested.get("customer_name") or email.partition("@")[0].replace(".", " ").title(),
        "street1": known.get("street", ""),
        "street2": "",
        "city": known.get("suburb", ""),
        "state": known.get("region", ""),
        "zip": known.get("postcode", ""),
        "country": known.get("country", "AU"),
        "phone": requested.get("customer_phone", ""),
        "email": email,
    }
    back = {
        "name": f"{SHOPS[shop]} Returns",
        "street1": "4 Tannery Road",
        "street2": "",
        "city": "Marlow Bend",
        "state": "NSW",
        "zip": "2009",
        "country": "AU",
        "phone": "+1 202-555-0100",
        "email": "returns@example.com",
    }
    return {
        "shipmentId": str(5_300_000 + 13 * number),
        "status": "Pending",
        "carrierName": None,
        "requestedServiceLevel": None,
        "actualServiceLevel": None,
        "trackingNumber": None,
        "trackingURL": None,
        "labelURL": None,
        "customerAddress": home,
        "returnAddress": back,
        "isOutbound": False,
    }


def labelled(carrier: str, service: str, number: str) -> JSON:
    """What a label adds to a `Shipment`."""
    return {
        "carrierName": CARRIERS[carrier],
        "requestedServiceLevel": service,
        "actualServiceLevel": service,
        "trackingNumber": number,
        "trackingURL": f"https://track.example.com/{number}",
        "labelURL": f"https://labels.example.com/{number}.pdf",
    }


def without_media(document: JSON) -> JSON:
    """An `Rma` as it is shown unless media are asked for."""
    for item in document["items"]:
        for question in item["followUpQuestions"]:
            if question["type"] == "Media":
                question["answer"] = {}
    return document
