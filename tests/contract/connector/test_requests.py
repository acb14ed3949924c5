"""The connector sends every input that a specification allows as documented, and refuses every other one.

Schemathesis generates the inputs of each operation, action and search from the operation's schema. The
request that arrives is compared with the one that the specification describes; besides, every request of the
test run is validated (`support/contract.py`). Each rule of a schema is tried on both sides of its limit
(`support/limits.py`).
"""

from __future__ import annotations

import pytest
from support.each import each
from support.limits import complaint
from support.report_data import record
from support.requests.differences import DIFFERENCES, explained
from support.requests.inputs import described, limit_sides
from support.requests.tried import tried

import openapi
from connector.definition.compiler import integration


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_allowed_inputs_are_sent_as_documented_and_others_are_refused(vendor: str) -> None:
    found = tried(vendor)
    record("requests", "Requests of the connector", [one.row() for one in found])
    assert [str(one) for one in each(found) if not one.as_specified and explained(one) is None] == []
    assert {one.use for one in each(found) if one.result == "sent"} == uses(vendor)
    assert {one.use for one in each(found) if one.result == "refused"} >= with_rules(vendor)


def uses(vendor: str) -> set[str]:
    made = integration(vendor)
    return {
        *made.operations,
        *(f"action {key}" for key in made.actions),
        *(f"search {key}" for key in made.searches),
        *(f"dropdown {key}" for key, one in made.dropdowns.items() if one.search),
    }


def with_rules(vendor: str) -> set[str]:
    """Return the operations with an input: each input has a type at least, which a value can miss."""
    return {name for name, one in described(vendor).items() if one.places}


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_documented_input_is_sent(vendor: str) -> None:
    sent = {(one.operation, name) for one in tried(vendor) if one.result == "sent" for name in one.stands_for}
    assert sent >= {(name, key) for name, one in described(vendor).items() for key in one.places}


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_input_of_an_action_and_search_is_sent(vendor: str) -> None:
    """Inputs that are compared with records are left out, because they are never sent."""
    made = integration(vendor)
    sent = {(one.use, key) for one in tried(vendor) if one.result == "sent" for key in one.inputs}
    steps = [
        *((f"action {key}", one.inputs) for key, one in made.actions.items()),
        *((f"search {key}", one.inputs) for key, one in made.searches.items()),
    ]
    assert sent >= {
        (use, field.key) for use, fields in steps for field in fields if field.location != "match"
    }


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_rule_of_every_input_has_both_sides(vendor: str) -> None:
    problems = [
        f"{name}: {said}"
        for name, ruled in each(limit_sides(vendor).items())
        for rule, found in ruled.items()
        if (said := complaint(rule, found))
    ]
    assert problems == []


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_limits_are_sent_and_what_is_beyond_them_is_refused(vendor: str) -> None:
    results = {(one.use, repr(one.inputs)): one for one in tried(vendor) if one.use == one.operation}
    for name, ruled in each(limit_sides(vendor).items()):
        for found in ruled.values():
            for side in found:
                one = results[name, repr(side.value)]
                assert one.as_specified, str(one)
                # The login fills some required inputs.
                assert one.allowed == side.allowed or side.rule.keyword == "required", str(one)


def test_every_difference_is_still_there() -> None:
    """A reason that explains nothing any more has to go."""
    found = [one for vendor in openapi.vendors() for one in tried(vendor) if not one.as_specified]
    for difference in each(DIFFERENCES):
        assert any(difference.applies(one) for one in found), difference.reason
