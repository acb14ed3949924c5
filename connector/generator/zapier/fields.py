"""Zapier's words for fields: what a person fills in, where it goes, and what comes out."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connector.definition.model import Choice, Dropdown, Field, FieldType, InputField, Integration
from connector.definition.naming import below, title
from connector.errors import ConfigurationError

# Zapier knows no date: a date is asked for as a datetime and sent as its first ten characters.
INPUT_TYPES: dict[FieldType, str] = {
    "string": "string",
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "datetime": "datetime",
    "date": "datetime",
}
OUTPUT_TYPES: dict[FieldType, str] = {**INPUT_TYPES, "text": "string", "date": "string"}


class Unrenderable(ConfigurationError):  # noqa: N818
    """The platform cannot express something of the catalog; the message says what, where and what to do."""


def form(inputs: Iterable[InputField], integration: Integration) -> dict[str, Any]:
    """Give `{fields, wire}`: Zapier's inputFields, required ones first, and where each value goes."""
    ordered = sorted(inputs, key=lambda one: not one.required)
    taken = {one.key for one in ordered}
    names = {(one.key, child.key): _child_key(one, child, taken) for one in ordered for child in one.children}
    return {
        "fields": [_input(one, integration, names) for one in ordered],
        "wire": {one.key: _wire(one, names, integration) for one in ordered},
    }


def _child_key(parent: InputField, child: InputField, taken: set[str]) -> str:
    """Zapier wants keys that are unique in the whole form, line items included."""
    key = child.key if child.key not in taken else f"{parent.key}_{child.key}"
    if key in taken:
        raise Unrenderable(f"Two inputs are called {key}; rename one in the catalog.")
    taken.add(key)
    return key


def _input(one: InputField, integration: Integration, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    field: dict[str, Any] = {"key": one.key, "label": one.label}
    if one.children:
        children = [
            {**_input(child, integration, {}), "key": names[one.key, child.key]} for child in one.children
        ]
        return {**field, "required": one.required, "children": children}
    many = one.type == "list"
    kind = one.item_type if many else one.type
    if kind is None or kind not in INPUT_TYPES:
        raise Unrenderable(f"The input {one.key} is of type {kind}; give its members as inputs of their own.")
    field |= {"type": INPUT_TYPES[kind], "required": one.required and not may_be_empty(one)}
    if many:
        field["list"] = True
    if one.help:
        field["helpText"] = one.help
    if one.default is not None:
        field["default"] = one.default if isinstance(one.default, str) else json.dumps(one.default)
    return field | _offered(one, integration)


def may_be_empty(one: InputField) -> bool:
    """Say whether an empty list is a value of this input; Zapier itself holds it for none."""
    return one.type == "list" and not one.children and not one.bounds.min_items


def _offered(one: InputField, integration: Integration) -> dict[str, Any]:
    """Values to choose from: a closed set, the known words of an open one, or the vendor's records."""
    if choices := known_choices(one, integration):
        shown = [{"value": each.value, "label": each.label, "sample": each.value} for each in choices]
        return {"choices": shown}
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    if dropdown is None:
        return {}
    button = _search_button(dropdown, integration)
    return {"dynamic": f"{dropdown.key}.id.label"} | ({"search": button} if button else {})


def known_choices(one: InputField, integration: Integration) -> tuple[Choice, ...]:
    """Return the values of an input that are known while the app is written: closed set or known words."""
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    choices = dropdown.choices if dropdown else one.choices
    return choices or tuple(Choice(value=word, label=title(word)) for word in one.known_values)


def _search_button(dropdown: Dropdown, integration: Integration) -> str | None:
    """Name the search that finds the dropdown's records by what people know of them."""
    for search in integration.searches.values():
        if search.kind == "find" and search.operation == dropdown.operation and len(dropdown.value) == 1:
            return f"{search.key}.{dropdown.value[0]}"
    return None


def _renamed(parent: InputField, child: InputField, names: dict[tuple[str, str], str]) -> InputField:
    """Call the columns that make this one required as the form calls them."""
    beside = tuple(names[parent.key, key] for key in child.required_with)
    return child.model_copy(update={"required_with": beside})


def _compared(one: InputField) -> dict[str, Any]:
    """Say how rows are compared again with what was asked for."""
    how = {"identifies": one.identifies, "separator": one.separator}
    wire: dict[str, Any] = {name: value for name, value in how.items() if value is not None}
    if one.found_at:
        wire["foundAt"] = one.found_at
    if one.location == "match":
        wire["compared"] = one.compared
    return wire


def _wire(one: InputField, names: dict[tuple[str, str], str], integration: Integration) -> dict[str, Any]:
    wire: dict[str, Any] = {"in": one.location, "at": one.path}
    if "date" in (one.type, one.item_type):
        wire["as"] = "date"
    if one.repeated_as and one.type == "list":
        wire["many"] = one.repeated_as
    if one.required and one.location == "body" and may_be_empty(one):
        wire["orEmpty"] = True
    wire |= _compared(one)
    if known_choices(one, integration) and (one.location == "match" or not one.choices):
        wire["open"] = True
        wire |= {"slips": True} if one.location in ("match", "query") else {}
    if one.required_with:
        wire["requiredWith"] = one.required_with
    if one.children:
        wire["children"] = {
            names[one.key, child.key]: _wire(_renamed(one, child, names), {}, integration)
            for child in one.children
        }
    if one.children and one.variants:
        wire["forms"] = [
            {
                "label": form.label,
                "fields": [names[one.key, key] for key in form.fields],
                "required": [names[one.key, key] for key in form.required],
            }
            for form in one.variants
        ]
    return wire


def output_fields(
    fields: Sequence[Field], *, prefix: str = "", heading: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield an entry per leaf: `customer__email` below an object, `items[]sku` in line items."""
    for one in fields:
        key, label = prefix + one.key, _below(heading, one.label)
        if one.children:
            joint = "[]" if one.type == "list" else "__"
            yield from output_fields(one.children, prefix=key + joint, heading=label)
            continue
        kind = one.item_type if one.type == "list" else one.type
        typed = {"type": OUTPUT_TYPES[kind]} if kind in OUTPUT_TYPES else {}
        yield {"key": key, "label": label} | typed | ({"list": True} if one.type == "list" else {})


def _below(heading: str, label: str) -> str:
    """Put the parent's name before a member's, unless it is there: `Items SKU`, but not `Items Item ID`."""
    return label if not heading or label.startswith(heading.removesuffix("s")) else below(heading, label)
