"""Converts a tenant's orders and returns to a merchant's own shop."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import orjson

from mock_server.seed import RefundStatus, SeedAddress, SeedCustomer, SeedItem, SeedLine, SeedOrder, State
from mock_server.seed.present import PresentParcel, PresentReturn, PresentShop, item, order_of
from mock_server.store import Row, Store
from mock_server.vendors.returngo.documents import JSON
from mock_server.vendors.returngo.facts import CARRIERS, LIFECYCLE, NAME, REASONS, RESOLUTIONS

_REASONS: Final = {word: neutral for neutral, word in reversed(REASONS.items())}
_TYPES: Final = {type_: neutral for neutral, (type_, _, _) in RESOLUTIONS.items()}
_CARRIERS: Final = {word: neutral for neutral, word in CARRIERS.items()}
_REFUNDS: Final[dict[str, RefundStatus]] = {"Failed": "failed", "Requested": "awaited"}
_TRAVELLING: Final[dict[str, State]] = {"LabelCreated": "label_sent", "Shipped": "in_transit"}
"""The neutral state of an approved return, keyed by the status of its shipment."""
_NOWHERE: Final = SeedAddress("", "", "", "", "")
_ADDRESS: Final = ("street", "suburb", "region", "postcode", "country")


def read_shop(store: Store, tenant: str) -> PresentShop:
    """Convert the orders and returns of all shops of a tenant's account to one shop."""
    stored = (_order(row) for row in store.rows(tenant, NAME, "order"))
    orders = {order.number: order for order in stored}
    returns = tuple(_return(row, orders) for row in store.rows(tenant, NAME, "return"))
    known = tuple(orders.values())
    people = (*(found.order.customer for found in returns), *(order.customer for order in known))
    products = tuple(line for order in known for line in order.lines)
    return PresentShop(products, tuple(person for person in people if person.email), known, returns)


def _order(row: Row) -> SeedOrder:
    order: JSON = orjson.loads(row.document)
    lines = tuple(
        SeedLine(
            sku=line["sku"],
            name=line["name"],
            size=line["variant"],
            quantity=line["quantity"],
            unit_price=Decimal(str(line["unit_price"])),
        )
        for line in order["lines"]
    )
    home = order.get("address", {})
    address = SeedAddress(*(home.get(name, "") for name in _ADDRESS))
    customer = SeedCustomer(order.get("customer_name") or "", order["customer_email"], "", address, 1)
    return SeedOrder(order["order_name"], order["ordered_at"], customer, order.get("currency", "AUD"), lines)


def _return(row: Row, orders: Mapping[str, SeedOrder]) -> PresentReturn:
    document: JSON = orjson.loads(row.document)
    shipment = next((one for one in document["shipments"] if not one["isOutbound"]), None)
    found = document["items"]
    items = tuple(_item(one) for one in found)
    number = document["orderDetails"]["order_name"]
    state = LIFECYCLE.states[row.status]
    if row.status == "Approved" and shipment:
        state = _TRAVELLING.get(shipment["status"], state)
    statuses = [transaction["status"] for transaction in document["transactions"]]
    return PresentReturn(
        order=orders.get(number) or _order_of(row, document, shipment, items),
        status=row.status,
        state=state,
        created_at=row.created_at,
        changed_at=row.updated_at,
        return_type=_TYPES[found[0]["resolutionType"]],
        items=items,
        parcel=_parcel(shipment) if shipment and shipment["trackingNumber"] else None,
        refund=next((_REFUNDS[status] for status in statuses if status in _REFUNDS), "paid"),
    )


def _order_of(row: Row, document: JSON, shipment: JSON | None, items: tuple[SeedItem, ...]) -> SeedOrder:
    name = shipment["customerAddress"]["name"] if shipment else ""
    customer = SeedCustomer(name, row.customer_email, "", _NOWHERE, 1)
    currency = document["items"][0]["paidPrice"]["currency"]
    return order_of(document["orderDetails"]["order_name"], 0, customer, currency, items)


def _parcel(shipment: JSON) -> PresentParcel:
    carrier, service = _CARRIERS.get(shipment["carrierName"] or "", ""), shipment["requestedServiceLevel"]
    return PresentParcel(carrier, service or "", shipment["trackingNumber"])


def _item(found: JSON) -> SeedItem:
    """Convert an item, which always has the quantity 1, to an item of a shop."""
    reason = str(found["returnReason"] or "")
    reason = _REASONS.get(reason, reason)
    size = found.get("variantName", "")
    return item(found["sku"], found["productName"], size, 1, found["paidPrice"]["amount"], reason, "")
