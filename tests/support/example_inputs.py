"""Inputs that the specification allows, derived from its examples, for every required input of a step."""

from collections.abc import Sequence
from typing import Any

from connector.definition.model import InputField

_BY_TYPE: dict[str, Any] = {
    "string": "A-1", "text": "A text", "integer": 1, "number": 1.5, "boolean": True,
    "datetime": "2026-02-01T00:00:00Z", "date": "2026-02-01",
}  # fmt: skip


def required_inputs(fields: Sequence[InputField]) -> dict[str, Any]:
    """Return a value for each required input, and for the required members of lists and objects.

    Of inputs of which one is required, the first has a value.
    """
    return {field.key: _value(field) for field in fields if field.required or field.required_without}


def _value(field: InputField) -> Any:
    if field.type in {"list", "object"} and field.children:
        children = field.variants[0].required if field.variants else ()
        made = {
            child.key: _value(child)
            for child in field.children
            if child.required or child.required_without or child.key in children
        }
        return [made] if field.type == "list" else made
    if field.example is not None:
        return field.example
    if field.choices:
        return field.choices[0].value
    return [] if field.type == "list" else _BY_TYPE[field.type]
