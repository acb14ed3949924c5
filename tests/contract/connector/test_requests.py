"""The connector sends every input that a specification allows as documented, and refuses every other one.

Schemathesis generates the inputs of each operation, action and search from the operation's schema. The
request that arrives is compared with the one that the specification describes; besides, every request of the
test run is validated (`support/contract.py`). Each rule of a schema is tried on both sides of its limit
(`support/limits.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.each import each
from support.limits import complaint
from support.report_data import record
from support.requests.differences import DIFFERENCES, explained
from support.requests.inputs import described, limit_sides
from support.requests.tried import tried
from support.requests.unreached import FIXED, NEVER_SENT, NO_INPUT, sent_once, unreached

import openapi
from connector.definition.compiler import integration

if TYPE_CHECKING:
    from support.requests.tried import Tried


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_allowed_inputs_are_sent_as_documented_and_others_are_refused(vendor: str) -> None:
    found = tried(vendor)
    rows = [*(one.row() for one in found), *(one.row() for one in unreached(vendor))]
    record("requests", "Requests of the connector", rows)
    assert [str(one) for one in each(found) if not one.as_specified and explained(one) is None] == []
    assert {one.use for one in each(found) if one.result == "sent"} == uses(vendor)
    assert {one.use for one in each(found) if one.result == "refused"} >= with_rules(vendor)


def uses(vendor: str) -> set[str]:
    made = integration(vendor)
    return {
        *made.operations,
        *(f"action {key}" for key in sent_once(made)),
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
        *((f"action {key}", one.inputs) for key, one in sent_once(made).items()),
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


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_input_of_an_operation_is_sent_by_a_step_or_is_named_with_the_reason(vendor: str) -> None:
    """The reason holds: without an input nothing is sent, and a fixed value is always the same."""
    sent: dict[str, list[Tried]] = {}
    for one in tried(vendor):
        if one.result == "sent":
            sent.setdefault(one.use, []).append(one)
    named = {(one.use, one.name): one.why for one in unreached(vendor)}
    for (use, name), why in each(named.items()):
        values = {repr(one.stands_for[name]) for one in sent[use] if name in one.stands_for}
        assert why not in {NO_INPUT, NEVER_SENT} or not values, (use, name, values)
        assert why != FIXED or len(values) == 1, (use, name, values)
    for use, found in each(sent.items()):
        if use != found[0].operation:
            names = {name for one in found for name in one.stands_for} | {n for u, n in named if u == use}
            assert names >= described(vendor)[found[0].operation].places.keys(), use
