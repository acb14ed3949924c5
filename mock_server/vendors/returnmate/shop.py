"""Converts a tenant's records to a merchant's own shop."""

from decimal import Decimal
from typing import Final, cast

import orjson

from mock_server.seed import SeedAddress, SeedCustomer, SeedItem, SeedLine, State
from mock_server.seed.present import PresentParcel, PresentReturn, PresentShop, item, order_of
from mock_server.store import Row, Store
from mock_server.vendors.returnmate.documents import JSON
from mock_server.vendors.returnmate.facts import NAME, REASONS

_REASONS: Final = {word: neutral for neutral, word in REASONS.items()}
_NOWHERE: Final = SeedAddress("", "", "", "", "")


def read_shop(store: Store, tenant: str) -> PresentShop:
    """Convert a tenant's products, customers and returns to a shop; ReturnMate stores no orders."""
    products = []
    for row in store.rows(tenant, NAME, "product"):
        product: JSON = orjson.loads(row.document)
        products.append(SeedLine(row.id, product["name"], "", 1, Decimal(str(product["unit_price"]))))
    returns = tuple(_return(row) for row in store.rows(tenant, NAME, "return"))
    customers = (orjson.loads(row.document) for row in store.rows(tenant, NAME, "customer"))
    return PresentShop(
        products=tuple(products),
        customers=tuple(_customer(customer) for customer in customers),
        orders=tuple(found.order for found in returns),
        returns=returns,
        own_orders=False,
    )


def _return(row: Row) -> PresentReturn:
    document: JSON = orjson.loads(row.document)
    items = tuple(map(_item, document["items"]))
    number, currency = document["order_number"], document["currency"]
    return PresentReturn(
        order=order_of(number, 0, _customer(document["customer"]), currency, items),
        status=row.status,
        state=cast("State", row.state),
        created_at=row.created_at,
        changed_at=row.updated_at,
        return_type=document["return_type"],
        items=items,
        parcel=next((_parcel(shipment) for shipment in _sent_back(document)), None),
    )


def _sent_back(document: JSON) -> list[JSON]:
    return [shipment for shipment in document["shipments"] if shipment["direction"] == "return"]


def _parcel(shipment: JSON) -> PresentParcel:
    status = "" if shipment["status"] == "label_created" else shipment["status"]
    return PresentParcel(shipment["carrier"], shipment["service"], shipment["tracking_number"], status)


def _item(found: JSON) -> SeedItem:
    reason = str(found["reason"] or "")
    reason = _REASONS.get(reason, reason)
    return item(
        found["sku"], found["name"], "", found["quantity"], found["unit_price"], reason, found["notes"]
    )


def _customer(found: JSON) -> SeedCustomer:
    return SeedCustomer(found.get("name") or "", found["email"], "", _NOWHERE, found.get("orders", 1))
