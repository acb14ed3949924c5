"""Summarizes a ReturnLogic RMA for the console and the command line."""

from decimal import Decimal

import orjson

from mock_server.overview import Item, Overview, Parcel
from mock_server.store import Filters, Row, Store
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.facts import NAME
from mock_server.vendors.returnlogic.orders import Orders


def overview(store: Store, orders: Orders, row: Row) -> Overview:
    """Build the overview of an RMA from its stored row, its order (for the currency) and its parcels.

    The RMA's number is its ID. RMA documents do not contain the prices of items.
    """
    document: JSON = orjson.loads(row.document)
    order = orders.named(row.tenant, document["orderName"]) or {}
    totals = (Decimal(str(total["total"])) for total in document["totals"].values())
    parcels = store.rows(row.tenant, NAME, "shipment", Filters(parent=row.id))
    return Overview(
        number=row.id,
        customer_name=document["customerName"] or "",
        customer_email=row.customer_email,
        amount=sum(totals, Decimal(0)),
        currency=order.get("shopCurrencyCode", ""),
        items=tuple(map(_item, document["rmaItems"])),
        parcels=tuple(map(_parcel, parcels)),
    )


def _item(item: JSON) -> Item:
    name = " - ".join(filter(None, (item["name"], item["variantName"])))
    return Item(item["sku"], name, item["quantity"], item["returnReasonDescription"] or "")


def _parcel(row: Row) -> Parcel:
    return Parcel(row.id, orjson.loads(row.document)["carrier"], row.id, row.status)
