"""Example path parameters for ReturnMate's operations, prefilled in Swagger UI."""

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Store
from mock_server.vendors.returnmate.facts import NAME


def examples(store: Store, tenant: str) -> Examples:
    """Look up example path parameters that the tenant's operations accept."""
    path: dict[str, str] = {}
    for operation, statuses in (
        ("get_return", ()),
        ("add_return_note", ()),
        ("update_return", ("pending",)),
        ("create_shipping_label", ("approved",)),
    ):
        rows = list(store.rows(tenant, NAME, "return", Filters(statuses=statuses)))
        if rows:
            path[f"{operation}.id"] = rows[-1].id
            path.setdefault("email", orjson.loads(rows[-1].document)["customer"]["email"])
    shipments = list(store.rows(tenant, NAME, "shipment"))
    if shipments:
        path |= {f"{operation}.id": shipments[0].id for operation in ("get_shipment", "list_tracking_events")}
    return Examples(path=path)
