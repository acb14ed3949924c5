"""Example IDs and request bodies for ReturnGO's operations, prefilled in Swagger UI.

The examples are taken from the first shop's records.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Store
from mock_server.vendors.returngo.facts import FIRST_SHOP, NAME
from mock_server.vendors.returngo.hooks import Hooks
from mock_server.vendors.returngo.policies import Orders


def examples(store: Store, orders: Orders, hooks: Hooks, tenant: str, at: int) -> Examples:
    """Build example path IDs and request bodies that the tenant's operations accept."""
    path = {"webhookId": hooks.example_id(tenant, FIRST_SHOP)}
    bodies: dict[str, Any] = {}
    for row in store.rows(tenant, NAME, "return", Filters(shop=FIRST_SHOP)):
        path["rmaId"] = row.id
    shipments = _unshipped(store, tenant)
    # Each of these operations changes a record, so every operation gets a different record.
    for (operation, name), (rma, shipment) in zip(
        (
            ("set_rma_status", "rmaId"),
            ("update_shipment", "shipmentId"),
            ("delete_shipment", "shipmentId"),
            ("create_shipment_tracker", ""),
        ),
        shipments,
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
    return Examples(path, {**bodies, **_creation(store, orders, tenant, at)})


def _unshipped(store: Store, tenant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the unsent shipments of approved returns, each as a pair of the return's ID and the shipment.

    Shipments without a label are yielded first.
    """
    rows = list(store.rows(tenant, NAME, "return", Filters(statuses=("Approved",), shop=FIRST_SHOP)))
    pairs = [(row.id, shipment) for row in rows for shipment in orjson.loads(row.document)["shipments"]]
    for status in ("Pending", "LabelCreated"):
        yield from (pair for pair in pairs if pair[1]["status"] == status)


def _creation(store: Store, orders: Orders, tenant: str, at: int) -> dict[str, Any]:
    """Build example bodies for looking up policies and for creating a return with a policy.

    Returns {} if no order has an item that can be returned.
    """
    for row in reversed(list(store.rows(tenant, NAME, "order", Filters(shop=FIRST_SHOP)))):
        order = orjson.loads(row.document)
        for line in order["lines"]:
            unit = {"shopLineItemId": line["shopLineItemId"]}
            body = {"order_name": order["order_name"], "items": [unit]}
            policies = orders.eligible(tenant, FIRST_SHOP, body, at)[0]["policies"]
            if policies:
                item = {**unit, "policyId": "refund-any-carrier", "returnReason": "Does not fit"}
                return {
                    "get_eligible_policies": body,
                    "create_rma_by_policy": {**body, "items": [item]},
                }
    return {}
