"""Builds the JSON Schemas (draft 2020-12) of tools' inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.naming import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connector.definition.model import Choice, Dropdown, Field, InputField, Integration

TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "list": {"type": "array"},
    "object": {"type": "object"},
}
ANY_TEXT = r"^[^\x00]*$"
"""A pattern that only excludes the NUL character; schemas omit it, because it does not help an assistant."""
LIMITS = (
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("min_length", "minLength"),
    ("max_length", "maxLength"),
    ("pattern", "pattern"),
    ("multiple_of", "multipleOf"),
)


def object_schema(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """Build the schema of an object that has these properties and no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(properties), **needed, "additionalProperties": False}


def input_schema(
    integration: Integration,
    inputs: Sequence[InputField],
    more: Mapping[str, Any],
    required: Sequence[str] = (),
    choices_tool: str = "",
) -> dict[str, Any]:
    """Build the schema of a tool's inputs.

    `more` contains the schemas of additional inputs, keyed by name; these inputs come first. `required`
    contains the names of the additional inputs that are required. `choices_tool` is the name of the tool that
    lists the options of a dropdown, or "" if there is no such tool.
    """
    fields = {field.key: _schema(integration, field, choices_tool) for field in inputs}
    needed = [field.key for field in inputs if field.required]
    return object_schema({**more, **fields}, [*required, *needed])


def _schema(integration: Integration, field: InputField, choices_tool: str) -> dict[str, Any]:
    schema: dict[str, Any] = {**TYPES[field.type], "title": field.label}
    if text := " ".join(_sentences(integration, field, choices_tool)):
        schema["description"] = text
    if field.type == "list":
        return {**schema, **_size(field), "items": _items(integration, field, choices_tool)}
    if field.type == "object":
        return {**schema, **_members(integration, field, choices_tool)}
    one = {**schema, **_value(field)}
    if field.repeated_as is None:
        return one
    return {**schema, "type": "array", "items": {**TYPES[field.type], **_value(field)}}


def _items(integration: Integration, field: InputField, choices_tool: str) -> dict[str, Any]:
    if field.children:
        return {"type": "object", **_members(integration, field, choices_tool)}
    return {**TYPES[field.item_type or "string"], **_value(field)}


def _members(integration: Integration, field: InputField, choices_tool: str) -> dict[str, Any]:
    if not field.children:
        return {}
    return input_schema(integration, field.children, {}, choices_tool=choices_tool)


def _value(field: Field) -> dict[str, Any]:
    """Return the JSON Schema keywords that restrict a single value: its choices, range, length or pattern."""
    found = ((keyword, getattr(field.bounds, name)) for name, keyword in LIMITS)
    limits = {keyword: _plain(value) for keyword, value in found if value not in (None, ANY_TEXT)}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if getattr(field.bounds, f"exclusive_{limit}") and limit in limits:
            limits[exclusive] = limits.pop(limit)
    if field.choices:
        is_number = "integer" in (field.type, field.item_type)
        limits["enum"] = [int(one.value) if is_number else one.value for one in field.choices]
    return limits


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _size(field: Field) -> dict[str, Any]:
    sizes = (("minItems", field.bounds.min_items), ("maxItems", field.bounds.max_items))
    unique = {"uniqueItems": True} if field.bounds.unique_items else {}
    return {keyword: value for keyword, value in sizes if value is not None} | unique


def _sentences(integration: Integration, field: InputField, choices_tool: str) -> Iterator[str]:
    """Yield the sentences of an input's description, such as its help, labels of choices and conditions.

    They state what JSON Schema cannot express, or what an assistant understands better in words.
    """
    if field.help:
        yield field.help
    dropdown = integration.dropdowns.get(field.dropdown or "")
    if choices := field.choices or (dropdown.choices if dropdown else ()):
        yield f"{'One of' if field.choices else 'Usually one of'}: {named(choices)}."
    elif field.known_values:
        yield f"Known values: {', '.join(field.known_values)}."
    if dropdown and not dropdown.choices and choices_tool:
        yield _where_from(dropdown, choices_tool)
    if field.separator:
        yield f"Separate several values with {field.separator!r}."
    if field.required_without:
        yield f"Required, unless {listed(field.required_without)} is given."
    if field.at_least_one:
        yield f"Has at least one of {listed(field.at_least_one)}."
    if field.required_with:
        yield f"Required together with {listed(field.required_with)}."
    if field.location == "match":
        yield "The API has no filter for it, so the newest records are read and compared."


def _where_from(dropdown: Dropdown, choices_tool: str) -> str:
    return f"{choices_tool} lists the values with their labels (list: {dropdown.key})."


def named(choices: Sequence[Choice]) -> str:
    """List the values of choices as text, each followed by its label unless the label says the same."""
    return ", ".join(
        choice.value if _same(choice) else f"{choice.value} ({choice.label})" for choice in choices
    )


def _same(choice: Choice) -> bool:
    return choice.label.casefold() == choice.value.replace("_", " ").replace("-", " ").casefold()
