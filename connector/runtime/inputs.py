"""Validates the inputs of an action, search or trigger, and maps them to parameters and body fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.spelling import trimmed
from connector.errors import FieldError, ValidationFailed
from connector.runtime.choices import choice_value, intended_word
from connector.runtime.compare import identifiers, matches
from connector.transport.request import joined_errors
from connector.transport.values import RefusedValue, checked_members, checked_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connector.definition.model import InputField


@dataclass(frozen=True, slots=True)
class FilledInputs:
    """The validated inputs of an action, search or trigger.

    `inputs` contains the normalized values, keyed by the inputs' keys. `values` contains the values to send,
    keyed by the operation's parameters and body fields. `matches` contains each input that the API cannot
    filter by, with the value that records must have.
    """

    inputs: dict[str, Any]
    values: dict[str, Any]
    matches: tuple[tuple[InputField, Any], ...]

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Check whether a record has the required value for each input in `matches`."""
        return all(matches(field, row, value) for field, value in self.matches)


def fill(
    name: str, fields: Sequence[InputField], given: Mapping[str, Any], *, looking: bool = False
) -> FilledInputs:
    """Validate and normalize inputs keyed by name; raise `ValidationFailed` with all errors.

    `name` is the key of the action, search or trigger, for the error message. None and blank strings mean
    "not given". Single-line inputs are trimmed; multi-line inputs are not. A choice can be given by its value
    or label. If `looking` is true, the inputs are filters, and a probable misspelling of a known value is an
    error, because the filter would match nothing.
    """
    present = present_of(fields, given)
    errors = list(_misspellings(fields, present)) if looking else []
    for error in errors:
        del present[error.field]
    singles = [field for field in fields if not _several(field, present)]
    single = {field.key for field in singles}
    rest = {field.key: present[field.key] for field in fields if field.key not in single}
    fit, misfits = checked_members(singles, {key: value for key, value in present.items() if key not in rest})
    errors += misfits
    for field in fields:
        if field.key in rest:
            try:
                fit[field.key] = [
                    checked_value(field, item, f"{field.key}[{index}]")
                    for index, item in enumerate(rest[field.key])
                ]
            except RefusedValue as refusal:
                errors.extend(refusal.errors)
    errors += [
        FieldError(field.key, f"does not identify a record: {fit[field.key]!r}")
        for field in fields
        if field.key in fit and field.identifies and not identifiers(field, fit[field.key])
    ]
    errors += [
        FieldError(field.key, "must be the id of a record")
        for field in fields
        if field.location == "path" and fit.get(field.key) in (".", "..")
    ]
    if errors:
        raise not_run(name, errors)
    return FilledInputs(inputs=fit, values=_values(fields, fit), matches=_matches(fields, fit))


def not_run(name: str, errors: Sequence[FieldError]) -> ValidationFailed:
    """Build the error that explains why the action, search or trigger called `name` was not run."""
    return ValidationFailed(f"{name} was not run: {joined_errors(errors)}", fields=errors)


def present_of(fields: Sequence[InputField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Normalize inputs and leave out those that are empty.

    Single-line strings are trimmed, and a choice given by its label is replaced by the choice's value.
    """
    known = {field.key: field for field in fields}
    normal = {key: _normalised(known.get(key), value) for key, value in given.items()}
    return {key: value for key, value in normal.items() if not _is_empty(known.get(key), value)}


def _is_empty(field: InputField | None, value: Any) -> bool:
    """Check whether a value means "not given": None, "", or [] for a filter that accepts several values."""
    several = field is not None and field.repeated_as is not None
    return value is None or value == "" or (several and value == [])


def _normalised(field: InputField | None, value: Any) -> Any:
    if field is None:
        return value
    if isinstance(value, str):
        return _text(field, value)
    if isinstance(value, list | tuple):
        items = [_normalised(field, item) for item in value]
        return [item for item in items if item != ""] if field.repeated_as else items
    if isinstance(value, dict) and field.children:
        return present_of(field.children, value)
    as_text = field.type == "string" and (field.identifies or field.whole)
    if as_text and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _text(field: InputField, value: str) -> str:
    short = trimmed(value)
    if field.type == "text":
        return value if short else ""
    if field.separator and field.known_values:
        parts = (choice_value(field, trimmed(part)) for part in short.split(field.separator))
        return field.separator.join(part for part in parts if part)
    return choice_value(field, short)


def _misspellings(fields: Sequence[InputField], present: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield an error for each filter whose value is probably a misspelling of a known value."""
    for field in fields:
        value = present.get(field.key)
        parts = value.split(field.separator or "\0") if isinstance(value, str) else ()
        for part in parts:
            if intended := intended_word(field, part):
                yield FieldError(field.key, f"is {part!r}, which is unknown; did you mean {intended}?")
                break


def _several(field: InputField, present: Mapping[str, Any]) -> bool:
    return field.repeated_as is not None and isinstance(present.get(field.key), list | tuple)


def _values(fields: Sequence[InputField], fit: Mapping[str, Any]) -> dict[str, Any]:
    """Convert validated inputs to a nested dict keyed by the operation's parameters and body fields."""
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
