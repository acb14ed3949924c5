"""Defines the requests that the benchmarks send, and the HTTP status that is expected for each request."""

from dataclasses import dataclass
from typing import Any

RETURN_REQUEST = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}


@dataclass(frozen=True)
class Load:
    """A request that the benchmarks send repeatedly.

    `status` is the expected HTTP status. `{id}` in the path is replaced by the ID of an existing return.
    """

    name: str
    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None


LOADS = (
    Load("list of 25", "GET", "/rmas?per_page=25", 200),
    Load("one", "GET", "/rmas/{id}", 200),
    Load("create", "POST", "/rmas", 201, RETURN_REQUEST),
    Load("invalid create", "POST", "/rmas", 400, {**RETURN_REQUEST, "items": [{"sku": "X", "quantity": 0}]}),
)
