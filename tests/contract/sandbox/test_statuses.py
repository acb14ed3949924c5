"""The table of allowed changes of status in each document is the one that the sandbox follows."""

from importlib import import_module

import pytest
from contract.sandbox.documents import document
from contract.sandbox.served import ACME, Served, served
from support.each import each

from connector.definition.compiler import integration
from mock_server import vendors

VENDORS = vendors.names()
ALIKE = {
    "requested": {"requested"}, "approved": {"approved"},
    "label_sent": {"label_sent", "approved", "processing"},
    "in_transit": {"in_transit", "processing"}, "received": {"received", "on_hold"},
    "inspected": {"inspected", "on_hold", "processing"}, "completed": {"completed"}, "rejected": {"rejected"},
    "cancelled": {"cancelled", "expired"},
}  # fmt: skip
"""What the connector's catalog may call each neutral state of the sandbox."""


def table(vendor: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = document(vendor).raw["x-transitions"]["return"]
    return found


@pytest.mark.parametrize("vendor", VENDORS)
def test_lifecycle_is_the_documented_table(vendor: str) -> None:
    lifecycle = import_module(f"mock_server.vendors.{vendor}.facts").LIFECYCLE
    described = {status: set(after) for status, after in table(vendor).items()}
    assert described.pop("") == {lifecycle.initial}
    allowed = {status: set(lifecycle.transitions.get(status, ())) for status in lifecycle.states}
    assert allowed == described


@pytest.mark.parametrize("vendor", VENDORS)
def test_neutral_states_agree_with_the_catalog(vendor: str) -> None:
    """The sandbox and the catalog translate the vendor's statuses independently."""
    lifecycle = import_module(f"mock_server.vendors.{vendor}.facts").LIFECYCLE
    unified = integration(vendor).unified
    assert unified is not None
    for status, state in each(lifecycle.states.items()):
        assert unified.statuses[status] in ALIKE[state], (status, state, unified.statuses[status])


def moved(api: Served, way: list[str], target: str) -> int:
    """Create a return, move it along a way, try a move to `target`, and return the status of the answer."""
    item = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "wrong_size"}
    number = f"#7{len(api.app.world.ledger.events(ACME))}"
    wanted = {"vendor": api.vendor, "order_number": number, "customer_email": "kim@example.com"}
    api.control("POST", f"/tenants/{ACME}/returns", json={**wanted, "items": [item]})
    created = api.app.world.ledger.events(ACME, kind="return.created")[-1].subject
    for status in way:
        api.control(
            "POST", f"/tenants/{ACME}/returns/{created}/move", json={"vendor": api.vendor, "status": status}
        )
    before = len(api.app.world.ledger.events(ACME))
    answer = api.client.call(
        "POST",
        f"/__sandbox/tenants/{ACME}/returns/{created}/move",
        json={"vendor": api.vendor, "status": target},
    )
    if not answer.ok:
        assert len(api.app.world.ledger.events(ACME)) == before
    return answer.status


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_move_is_allowed_or_refused_as_documented(vendor: str) -> None:
    known = table(vendor)
    ways: dict[str, list[str]] = {known[""][0]: []}
    for status in (queue := [known[""][0]]):
        for following in known[status]:
            if following not in ways:
                ways[following] = [*ways[status], following]
                queue.append(following)
    assert set(ways) == set(known) - {""}
    with served(vendor, seed_size=0) as api:
        for status, way in each(ways.items()):
            for target in each(set(known) - {"", status}):
                allowed = target in known[status] and not is_reopening_elsewhere(known, status, target, way)
                assert moved(api, way, target) == (200 if allowed else 400), (status, target)
        assert api.differences() == []


def is_reopening_elsewhere(known: dict[str, list[str]], status: str, target: str, way: list[str]) -> bool:
    """Return whether a final-looking status is left for another one than that before it, which is refused."""
    before = [known[""][0], *way][-2:-1]
    return bool(before) and before[0] in known[status] and target != before[0]
