"""Converts generated returns to shoppers' requests, and invents sample requests and missing values."""

import zlib
from typing import Any

from mock_server.seed.model import SeedItem, SeedOrder, SeedReturn


def requested_return(seed: SeedReturn) -> dict[str, Any]:
    """Convert a generated return to the control plane's `ShopperReturn`; vendors can add more fields."""
    return {
        "order_number": seed.order_number,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "return_type": seed.return_type,
        "currency": seed.currency,
        "items": [requested_item(item) for item in seed.items],
    }


def requested_order(order: SeedOrder) -> dict[str, Any]:
    """Convert an order to the fields of a `ShopperReturn` that describe the order and its customer.

    `items` contains all lines of the order, and `ordered_at` is in microseconds since the Unix epoch.
    """
    return {
        "order_number": order.number,
        "ordered_at": order.ordered_at,
        "customer_email": order.customer.email,
        "customer_name": order.customer.name,
        "currency": order.currency,
        "items": [
            {
                "sku": line.sku,
                "name": line.name,
                "variant": line.size,
                "quantity": line.quantity,
                "unit_price": float(line.unit_price),
            }
            for line in order.lines
        ],
    }


def requested_item(item: SeedItem) -> dict[str, Any]:
    """Convert a line item of a generated return to an item of a `ShopperReturn`."""
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
    """Invent a price from 10.00 to 209.95 for a SKU that no order contains; it depends only on the SKU."""
    return (1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def invented_name(email: str) -> str:
    """Derive a customer's name from their e-mail address: `ada.arden@…` becomes `Ada Arden`.

    Vendors use this name if a request does not contain a name.
    """
    return email.partition("@")[0].replace(".", " ").title()


def sample_request(number: int) -> dict[str, Any]:
    """Build the `ShopperReturn` of an invented shopper, for sample records that belong to no tenant."""
    return {
        "order_number": f"#{1000 + number}",
        "customer_email": "iris.lane@example.com",
        "customer_name": "Iris Lane",
        "return_type": "refund",
        "currency": "AUD",
        "items": [
            {
                "sku": "TEE-NVY-M",
                "name": "Organic Tee Navy",
                "variant": "M",
                "quantity": 1,
                "unit_price": 45.0,
                "reason": "wrong_size",
                "notes": None,
            }
        ],
    }
