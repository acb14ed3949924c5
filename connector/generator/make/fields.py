"""Builds the input parameters, output fields (`interface`), choices and samples for Make modules."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connector.definition.model import Dropdown, Field, FieldType, InputField, Integration
from connector.definition.naming import plural, title
from connector.errors import ConfigurationError
from connector.generator.make.naming import camel, sentence

INPUT_TYPES: dict[FieldType, str] = {
    "string": "text",
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "datetime": "date",
    "date": "date",
}
IDENTIFIER = re.compile(r"(^|_)(id|uuid)$")
FOREIGN = re.compile(r"\bmap it from\b", re.IGNORECASE)
MAPPED = "Map it from an earlier module."
# A path parameter with one of these characters would change the path, and so the endpoint that is called.
ONE_SEGMENT = r"^(?!\.{1,2}$)[^/?#%\\]+$"


class Unrenderable(ConfigurationError):  # noqa: N818
    """Raised if Make cannot express something in the catalog.

    The message says what Make cannot express, where it is, and how to change the catalog.
    """


def rpc_id(dropdown: str) -> str:
    """Build the ID of the remote procedure that fills a dropdown, such as `listReturns` for `return`."""
    return camel(f"list_{plural(dropdown)}")


def parameters(
    inputs: Iterable[InputField], integration: Integration, proper: frozenset[str]
) -> list[dict[str, Any]]:
    """Build a module's input parameters: those that are not sent, then required ones, then optional ones.

    Raises Unrenderable if Make does not support an input's type.
    """
    ordered = sorted(inputs, key=lambda one: one.location != "form" and not one.required)
    return [_parameter(one, one.key, integration, proper) for one in ordered]


def _parameter(
    one: InputField, name: str, integration: Integration, proper: frozenset[str]
) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "type": "text", "label": sentence(one.label, proper)}
    if one.required and not may_be_empty(one):
        parameter["required"] = True
    if help_text := _help(one, parameter["label"]):
        parameter["help"] = help_text
    if one.default is not None:
        parameter["default"] = one.default
    if one.children:
        parameter["type"] = "array" if one.type == "list" else "collection"
        parameter["spec"] = columns(one.children, integration, proper)
        return parameter
    many = one.type == "list"
    parameter |= _type(one, one.item_type if many else one.type)
    choices = _choices(one, integration)
    if many and not choices:
        label = parameter["label"].removesuffix("s")
        return parameter | {"type": "array", "spec": {"type": parameter["type"], "label": label}}
    parameter |= choices
    if many:
        parameter["multiple"] = True
    if one.location == "path":
        parameter["validate"] = {"pattern": ONE_SEGMENT}
    return parameter


def may_be_empty(one: InputField) -> bool:
    """Check whether an input accepts an empty list, which Make treats as a missing value."""
    return one.type == "list" and not one.children and not one.bounds.min_items


def _help(one: InputField, label: str) -> str:
    """Build an input's help text.

    Users do not know the IDs of records. If an input for an ID has no choices, the help text tells users to
    map the ID from an earlier module.
    """
    is_id = IDENTIFIER.search(one.key) or label.endswith(" ID")
    unknown = is_id and not (one.dropdown or one.dependent_dropdown or one.choices or one.known_values)
    return f"{one.help} {MAPPED}".strip() if unknown and not FOREIGN.search(one.help) else one.help


def _type(one: InputField, kind: FieldType | None) -> dict[str, Any]:
    if kind is None or kind not in INPUT_TYPES:
        raise Unrenderable(
            f"The input {one.key} has type {kind}, which Make cannot show. "
            "List its members as separate inputs in the catalog."
        )
    extra: dict[str, Any] = {"multiline": True} if kind == "text" else {}
    if kind == "date":
        extra["time"] = False
    return {"type": INPUT_TYPES[kind], **extra}


def columns(
    children: Sequence[InputField], integration: Integration, proper: frozenset[str]
) -> list[dict[str, Any]]:
    """Build the parameters for the columns of line items.

    Make sends line items unchanged, so the parameters have the same names and nesting as the request body.
    Raises Unrenderable for a date column, because Make would send a time with the date.
    """
    form: list[dict[str, Any]] = []
    for child in children:
        level = form
        for step in child.path[:-1]:
            collection = next((one for one in level if one["name"] == step), None)
            if collection is None:
                collection = {"name": step, "type": "collection", "label": sentence(title(step)), "spec": []}
                level.append(collection)
            level = collection["spec"]
        if child.type == "date" or child.item_type == "date":
            raise Unrenderable(
                f"The column {child.key} is a date, which Make would send with a time. "
                "Make it a text in the catalog."
            )
        level.append(_parameter(child, child.path[-1], integration, proper))
    return form


def _choices(one: InputField, integration: Integration) -> dict[str, Any]:
    """Build an input's choices: a remote procedure that reads them from the vendor's API, or a fixed list.

    The fixed list contains the choices in the catalog or, if there are none, the input's known values. The
    result is empty if the input has no choices.
    """
    if one.dependent_dropdown:
        return {"type": "select", "options": f"rpc://{rpc_id(one.dependent_dropdown)}", "mode": "edit"}
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    if dropdown and dropdown.operation:
        return {"type": "select", "options": f"rpc://{rpc_id(dropdown.key)}", "mode": "edit"}
    choices = [(choice.value, choice.label) for choice in (dropdown.choices if dropdown else one.choices)]
    choices = choices or [(word, title(word)) for word in one.known_values]
    if not choices:
        return {}
    return {"type": "select", "options": [{"label": label, "value": value} for value, label in choices]}


def used_dropdowns(inputs: Iterable[InputField], integration: Integration) -> list[Dropdown]:
    """List the inputs' dropdowns that get their choices from the vendor's API. Includes nested inputs."""
    dropdowns = []
    for one in inputs:
        if one.dropdown and integration.dropdowns[one.dropdown].operation:
            dropdowns.append(integration.dropdowns[one.dropdown])
        dropdowns.extend(used_dropdowns(one.children, integration))
    return dropdowns


def used_dependent_dropdowns(inputs: Iterable[InputField]) -> Iterator[str]:
    """Yield the keys of the inputs' dropdowns that depend on other inputs. Includes nested inputs."""
    for one in inputs:
        if one.dependent_dropdown:
            yield one.dependent_dropdown
        yield from used_dependent_dropdowns(one.children)


def interface(fields: Iterable[Field], proper: frozenset[str]) -> list[dict[str, Any]]:
    """Build a module's `interface`: its output fields and their types, including nested fields."""
    return [_output(one, proper) for one in fields]


def _output(one: Field, proper: frozenset[str]) -> dict[str, Any]:
    output: dict[str, Any] = {"name": one.key, "type": "any", "label": sentence(one.label, proper)}
    if one.children:
        kind = "array" if one.type == "list" else "collection"
        return output | {"type": kind, "spec": interface(one.children, proper)}
    if one.type == "list":
        kind = INPUT_TYPES.get(one.item_type, "any") if one.item_type else "any"
        return output | {"type": "array", "spec": {"type": kind, "label": output["label"].removesuffix("s")}}
    kind = "integer" if one.whole else one.type  # Make converts text to a number where it is mapped
    if kind in INPUT_TYPES:
        output["type"] = INPUT_TYPES[kind]
    if one.type == "text":
        output["multiline"] = True
    return output


def sample(fields: Iterable[Field], record: Any) -> dict[str, Any]:
    """Build a sample record that contains every field.

    The values come from `record`. A field that has no value in `record` gets its example from the catalog.
    """
    values = record if isinstance(record, dict) else {}
    return {one.key: _example(one, values.get(one.key)) for one in fields}


def _example(one: Field, value: Any) -> Any:
    if one.children and one.type == "list":
        rows = [sample(one.children, row) for row in value or [] if isinstance(row, dict)]
        return rows or [sample(one.children, None)]
    if one.children:
        return sample(one.children, value)
    if value is None:
        value = one.example
    if one.whole and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if value is not None or one.type != "list" else []
