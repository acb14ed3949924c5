"""Reads a merchant's shop (orders, customers and products) from the Swap returns of a tenant."""

from typing import Final, cast

import orjson

from mock_server.clock import instant
from mock_server.seed import SeedAddress, SeedCustomer, SeedItem, State
from mock_server.seed.present import PresentParcel, PresentReturn, PresentShop, item, order_of
from mock_server.store import Row, Store
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import NAME, REASONS, TYPES

_REASONS: Final = {main: neutral for neutral, (main, _) in reversed(REASONS.items())}
_TYPES: Final = {name.upper().replace(" ", "_"): neutral for neutral, name in TYPES.items()}
_ADDRESS: Final = ("address1", "city", "state_province_code", "postcode", "country_code")
_SCANNED: Final = {"in_transit": "in_transit", "delivered": "delivered"}


def read_shop(store: Store, tenant: str) -> PresentShop:
    """Convert a tenant's returns to a shop; Swap stores orders, customers and products only in returns."""
    returns = tuple(_return(row) for row in store.rows(tenant, NAME, "return"))
    orders = tuple(found.order for found in returns)
    return PresentShop((), tuple(order.customer for order in orders), orders, returns, own_orders=False)


def _return(row: Row) -> PresentReturn:
    document: JSON = orjson.loads(row.document)
    items = tuple(map(_item, document["products"]))
    number, currency = document["shopify_order_name"], document["customer_currency"]
    ordered_at = instant(document["shopify_order_date"])
    shipments = document["shipments"]
    return PresentReturn(
        order=order_of(number, ordered_at, _customer(document), currency, items),
        status=row.status,
        state=cast("State", row.state),
        created_at=row.created_at,
        changed_at=row.updated_at,
        return_type=_TYPES[document["products"][0]["return_type"]],
        items=items,
        parcel=_parcel(shipments[0], document["shipping_status"]) if shipments else None,
    )


def _parcel(shipment: JSON, status: str) -> PresentParcel:
    service = str(shipment["shipping_service"]).rpartition(" ")[2].lower()
    number = shipment["tracking_number"]
    return PresentParcel(shipment["carrier_id"], service, number, _SCANNED.get(status, ""))


def _item(found: JSON) -> SeedItem:
    reason = str(found["main_reason_text"] or "")
    reason = _REASONS.get(reason, reason)
    name, size, quantity = found["product_name"], found["variant_name"], found["item_count"]
    return item(found["sku"], name, size, quantity, found["cost"], reason, found["comments"])


def _customer(document: JSON) -> SeedCustomer:
    home = document["shipping_address"]
    address = SeedAddress(*(home.get(name) or "" for name in _ADDRESS))
    return SeedCustomer(document["customer_name"], document["customer_email"], "", address, 1)
