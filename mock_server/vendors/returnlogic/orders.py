"""ReturnLogic's orders: creates, lists and looks up orders, including the orders of shoppers' returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mock_server import ledger
from mock_server.clock import instant, timestamp
from mock_server.seed.tax import included_tax
from mock_server.store import Change, Filters, Store
from mock_server.vendors.returnlogic import documents
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.facts import NAME

_AT_ONCE: Final = 500
"""The number of orders that are read before other requests may run."""


@dataclass(slots=True)
class Orders:
    """Creates and looks up the orders of all tenants."""

    store: Store

    async def page(self, tenant: str, query: Mapping[str, Any]) -> list[bytes]:
        """Return one page of the orders that match a `list_orders` query, newest first, as JSON documents."""
        start, size = query["skip"], query["limit"]
        if "orderName" not in query:
            page, _ = self.store.page(tenant, NAME, "order", filters(query), limit=size, offset=start)
            return page
        # The store has no column for the order's name, so this filter reads orders until the page is full.
        matches: list[bytes] = []
        name, last, more = query["orderName"], "", True
        written = orjson.dumps(name)
        while more and len(matches) < start + size:
            rows = self.store.slice(
                tenant,
                NAME,
                "order",
                filters(query),
                sorting=(("created_at", True),),
                start=last,
                inclusive=False,
                limit=_AT_ONCE,
            )
            matches += [
                order for _, order in rows if written in order and _is_named(order, query["orderName"])
            ]
            last, more = rows[-1][0] if rows else "", len(rows) == _AT_ONCE
            await self.store.yield_after_commit()
        return matches[start : start + size]

    def create(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create an order from a `NewOrder`, and return the `Order` document."""
        document = documents.new_order(self.store.total(tenant, NAME, "order") + 1, requested, at)
        documents.put_order(change, tenant, document, at)
        record_created(change, tenant, document, at)
        return document

    def ensure(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> None:
        """Create the order that a `ShopperReturn` refers to, unless the tenant already has this order."""
        if self.named(tenant, requested["order_number"]) is None:
            self.create(change, tenant, shop_order(requested, at), at)

    def named(self, tenant: str, name: str) -> JSON | None:
        """Look up an order by its name, such as `#1001`; return None if there is no such order."""
        number = name.removeprefix("#")
        page, _ = self.store.page(tenant, NAME, "order", Filters(order_numbers=(number,)), limit=1)
        return orjson.loads(page[0]) if page else None


def _is_named(order: bytes, name: str) -> bool:
    return bool(orjson.loads(order)["orderName"] == name)


def filters(query: Mapping[str, Any]) -> Filters:
    """Convert a query for orders or RMAs to store filters.

    `orderName` is left out, because the store cannot filter by it.
    """
    return Filters(
        statuses=(query["financialStatus"],) if "financialStatus" in query else (),
        order_numbers=(query["orderNumber"],) if "orderNumber" in query else (),
        customer_emails=(query["email"],) if "email" in query else (),
        created_from=instant(query["minCreateDate"]) if "minCreateDate" in query else None,
        created_until=instant(query["maxCreateDate"]) if "maxCreateDate" in query else None,
    )


def shop_order(requested: Mapping[str, Any], at: int) -> JSON:
    """Build the `NewOrder` that the shop would have sent for the order in a `ShopperReturn`."""
    number = requested["order_number"].removeprefix("#")
    items = requested["items"]
    total, currency = documents.worth(items), requested.get("currency", "AUD")
    ordered = timestamp(requested.get("ordered_at", at))
    return {
        "externalOrderId": f"50{number}",
        "customerEmail": requested["customer_email"],
        "orderNumber": number,
        "orderName": requested["order_number"],
        "fulfillmentStatus": "fulfilled",
        "financialStatus": "paid",
        "externalSource": "shopify",
        "sourceType": "web",
        "shippedAt": ordered,
        "tags": [],
        "taxesIncluded": True,
        "shopCurrencyCode": currency,
        "totalPrice": float(total),
        "fees": 0,
        "taxPrice": float(round(included_tax(total, currency), 2)),
        "shippingPrice": 0,
        "refundAmount": 0,
        "externalCreateDate": ordered,
        "externalUpdateDate": ordered,
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
    """Record in the ledger that an order was created."""
    body = {"status": document["financialStatus"] or "", "number": document["orderNumber"]}
    change.record(tenant, NAME, kind=ledger.ORDER_CREATED, subject=document["rlOrderId"], at=at, body=body)
