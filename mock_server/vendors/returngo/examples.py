"""What Swagger UI fills in for ReturnGO: records of the first shop, another one for each change."""

from collections.abc import Iterator
from typing import Any

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Store
from mock_server.vendors.returngo.facts import FIRST_SHOP, NAME
from mock_server.vendors.returngo.hooks import Hooks
from mock_server.vendors.returngo.policies import Orders


def examples(store: Store, orders: Orders, hooks: Hooks, tenant: str, at: int) -> Examples:
    """Return values of the tenant's records that work."""
    path = {"webhookId": hooks.to_show(tenant, FIRST_SHOP)}
    bodies: dict[str, Any] = {}
    for row in store.rows(tenant, NAME, "return", Filters(shop=FIRST_SHOP)):
        path["rmaId"] = row.id
    parcels = _parcels(store, tenant)
    for (operation, name), (rma, shipment) in zip(
        (
            ("set_rma_status", "rmaId"),
            ("update_shipment", "shipmentId"),
            ("delete_shipment", "shipmentId"),
            ("create_shipment_tracker", ""),
        ),
        parcels,
        strict=False,
    ):
        if name:
            path[f"{operation}.{name}"] = rma if name == "rmaId" else shipment["shipmentId"]
        else:
            bodies[operation] = {
                "shipmentId": shipment["shipmentId"],
                "trackingNumber": shipment["trackingNumber"] or "APX4410729963",
                "carrierName": shipment["carrierName"] or "Australia Post",
            }
    for row in store.rows(tenant, NAME, "transaction", Filters(shop=FIRST_SHOP)):
        if "transactionId" not in path or row.status == "Requested":
            path["transactionId"] = row.id
    return Examples(path, {**bodies, **_requested(store, orders, tenant, at)})


def _parcels(store: Store, tenant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Approved returns with a shipment that has not left, those without a label first."""
    rows = list(store.rows(tenant, NAME, "return", Filters(statuses=("Approved",), shop=FIRST_SHOP)))
    found = [(row.id, one) for row in rows for one in orjson.loads(row.document)["shipments"]]
    for status in ("Pending", "LabelCreated"):
        yield from (pair for pair in found if pair[1]["status"] == status)


def _requested(store: Store, orders: Orders, tenant: str, at: int) -> dict[str, Any]:
    """An order of which something can still come back, for both steps of a creation."""
    for row in reversed(list(store.rows(tenant, NAME, "order", Filters(shop=FIRST_SHOP)))):
        order = orjson.loads(row.document)
        for line in order["lines"]:
            unit = {"shopLineItemId": line["shopLineItemId"]}
            asked = {"order_name": order["order_name"], "items": [unit]}
            policies = orders.eligible(tenant, FIRST_SHOP, asked, at)[0]["policies"]
            if policies:
                chosen = {**unit, "policyId": "refund-any-carrier", "returnReason": "Does not fit"}
                return {
                    "get_eligible_policies": asked,
                    "create_rma_by_policy": {**asked, "items": [chosen]},
                }
    return {}
