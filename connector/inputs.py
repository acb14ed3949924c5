"""Checks what a person filled in for an action or search, and places it in a request's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.errors import FieldError, ValidationFailed
from connector.request import joined
from connector.values import Refused, fitted, members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.model import InputField


@dataclass(frozen=True, slots=True)
class Filled:
    """Checked inputs by key, as values of the operation, and those to look for in records read."""

    inputs: dict[str, Any]
    values: dict[str, Any]
    matches: tuple[tuple[tuple[str, ...], Any], ...]


def fill(what: str, fields: Sequence[InputField], given: Mapping[str, Any]) -> Filled:
    """Check inputs given by key. None and empty text mean "not given". Raises `ValidationFailed`."""
    present = {key: value for key, value in given.items() if value is not None and value != ""}
    singles = [field for field in fields if not _several(field, present)]
    chosen = {field.key for field in singles}
    rest = {field.key: present[field.key] for field in fields if field.key not in chosen}
    fit, errors = members(singles, {key: value for key, value in present.items() if key not in rest})
    for field in fields:
        if field.key in rest:
            try:
                fit[field.key] = [
                    fitted(field, one, f"{field.key}[{index}]") for index, one in enumerate(rest[field.key])
                ]
            except Refused as refusal:
                errors.extend(refusal.errors)
    if errors:
        raise refused(what, errors)
    return Filled(inputs=fit, values=_values(fields, fit), matches=_matches(fields, fit))


def refused(what: str, errors: Sequence[FieldError]) -> ValidationFailed:
    """Return the error for inputs that were not sent."""
    return ValidationFailed(f"{what} was not run: {joined(errors)}", fields=errors)


def _several(field: InputField, present: Mapping[str, Any]) -> bool:
    return field.repeated_as is not None and isinstance(present.get(field.key), list | tuple)


def _values(fields: Sequence[InputField], fit: Mapping[str, Any]) -> dict[str, Any]:
    """Name checked inputs like the parameters and body fields they fill."""
    values: dict[str, Any] = {}
    for field in fields:
        if field.location == "match" or field.key not in fit:
            continue
        holder = values
        for step in field.path[:-1]:
            holder = holder.setdefault(step, {})
        value = fit[field.key]
        if field.children and isinstance(value, list):
            value = [_values(field.children, item) for item in value]
        holder[field.path[-1]] = value
    return values


def _matches(fields: Sequence[InputField], fit: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], Any], ...]:
    return tuple(
        (field.path, fit[field.key]) for field in fields if field.location == "match" and field.key in fit
    )
