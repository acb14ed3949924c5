"""Make's parameters: what a person fills in (`expect`), and what comes out of a module (`interface`)."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from connector.definition.model import Dropdown, Field, FieldType, InputField, Integration
from connector.definition.naming import title
from connector.errors import ConfigurationError
from connector.generator.make.naming import camel, plural, sentence

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
# What a value in an address must not hold: it would lead to another one.
ONE_SEGMENT = r"^(?!\.{1,2}$)[^/?#%\\]+$"


class Unrenderable(ConfigurationError):  # noqa: N818
    """Make cannot express something of the catalog; the message says what, where and what to do."""


def rpc_id(dropdown: str) -> str:
    """Name the remote procedure behind a dropdown: `return` -> `listReturns`."""
    return camel(f"list_{plural(dropdown)}")


def parameters(
    inputs: Iterable[InputField], integration: Integration, proper: frozenset[str]
) -> list[dict[str, Any]]:
    """Give the form of a module, required fields first."""
    ordered = sorted(inputs, key=lambda one: not one.required)
    return [_parameter(one, one.key, integration, proper) for one in ordered]


def _parameter(
    one: InputField, name: str, integration: Integration, proper: frozenset[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "type": "text", "label": sentence(one.label, proper)}
    if one.required and not may_be_empty(one):
        made["required"] = True
    if said := _helped(one, made["label"]):
        made["help"] = said
    if one.default is not None:
        made["default"] = one.default
    if one.children:
        made["type"] = "array" if one.type == "list" else "collection"
        made["spec"] = columns(one.children, integration, proper)
        return made
    many = one.type == "list"
    made |= _typed(one, one.item_type if many else one.type)
    offered = _offered(one, integration)
    if many and not offered:
        label = made["label"].removesuffix("s")
        return made | {"type": "array", "spec": {"type": made["type"], "label": label}}
    made |= offered
    if many:
        made["multiple"] = True
    if one.location == "path":
        made["validate"] = {"pattern": ONE_SEGMENT}
    return made


def may_be_empty(one: InputField) -> bool:
    """Say whether an empty list is a value of this input; Make itself holds it for none."""
    return one.type == "list" and not one.children and not one.bounds.min_items


def _helped(one: InputField, label: str) -> str:
    """Nobody knows an id by heart: where none can be chosen, it comes from another module."""
    is_id = IDENTIFIER.search(one.key) or label.endswith(" ID")
    unknown = is_id and not (one.dropdown or one.choices or one.known_values)
    return f"{one.help} {MAPPED}".strip() if unknown and not FOREIGN.search(one.help) else one.help


def _typed(one: InputField, kind: FieldType | None) -> dict[str, Any]:
    if kind is None or kind not in INPUT_TYPES:
        raise Unrenderable(f"The input {one.key} is of type {kind}; give its members as inputs of their own.")
    extra: dict[str, Any] = {"multiline": True} if kind == "text" else {}
    if kind == "date":
        extra["time"] = False
    return {"type": INPUT_TYPES[kind], **extra}


def columns(
    children: Sequence[InputField], integration: Integration, proper: frozenset[str]
) -> list[dict[str, Any]]:
    """Give the columns of line items under the names that the request has: Make sends them as they are."""
    made: list[dict[str, Any]] = []
    for child in children:
        holder = made
        for step in child.path[:-1]:
            known = next((one for one in holder if one["name"] == step), None)
            if known is None:
                known = {"name": step, "type": "collection", "label": sentence(title(step)), "spec": []}
                holder.append(known)
            holder = known["spec"]
        if child.type == "date" or child.item_type == "date":
            raise Unrenderable(f"The column {child.key} is a date, which Make would send with its time.")
        holder.append(_parameter(child, child.path[-1], integration, proper))
    return made


def _offered(one: InputField, integration: Integration) -> dict[str, Any]:
    """Values to choose from: a closed set, the known words of an open one, or the vendor's records."""
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    if dropdown and dropdown.operation:
        return {"type": "select", "options": f"rpc://{rpc_id(dropdown.key)}", "mode": "edit"}
    choices = [(choice.value, choice.label) for choice in (dropdown.choices if dropdown else one.choices)]
    choices = choices or [(word, title(word)) for word in one.known_values]
    if not choices:
        return {}
    return {"type": "select", "options": [{"label": label, "value": value} for value, label in choices]}


def used_dropdowns(inputs: Iterable[InputField], integration: Integration) -> list[Dropdown]:
    """Give the dropdowns that read the vendor's records for some inputs."""
    found = []
    for one in inputs:
        if one.dropdown and integration.dropdowns[one.dropdown].operation:
            found.append(integration.dropdowns[one.dropdown])
        found.extend(used_dropdowns(one.children, integration))
    return found


def interface(fields: Iterable[Field], proper: frozenset[str]) -> list[dict[str, Any]]:
    """Describe a bundle: every field with its type, records in records included."""
    return [_output(one, proper) for one in fields]


def _output(one: Field, proper: frozenset[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.key, "type": "any", "label": sentence(one.label, proper)}
    if one.children:
        kind = "array" if one.type == "list" else "collection"
        return made | {"type": kind, "spec": interface(one.children, proper)}
    if one.type == "list":
        kind = INPUT_TYPES.get(one.item_type, "any") if one.item_type else "any"
        return made | {"type": "array", "spec": {"type": kind, "label": made["label"].removesuffix("s")}}
    if one.type in INPUT_TYPES:
        made["type"] = INPUT_TYPES[one.type]
    if one.type == "text":
        made["multiline"] = True
    return made


def sample(fields: Iterable[Field], known: Any) -> dict[str, Any]:
    """Give an example of a bundle: the record's own, completed by examples of the fields it lacks."""
    held = known if isinstance(known, dict) else {}
    return {one.key: _example(one, held.get(one.key)) for one in fields}


def _example(one: Field, known: Any) -> Any:
    if one.children and one.type == "list":
        rows = [sample(one.children, row) for row in known or [] if isinstance(row, dict)]
        return rows or [sample(one.children, None)]
    if one.children:
        return sample(one.children, known)
    if known is None:
        known = one.example
    return known if known is not None or one.type != "list" else []
