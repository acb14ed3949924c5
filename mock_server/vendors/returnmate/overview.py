"""Summarizes a ReturnMate return for the console and the command line."""

from decimal import Decimal

import orjson

from mock_server.overview import Item, Overview, Parcel
from mock_server.store import Row
from mock_server.vendors.returnmate import documents
from mock_server.vendors.returnmate.documents import JSON


def overview(row: Row) -> Overview:
    """Build the overview of a return from its stored row."""
    document: JSON = orjson.loads(row.document)
    return Overview(
        number=document["rma_number"],
        customer_name=document["customer"].get("name") or "",
        customer_email=row.customer_email,
        amount=documents.amount(document),
        currency=document["currency"],
        items=tuple(map(_item, document["items"])),
        parcels=tuple(map(_parcel, document["shipments"])),
    )


def _item(item: JSON) -> Item:
    amount = Decimal(str(item["unit_price"])) * item["quantity"]
    return Item(item["sku"], item.get("name") or item["sku"], item["quantity"], item["reason"], amount)


def _parcel(shipment: JSON) -> Parcel:
    return Parcel(shipment["id"], shipment["carrier"], shipment["tracking_number"] or "", shipment["status"])
