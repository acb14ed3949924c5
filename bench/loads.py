"""The requests that every bench makes, with the status that proves that one was answered as meant."""

from dataclasses import dataclass
from typing import Any

WISH = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}


@dataclass(frozen=True)
class Load:
    """One kind of request; `{id}` in its path stands for the id of a return that exists."""

    name: str
    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None


LOADS = (
    Load("list of 25", "GET", "/rmas?per_page=25", 200),
    Load("one", "GET", "/rmas/{id}", 200),
    Load("create", "POST", "/rmas", 201, WISH),
    Load("invalid create", "POST", "/rmas", 400, {**WISH, "items": [{"sku": "X", "quantity": 0}]}),
)
