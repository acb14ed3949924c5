"""Summarizes a Swap return for the console and the command line."""

from decimal import Decimal

import orjson

from mock_server.overview import Item, Overview, Parcel
from mock_server.store import Filters, Row, Store
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import NAME


def overview(store: Store, row: Row) -> Overview:
    """Build the overview of a return from its stored row and from the stored rows of its shipments."""
    document: JSON = orjson.loads(row.document)
    shipments = store.rows(row.tenant, NAME, "shipment", Filters(parent=row.id))
    return Overview(
        number=document["rma_number"],
        customer_name=document["customer_name"] or "",
        customer_email=row.customer_email,
        amount=Decimal(str(document["total"])),
        currency=document["customer_currency"],
        items=tuple(map(_item, document["products"])),
        parcels=tuple(map(_parcel, shipments)),
    )


def _item(product: JSON) -> Item:
    name = " - ".join(filter(None, (product["product_name"], product["variant_name"])))
    amount = Decimal(str(product["cost"])) * product["item_count"]
    return Item(product["sku"], name, product["item_count"], product["main_reason_text"], amount)


def _parcel(row: Row) -> Parcel:
    shipment: JSON = orjson.loads(row.document)
    return Parcel(row.id, shipment["display_name"] or "", shipment["tracking_number"] or "", row.status)
