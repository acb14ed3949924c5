"""Converts a tenant's invoices and returns to a merchant's own shop."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import orjson

from mock_server.seed import SeedAddress, SeedCustomer, SeedItem, SeedLine, SeedOrder, State
from mock_server.seed.present import PresentReturn, PresentShop, item
from mock_server.store import Row, Store
from mock_server.vendors.exsited.documents import JSON
from mock_server.vendors.exsited.facts import NAME

_NOWHERE: Final = SeedAddress("", "", "", "", "")


def read_shop(store: Store, tenant: str) -> PresentShop:
    """Convert a tenant's invoices to orders, and its returns to returns of a shop.

    Exsited's returns have no reasons, types or parcels. Its order IDs do not include the leading `#` of an
    order number, so `#` is added to every order number that consists of digits.
    """
    orders = {row.id: _order(row) for row in store.rows(tenant, NAME, "invoice")}
    returns = tuple(_return(row, orders[row.parent]) for row in store.rows(tenant, NAME, "return"))
    known = tuple(orders.values())
    products = tuple(line for order in known for line in order.lines)
    return PresentShop(products, tuple(order.customer for order in known), known, returns)


def _order(row: Row) -> SeedOrder:
    document: JSON = orjson.loads(row.document)
    customer = SeedCustomer(document["account_name"], row.customer_email, "", _NOWHERE, 1)
    number = row.order_number.removeprefix("ORD-")
    number = f"#{number}" if number.isdigit() else number
    lines = tuple(
        SeedLine(
            sku=line["item_id"],
            name=line["item_name"],
            size="",
            quantity=int(line["item_order_quantity"]),
            unit_price=Decimal(line["item_price"]),
        )
        for line in document["lines"]
    )
    return SeedOrder(number, row.created_at, customer, document["currency"]["name"], lines)


def _return(row: Row, order: SeedOrder) -> PresentReturn:
    document: JSON = orjson.loads(row.document)
    prices = {line.sku: line.unit_price for line in order.lines}
    closed: State = "received" if int(document["received_count"]) else "cancelled"
    return PresentReturn(
        order=order,
        status=row.status,
        state="requested" if row.state == "requested" else closed,
        created_at=row.created_at,
        changed_at=row.updated_at,
        return_type="refund",
        items=tuple(_item(line, prices) for line in document["returns"]),
    )


def _item(line: JSON, prices: Mapping[str, Decimal]) -> SeedItem:
    sku = line["item_id"]
    return item(sku, line["item_name"], "", int(line["rma_requested"]), prices.get(sku, 0), "", "")
