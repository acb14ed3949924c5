"""Converts the inputs and fields in the catalog to Zapier's input and output fields.

Also builds `wire`, which maps each input to the part of the request that its value fills.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from connector.definition.model import Choice, Dropdown, FieldType, InputField, Integration
from connector.definition.naming import title
from connector.errors import ConfigurationError

# Zapier has no date type: the user enters a datetime, and the app sends its first ten characters.
INPUT_TYPES: dict[FieldType, str] = {
    "string": "string",
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "datetime": "datetime",
    "date": "datetime",
}


class Unrenderable(ConfigurationError):  # noqa: N818
    """Raised if the catalog contains something that Zapier does not support.

    The message names the part of the catalog and says how to change it.
    """


ASKED = "include_sensitive"
"""The key of the input that includes sensitive values in the output; lib/shape.js uses the same key."""


def form(
    inputs: Iterable[InputField], integration: Integration, sensitive: Sequence[str] = ()
) -> dict[str, Any]:
    """Build the input form of a step as `{"fields": ..., "wire": ..., "groups": ...}`.

    `fields` contains Zapier's inputFields: inputs that are not sent, then required ones, then optional ones.
    `wire` maps each field's key to the part of the request that its value fills; the format is documented in
    lib/inputs.js. `groups` contains Zapier's inputFieldGroups, and is missing if there are none.

    The argument `sensitive` contains the labels of the record's sensitive values. If there are any, the form
    has one more input, `ASKED`: the output contains these values only if the user turns it on.

    Raises `Unrenderable` if two inputs have the same key, or if Zapier has no field type for an input.
    """
    ordered = sorted(inputs, key=_place)
    groups = _groups(ordered)
    taken = {one.key for one in ordered}
    names = {(one.key, child.key): _child_key(one, child, taken) for one in ordered for child in one.children}
    asking = [_asking(sensitive)] if sensitive else []
    return {
        "fields": [*(_input(one, integration, names) | _group(one, groups) for one in ordered), *asking],
        "wire": {one.key: _wire(one, names, integration) for one in ordered}
        | {one["key"]: {"in": "app", "at": [ASKED]} for one in asking},
        **({"groups": [{"key": key, "label": title(key)} for key in groups]} if groups else {}),
    }


def _place(one: InputField) -> int:
    if one.location == "form":
        return 0
    return 1 if one.required and not may_be_empty(one) else 2


def _asking(sensitive: Sequence[str]) -> dict[str, Any]:
    return {
        "key": ASKED,
        "label": f"Include {' and '.join(sensitive)}",
        "type": "boolean",
        "required": False,
        "helpText": "Choose yes if a later step needs this. Otherwise it is left out to protect customers.",
    }


def _groups(inputs: Sequence[InputField]) -> list[str]:
    """List the objects of the body whose members are optional inputs, such as an address."""
    members: dict[str, list[InputField]] = {}
    for one in inputs:
        if one.location == "body" and len(one.path) > 1:
            members.setdefault(one.path[0], []).append(one)
    return [key for key, ones in members.items() if len(ones) > 1 and not any(one.required for one in ones)]


def _group(one: InputField, groups: Sequence[str]) -> dict[str, Any]:
    grouped = one.location == "body" and len(one.path) > 1 and one.path[0] in groups
    return {"group": one.path[0]} if grouped else {}


def _child_key(parent: InputField, child: InputField, taken: set[str]) -> str:
    """Choose a key for a column of line items that is unique in the whole form, as Zapier requires.

    If the column's own key is taken, the parent's key is put in front, as in `items_id`. The chosen key is
    added to `taken`. Raises `Unrenderable` if the longer key is taken too.
    """
    key = child.key if child.key not in taken else f"{parent.key}_{child.key}"
    if key in taken:
        raise Unrenderable(f"Two inputs have the key {key}. Rename one in the catalog.")
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
    kind = one.item_type if many else one.shown_type
    if kind is None or kind not in INPUT_TYPES:
        raise Unrenderable(
            f"The input {one.key} has type {kind}, which Zapier cannot show. "
            "List its members as separate inputs in the catalog."
        )
    field |= {"type": INPUT_TYPES[kind], "required": one.required and not may_be_empty(one)}
    if many:
        field["list"] = True
    if one.help:
        field["helpText"] = one.help
    if one.location == "form":
        field["altersDynamicFields"] = True
    if one.default is not None:
        field["default"] = one.default if isinstance(one.default, str) else json.dumps(one.default)
    return field | _choices(one, integration)


def may_be_empty(one: InputField) -> bool:
    """Check whether the vendor accepts an empty list as an input's value.

    Such an input is never required in Zapier, because Zapier treats an empty list as a missing value.
    """
    return one.type == "list" and not one.children and not one.bounds.min_items


def _choices(one: InputField, integration: Integration) -> dict[str, Any]:
    """Build the properties that let users choose an input's value from a list.

    `choices` contains the choices from the catalog. If there are none, `dynamic` refers to a dropdown that
    lists records from the vendor. Returns an empty dictionary if the input accepts any value.
    """
    if choices := known_choices(one, integration):
        listed = [{"value": each.value, "label": each.label, "sample": each.value} for each in choices]
        return {"choices": listed}
    if one.dependent_dropdown:
        return {"dynamic": f"{one.dependent_dropdown}.id.label"}
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    if dropdown is None:
        return {}
    button = _search_button(dropdown, integration)
    return {"dynamic": f"{dropdown.key}.id.label"} | ({"search": button} if button else {})


def known_choices(one: InputField, integration: Integration) -> tuple[Choice, ...]:
    """List the choices that the catalog defines for an input.

    If the vendor allows only certain values, these are the choices. Otherwise, the choices are the values
    that the vendor is known to use. Returns an empty tuple if the choices must be read from the vendor, or if
    the input accepts any value.
    """
    dropdown = integration.dropdowns[one.dropdown] if one.dropdown else None
    choices = dropdown.choices if dropdown else one.choices
    return choices or tuple(Choice(value=word, label=title(word)) for word in one.known_values)


def _search_button(dropdown: Dropdown, integration: Integration) -> str | None:
    """Find the search for the button that Zapier shows next to a dropdown.

    The result, such as `find_return.id`, consists of the search's key and the key of the output field that
    contains the dropdown's value. Returns None if no search uses the same operation as the dropdown, or if
    the dropdown's value is a nested field.
    """
    for search in integration.searches.values():
        if search.kind == "find" and search.operation == dropdown.operation and len(dropdown.value) == 1:
            return f"{search.key}.{dropdown.value[0]}"
    return None


def _renamed(parent: InputField, child: InputField, names: dict[tuple[str, str], str]) -> InputField:
    """Copy a column of line items, and replace the catalog's keys in its requirements with the form's keys.

    `names` maps each pair of catalog keys (the key of the line items and the key of a column) to the column's
    key in the form.
    """
    required_with = tuple(names[parent.key, key] for key in child.required_with)
    required_without = tuple(names[parent.key, key] for key in child.required_without)
    return child.model_copy(update={"required_with": required_with, "required_without": required_without})


def _comparison(one: InputField) -> dict[str, Any]:
    """Build the properties of a `wire` entry that define how an input's value is compared with records."""
    optional = {"identifies": one.identifies, "separator": one.separator}
    wire: dict[str, Any] = {name: value for name, value in optional.items() if value is not None}
    if one.found_at:
        wire["foundAt"] = one.found_at
    if one.location == "match":
        wire["compareAs"] = one.compared
    return wire


def _wire(one: InputField, names: dict[tuple[str, str], str], integration: Integration) -> dict[str, Any]:
    wire: dict[str, Any] = {"in": "app" if one.location == "form" else one.location, "at": one.path}
    if "date" in (one.type, one.item_type):
        wire["as"] = "date"
    if one.whole:
        wire["as"] = "text"
    if one.repeated_as and one.type == "list":
        wire["listName"] = one.repeated_as
    if one.required and one.location == "body" and may_be_empty(one):
        wire["sendEmpty"] = True
    wire |= _comparison(one)
    if known_choices(one, integration) and (one.location == "match" or not one.choices):
        wire["open"] = True
        wire |= {"catchTypos": True} if one.location in ("match", "query") else {}
    if one.required_with:
        wire["requiredWith"] = one.required_with
    if one.required_without:
        wire["requiredWithout"] = one.required_without
    if one.children:
        wire["children"] = {
            names[one.key, child.key]: _wire(_renamed(one, child, names), {}, integration)
            for child in one.children
        }
    if one.children and one.variants:
        wire["variants"] = [
            {
                "label": variant.label,
                "fields": [names[one.key, key] for key in variant.fields],
                "required": [names[one.key, key] for key in variant.required],
            }
            for variant in one.variants
        ]
    return wire
