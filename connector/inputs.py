"""Checks what a person filled in for an action or search, and places it in a request's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.compare import matches
from connector.errors import FieldError, ValidationFailed
from connector.request import joined
from connector.values import Refused, fitted, members
from connector.words import trimmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.model import InputField


@dataclass(frozen=True, slots=True)
class Filled:
    """Checked inputs by key, as values of the operation, and those to look for in records read."""

    inputs: dict[str, Any]
    values: dict[str, Any]
    matches: tuple[tuple[InputField, Any], ...]

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Say whether a record read holds every value that is to be looked for in it."""
        return all(matches(field, row, value) for field, value in self.matches)


def fill(what: str, fields: Sequence[InputField], given: Mapping[str, Any]) -> Filled:
    """Check inputs given by key. None, and text without anything but blanks, mean "not given".

    Blanks and newlines around a line of text are trimmed; text of several lines stays as it is. Raises
    `ValidationFailed`.
    """
    present = _present(fields, given)
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


def _present(fields: Sequence[InputField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that hold anything, lines of text without the blanks around them."""
    known = {field.key: field for field in fields}
    found = {key: _trimmed(known.get(key), value) for key, value in given.items()}
    return {key: value for key, value in found.items() if value is not None and value != ""}


def _trimmed(field: InputField | None, value: Any) -> Any:
    if isinstance(value, str):
        short = trimmed(value)
        return value if field is not None and field.type == "text" and short else short
    if isinstance(value, list | tuple) and field is not None:
        return [_trimmed(field, one) for one in value]
    if isinstance(value, dict) and field is not None and field.children:
        return _present(field.children, value)
    return value


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


def _matches(fields: Sequence[InputField], fit: Mapping[str, Any]) -> tuple[tuple[InputField, Any], ...]:
    return tuple(
        (field, fit[field.key]) for field in fields if field.location == "match" and field.key in fit
    )
