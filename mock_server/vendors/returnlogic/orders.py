"""ReturnLogic's orders: taken in through the API, or from the shop when something of them comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server import ledger
from mock_server.clock import instant, timestamp
from mock_server.store import Change, Filters, Store
from mock_server.vendors.returnlogic import documents
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.facts import NAME

_KNOWN_TO_THE_SHOP = ("customerPhone", "shippingAddress", "billingAddress")


@dataclass(slots=True)
class Orders:
    """Orders of all tenants."""

    store: Store

    def page(self, tenant: str, query: Mapping[str, Any]) -> list[bytes]:
        """The orders of a `list_orders` query, the newest first."""
        start, size = query["skip"], query["limit"]
        if "orderName" not in query:
            found = self.store.page(tenant, NAME, "order", filters(query), limit=size, offset=start)
            return found[0]
        rows = list(self.store.rows(tenant, NAME, "order", filters(query)))
        fitting = [row for row in rows if orjson.loads(row.document)["orderName"] == query["orderName"]]
        fitting.sort(key=lambda row: (row.created_at, row.sequence), reverse=True)
        return [row.summary for row in fitting[start : start + size]]

    def create(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Take an order in; returns the `Order`."""
        document = documents.new_order(self.store.total(tenant, NAME, "order") + 1, requested, at)
        documents.put_order(change, tenant, document, at)
        record_created(change, tenant, document, at)
        return document

    def take_in(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> None:
        """Take in the order that a shopper returns something of, unless it is known."""
        if self.behind(tenant, requested["order_number"]) is None:
            self.create(change, tenant, shop_order(requested, at), at)

    def behind(self, tenant: str, name: str) -> JSON | None:
        """The order that an RMA names, as far as it is known."""
        number = name.removeprefix("#")
        found, _ = self.store.page(tenant, NAME, "order", Filters(order_numbers=(number,)), limit=1)
        return orjson.loads(found[0]) if found else None


def filters(query: Mapping[str, Any]) -> Filters:
    """What the store can filter by of a query for orders or RMAs."""
    return Filters(
        statuses=(query["financialStatus"],) if "financialStatus" in query else (),
        order_numbers=(query["orderNumber"],) if "orderNumber" in query else (),
        customer_emails=(query["email"],) if "email" in query else (),
        created_from=instant(query["minCreateDate"]) if "minCreateDate" in query else None,
        created_until=instant(query["maxCreateDate"]) if "maxCreateDate" in query else None,
    )


def shop_order(requested: Mapping[str, Any], at: int) -> JSON:
    """The order behind a return, as the shop would have sent it; `requested` is what a shopper asks for."""
    number = requested["order_number"].removeprefix("#")
    items = requested["items"]
    total = documents.worth(items)
    made = timestamp(requested.get("ordered_at", at))
    return {
        "externalOrderId": f"50{number}",
        "customerEmail": requested["customer_email"],
        "orderNumber": number,
        "orderName": requested["order_number"],
        "fulfillmentStatus": "fulfilled",
        "financialStatus": "paid",
        "externalSource": "shopify",
        "sourceType": "web",
        "shippedAt": made,
        "tags": [],
        "taxesIncluded": True,
        "shopCurrencyCode": requested.get("currency", "AUD"),
        "totalPrice": float(total),
        "fees": 0,
        "taxPrice": float(round(total / 11, 2)),
        "shippingPrice": 0,
        "refundAmount": 0,
        "externalCreateDate": made,
        "externalUpdateDate": made,
        "gateway": "example_payments",
        "orderItems": [
            {
                "externalProductId": item["sku"],
                "sku": item["sku"],
                "quantity": item["quantity"],
                "price": float(documents.price(item)),
            }
            for item in items
        ],
        **{
            name: requested[name]
            for name in ("customerPhone", "shippingAddress", "billingAddress")
            if name in requested
        },
    }


def record_created(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Tell the ledger that an order was taken in."""
    body = {"status": document["financialStatus"], "number": document["orderNumber"]}
    change.record(tenant, NAME, kind=ledger.ORDER_CREATED, subject=document["rlOrderId"], at=at, body=body)
