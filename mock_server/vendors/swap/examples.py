"""Example request body for Swap's quality control operation, prefilled in Swagger UI."""

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Store
from mock_server.vendors.swap.facts import NAME, STORE_ID


def examples(store: Store, tenant: str) -> Examples:
    """Build an example request body that the quality control operation accepts."""
    waiting = Filters(statuses=("processing", "open"))
    for row in store.rows(tenant, NAME, "return", waiting):
        document = orjson.loads(row.document)
        product = document["products"][0]
        body = {
            "store_id": STORE_ID,
            "condition": "Sellable",
            "return_qty": product["item_count"],
            "shopify_order_name": document["shopify_order_name"],
            "sku": product["sku"],
        }
        return Examples(bodies={"update_quality_control": body})
    return Examples()
