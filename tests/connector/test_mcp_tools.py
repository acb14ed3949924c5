"""The tools that `returns mcp` offers: names, inputs and hints of every search and action of every vendor."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator, meta
from support.assistant import ALL, assistant, documented, inputs_of, steps_of, tools_of
from support.each import each

from connector.definition.action_guarantees import AFTER_LOSS, action_guarantees
from connector.definition.compiler import vendors
from connector.mcp.schemas import named
from connector.mcp.tools import ALWAYS, FULL_RECORDS

if TYPE_CHECKING:
    from support.fake_vendor import Time

    from connector.definition.model import Integration

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("vendor", vendors())]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""The names that all known clients accept."""


def names(made: Integration, risks: tuple[str, ...]) -> set[str]:
    keys = [*made.searches, *(key for key, action in made.actions.items() if action.risk in risks)]
    return {f"{made.vendor.id}_{key}" for key in keys}


@pytest.mark.parametrize("allowed", [("read",), ALWAYS, (*ALWAYS, "financial"), ALL])
async def test_a_tool_is_offered_for_each_search_and_each_allowed_action(
    vendor: str, allowed: tuple[Any, ...], time: Time
) -> None:
    connection = documented(vendor, time)
    async with assistant(connection, allowed=allowed) as client:
        found = set(await tools_of(client))
    lists = {f"{vendor}_list_choices"}
    assert found - lists == {*names(connection.integration, allowed), FULL_RECORDS}


async def test_tools_have_names_and_schemas_that_clients_accept(vendor: str, time: Time) -> None:
    async with assistant(documented(vendor, time)) as client:
        tools = await tools_of(client)
    for name, tool in each(tools.items()):
        assert NAME.fullmatch(name)
        assert tool.title
        assert tool.description
        assert tool.description.endswith(".")
        meta.validate({"$schema": DRAFT, **tool.input_schema})
        assert tool.input_schema["type"] == "object"
        assert not {"oneOf", "anyOf", "allOf", "$ref"} & set(tool.input_schema)
        assert "default" not in tool.input_schema.get("required", ())


async def test_hints_follow_from_the_risk_and_from_what_may_be_repeated(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    async with assistant(connection) as client:
        tools = await tools_of(client)
    for key in each(made.searches):
        hints = tools[f"{vendor}_{key}"].annotations
        assert hints
        assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
    for key, action in each(made.actions.items()):
        hints = tools[f"{vendor}_{key}"].annotations
        assert hints
        assert hints.read_only_hint is False
        assert hints.destructive_hint == (action.risk in {"financial", "destructive"})
        assert hints.idempotent_hint == (action.after_timeout == "repeat")


async def test_the_guarantee_of_an_action_is_in_its_description(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    async with assistant(connection) as client:
        tools = await tools_of(client)
    for key, action in each(connection.integration.actions.items()):
        (python,) = (one for one in action_guarantees(action) if one.runtime == "python")
        assert AFTER_LOSS[python.after_failure] in (tools[f"{vendor}_{key}"].description or "")


async def test_assumed_requests_are_marked_as_a_preview(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    async with assistant(connection) as client:
        tools = await tools_of(client)
    for key, step in each(steps_of(made)):
        description = tools[f"{vendor}_{key}"].description or ""
        assert ("Preview" in description) == step.preview


async def test_inputs_are_typed_as_the_connector_takes_them(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    async with assistant(connection) as client:
        tools = await tools_of(client)
    for key, step in each(steps_of(made)):
        schema = tools[f"{vendor}_{key}"].input_schema
        Draft202012Validator(schema).validate(as_the_schema_says(schema, inputs_of(made, step)))
        for field in step.inputs:
            described = schema["properties"][field.key]
            assert described["title"] == field.label
            assert (field.key in schema.get("required", ())) == field.required
            for other in field.required_without:
                assert re.search(rf"Required, unless .*{other}", described["description"])
            if field.choices:
                one = described.get("items", described)
                assert one["enum"] == [choice.value for choice in field.choices]
                assert named(field.choices) in described["description"]


def as_the_schema_says(schema: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Put a single value into a list where the schema has a list; the connector takes both."""
    found: dict[str, Any] = json.loads(json.dumps(inputs, default=float))
    for key, value in found.items():
        if schema["properties"][key]["type"] == "array" and not isinstance(value, list):
            found[key] = [value]
    return found


async def test_the_options_of_a_dropdown_have_a_tool(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    async with assistant(connection) as client:
        tools = await tools_of(client)
    fields = [
        field for _key, step in steps_of(made) for outer in step.inputs for field in (outer, *outer.children)
    ]
    used = {field.dropdown for field in fields if field.dropdown}
    read = [key for key in made.dropdowns if key in used and made.dropdowns[key].operation]
    name = f"{vendor}_list_choices"
    assert (name in tools) == bool(read)
    if read:
        assert tools[name].input_schema["properties"]["list"]["enum"] == read
