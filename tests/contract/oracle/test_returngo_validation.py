"""ReturnGO's item validation: the result in the ledger for every pair of answers, by hand-written rules."""

from __future__ import annotations

import itertools

import pytest
from contract.sandbox.served import ACME, Served, served
from support.each import each

ITEMS = [{"sku": "MUG", "quantity": 2, "reason": "damaged"}]
PASSES = (True, True)
ANSWERS = list(itertools.product((True, False), (True, False)))
"""Whether an item came back, and whether it can be restocked."""


@pytest.mark.parametrize("first", ANSWERS)
def test_return_passes_if_every_item_came_back_and_can_be_restocked(first: tuple[bool, bool]) -> None:
    with served("returngo", ACME, seed_size=0) as api:
        for number, second in each(enumerate(ANSWERS)):
            expected = "passed" if (first, second) == (PASSES, PASSES) else "failed"
            assert verdict(api, f"#{7000 + number}", first, second) == ["open", expected], second


def verdict(api: Served, order: str, *answers: tuple[bool, bool]) -> list[str]:
    """Validate the items of a new return one by one; return the result after each."""
    body = {"vendor": "returngo", "order_number": order, "customer_email": "kim@example.com", "items": ITEMS}
    rma = api.control("POST", f"/tenants/{ACME}/returns", json=body).body["document"]
    id_ = rma["rmaSummary"]["rmaId"]
    for status in ("Approved", "Received"):
        move = {"vendor": "returngo", "status": status}
        api.control("POST", f"/tenants/{ACME}/returns/{id_}/move", json=move)
    for item, (returned, restockable) in zip(rma["items"], answers, strict=True):
        check = {
            "returnedItemId": item["returnedItemId"],
            "isReturned": returned,
            "isRestockable": restockable,
        }
        asked = {"rmaId": id_, "items": [check]}
        api.control("POST", f"/tenants/{ACME}/vendors/returngo/acts/validate_items", json=asked)
    events = api.get(ACME, "/ledger?limit=1000")["events"]
    return [one["body"]["to"] for one in events if "quality" in one["kind"] and one["subject"] == id_]
