"""What Swagger UI fills in for ReturnLogic: an RMA, and the login of a public app."""

from typing import Any

from mock_server.pages.prefill import Examples
from mock_server.store import Store
from mock_server.vendors.returnlogic.apps import PublicApps
from mock_server.vendors.returnlogic.facts import NAME


def examples(store: Store, apps: PublicApps, tenant: str) -> Examples:
    """Return values of the tenant's records that work."""
    path: dict[str, str] = {}
    for row in store.rows(tenant, NAME, "return"):
        path["rlRmaId"] = row.id
    login = apps.login_to_show(tenant)
    bodies: dict[str, Any] = {"request_tokens": login} if login else {}
    return Examples(path, bodies)
