"""Turns a seeded return into the request a shopper would have sent, and fills in what a request omits."""

import zlib
from typing import Any

from mock_server.seed.model import SeedItem, SeedReturn


def requested_return(seed: SeedReturn) -> dict[str, Any]:
    """Return a seeded return as the control plane's `ShopperReturn`; vendors add fields of their own."""
    return {
        "order_number": seed.order_number,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "return_type": seed.return_type,
        "currency": seed.currency,
        "items": [requested_item(item) for item in seed.items],
    }


def requested_item(item: SeedItem) -> dict[str, Any]:
    """Return a seeded line item as an item of a `ShopperReturn`."""
    return {
        "sku": item.sku,
        "name": item.name,
        "variant": item.size,
        "quantity": item.quantity,
        "unit_price": float(item.unit_price),
        "reason": item.reason,
        "notes": item.comment or None,
    }


def invented_price(sku: str) -> float:
    """Return a price for a SKU that no order lists: 10.00 to 209.95, always the same for the same SKU."""
    return (1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def invented_name(email: str) -> str:
    """Return a name for a customer who sent only an e-mail address: `ada.arden@…` becomes `Ada Arden`."""
    return email.partition("@")[0].replace(".", " ").title()
