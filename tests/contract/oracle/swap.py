"""Swap's documents in both versions, computed from the books and the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contract.oracle.books import HOMES, Booked, Item
from contract.oracle.history import History
from contract.oracle.values import Like, number, tax, utc

_TYPES = {"refund": "Refund", "exchange": "Exchange", "store_credit": "Shop Later Credit"}
_REASONS = {
    "changed_mind": ("Changed my mind", "No longer needed"),
    "wrong_size": ("Wrong size", "Does not fit"),
    "wrong_item": ("Wrong item", "Not what was ordered"),
    "damaged": ("Damaged", "Arrived damaged"),
    "defective": ("Defective", "Does not work"),
    "not_as_described": ("Not as described", "Looks different"),
}
CARRIERS = {
    "australia_post": "Australia Post", "startrack": "StarTrack", "tnt": "TNT", "tge": "Team Global Express",
}  # fmt: skip
_LARGER = {"M": "L"}
_LONG = Like("[0-9]{13}")
_VERSION_1 = {
    "open": "Open", "processing": "Open", "needs_review": "Needs Review", "on_hold": "On Hold",
    "completed": "Closed", "cancelled": "Cancelled", "expired": "Expired", "pre_transit": "Pre-Transit",
    "in_transit": "In-Transit", "delivered": "Delivered", "pending": "Pending", "passed": "Passed",
    "failed": "Failed", "partial": "Partial",
}  # fmt: skip
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
Grams = Sequence[int]
"""The invented weight of each product, which is read from the document."""


def document(one: Booked, history: History, grams: Grams, conditions: Mapping[str, str]) -> dict[str, Any]:
    """Compute a `Return`; `conditions` are those that quality control reported, by SKU."""
    digits = f"{history.created_at.year}-{history.number:03d}"
    made, closed = history.created_at, history.reached("completed")
    arrivals = [parcel.reached("delivered") for parcel in history.parcels]
    delivered = max(arrivals) if arrivals and all(arrivals) else None  # type: ignore[type-var]
    moved = any(len(parcel.steps) > 1 for parcel in history.parcels)
    country = {"NZD": "en-NZ"}
    taxed = number(tax(one.worth, one.currency)) if closed and one.type == "refund" else 0
    products = [
        _product(one, history, place, digits, grams[place], conditions.get(item.line.sku))
        for place, item in enumerate(one.items)
    ]
    shipments = _shipments(one, history, products, digits) if history.parcels else []
    ordered_at = made if one.live else one.ordered_at
    address = _address(one)
    return {
        "rma_number": f"RMA-{digits}",
        "return_id": f"RET-{digits}",
        "shopify_return_id": Like("gid://shopify/Return/[0-9]{13}"),
        "shopify_order_name": one.order,
        "order_id": Like("gid://shopify/Order/[0-9]{13}"),
        "date_created": utc(made),
        "date_updated": utc(history.latest),
        "submission_date": utc(made),
        "submitted_at": utc(made),
        "intention_date": utc(made - timedelta(minutes=4)),
        "type_string": _TYPES[one.type],
        "type": [_TYPES[one.type]],
        "shipping_status": "delivered" if delivered else "in_transit" if moved else "pre_transit",
        "status": history.status,
        "shipping_carrier": shipments[0]["display_name"] if shipments else None,
        "tracking_number": shipments[0]["tracking_number"] if shipments else None,
        "shipment_from_address_country": address["country_code"],
        "shipment_from_address_city": address["city"],
        "shipment_from_address_state": address["state_province_code"],
        "shipment_from_address_parcel_weight": _weight(one.items, grams) if shipments else 0,
        "total": number(one.worth),
        "handling_fee": 0,
        "total_additional_payment": 0,
        "shop_now_revenue": 0,
        "total_credit_exchange_value": _of("exchange", one),
        "exchange_revenue": _of("exchange", one),
        "total_refund_value_customer_currency": _of("refund", one),
        "refund_revenue": _of("refund", one),
        "total_store_credit_value_customer_currency": _of("store_credit", one),
        "shop_later_revenue": _of("store_credit", one),
        "store_credit_revenue": _of("store_credit", one),
        "store_id": "store_123abc",
        "store_name": "Example Outfitters",
        "customer_name": one.customer.name,
        "customer_email": one.customer.email,
        "customer_national_id": None,
        "customer_locale": country.get(one.currency, "en-AU"),
        "customer_currency": one.currency,
        "rma_processed": "Yes" if closed else "No",
        "processed_by": _processed_by(one, history) if closed else None,
        "order_alt_type": None,
        "shopify_order_date": utc(ordered_at),
        "tags": "",
        "quality_control_status": _quality(history),
        "delivered_date": utc(delivered),
        "date_closed": utc(closed),
        "elapsed_days_purchase_to_return": _days(ordered_at, made),
        "elapsed_days_return_to_delivery": _days(made, delivered),
        "elapsed_days_delivery_closed": _days(delivered, closed) if delivered and closed else None,
        "billing_address": address,
        "shipping_address": address,
        "shipments": shipments,
        "products": products,
        "exchange_items": [_exchange_item(one, item, grams[place]) for place, item in enumerate(one.items)]
        if one.type == "exchange"
        else [],
        "total_refunded_taxes": taxed,
        "total_refunded_duties": 0,
        "refunded_inclusive_taxes": taxed,
        "refunded_inclusive_duties": 0,
        "refunded_non_inclusive_taxes": 0,
        "refunded_non_inclusive_duties": 0,
        "portal_quick_link": f"https://returns.example.com/example-outfitters?o=%23{one.order[1:]}",
    }


def _of(type_: str, one: Booked) -> float:
    return number(one.worth) if one.type == type_ else 0


def _days(since: datetime | None, until: datetime | None) -> int | None:
    return max(0, (until - since).days) if since and until else None


def _quality(history: History) -> str:
    results = [body["to"] for _, kind, body in history.others if kind == "return.quality_checked"]
    return results[-1] if results else "pending"


def _processed_by(one: Booked, history: History) -> str | None:
    if not one.live:
        return "Tom (warehouse)"
    return "Quality control" if _quality(history) == "passed" else None


def _weight(items: Sequence[Item], grams: Grams) -> float:
    exact = [Decimal(weight) * item.quantity for item, weight in zip(items, grams, strict=True)]
    return float(sum(exact, Decimal(0)) / 1000)


def _address(one: Booked) -> dict[str, Any]:
    """Compute an address: a shopper's request has none."""
    home = {} if one.live else HOMES
    return {
        "name": one.customer.name,
        "address1": home.get("street"),
        "address2": None,
        "city": home.get("city"),
        "postcode": home.get("postcode"),
        "state_province_code": home.get("region"),
        "country_code": home.get("country"),
    }


def _product(
    one: Booked, history: History, place: int, digits: str, grams: int, condition: str | None
) -> dict[str, Any]:
    item = one.items[place]
    line, (main, sub) = item.line, _REASONS[item.reason]
    paid = number(tax(item.worth, one.currency))
    refunded = paid if history.reached("completed") and one.type == "refund" else 0
    return {
        "product_id": f"PROD-{digits}-{place + 1}",
        "shopify_product_id": _LONG,
        "shopify_variant_id": _LONG,
        "shopify_line_item_id": _LONG,
        "order_number": one.order,
        "original_order_name": one.order,
        "date": utc(history.created_at),
        "product_name": line.name,
        "variant_name": line.size,
        "full_sku_description": " - ".join(filter(None, (line.name, line.size))),
        "sku": line.sku,
        "barcode": Like("200[0-9]{10}"),
        "item_count": item.quantity,
        "cost": number(line.price),
        "return_type": _TYPES[one.type].upper().replace(" ", "_"),
        "currency": one.currency,
        "main_reason_id": Like("reason-[0-9]+"),
        "main_reason_text": main,
        "sub_reason_id": Like("reason-[0-9]+-1"),
        "sub_reason_text": sub,
        "comments": item.comment,
        "vendor": "Example Outfitters",
        "collection": [],
        "product_alt_type": None,
        "grams": grams,
        "intake_reason": condition,
        "tags": "",
        "is_faulty": item.reason in {"damaged", "defective"},
        "refunded_taxes": refunded,
        "refunded_duties": 0,
        "refunded_inclusive_taxes": refunded,
        "refunded_inclusive_duties": 0,
        "refunded_non_inclusive_taxes": 0,
        "refunded_non_inclusive_duties": 0,
        "original_tax_amount": paid,
        "tax_rate": 0.15 if one.currency == "NZD" else 0.1,
        "tax_title": "GST",
    }


def _exchange_item(one: Booked, item: Item, grams: int) -> dict[str, Any]:
    line = item.line
    faulty = item.reason in {"damaged", "defective"}
    size = line.size if faulty else _LARGER.get(line.size, line.size)
    sku = line.sku.removesuffix(line.size) + size if line.size else line.sku
    return {
        "sku": sku,
        "product_name": line.name,
        "shopify_product_id": _LONG,
        "shopify_variant_id": _LONG,
        "variant_name": size,
        "full_sku_description": " - ".join(filter(None, (line.name, size))),
        "grams": grams,
        "quantity": item.quantity,
        "price": number(line.price),
        "taxes": number(tax(item.worth, one.currency)),
        "discount": 0,
        "collection": [],
        "product_alt_type": None,
        "vendor": "Example Outfitters",
        "tags": "",
    }


def _shipments(
    one: Booked, history: History, products: list[dict[str, Any]], digits: str
) -> list[dict[str, Any]]:
    carrier = "australia_post" if one.live else one.carrier
    service = "Standard" if one.live else "Express"
    tracking: Any = Like("APX[0-9]{10}") if one.live else one.tracking_number
    (parcel,) = history.parcels
    assert parcel.id == f"SHIP-{digits}-1"
    weight = sum(Decimal(product["grams"]) * product["item_count"] for product in products) / 1000
    return [
        {
            "shipment_id": parcel.id,
            "location_id": _LONG,
            "destination_location_id": _LONG,
            "display_name_returns_portal": CARRIERS[carrier],
            "carrier_id": carrier,
            "postage_fee": 0,
            "label_type": "label",
            "shipping_service": f"{CARRIERS[carrier]} {service}",
            "display_name": CARRIERS[carrier],
            "using_split_shipment": False,
            "label_provider_type": "carrier",
            "tracking_number": tracking,
            "tracking_url": Like(r"https://track\.example\.com/[A-Z0-9]+"),
            "package": {
                "weight": float(weight),
                "dimensions": {"length": 35, "width": 25, "height": 12, "unit": "cm"},
            },
            "items": products,
        }
    ]


_KEPT = (
    "return_id", "type_string", "type", "total", "handling_fee", "shop_now_revenue", "shop_later_revenue",
    "exchange_revenue", "refund_revenue", "store_id", "store_name", "total_additional_payment",
    "total_credit_exchange_value", "total_refund_value_customer_currency", "customer_currency",
    "customer_name", "customer_locale", "shipment_from_address_parcel_weight", "tags", "billing_address",
    "shipping_address", "total_refunded_taxes", "total_refunded_duties",
)  # fmt: skip
_OR_ABSENT = (
    "customer_national_id", "elapsed_days_purchase_to_return", "elapsed_days_return_to_delivery",
    "elapsed_days_delivery_closed",
)  # fmt: skip
_OR_NA = (
    "shipping_carrier", "tracking_number", "shipment_from_address_country", "shipment_from_address_city",
    "shipment_from_address_state", "processed_by", "order_alt_type",
)  # fmt: skip
_DATES = (
    "date_created", "date_updated", "submitted_at", "shopify_order_date", "delivered_date", "date_closed",
)  # fmt: skip


def version_1(new: Mapping[str, Any]) -> dict[str, Any]:
    """Compute a `ReturnV1` from the same return in version 2."""
    return {
        "rma": new["rma_number"],
        "order_name": new["shopify_order_name"],
        "order_id": _LONG,
        **{name: _displayed(new[name]) for name in _DATES},
        **{name: new[name] for name in _KEPT},
        **{name: new[name] for name in _OR_ABSENT if new[name] is not None},
        **{name: new[name] or "N/A" for name in _OR_NA},
        "delivery_status": _VERSION_1[new["shipping_status"]],
        "return_status": _VERSION_1[new["status"]],
        "processed": new["rma_processed"],
        "quality_control_status": _VERSION_1[new["quality_control_status"]],
        "products": [
            {**product, "date": _displayed(product["date"]), "return_type": new["type_string"]}
            for product in new["products"]
        ],
    }


def _displayed(text: str | None) -> str:
    if text is None:
        return "N/A"
    at = datetime.fromisoformat(text)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M:%S}"
