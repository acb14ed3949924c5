"""A small shop for tests, and a shop with a return in every status of every vendor."""

from typing import Any

from mock_server import vendors
from mock_server.shop.layout import STATES

SMALL: dict[str, Any] = {
    "products": [
        {"sku": "MUG-BLU", "name": "Blue mug", "price": 24.9},
        {"sku": "TEE-NVY-M", "name": "Cotton tee", "size": "M", "price": 39},
    ],
    "customers": [{"email": "Iris.Lane@example.com", "name": "Iris Lane", "phone": "+61 2 5550 0142"}],
    "orders": [
        {
            "number": "#5001",
            "customer": "iris.lane@example.com",
            "age": "10d",
            "items": ["MUG-BLU", {"sku": "TEE-NVY-M", "quantity": 2, "price": 35.5}],
        }
    ],
    "returns": [
        {
            "order": "#5001",
            "status": "received",
            "age": "3d",
            "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "damaged", "comment": "A seam is open"}],
            "parcel": {"carrier": "startrack", "tracking_number": "STK0000005001"},
        }
    ],
}
"""An order of two products, of which one has been returned; all vendors have it."""


def every_status() -> dict[str, Any]:
    """Return a shop with a return in each neutral status, and in each of the vendors' own, per vendor."""
    returns: list[dict[str, Any]] = []
    for vendor in vendors.names():
        words = vendors.shop_words(vendor)
        statuses = [status for status, state in STATES.items() if state in words.statuses]
        returns += [{"status": status, "vendors": vendor} for status in (*statuses, *words.own_statuses)]
        turned_down = [status for status in ("rejected", "cancelled") if status in statuses]
        returns += [{"status": status, "vendors": vendor, "parcel": {}} for status in turned_down]
    orders = [
        {
            "number": f"#{6001 + place}",
            "customer": "noah.reed@example.org",
            "age": "30d",
            "items": ["MUG-BLU"],
        }
        for place in range(len(returns))
    ]
    customers = [{"email": "noah.reed@example.org"}]
    numbered = [
        {"order": order["number"], "age": "6d", **asked} for order, asked in zip(orders, returns, strict=True)
    ]
    return {"products": SMALL["products"], "customers": customers, "orders": orders, "returns": numbered}
