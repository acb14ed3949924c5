"""Tenants for tests of faults, and calls to every vendor's API as a client makes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import httpx

from mock_server.testing import Sandbox, Tenant

LISTS: Final = {
    "returnmate": ("list_returns", "/rmas"),
    "returngo": ("list_rmas", "/rmas?pagesize=50"),
    "swap": ("list_returns", "/v2/external/returns"),
    "exsited": ("list_returns", "/api/v3/return-merchandise-authorisations"),
    "returnlogic": ("list_rmas", "/rmas"),
}
"""The operation that lists returns at each vendor, and its path."""
_numbers: Final = count(1)


@contextmanager
def tenant_of(sandbox: Sandbox, **options: Any) -> Iterator[Tenant]:
    """Create a tenant with three returns at each vendor, a frozen clock and no limits; delete it after."""
    how = {"seed_size": 3, "first_moment": "2026-03-02T09:00:00Z", "frozen": True, **options}
    tenant = sandbox.create_tenant(how.pop("name", f"faulty-{next(_numbers)}"), **how)
    try:
        yield tenant
    finally:
        tenant.delete()


def item(sku: str = "TEE-NVY-M") -> dict[str, Any]:
    """Return one line of a return."""
    return {"sku": sku, "quantity": 1, "reason": "wrong_size"}


NEW_RMA: Final = {"order_number": "#2001", "customer_email": "iris.lane@example.com", "items": [item()]}


def create(client: httpx.Client) -> httpx.Response:
    """Create a return through ReturnMate's API."""
    return client.post("/rmas", json=NEW_RMA)
