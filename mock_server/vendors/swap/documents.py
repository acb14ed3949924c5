"""Swap's records as JSON: what each looks like when it begins, and how it becomes a row.

Shapes are those of `openapi/swap.yaml`. Times are whole seconds: µs since 1970 here, text in UTC there.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from mock_server.clock import instant, timestamp
from mock_server.store import Change
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
"""Prices include a tenth of goods and services tax in Australia, fifteen hundredths in New Zealand."""
_REFUNDED = (
    "refunded_taxes",
    "refunded_duties",
    "refunded_inclusive_taxes",
    "refunded_inclusive_duties",
    "refunded_non_inclusive_taxes",
    "refunded_non_inclusive_duties",
)


def new_return(number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """A `Return` that was just submitted; `requested` is what a shopper asks for, and what the shop knows."""
    digits = f"{timestamp(at)[:4]}-{number:03d}"
    products = [
        _product(f"{digits}-{place}", item, requested, at) for place, item in enumerate(requested["items"], 1)
    ]
    kinds = [kind for kind in TYPES.values() if any(_is(one, kind) for one in products)]
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
        "type_string": ", ".join(kinds),
        "type": kinds,
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
    """The id of the return that has this number; some id that nothing has for a number of another form."""
    return "RET" + rma_number.removeprefix("RMA") if rma_number.startswith("RMA-") else ""


def total(products: Sequence[JSON]) -> Decimal:
    """What the products of a return cost together."""
    return sum((Decimal(str(one["cost"])) * one["item_count"] for one in products), Decimal(0))


def refunded(document: JSON) -> Decimal:
    """What is paid back of a return: what its products cost that are not exchanged or credited."""
    return total([one for one in document["products"] if _is(one, "Refund")])


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
            name: float(total([one for one in products if _is(one, kind)])) or 0
            for name, kind in parts.items()
        },
    }


def _customer(requested: Mapping[str, Any]) -> JSON:
    email: str = requested["customer_email"]
    currency = requested.get("currency", "AUD")
    return {
        "customer_name": requested.get("customer_name") or email.partition("@")[0].replace(".", " ").title(),
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


def _is(product: JSON, kind: str) -> bool:
    return bool(product["return_type"] == _in_capitals(kind))


def _in_capitals(kind: str) -> str:
    return kind.upper().replace(" ", "_")


def _product(id_: str, item: Mapping[str, Any], requested: Mapping[str, Any], at: int) -> JSON:
    reason = item["reason"]
    kind = TYPES[item.get("return_type") or requested.get("return_type", "refund")]
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
        "return_type": _in_capitals(kind),
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
    """Return what of the products' price is tax, and by which rate."""
    share = _share(requested.get("currency", "AUD"))
    price = Decimal(str(item.get("unit_price", invented_price(item["sku"]))))
    return {
        "original_tax_amount": float(round(price * item["quantity"] / share, 2)),
        "tax_rate": float(round(1 / (share - 1), 2)),
        "tax_title": "GST",
    }


def _share(currency: str) -> Decimal:
    """Return how many times its tax a price is."""
    return _TAX.get(currency, _TAX["AUD"])


def new_exchange_items(products: Sequence[JSON], requested: Mapping[str, Any]) -> list[JSON]:
    """What the customer gets for the products that are exchanged: the same in another size, or once more."""
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


def invented_price(sku: str) -> float:
    """A price for a product the shop never sold: always the same for the same SKU, 10.00 to 209.95."""
    return (1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def _long(*of: str) -> str:
    """Digits like those of Shopify's ids, always the same for the same thing."""
    digest = hashlib.blake2s(":".join(of).encode(), digest_size=6).digest()
    return str(1_000_000_000_000 + int.from_bytes(digest) % 9_000_000_000_000)


def _short(word: str) -> int:
    return zlib.crc32(word.encode()) % 1000


def pack(document: JSON, requested: Mapping[str, Any], *, split: bool) -> None:
    """Put a return's products into parcels; what the return shows of parcels follows."""
    document["shipments"] = parcels = new_shipments(document, requested, split=split)
    document["shipping_carrier"] = parcels[0]["display_name"]
    document["tracking_number"] = parcels[0]["tracking_number"]
    weight = sum(Decimal(str(one["package"]["weight"])) for one in parcels)
    document["shipment_from_address_parcel_weight"] = float(weight)


def new_shipments(owner: JSON, requested: Mapping[str, Any], *, split: bool) -> list[JSON]:
    """The parcels of a return: one, or, split, one for its first product and one for the others."""
    products = owner["products"]
    loads = [products[:1], products[1:]] if split and len(products) > 1 else [products]
    return [
        _shipment(owner, requested, place, load, split=len(loads) > 1) for place, load in enumerate(loads, 1)
    ]


def _shipment(
    owner: JSON, requested: Mapping[str, Any], place: int, load: Sequence[JSON], *, split: bool
) -> JSON:
    id_ = f"SHIP-{owner['return_id'].removeprefix('RET-')}-{place}"
    carrier = requested.get("carrier", "australia_post")
    number = requested.get("tracking_number") if place == 1 else None
    number = number or f"{TRACKING_PREFIXES[carrier]}{int(_long(id_)) % 10**10:010d}"
    service = f"{CARRIERS[carrier]} {requested.get('service', 'standard').title()}"
    weight = sum(one["grams"] * one["item_count"] for one in load) / 1000
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
        "items": load,
    }


def move(document: JSON, status: str, at: int, by: str | None = None) -> None:
    """Write a new status into a return; completing it pays back and closes it."""
    document["status"] = status
    if status != "completed":
        return
    document |= {"date_closed": timestamp(at), "rma_processed": "Yes", "processed_by": by}
    if document["delivered_date"]:
        document["elapsed_days_delivery_closed"] = max(0, at - instant(document["delivered_date"])) // _DAY
    if "Refund" in document["type"]:
        tax = refunded(document) / _share(document["customer_currency"])
        taxes = float(round(tax, 2))
        document |= {"total_refunded_taxes": taxes, "refunded_inclusive_taxes": taxes}
        for product in document["products"]:
            if _is(product, "Refund"):
                paid = product["original_tax_amount"]
                product |= {"refunded_taxes": paid, "refunded_inclusive_taxes": paid}
        pack_again(document)


def pack_again(document: JSON) -> None:
    """Let the parcels hold the products as they are now."""
    for shipment in document["shipments"]:
        lines = {one["shopify_line_item_id"] for one in shipment["items"]}
        shipment["items"] = [one for one in document["products"] if one["shopify_line_item_id"] in lines]


def ship(document: JSON, parcels: Sequence[str], at: int) -> None:
    """Write where the parcels are, all together, into their return."""
    if all(status == "delivered" for status in parcels):
        document |= {"shipping_status": "delivered", "delivered_date": timestamp(at)}
        document["elapsed_days_return_to_delivery"] = (at - instant(document["date_created"])) // _DAY
    elif any(status != "pre_transit" for status in parcels):
        document["shipping_status"] = "in_transit"


def put_return(change: Change, tenant: str, document: JSON, created_at: int, at: int) -> None:
    """Store a return as it is now."""
    document["date_updated"] = timestamp(at)
    status = document["status"]
    change.put_document(
        tenant,
        NAME,
        "return",
        document["return_id"],
        document,
        created_at=created_at,
        updated_at=at,
        status=status,
        state=LIFECYCLE.states[status],
        order_number=document["shopify_order_name"],
        customer_email=document["customer_email"],
    )
