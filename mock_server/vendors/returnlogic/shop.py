"""Converts a tenant's orders and RMAs to a merchant's own shop."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

import orjson

from mock_server.seed import SeedAddress, SeedCustomer, SeedItem, SeedLine, SeedOrder, State
from mock_server.seed.present import PresentParcel, PresentReturn, PresentShop, item, order_of
from mock_server.store import Filters, Row, Store
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.facts import CARRIERS, NAME, REASONS, TYPES

_REASONS: Final = {word: neutral for neutral, word in REASONS.items()}
_TYPES: Final = {word: neutral for neutral, word in TYPES.items()}
_CARRIERS: Final = {word: neutral for neutral, word in CARRIERS.items()}
_ADDRESS: Final = ("address1", "city", "province", "zip", "country")
_NOWHERE: Final = SeedAddress("", "", "", "", "")


def read_shop(store: Store, tenant: str) -> PresentShop:
    """Convert a tenant's orders, customers and RMAs to a shop. ReturnLogic's orders have no product names."""
    orders = {order.number: order for order in map(_order, store.rows(tenant, NAME, "order"))}
    parcels = {row.parent: row.status for row in store.rows(tenant, NAME, "shipment", Filters())}
    returns = tuple(_return(row, orders, parcels) for row in store.rows(tenant, NAME, "return"))
    known = tuple(orders.values())
    products = tuple(line for order in known for line in order.lines)
    return PresentShop(products, tuple(order.customer for order in known), known, returns)


def _order(row: Row) -> SeedOrder:
    document: JSON = orjson.loads(row.document)
    home = document["shippingAddress"] or {}
    email = document["customerEmail"] or ""
    address = SeedAddress(*(home.get(name) or "" for name in _ADDRESS))
    phone = document["customerPhone"] or ""
    lines = tuple(
        SeedLine(line["sku"], line["sku"], "", line["quantity"], Decimal(str(line["price"] or 0)))
        for line in document["orderItems"]
        if line["sku"] and line["quantity"]
    )
    customer = SeedCustomer(home.get("name") or "", email, phone, address, 1)
    return SeedOrder(document["orderName"], row.created_at, customer, document["shopCurrencyCode"], lines)


def _return(row: Row, orders: Mapping[str, SeedOrder], parcels: Mapping[str, str]) -> PresentReturn:
    document: JSON = orjson.loads(row.document)
    order = orders.get(document["orderName"])
    prices = {line.sku: line.unit_price for line in order.lines} if order else {}
    items = tuple(_item(found, prices) for found in document["rmaItems"])
    if order is None:
        name = document["customerName"] or ""
        customer = SeedCustomer(name, document["customerEmail"] or "", "", _NOWHERE, 1)
        order = order_of(document["orderName"], 0, customer, "AUD", items)
    label = document["shippingLabel"]
    return PresentReturn(
        order=order,
        status=row.status,
        state=cast("State", row.state),
        created_at=row.created_at,
        changed_at=row.updated_at,
        return_type=_TYPES[document["rmaItems"][0]["returnType"]],
        items=items,
        parcel=_parcel(label, parcels.get(row.id, "")) if label else None,
    )


def _parcel(label: JSON, status: str) -> PresentParcel:
    status = {"In Transit": "in_transit", "Delivered": "delivered"}.get(status, "")
    return PresentParcel(_CARRIERS.get(label["carrier"], ""), "", label["trackingNumber"], status)


def _item(found: JSON, prices: Mapping[str, Decimal]) -> SeedItem:
    reason = str(found["returnReasonDescription"] or "")
    reason = _REASONS.get(reason, reason)
    sku, quantity = found["sku"], found["quantity"]
    comment = found["returnReasonComment"]
    return item(sku, found["name"], found["variantName"], quantity, prices.get(sku, 0), reason, comment)
