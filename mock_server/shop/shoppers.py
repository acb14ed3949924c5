"""Adds data from the tenant's shop to shoppers' requests."""

from collections.abc import Mapping
from typing import Any

from mock_server.shop.model import Order, Shop
from mock_server.shop.orders import has, order_key


def complete(shop: Shop, vendor: str, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a `ShopperReturn` in which missing fields are filled in from the shop.

    The currency, the customer's name, and the name, size and price of each item are filled in. Values in the
    request take precedence.
    """
    key = order_key(requested["order_number"])
    order = next(
        (one for one in shop.orders if order_key(one.number) == key and has(one.vendors, vendor)), None
    )
    email = requested["customer_email"].lower()
    known: dict[str, Any] = {"currency": (order and order.currency) or shop.currency}
    for customer in shop.customers:
        if customer.email.lower() == email and customer.name:
            known["customer_name"] = customer.name
    items = [{**_product(shop, order, item["sku"]), **item} for item in requested["items"]]
    return {**known, **requested, "items": items}


def _product(shop: Shop, order: Order | None, sku: str) -> dict[str, Any]:
    product = next((one for one in shop.products if one.sku == sku), None)
    if product is None:
        return {}
    line = next((one for one in order.items if one.sku == sku), None) if order else None
    price = product.price if line is None or line.price is None else line.price
    return {"name": product.name or sku, "variant": product.size, "unit_price": float(price)}
