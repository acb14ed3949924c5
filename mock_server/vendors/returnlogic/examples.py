"""Example IDs and request bodies for ReturnLogic's operations, prefilled in Swagger UI."""

from typing import Any

from mock_server.pages.prefill import Examples
from mock_server.store import Store
from mock_server.vendors.returnlogic.apps import PublicApps
from mock_server.vendors.returnlogic.facts import NAME


def examples(store: Store, apps: PublicApps, tenant: str) -> Examples:
    """Build example path IDs and request bodies that the tenant's operations accept."""
    path: dict[str, str] = {}
    for row in store.rows(tenant, NAME, "return"):
        path["rlRmaId"] = row.id
    token_request = apps.example_request(tenant)
    bodies: dict[str, Any] = {"request_tokens": token_request} if token_request else {}
    return Examples(path, bodies)
