"""Swap's quality control: every condition with too few, enough and too many units, by hand-written rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.sandbox.served import ACME, Served, served
from support.each import each

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATION = "update_quality_control"
EXPECTED = 3
ITEMS = [
    {"sku": "TEE-NVY-M", "quantity": EXPECTED, "reason": "wrong_size"},
    {"sku": "MUG", "quantity": 2, "reason": "damaged"},
]
FEW, ENOUGH, MANY = EXPECTED - 1, EXPECTED, EXPECTED + 1
OPEN, REVIEW = ("pending", "open"), ("failed", "needs_review")
SELLABLE = {FEW: ("Missing", *REVIEW), ENOUGH: ("Sellable", *OPEN), MANY: ("Qty Mismatch", *REVIEW)}
BAD = ("Damaged", "Missing", "No-Value", "Wrong-Item", "Not Expected", "Qty Mismatch")
RESULTS: dict[tuple[str, int], tuple[str, str, str]] = {
    **{("Sellable", units): result for units, result in SELLABLE.items()},
    **{(word, units): (word, *REVIEW) for word in BAD for units in SELLABLE},
    **{("Pending", units): ("Pending", *OPEN) for units in SELLABLE},
}
"""Condition and units -> the product's condition, the result of the check, and the return's status."""


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served("swap", ACME, seed_size=0) as opened:
        yield opened


def asked(api: Served, order: str) -> dict[str, Any]:
    """Create a return of two products; return it as the API shows it."""
    body = {"vendor": "swap", "order_number": order, "customer_email": "kim@example.com", "items": ITEMS}
    api.control("POST", f"/tenants/{ACME}/returns", json=body)
    return shown(api, order)


def shown(api: Served, order: str) -> dict[str, Any]:
    (row,) = api.call("list_returns", query=[("shopify_order_name", order)]).body["returns"]
    found: dict[str, Any] = row
    return found


def check(api: Served, order: str, place: int, condition: str, units: int) -> dict[str, Any]:
    line = shown(api, order)["products"][place]["shopify_line_item_id"]
    body = {"condition": condition, "return_qty": units, "shopify_order_name": order}
    store = api.observers[ACME]["query"]["swap_store_id"]
    answer = api.call(OPERATION, json={**body, "store_id": store, "shopify_line_item_id": line})
    assert answer.ok, answer
    return shown(api, order)


def test_every_condition_has_its_result_with_any_number_of_units(api: Served) -> None:
    schema = api.document.body(api.document.operations[OPERATION])
    assert schema is not None
    words = schema["properties"]["condition"]["enum"]
    assert {condition for condition, _units in RESULTS} == set(words)
    for number, ((condition, units), result) in each(enumerate(RESULTS.items())):
        order = f"#{8000 + number}"
        asked(api, order)
        found = check(api, order, 0, condition, units)
        first, second = found["products"]
        assert (first["intake_reason"], found["quality_control_status"], found["status"]) == result, condition
        assert second["intake_reason"] is None


def test_check_passes_when_all_products_do_and_is_partial_when_the_time_is_over(api: Served) -> None:
    for order in ("#9001", "#9002"):
        asked(api, order)
        check(api, order, 0, "Sellable", ENOUGH)
    whole = check(api, "#9001", 1, "Sellable", 2)
    assert (whole["quality_control_status"], whole["status"]) == ("passed", "completed")
    api.advance(48 * 3600 - 1)
    assert shown(api, "#9002")["quality_control_status"] == "pending"
    api.advance(2)
    late = shown(api, "#9002")
    assert (late["quality_control_status"], late["status"]) == ("partial", "needs_review")
