"""Inputs that mean the same have the same key and the same label, in the catalogs of all vendors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.each import each
from support.input_names import RULES, Given, all_inputs

from connector.definition.compiler import integration, vendors

if TYPE_CHECKING:
    from collections.abc import Iterable

INPUTS = [one for vendor in vendors() for one in all_inputs(integration(vendor))]
PERIOD = "A report counts whole days, and its first and last day are counted too."
OTHER_KEYS = {
    "exsited find_invoice.invoice_number": "People type this number; no step lists it for them.",
    "returnlogic create_order.order_name": "ReturnLogic tells the name of an order from its number.",
    "returnlogic find_order.order_name": "ReturnLogic tells the name of an order from its number.",
    **{
        f"returnmate get_{name}_report.{end}_date": PERIOD
        for name in ("returns", "reasons", "carriers")
        for end in ("start", "end")
    },
}
"""The inputs whose key is not the one that a rule finds, with the reason."""
SAME_WORD = {
    "id": "The path of the operation says which record it is.",
    "type": "The type of a return is what the customer receives; a transaction has another one.",
    "order_name": "In ReturnLogic, the name of an order is not its number.",
    "rma_id": "In Exsited, people choose a return, or type its number.",
    "invoice_id": "In Exsited, people choose an invoice, or type its number.",
}
"""Vendors' names that have more than one key, with the reason."""


def expected(one: Given) -> set[str]:
    """The keys that the rules find for an input."""
    return {key for rule in RULES.values() if (key := rule(one))}


def other_keys(inputs: list[Given]) -> set[str]:
    return {str(one) for one in inputs if expected(one) - {one.field.key}}


def test_inputs_with_one_meaning_have_one_key() -> None:
    assert other_keys(INPUTS) == set(OTHER_KEYS)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_a_wrong_key(rule: str) -> None:
    found = [one for one in INPUTS if RULES[rule](one) == one.field.key]
    assert len({one.made.vendor.id for one in found}) > 1
    for one in each(found):
        wrong = replace(one, field=one.field.model_copy(update={"key": "other_name"}))
        assert expected(wrong) - {"other_name"}, str(one)


def more_than_one(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The second values of the pairs by the first, where there are several."""
    found = defaultdict(set)
    for first, second in pairs:
        found[first].add(second)
    return {first: seconds for first, seconds in found.items() if len(seconds) > 1}


def test_key_has_one_label_and_label_one_key() -> None:
    assert more_than_one((one.field.key, one.field.label) for one in INPUTS) == {}
    assert more_than_one((one.field.label, one.field.key) for one in INPUTS) == {}


def test_name_of_a_vendor_has_one_key() -> None:
    assert more_than_one((one.place, one.field.key) for one in INPUTS).keys() == SAME_WORD.keys()
