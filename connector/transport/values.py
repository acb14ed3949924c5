"""Validates the values for a request against the API specification, and converts them to JSON types."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.definition.model import InputField
from connector.definition.naming import listed, text_of
from connector.definition.spelling import did_you_mean, trimmed
from connector.errors import FieldError
from connector.transport.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connector.definition.model import Field, FieldType

ABSENT = object()
MAX_EXACT = 2**53 - 1
"""The largest whole number that every JSON parser reads exactly (RFC 8259 section 6)."""
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
ZONED = re.compile(r"(?:[Zz]|UTC|GMT|[+\-\u2212]\d\d(?::?\d\d)?)", re.ASCII)


class RefusedValue(Exception):  # noqa: N818 - internal: becomes `ValidationFailed`
    """Raised if a value is invalid; `errors` contains one `FieldError` for each problem."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


def checked_value(field: Field, value: Any, name: str) -> Any:
    """Validate `value` and convert it to the JSON type of the field.

    `name` is the path to the value in errors, for example `items[0].quantity`. Raises `RefusedValue` if the
    value is invalid.
    """
    if value is None:
        if field.nullable:
            return None
        raise RefusedValue(FieldError(name, "must not be empty"))
    if field.type == "list":
        return _list(field, value, name)
    if field.type == "object":
        return _object(field, value, name)
    return _scalar(field, field.type, value, name)


def checked_members(
    fields: Sequence[Field], values: Mapping[str, Any], before: str = ""
) -> tuple[dict[str, Any], list[FieldError]]:
    """Validate the members of an object; return the valid members and a list of all errors.

    `fields` are the fields that the object can have. Unknown names, missing required fields and invalid
    values are errors. A value of None counts as missing, unless the field can be null. `before` is a prefix
    for field names in errors, for example `items[0].`.
    """
    known = {field.key: field for field in fields}
    errors = [
        FieldError(f"{before}{name}", f"is unknown{did_you_mean(str(name), known) or _known(known)}")
        for name in values
        if name not in known
    ]
    fit: dict[str, Any] = {}
    for name, field in known.items():
        value = values.get(name, ABSENT)
        if value is ABSENT or (value is None and not field.nullable):
            if field.required:
                errors.append(FieldError(f"{before}{name}", "is required"))
            continue
        try:
            fit[name] = checked_value(field, value, f"{before}{name}")
        except RefusedValue as refusal:
            errors.extend(refusal.errors)
    errors += [
        FieldError(f"{before}{field.key}", f"is required, unless {listed(others)} is given")
        for field in fields
        if isinstance(field, InputField)
        and (others := [f"{before}{key}" for key in field.required_without])
        and all(values.get(key) is None for key in (field.key, *field.required_without))
    ]
    errors += [
        FieldError(f"{before}{field.key}", f"is required when {before}{given[0]} is given")
        for field in fields
        if isinstance(field, InputField)
        and values.get(field.key) is None
        and (given := [key for key in field.required_with if key in fit])
    ]
    return fit, errors


def _known(names: Iterable[str]) -> str:
    known = list(names)
    return f"; use {listed(known)}" if known else "; there are no inputs"


def _list(field: Field, value: Any, name: str) -> list[Any]:
    if isinstance(value, str | bytes | dict) or not hasattr(value, "__iter__"):
        raise RefusedValue(FieldError(name, "must be a list"))
    fit: list[Any] = []
    errors: list[FieldError] = []
    for index, item in enumerate(value):
        try:
            place = f"{name}[{index}]"
            if field.children:
                fit.append(_object(field, item, place))
            else:
                fit.append(_scalar(field, field.item_type or "string", item, place))
        except RefusedValue as refusal:
            errors.extend(refusal.errors)
    bounds = field.bounds
    if bounds.min_items is not None and len(fit) + len(errors) < bounds.min_items:
        errors.append(FieldError(name, f"must have at least {bounds.min_items} {_items(bounds.min_items)}"))
    if bounds.max_items is not None and len(fit) > bounds.max_items:
        errors.append(FieldError(name, f"must have at most {bounds.max_items} {_items(bounds.max_items)}"))
    if bounds.unique_items and any(item in fit[:index] for index, item in enumerate(fit)):
        errors.append(FieldError(name, "must not contain an item twice"))
    if errors:
        raise RefusedValue(*errors)
    return fit


def _items(count: int) -> str:
    return "item" if count == 1 else "items"


def _object(field: Field, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedValue(FieldError(name, "must be an object with named values"))
    if not field.children:
        return dict(value)
    fit, errors = checked_members(field.children, value, f"{name}.")
    errors = (
        errors
        or too_few_errors(field, fit, f"{name}.")
        or missing_errors(field, fit, f"{name}.")
        or variant_errors(field, fit, name)
    )
    if errors:
        raise RefusedValue(*errors)
    return fit


def too_few_errors(field: Field, given: Iterable[str], before: str = "") -> list[FieldError]:
    """Return an error if an object has fewer members than the specification requires (`minProperties`)."""
    least, members = field.bounds.min_properties, set(given)
    missing = [f"{before}{child.key}" for child in field.children if child.key not in members]
    if least is None or len(members) >= least or not missing:
        return []
    first, *others = missing
    unless = f", unless {listed(others)} is given" if others else ""
    return [FieldError(first, f"is required{unless}")]


def missing_errors(field: Field, given: Iterable[str], before: str = "") -> list[FieldError]:
    """Return an error if an object has none of the members in `field.at_least_one`, otherwise an empty list.

    `given` contains the names of the object's members, and `before` is a prefix for names in the error.
    """
    if not field.at_least_one or set(field.at_least_one).intersection(given):
        return []
    first, *others = (f"{before}{key}" for key in field.at_least_one)
    unless = f", unless {listed(others)} is given" if others else ""
    return [FieldError(first, f"is required{unless}")]


def variant_errors(field: Field, given: Iterable[str], name: str) -> list[FieldError]:
    """Check that an object matches exactly one of the field's variants; return a list of errors.

    `given` are the names of the object's members, and `name` is the path to the object in errors. The list is
    empty if exactly one variant matches, or if the field has no variants.
    """
    members = set(given)
    matching = [variant for variant in field.variants if variant.fits(members)]
    if len(matching) == 1 or not field.variants:
        return []
    if matching:
        labels = listed([variant.label for variant in matching])
        return [FieldError(name, f"could be {labels}; add a field that only one of them has")]
    nearest = min(
        field.variants,
        key=lambda variant: (len(members.difference(variant.fields)), len(set(variant.required) - members)),
    )
    stray = [
        child.key for child in field.children if child.key in members and child.key not in nearest.fields
    ]
    missing = [key for key in nearest.required if key not in members]
    return [
        *(FieldError(f"{name}.{key}", f"does not belong to {nearest.label}") for key in stray),
        *(FieldError(f"{name}.{key}", f"is required for {nearest.label}") for key in missing),
    ]


def _scalar(field: Field, kind: FieldType, value: Any, name: str) -> Any:
    try:
        fit = SCALARS[kind](value)
    except (TypeError, ValueError, OverflowError) as problem:
        raise RefusedValue(FieldError(name, str(problem) or f"must be {kind}")) from None
    _check_choice(field, fit, name)
    _check_number(field, fit, name)
    _check_text(field, fit, name)
    return fit


def _check_choice(field: Field, value: Any, name: str) -> None:
    allowed = [choice.value for choice in field.choices]
    if allowed and str(value) not in allowed:
        guess = did_you_mean(str(value), allowed)
        raise RefusedValue(FieldError(name, f"must be {listed(allowed)}{guess or '.'}".removesuffix(".")))


def _check_number(field: Field, value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return
    bounds = field.bounds
    if bounds.minimum is not None and (
        value < bounds.minimum or (bounds.exclusive_minimum and value == bounds.minimum)
    ):
        word = "more than" if bounds.exclusive_minimum else "at least"
        raise RefusedValue(FieldError(name, f"must be {word} {text_of(bounds.minimum)}"))
    if bounds.maximum is not None and (
        value > bounds.maximum or (bounds.exclusive_maximum and value == bounds.maximum)
    ):
        word = "less than" if bounds.exclusive_maximum else "at most"
        raise RefusedValue(FieldError(name, f"must be {word} {text_of(bounds.maximum)}"))
    if bounds.multiple_of is not None and Decimal(str(value)) % Decimal(str(bounds.multiple_of)):
        raise RefusedValue(FieldError(name, f"must be a multiple of {text_of(bounds.multiple_of)}"))


def _check_text(field: Field, value: Any, name: str) -> None:
    if not isinstance(value, str):
        return
    bounds = field.bounds
    if bounds.min_length is not None and len(value) < bounds.min_length:
        word = "must not be empty" if not value else f"must have at least {bounds.min_length} characters"
        raise RefusedValue(FieldError(name, word))
    if bounds.max_length is not None and len(value) > bounds.max_length:
        raise RefusedValue(FieldError(name, f"must have at most {bounds.max_length:,} characters"))
    if bounds.pattern is not None and not re.search(bounds.pattern, value):
        hint = f", for example {field.example}" if isinstance(field.example, str) else ""
        raise RefusedValue(FieldError(name, f"has the wrong form{hint}"))


# --- One function per type. It converts a value to its JSON type, or raises an error that says what is valid.


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("contains characters that cannot be sent")
    return value


def _integer(value: Any) -> int:
    number = _exact(value, "must be a whole number")
    if number != number.to_integral_value():
        raise ValueError("must be a whole number")
    return int(number)


def _number(value: Any) -> int | Decimal:
    number = _exact(value, "must be a number")
    return int(number) if number == number.to_integral_value() else Decimal(f"{number:f}")


def _exact(value: Any, sentence: str) -> Decimal:
    """Convert a number to a `Decimal` that every JSON parser reads without rounding.

    Raises `TypeError` or `ValueError` with the message `sentence` if the value is not a finite number, and
    `ValueError` with another message if the number has too many digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(sentence)
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(sentence)
    if abs(number) > MAX_EXACT or Decimal(str(float(number))) != number:
        raise ValueError("has more digits than can be sent exactly")
    return number


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _datetime(value: Any) -> str:
    sentence = "must be a time with its zone, for example 2024-12-30T10:30:00Z"
    if isinstance(value, str):
        value = _time_of(value, sentence)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(sentence)
    try:
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    except OverflowError:  # within a day of the first or last representable time
        return value.isoformat()


def _time_of(text: str, sentence: str) -> datetime:
    short = trimmed(text)
    if not DAY.fullmatch(short) and not (DAY.match(short) and ZONED.search(short[len("2024-12-30T") :])):
        raise ValueError(sentence)
    try:
        return parse_time(short)
    except ValueError:
        raise ValueError(sentence) from None


def _date(value: Any) -> str:
    sentence = "must be a date, for example 2024-12-30"
    if isinstance(value, str):
        if not DAY.fullmatch(trimmed(value)):
            raise ValueError(sentence)
        try:
            value = date.fromisoformat(trimmed(value))
        except ValueError:
            raise ValueError(sentence) from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(sentence)
    return value.isoformat()


def _object_scalar(value: Any) -> Any:
    return value


SCALARS: Mapping[FieldType, Callable[[Any], Any]] = {
    "string": _text,
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "datetime": _datetime,
    "date": _date,
    "list": _object_scalar,
    "object": _object_scalar,
}
