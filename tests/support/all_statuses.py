"""Creates returns in every status at a merchant of the running sandbox."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from support.sandbox import Sandbox

SKUS = ("TEE-NVY-M", "BOOT-CHE-39")
"""A product with one variant, and one with several, for which vendors send more fields."""


def create_in_every_status(sandbox: Sandbox, vendor: str, tenant: str) -> None:
    """Create a return in each status; then again, with all the vendor's switches on."""
    _bring(sandbox, vendor, tenant)
    if _turn_on(sandbox, vendor, tenant):
        _bring(sandbox, vendor, tenant)


def status_paths(vendor: str) -> Iterator[list[str]]:
    """Yield the shortest path from a new return to each status, as the statuses passed."""
    yield from _paths(vendor).values()


def moves(vendor: str) -> Iterator[list[str]]:
    """Yield a path for each allowed move: the shortest path to its status, and the move."""
    for status, path in _paths(vendor).items():
        yield from ([*path, following] for following in _lifecycle(vendor).transitions[status])


def _lifecycle(vendor: str) -> Any:
    return import_module(f"mock_server.vendors.{vendor}.facts").LIFECYCLE


def _paths(vendor: str) -> dict[str, list[str]]:
    lifecycle = _lifecycle(vendor)
    known: dict[str, list[str]] = {lifecycle.initial: []}
    for status in (queue := [lifecycle.initial]):
        for following in lifecycle.transitions[status]:
            if following not in known:
                known[following] = [*known[status], following]
                queue.append(following)
    return known


def _bring(sandbox: Sandbox, vendor: str, tenant: str) -> None:
    for number, way in enumerate(status_paths(vendor)):
        options = {
            "vendor": vendor,
            "order_number": f"#{1001 + number}",
            "customer_email": "iris.lane@example.com",
            "items": [{"sku": sku, "quantity": 1, "reason": "wrong_size"} for sku in SKUS],
        }
        answer = sandbox.control.post(f"/tenants/{tenant}/returns", json=options)
        assert answer.status_code == 201, answer.text
        id_ = sandbox.ledger(tenant, "return.created")[-1]["subject"]
        for status in way:
            body = {"vendor": vendor, "status": status}
            answer = sandbox.control.post(f"/tenants/{tenant}/returns/{id_}/move", json=body)
            if answer.status_code != 200:  # the table allows the move, but the vendor requires more for it
                break


def _turn_on(sandbox: Sandbox, vendor: str, tenant: str) -> bool:
    switches = getattr(import_module(f"mock_server.vendors.{vendor}.facts"), "SWITCHES", ())
    wishes = [
        {"vendor": vendor, "name": one.name, "on": True} | ({"shop": place} if place else {})
        for one in switches
        if not one.closes
        for place in one.places
    ]
    for options in wishes:
        answer = sandbox.control.put(f"/tenants/{tenant}/switches", json=options)
        assert answer.is_success, answer.text
    return bool(wishes)
