"""Summarizes a ReturnGO return for the console and the command line."""

from decimal import Decimal

import orjson

from mock_server.overview import Item, Overview, Parcel
from mock_server.store import Row
from mock_server.vendors.returngo.documents import JSON


def overview(row: Row) -> Overview:
    """Build the overview of a return from its stored row.

    The return's number is its ID. The customer's name is known only if the return has a shipment.
    """
    document: JSON = orjson.loads(row.document)
    items = tuple(map(_item, document["items"]))
    names = (shipment["customerAddress"]["name"] for shipment in document["shipments"])
    return Overview(
        number=row.id,
        customer_name=next(names, ""),
        customer_email=row.customer_email,
        amount=sum((item.amount or Decimal(0) for item in items), Decimal(0)),
        currency=document["items"][0]["paidPrice"]["shopCurrency"] if items else "",
        items=items,
        parcels=tuple(map(_parcel, document["shipments"])),
    )


def _item(item: JSON) -> Item:
    amount = Decimal(str(item["paidPrice"]["shopAmount"]))
    return Item(item["sku"], item["fullName"], 1, item["returnReason"], amount)


def _parcel(shipment: JSON) -> Parcel:
    carrier, number = shipment["carrierName"] or "", shipment["trackingNumber"] or ""
    return Parcel(shipment["shipmentId"], carrier, number, shipment["status"])
