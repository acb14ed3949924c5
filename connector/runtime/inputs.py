"""Checks what a person filled in for an action or search, and places it in a request's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.naming import trimmed
from connector.errors import FieldError, ValidationFailed
from connector.runtime.choices import chosen, slip
from connector.runtime.compare import matches, wanted
from connector.transport.request import joined
from connector.transport.values import RefusedValue, fitted, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connector.definition.model import InputField


@dataclass(frozen=True, slots=True)
class FilledInputs:
    """Checked inputs by key, as values of the operation, and those to look for in records read."""

    inputs: dict[str, Any]
    values: dict[str, Any]
    matches: tuple[tuple[InputField, Any], ...]

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Say whether a record read holds every value that is to be looked for in it."""
        return all(matches(field, row, value) for field, value in self.matches)


def fill(
    what: str, fields: Sequence[InputField], given: Mapping[str, Any], *, looking: bool = False
) -> FilledInputs:
    """Check inputs given by key. None, and text without anything but blanks, mean "not given".

    Blanks and newlines around a line of text are trimmed; text of several lines stays as it is. A choice is
    taken by its value or its label. `looking`: the inputs are filters, and a word that is a slip of a known
    one is refused, for it would find nothing. Raises `ValidationFailed`.
    """
    present = present_of(fields, given)
    errors = list(_slips(fields, present)) if looking else []
    for error in errors:
        del present[error.field]
    singles = [field for field in fields if not _several(field, present)]
    single = {field.key for field in singles}
    rest = {field.key: present[field.key] for field in fields if field.key not in single}
    fit, misfits = members(singles, {key: value for key, value in present.items() if key not in rest})
    errors += misfits
    for field in fields:
        if field.key in rest:
            try:
                fit[field.key] = [
                    fitted(field, one, f"{field.key}[{index}]") for index, one in enumerate(rest[field.key])
                ]
            except RefusedValue as refusal:
                errors.extend(refusal.errors)
    errors += [
        FieldError(field.key, f"identifies nothing: {fit[field.key]!r}")
        for field in fields
        if field.key in fit and field.identifies and not wanted(field, fit[field.key])
    ]
    errors += [
        FieldError(field.key, "must name a record")
        for field in fields
        if field.location == "path" and fit.get(field.key) in (".", "..")
    ]
    if errors:
        raise refused(what, errors)
    return FilledInputs(inputs=fit, values=_values(fields, fit), matches=_matches(fields, fit))


def refused(what: str, errors: Sequence[FieldError]) -> ValidationFailed:
    """Return the error for inputs that were not sent."""
    return ValidationFailed(f"{what} was not run: {joined(errors)}", fields=errors)


def present_of(fields: Sequence[InputField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that hold anything, as they are meant: trimmed, choices by their values."""
    known = {field.key: field for field in fields}
    found = {key: _meant(known.get(key), value) for key, value in given.items()}
    return {key: value for key, value in found.items() if not _nothing(known.get(key), value)}


def _nothing(field: InputField | None, value: Any) -> bool:
    """Say whether a value means "not given"; so does a list without values where one value would do."""
    several = field is not None and field.repeated_as is not None
    return value is None or value == "" or (several and value == [])


def _meant(field: InputField | None, value: Any) -> Any:
    if field is None:
        return value
    if isinstance(value, str):
        return _text(field, value)
    if isinstance(value, list | tuple):
        told = [_meant(field, one) for one in value]
        return [one for one in told if one != ""] if field.repeated_as else told
    if isinstance(value, dict) and field.children:
        return present_of(field.children, value)
    if field.identifies and isinstance(value, int) and not isinstance(value, bool) and field.type == "string":
        return str(value)
    return value


def _text(field: InputField, value: str) -> str:
    short = trimmed(value)
    if field.type == "text":
        return value if short else ""
    if field.separator and field.known_values:
        parts = (chosen(field, trimmed(part)) for part in short.split(field.separator))
        return field.separator.join(part for part in parts if part)
    return chosen(field, short)


def _slips(fields: Sequence[InputField], present: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield an error for each filter whose word is a slip of a known one."""
    for field in fields:
        value = present.get(field.key)
        parts = value.split(field.separator or "\0") if isinstance(value, str) else ()
        for part in parts:
            if meant := slip(field, part):
                yield FieldError(field.key, f"is {part!r}, which is no known word; did you mean {meant}?")
                break


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
    return tuple((one, fit[one.key]) for one in fields if one.location == "match" and one.key in fit)
