"""ReturnGO's returns in the running sandbox, read without the connector."""

import zlib
from typing import Any

import httpx

from support.sandbox import Sandbox

VENDOR = "returngo"
FIRST, SECOND = "outfitters.myshopify.example", "outlet.myshopify.example"
SHIPMENT = {
    "shipmentId", "status", "carrierName", "requestedServiceLevel", "actualServiceLevel", "trackingNumber",
    "trackingURL", "labelURL", "customerAddress", "returnAddress", "isOutbound",
}  # fmt: skip


def frozen_tenant(sandbox: Sandbox, test: str) -> str:
    """Create a tenant for one test, with the full seed and a frozen clock."""
    made = sandbox.tenant(f"rg-{zlib.crc32(test.encode()):08x}", limits="off")
    sandbox.control.post(f"/tenants/{made}/clock/freeze")
    return made


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def listed(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body(api.get("/rmas", params={"pagesize": 500, **query}))["rmas"]
    return rows


def details(api: httpx.Client, id_: str, **query: Any) -> dict[str, Any]:
    rma: dict[str, Any] = body(api.get(f"/rma/{id_}", params=query))
    return rma


def every(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    return [details(api, row["rmaId"]) for row in listed(api, **query)]


def shipped(api: httpx.Client, status: str, shipment: str) -> dict[str, Any]:
    """Return a return of this status whose shipment has the other status."""
    return next(
        rma
        for rma in every(api, status=status)
        if rma["shipments"] and rma["shipments"][0]["status"] == shipment
    )


def advance(sandbox: Sandbox, tenant: str, seconds: int) -> None:
    assert sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": seconds}).is_success


def turn(sandbox: Sandbox, tenant: str, name: str, *, on: bool = True) -> None:
    options = {"vendor": VENDOR, "name": name, "shop": FIRST, "on": on}
    body(sandbox.control.put(f"/tenants/{tenant}/switches", json=options))


def create_return(sandbox: Sandbox, tenant: str, **options: Any) -> dict[str, Any]:
    line = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
    told = {
        "vendor": VENDOR,
        "order_number": "#2001",
        "customer_email": "iris.lane@example.com",
        "items": [line],
    }
    document: dict[str, Any] = body(
        sandbox.control.post(f"/tenants/{tenant}/returns", json={**told, **options}), 201
    )["document"]
    return document
