"""The inputs of actions and searches that stand for given inputs of their operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connector.definition.spelling import trimmed

if TYPE_CHECKING:
    from connector.definition.model import InputField

Values = Mapping[str, Any]
ABSENT = object()


def inputs_for(fields: Sequence[InputField], values: Values) -> dict[str, Any]:
    """Return the inputs of a form that fill the same places as an operation's values.

    Values that the form does not offer are left out.
    """
    found = {field.key: _given(field, values) for field in fields if field.location != "match"}
    return {key: value for key, value in found.items() if value is not ABSENT}


def _given(field: InputField, values: Values) -> Any:
    if field.location == "query" and field.repeated_as and field.repeated_as in values:
        return values[field.repeated_as]
    value = at(values, field.path)
    if field.children and isinstance(value, list):
        return [inputs_for(field.children, row) if isinstance(row, dict) else row for row in value]
    return value


def values_for(fields: Sequence[InputField], inputs: Values) -> dict[str, Any]:
    """Return the operation's values that a form's inputs stand for.

    Empty inputs are not sent: None and blank text. Single lines are sent without blanks around them, a whole
    number may be given for an identifier, and a choice may be written in another case.
    """
    made: dict[str, Any] = {}
    for field in fields:
        value = shortened(field, inputs.get(field.key))
        if value is None or field.location == "match":
            continue
        if field.children and isinstance(value, list):
            value = [values_for(field.children, row) if isinstance(row, dict) else row for row in value]
        several = field.repeated_as and isinstance(value, list)
        place(made, (field.repeated_as,) if several and field.repeated_as else field.path, value)
    return made


def shortened(field: InputField, value: Any) -> Any:
    """Return what is sent for an input, or None if it counts as empty."""
    if isinstance(value, list) and field.repeated_as:
        filled = [item for item in value if not isinstance(item, str) or trimmed(item)]
        return [shortened(field, item) for item in filled] or None
    if field.identifies and field.type == "string" and type(value) is int:
        return str(value)
    if not isinstance(value, str):
        return value
    parts = value.split(field.separator) if field.separator and field.known_values else [value]
    short = [trimmed(part) for part in parts if trimmed(part)]
    if field.type == "text" and short:
        return value
    words = {choice.value.casefold(): choice.value for choice in field.choices}
    return (field.separator or "").join(words.get(part.casefold(), part) for part in short) or None


def at(values: Any, path: Sequence[str]) -> Any:
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return ABSENT
        values = values[step]
    return values


def place(holder: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        holder = holder.setdefault(step, {})
    holder[path[-1]] = value
