"""What Make modules return: a summary first, and no sensitive values unless a user asks for them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.each import each
from support.make.expressions import transform

from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.generator.make.naming import PROPER
from connector.generator.make.order import rank
from connector.generator.make.outputs import ASKED, SUMMARY, outputs_of
from connector.generator.make.triggers import _row


def steps(offer: Integration) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the key, resource, fields and sample of every step, as its module returns them."""
    for key, trigger in offer.triggers.items():
        yield key, trigger.resource, _row(trigger), trigger.sample
    for key, action in offer.actions.items():
        yield key, action.resource, action.fields, action.sample
    for key, search in offer.searches.items():
        yield key, search.resource, search.fields, search.sample


@pytest.mark.parametrize("vendor", vendors())
def test_expressions_make_the_summary_that_the_sample_shows(vendor: str) -> None:
    offer = integration(vendor)
    summarized = 0
    for key, resource, fields, record in each(list(steps(offer))):
        outputs = outputs_of(offer, resource, fields)
        made = transform(outputs.output("item"), {"item": record, "parameters": {}})
        sample = outputs.sample(record)
        assert list(sample)[:1] == ([SUMMARY] if outputs.built else list(sample)[:1])
        if outputs.built:
            assert {name: text for name, text in sample[SUMMARY].items() if text} == made[SUMMARY], key
            assert [one["name"] for one in outputs.interface[0]["spec"]] == list(outputs.built.members)
            summarized += 1
    assert summarized > 0


@pytest.mark.parametrize("vendor", vendors())
def test_expressions_leave_empty_what_a_record_lacks(vendor: str) -> None:
    offer = integration(vendor)
    for _, resource, fields, _ in each(list(steps(offer))):
        outputs = outputs_of(offer, resource, fields)
        if outputs.built:
            made = transform(outputs.output("item"), {"item": {}, "parameters": {}})
            assert set(made[SUMMARY].values()) <= {""}


@pytest.mark.parametrize("vendor", vendors())
def test_sensitive_values_are_returned_only_if_asked_for(vendor: str) -> None:
    offer = integration(vendor)
    for _, resource, fields, record in each(list(steps(offer))):
        outputs = outputs_of(offer, resource, fields)
        output = outputs.output("item")
        made = transform(output, {"item": record, "parameters": {}})
        assert "bankAccount" not in json.dumps([made, outputs.interface, outputs.sample(record)])
        has_bank_account = "iban" in str(fields)
        assert [one["name"] for one in outputs.parameters] == [ASKED] * has_bank_account
        if "bankAccount" in json.dumps(record):
            asked = transform(output, {"item": record, "parameters": {ASKED: True}})
            assert "bankAccount" in json.dumps(asked)
            never = transform(
                outputs.output("item", asks=False), {"item": record, "parameters": {ASKED: True}}
            )
            assert "bankAccount" not in json.dumps(never)


def test_modules_are_ordered_by_what_they_do() -> None:
    kinds = [
        ("trigger", None), ("instant_trigger", None), ("search", None), ("action", "read"),
        ("action", "create"), ("action", "update"), ("action", "delete"), ("universal", None),
    ]  # fmt: skip
    assert [rank(*one) for one in kinds] == [0, 0, 1, 1, 2, 3, 4, 5]


def test_labels_of_the_summary_are_in_sentence_case() -> None:
    offer = integration("returnmate")
    outputs = outputs_of(offer, "return", offer.resources["return"].fields)
    labels = [one["label"] for one in outputs.interface[0]["spec"]]
    assert {"Order", "Customer name", "Customer email", "Status"} <= set(labels)
    assert not PROPER & set(labels)
