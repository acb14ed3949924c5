"""Every keyword that constrains a value is checked to its limit, by calls and by tools for assistants.

An invented document has the keywords that no specification has at present; `test_requests.py` tries the
limits of the specifications.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from support import limited
from support.each import each
from support.json_schemas import nullable
from support.limits import NO_LIMITS, SIDES, Rule, Side, complaint, rules, sides
from support.requests.inputs import described

import openapi
from connector.definition.compiler import integration
from connector.definition.document import Spec
from connector.definition.keywords import KNOWN
from connector.definition.model import InputField
from connector.errors import ValidationFailed
from connector.mcp.schemas import input_schema
from connector.transport.request import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords of a schema and of those inside it."""
    yield from schema
    for name in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(name, ()):
            yield from keywords(one)
    for one in schema.get("properties", {}).values():
        yield from keywords(one)
    if "items" in schema:
        yield from keywords(schema["items"])


def test_every_keyword_of_a_schema_has_a_limit_or_none() -> None:
    schemas = [one.schema for vendor in openapi.vendors() for one in described(vendor).values()]
    used = {keyword for schema in schemas for keyword in keywords(schema)}
    assert (used | KNOWN["schema"]) - SIDES.keys() <= NO_LIMITS
    assert not NO_LIMITS & SIDES.keys()


def test_invented_document_has_every_keyword_that_the_connector_supports() -> None:
    there = {one for schema in limited.schemas().values() for one in keywords(schema)}
    assert there >= KNOWN["schema"] & SIDES.keys()


@cache
def invented(operation: str) -> Mapping[Rule, list[Side]]:
    """Return both sides of each rule of the invented document."""
    schema = limited.schemas()[operation]
    judge = jsonschema_rs.Draft4Validator(nullable(schema), validate_formats=True)
    return {rule: sides(rule, limited.valid_values(schema), judge.is_valid) for rule in rules(schema)}


@pytest.mark.parametrize("operation", limited.schemas())
def test_every_keyword_is_checked_to_its_limit(operation: str) -> None:
    known = Spec(limited.document()).operations[operation]
    for rule, found in each(invented(operation).items()):
        assert complaint(rule, found) is None
        for side in each(found):
            assert is_sent(partial(build, known, side.value)) == side.allowed, (rule.name, side.value)


def is_sent(call: Any) -> bool:
    try:
        call()
    except ValidationFailed:
        return False
    return True


def test_a_refusal_says_the_limit_without_an_exponent() -> None:
    known = Spec(limited.document()).operations[limited.LIST]
    with pytest.raises(ValidationFailed, match="plain must be at most 1000000"):
        build(known, {"count": 3, "plain": 1_000_001})


@pytest.mark.parametrize("operation", limited.schemas())
def test_tools_for_assistants_state_the_same_limits(operation: str) -> None:
    """A time without a zone and an e-mail address are checked by the call, not by the tool's schema."""
    known = Spec(limited.document()).operations[operation]
    body = known.body.children if known.body else ()
    fields = [as_input(field) for field in (*body, *(one.field for one in known.parameters))]
    schema = input_schema(integration("swap"), fields, {})  # no field has a dropdown of the vendor
    tool = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for rule, found in each(invented(operation).items()):
        if rule.keyword != "minProperties":  # a form has all members of an object, or none
            for side in each(found):
                assert tool.is_valid(side.value) == side.allowed, (rule.name, side.value)


def as_input(field: Any) -> InputField:
    """Return a field as an input of a step."""
    facts = field.model_dump(exclude={"children"})
    children = tuple(as_input(child) for child in field.children)
    return InputField(**facts, children=children, location="body", path=(field.key,))
