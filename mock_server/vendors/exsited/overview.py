"""Summarizes an Exsited return for the console and the command line."""

from decimal import Decimal

import orjson

from mock_server.overview import Item, Overview
from mock_server.store import Row, Store
from mock_server.vendors.exsited.documents import JSON
from mock_server.vendors.exsited.facts import NAME


def overview(store: Store, row: Row) -> Overview:
    """Build the overview of a return from its stored row and its invoice.

    The invoice contains the customer, the currency and the prices. The return's number is its ID. Exsited's
    API has no parcels and no e-mail addresses of customers.
    """
    document: JSON = orjson.loads(row.document)
    stored = store.document(row.tenant, NAME, "invoice", row.parent)
    invoice: JSON = orjson.loads(stored) if stored else {"lines": []}
    prices = {line["item_uuid"]: Decimal(line["item_price"]) for line in invoice["lines"]}
    items = tuple(_item(line, prices.get(line["item_uuid"])) for line in document["returns"])
    return Overview(
        number=row.id,
        customer_name=invoice.get("account_name", ""),
        customer_email=row.customer_email,
        amount=sum((item.amount or Decimal(0) for item in items), Decimal(0)),
        currency=invoice.get("currency", {}).get("name", ""),
        items=items,
    )


def _item(line: JSON, price: Decimal | None) -> Item:
    quantity = int(line["rma_requested"])
    amount = None if price is None else price * quantity
    return Item(line["item_id"], line["item_name"], quantity, amount=amount)
