"""Builds ReturnGO's returns, shipments, items, events and comments as JSON documents.

The documents follow the schemas in `openapi/returngo.yaml`. Functions accept times in microseconds since the
Unix epoch; documents contain UTC strings with whole seconds and the offset `+00:00`.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.seed.requests import invented_name, invented_price
from mock_server.seed.tax import included_tax
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
_NOT_VALIDATED: JSON = {
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
"""The validation of an item that the warehouse has not checked yet; it has no `returnedItemId`."""


def moment(at: int) -> str:
    """Format a time (µs) as ReturnGO does, such as `2026-01-18T17:49:33+00:00`."""
    return timestamp(at).replace("Z", "+00:00")


def long(*of: str) -> str:
    """Derive 13 digits that look like a Shopify ID; the same arguments always result in the same digits."""
    digest = hashlib.blake2s("\0".join(of).encode(), digest_size=6).digest()
    return str(1_000_000_000_000 + int.from_bytes(digest) % 9_000_000_000_000)


def rma_id(number: int) -> str:
    """Compute a return's ID from its sequence number in the tenant; later returns have higher IDs."""
    return str(9_800_000 + 37 * number)


def money(amount: Decimal | float, currency: str) -> JSON:
    """Build a `Money` object, in which a whole amount is an integer (observed).

    The customer's amount and the shop's amount are equal, because customers pay in the shop's currency.
    """
    exact = round(float(amount), 2)
    value = int(exact) if exact.is_integer() else exact
    return {"amount": value, "currency": currency, "shopAmount": value, "shopCurrency": currency}


def summary(id_: str, order_name: str, via: str, at: int) -> JSON:
    """Build the `RmaSummary` of a new return; `via` states how the return was created."""
    return {
        "rmaId": id_,
        "status": "Pending",
        "order_name": order_name,
        "events": [event("RMA_CREATED", via, at)],
    }


def event(name: str, via: str, at: int) -> JSON:
    """Build an `Event` in a return's history; `via` states what triggered the event."""
    return {
        "eventName": name,
        "eventDate": moment(at),
        "triggeredVia": via,
        "storeLocationId": "online",
        "userDetails": None,
    }


def comment(kind: str, by: str, text: str, at: int) -> JSON:
    """Build a `Comment`, which is an entry in a return's timeline; `by` is the comment's author."""
    return {"commentType": kind, "triggeredBy": by, "htmlText": text, "datetime": moment(at)}


def new_rma(number: int, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
    """Build an `Rma` and, unless the customer keeps the goods, its `Shipment`.

    `requested` is a `ShopperReturn`; `number` is the return's sequence number in the tenant, starting at 1.
    """
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
    questions = [_question(id_, place, *question) for place, question in enumerate(QUESTIONS.get(reason, ()))]
    of_variant = {"variantName": variant, "barcode": f"200{zlib.crc32(sku.encode()):010d}"} if variant else {}
    return {
        "shopLineItemId": line_id(shop, requested["order_number"], sku),
        "shopProductId": long("product", sku),
        "variantId": long("variant", sku),
        "returnedItemId": id_,
        "fullName": " - ".join(filter(None, (name, variant))),
        "productName": name,
        **of_variant,
        "image": f"https://cdn.returns.example/{sku}.jpg",
        "sku": sku,
        "paidPrice": money(price, currency),
        "paidTax": money(included_tax(price, currency), currency),
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
        "itemValidationStatusResponse": dict(_NOT_VALIDATED),
        "exchangeItems": [_exchange(sku, price + item.get("surcharge", 0), currency)]
        if type_ == "InstantVariantExchange"
        else [],
        "followUpQuestions": questions,
    }


def line_id(shop: str, order_name: str, sku: str) -> str:
    """Derive the ID of an order line; an order has one line per SKU."""
    return long("line", shop, order_name, sku)


def _question(item: str, place: int, kind: str, name: str, answer: Any) -> JSON:
    if kind == "Media":
        url = f"https://media.returns.example/{item}/{place}.jpg"
        answer = [{"mediaType": answer, "mediaFileSize": 482_113, "tempDownloadUrl": url}]
    return {"type": kind, "name": name, "answer": {ANSWERS[kind]: answer}}


def _extended(questions: Sequence[JSON], notes: str | None) -> str:
    texts: list[str] = []
    for question in questions:
        answer = next(iter(question["answer"].values()))
        texts += [
            text for text in (answer if isinstance(answer, list) else [answer]) if isinstance(text, str)
        ]
    return " <br />\n".join(f" > {text}" for text in [*texts, *([notes] if notes else [])])


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
    """Compute how much more a return's exchange items cost than the returned items.

    This amount is left for the customer to pay; it is 0 if the exchange items cost the same or less.
    """
    left = Decimal(0)
    for item in rma["items"]:
        for exchange in item["exchangeItems"]:
            left += Decimal(str(exchange["effectivePrice"]["amount"])) - Decimal(
                str(item["paidPrice"]["amount"])
            )
    return max(left, Decimal(0))


def new_shipment(number: int, shop: str, requested: Mapping[str, Any]) -> JSON:
    """Build a pending `Shipment` without a label; `requested` is a `ShopperReturn`.

    The shipment's addresses are those of the customer and the shop. `number` is the return's sequence number.
    """
    address = requested.get("address", {})
    email: str = requested["customer_email"]
    customer = {
        "name": requested.get("customer_name") or invented_name(email),
        "street1": address.get("street", ""),
        "street2": "",
        "city": address.get("suburb", ""),
        "state": address.get("region", ""),
        "zip": address.get("postcode", ""),
        "country": address.get("country", "AU"),
        "phone": requested.get("customer_phone", ""),
        "email": email,
    }
    warehouse = {
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
        "customerAddress": customer,
        "returnAddress": warehouse,
        "isOutbound": False,
    }


def labelled(carrier: str, service: str, number: str) -> JSON:
    """Build the `Shipment` fields for a label: carrier, service levels, tracking number and URLs."""
    return {
        "carrierName": CARRIERS[carrier],
        "requestedServiceLevel": service,
        "actualServiceLevel": service,
        "trackingNumber": number,
        "trackingURL": f"https://track.example.com/{number}",
        "labelURL": f"https://labels.example.com/{number}.pdf",
    }


def without_media(document: JSON) -> JSON:
    """Remove the answers to media questions from an `Rma` in place, and return the `Rma`.

    Used for requests without `includeMedia`.
    """
    for item in document["items"]:
        for question in item["followUpQuestions"]:
            if question["type"] == "Media":
                question["answer"] = {}
    return document
