"""Builds Swap's returns, products and shipments as JSON documents, and stores returns as rows.

The documents follow the schemas in `openapi/swap.yaml`. Functions accept times in microseconds since the Unix
epoch; documents contain UTC strings with whole seconds.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from mock_server.clock import instant, timestamp
from mock_server.seed.requests import invented_name, invented_price
from mock_server.store import Change
from mock_server.vendors import rows
from mock_server.vendors.swap.facts import (
    CARRIERS,
    FAULTY,
    LIFECYCLE,
    NAME,
    REASONS,
    SIZES,
    STORE_ID,
    STORE_NAME,
    TRACKING_PREFIXES,
    TYPES,
)

JSON = dict[str, Any]
_DAY = 86_400_000_000
_MINUTE = 60_000_000
_TAX = {"AUD": Decimal(11), "NZD": Decimal(23) / 3}
"""The price divided by the tax that it includes, keyed by currency: 11 for the 10 % tax in Australia, and
23/3 for the 15 % tax in New Zealand."""
_REFUNDED = (
    "refunded_taxes",
    "refunded_duties",
    "refunded_inclusive_taxes",
    "refunded_inclusive_duties",
    "refunded_non_inclusive_taxes",
    "refunded_non_inclusive_duties",
)


def new_return(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Build a `Return` without shipments from a `ShopperReturn`.

    `number` is the return's sequence number in the tenant, starting at 1.
    """
    digits = f"{timestamp(at)[:4]}-{number:03d}"
    products = [
        _product(f"{digits}-{place}", item, requested, at) for place, item in enumerate(requested["items"], 1)
    ]
    types = [name for name in TYPES.values() if any(_is(product, name) for product in products)]
    return {
        "rma_number": f"RMA-{digits}",
        "return_id": f"RET-{digits}",
        "shopify_return_id": f"gid://shopify/Return/{_long(digits, 'return')}",
        "shopify_order_name": requested["order_number"],
        "order_id": f"gid://shopify/Order/{_long(requested['order_number'])}",
        "date_created": timestamp(at),
        "date_updated": timestamp(at),
        "submission_date": timestamp(at),
        "submitted_at": timestamp(at),
        "intention_date": timestamp(at - 4 * _MINUTE),
        "type_string": ", ".join(types),
        "type": types,
        "shipping_status": "pre_transit",
        "status": LIFECYCLE.initial,
        "shipping_carrier": None,
        "tracking_number": None,
        **_sent_from(requested),
        "shipment_from_address_parcel_weight": 0,
        **_money(products),
        "store_id": STORE_ID,
        "store_name": STORE_NAME,
        **_customer(requested),
        "rma_processed": "No",
        "processed_by": None,
        "order_alt_type": None,
        "shopify_order_date": timestamp(requested.get("ordered_at", at)),
        "tags": "",
        "quality_control_status": "pending",
        "delivered_date": None,
        "date_closed": None,
        "elapsed_days_purchase_to_return": (at - requested.get("ordered_at", at)) // _DAY,
        "elapsed_days_return_to_delivery": None,
        "elapsed_days_delivery_closed": None,
        "billing_address": _address(requested),
        "shipping_address": _address(requested),
        "shipments": [],
        "products": products,
        "exchange_items": new_exchange_items(products, requested),
        "total_refunded_taxes": 0,
        "total_refunded_duties": 0,
        "refunded_inclusive_taxes": 0,
        "refunded_inclusive_duties": 0,
        "refunded_non_inclusive_taxes": 0,
        "refunded_non_inclusive_duties": 0,
        "portal_quick_link": f"https://returns.example.com/example-outfitters?o={quote(requested['order_number'])}",
    }


def return_id(rma_number: str) -> str:
    """Convert an RMA number to a return ID, or to "" if the number does not start with `RMA-`."""
    return "RET" + rma_number.removeprefix("RMA") if rma_number.startswith("RMA-") else ""


def total(products: Sequence[JSON]) -> Decimal:
    """Compute the total price of products."""
    return sum((Decimal(str(product["cost"])) * product["item_count"] for product in products), Decimal(0))


def refunded(document: JSON) -> Decimal:
    """Compute a return's refund: the total price of its products that are neither exchanged nor credited."""
    return total([product for product in document["products"] if _is(product, "Refund")])


def _money(products: Sequence[JSON]) -> JSON:
    parts = {
        "total_credit_exchange_value": "Exchange",
        "total_refund_value_customer_currency": "Refund",
        "total_store_credit_value_customer_currency": "Shop Later Credit",
        "shop_later_revenue": "Shop Later Credit",
        "store_credit_revenue": "Shop Later Credit",
        "exchange_revenue": "Exchange",
        "refund_revenue": "Refund",
    }
    return {
        "total": float(total(products)),
        "handling_fee": 0,
        "total_additional_payment": 0,
        "shop_now_revenue": 0,
        **{
            name: float(total([product for product in products if _is(product, type_)])) or 0
            for name, type_ in parts.items()
        },
    }


def _customer(requested: Mapping[str, Any]) -> JSON:
    email: str = requested["customer_email"]
    currency = requested.get("currency", "AUD")
    return {
        "customer_name": requested.get("customer_name") or invented_name(email),
        "customer_email": email,
        "customer_national_id": None,
        "customer_locale": "en-NZ" if currency == "NZD" else "en-AU",
        "customer_currency": currency,
    }


def _address(requested: Mapping[str, Any]) -> JSON:
    known = requested.get("address", {})
    name = requested.get("customer_name") or _customer(requested)["customer_name"]
    names = ("address1", "address2", "city", "postcode", "state_province_code", "country_code")
    return {"name": name, **{key: known.get(key) for key in names}}


def _sent_from(requested: Mapping[str, Any]) -> JSON:
    known = requested.get("address", {})
    names = {"country": "country_code", "city": "city", "state": "state_province_code"}
    return {f"shipment_from_address_{place}": known.get(name) for place, name in names.items()}


def _is(product: JSON, type_: str) -> bool:
    return bool(product["return_type"] == _in_capitals(type_))


def _in_capitals(type_: str) -> str:
    return type_.upper().replace(" ", "_")


def _product(id_: str, item: Mapping[str, Any], requested: Mapping[str, Any], at: int) -> JSON:
    reason = item["reason"]
    type_ = TYPES[item.get("return_type") or requested.get("return_type", "refund")]
    main, sub = REASONS.get(reason, (reason, None))
    name, variant = item.get("name") or item["sku"], item.get("variant", "")
    return {
        "product_id": f"PROD-{id_}",
        "shopify_product_id": _long(item["sku"], "product"),
        "shopify_variant_id": _long(item["sku"], "variant"),
        "shopify_line_item_id": _long(id_, "line"),
        "order_number": requested["order_number"],
        "original_order_name": requested["order_number"],
        "date": timestamp(at),
        "product_name": name,
        "variant_name": variant,
        "full_sku_description": " - ".join(filter(None, (name, variant))),
        "sku": item["sku"],
        "barcode": f"200{zlib.crc32(item['sku'].encode()):010d}",
        "item_count": item["quantity"],
        "cost": item.get("unit_price", invented_price(item["sku"])),
        "return_type": _in_capitals(type_),
        "currency": requested.get("currency", "AUD"),
        "main_reason_id": f"reason-{_short(main)}",
        "main_reason_text": main,
        "sub_reason_id": f"reason-{_short(main)}-1" if sub else None,
        "sub_reason_text": sub,
        "comments": item.get("notes"),
        "vendor": STORE_NAME,
        "collection": [],
        "product_alt_type": None,
        "grams": 200 + zlib.crc32(item["sku"].encode()) % 1000,
        "intake_reason": None,
        "tags": "",
        "is_faulty": reason in FAULTY,
        **dict.fromkeys(_REFUNDED, 0),
        **_taxed(item, requested),
    }


def _taxed(item: Mapping[str, Any], requested: Mapping[str, Any]) -> JSON:
    """Build the fields for the tax that a line item's price includes, and for the tax rate."""
    share = _share(requested.get("currency", "AUD"))
    price = Decimal(str(item.get("unit_price", invented_price(item["sku"]))))
    return {
        "original_tax_amount": float(round(price * item["quantity"] / share, 2)),
        "tax_rate": float(round(1 / (share - 1), 2)),
        "tax_title": "GST",
    }


def _share(currency: str) -> Decimal:
    """Return the ratio of a price to the tax that it includes; the default is Australia's ratio."""
    return _TAX.get(currency, _TAX["AUD"])


def new_exchange_items(products: Sequence[JSON], requested: Mapping[str, Any]) -> list[JSON]:
    """Build the items that replace a return's exchanged products.

    A faulty product is replaced by one of the same size. For other products, `SIZES` determines the new size.
    """
    return [
        _exchange_item(product, item["reason"])
        for product, item in zip(products, requested["items"], strict=True)
        if _is(product, "Exchange")
    ]


def _exchange_item(product: JSON, reason: str) -> JSON:
    before = product["variant_name"]
    variant = SIZES.get(before, before) if reason not in FAULTY else before
    sku = product["sku"]
    if before and sku.endswith(before):
        sku = sku.removesuffix(before) + variant
    return {
        "sku": sku,
        "product_name": product["product_name"],
        "shopify_product_id": product["shopify_product_id"],
        "shopify_variant_id": _long(sku, "variant"),
        "variant_name": variant,
        "full_sku_description": " - ".join(filter(None, (product["product_name"], variant))),
        "grams": product["grams"],
        "quantity": product["item_count"],
        "price": product["cost"],
        "taxes": product["original_tax_amount"],
        "discount": 0,
        "collection": product["collection"],
        "product_alt_type": product["product_alt_type"],
        "vendor": product["vendor"],
        "tags": product["tags"],
    }


def _long(*of: str) -> str:
    """Derive 13 digits that look like a Shopify ID; the same arguments always result in the same digits."""
    digest = hashlib.blake2s(":".join(of).encode(), digest_size=6).digest()
    return str(1_000_000_000_000 + int.from_bytes(digest) % 9_000_000_000_000)


def _short(word: str) -> int:
    return zlib.crc32(word.encode()) % 1000


def pack(document: JSON, requested: Mapping[str, Any], *, split: bool) -> None:
    """Add shipments to a return, and copy their carrier, tracking number and weight into the return.

    If `split` is True, the first product is shipped separately from the others.
    """
    document["shipments"] = shipments = new_shipments(document, requested, split=split)
    document["shipping_carrier"] = shipments[0]["display_name"]
    document["tracking_number"] = shipments[0]["tracking_number"]
    weight = sum(Decimal(str(shipment["package"]["weight"])) for shipment in shipments)
    document["shipment_from_address_parcel_weight"] = float(weight)


def new_shipments(owner: JSON, requested: Mapping[str, Any], *, split: bool) -> list[JSON]:
    """Build the shipments of a return; usually, one shipment contains all products.

    If `split` is True, the first shipment contains the first product, and the second contains all others.
    """
    products = owner["products"]
    groups = [products[:1], products[1:]] if split and len(products) > 1 else [products]
    return [
        _shipment(owner, requested, place, group, split=len(groups) > 1)
        for place, group in enumerate(groups, 1)
    ]


def _shipment(
    owner: JSON, requested: Mapping[str, Any], place: int, products: Sequence[JSON], *, split: bool
) -> JSON:
    id_ = f"SHIP-{owner['return_id'].removeprefix('RET-')}-{place}"
    carrier = requested.get("carrier", "australia_post")
    number = requested.get("tracking_number") if place == 1 else None
    number = number or f"{TRACKING_PREFIXES[carrier]}{int(_long(id_)) % 10**10:010d}"
    service = f"{CARRIERS[carrier]} {requested.get('service', 'standard').title()}"
    weight = sum(product["grams"] * product["item_count"] for product in products) / 1000
    return {
        "shipment_id": id_,
        "location_id": _long("location", str(place)),
        "destination_location_id": _long("location", str(place)),
        "display_name_returns_portal": CARRIERS[carrier],
        "carrier_id": carrier,
        "postage_fee": 0,
        "label_type": "label",
        "shipping_service": service,
        "display_name": CARRIERS[carrier],
        "using_split_shipment": split,
        "label_provider_type": "carrier",
        "tracking_number": number,
        "tracking_url": f"https://track.example.com/{number}",
        "package": {"weight": weight, "dimensions": {"length": 35, "width": 25, "height": 12, "unit": "cm"}},
        "items": products,
    }


def move(document: JSON, status: str, at: int, by: str | None = None) -> None:
    """Set the status of a return.

    If the new status is `completed`, also sets the closing date, who processed the return and, for refunds,
    the refunded taxes.
    """
    document["status"] = status
    if status != "completed":
        return
    document |= {"date_closed": timestamp(at), "rma_processed": "Yes", "processed_by": by}
    if document["delivered_date"]:
        document["elapsed_days_delivery_closed"] = max(0, at - instant(document["delivered_date"])) // _DAY
    if "Refund" in document["type"]:
        taxes = float(round(refunded(document) / _share(document["customer_currency"]), 2))
        document |= {"total_refunded_taxes": taxes, "refunded_inclusive_taxes": taxes}
        for product in document["products"]:
            if _is(product, "Refund"):
                tax = product["original_tax_amount"]
                product |= {"refunded_taxes": tax, "refunded_inclusive_taxes": tax}
        refresh_shipments(document)


def refresh_shipments(document: JSON) -> None:
    """Replace the products in a return's shipments with the current versions of these products."""
    for shipment in document["shipments"]:
        lines = {item["shopify_line_item_id"] for item in shipment["items"]}
        shipment["items"] = [
            product for product in document["products"] if product["shopify_line_item_id"] in lines
        ]


def set_shipping_status(document: JSON, shipments: Sequence[str], at: int) -> None:
    """Set a return's shipping status and delivery date from the statuses of all its shipments."""
    if all(status == "delivered" for status in shipments):
        document |= {"shipping_status": "delivered", "delivered_date": timestamp(at)}
        document["elapsed_days_return_to_delivery"] = (at - instant(document["date_created"])) // _DAY
    elif any(status != "pre_transit" for status in shipments):
        document["shipping_status"] = "in_transit"


def put_return(change: Change, tenant: str, document: JSON, created_at: int, at: int) -> None:
    """Store a return that was created at `created_at` and last updated at `at` (µs)."""
    document["date_updated"] = timestamp(at)
    rows.put_return(
        change,
        tenant,
        NAME,
        LIFECYCLE,
        document,
        id_=document["return_id"],
        status=document["status"],
        created_at=created_at,
        updated_at=at,
        order_number=document["shopify_order_name"],
        customer_email=document["customer_email"],
    )
