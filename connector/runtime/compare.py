"""Compares the records that a vendor returns with the values that were searched for or sent.

Identifiers (order and return numbers, e-mail addresses, tracking numbers, IDs) are written in many ways:
`#1001`, `1001`, ` #1001`. A vendor may also ignore a filter, or match only part of an identifier, and then
return records that were not searched for. Therefore the identifiers in each record of a search result are
compared with the identifiers that were searched for.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.definition.naming import plain
from connector.definition.paths import at_path, everything_at
from connector.definition.spelling import same_word, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.model import Identifier, InputField, Path

JOINTS = re.compile(r"[\s\u2010-\u2015-]+")
"""The separators between the groups of digits in a tracking number: spaces, hyphens and dashes."""


def identifier_form(kind: Identifier, value: Any) -> str:
    """Normalize an identifier for comparison; return "" if the value cannot be an identifier.

    Case, surrounding blanks and a leading `#` are ignored, and so are the separators in a tracking number.
    """
    if isinstance(value, float | Decimal):
        value = plain(Decimal(str(value)))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = trimmed(trimmed(str(value)).casefold().removeprefix("#"))
    return JOINTS.sub("", text) if kind == "tracking" else text


def same_identifier(kind: Identifier, value: Any, wanted: Any) -> bool:
    """Check whether two values are the same identifier after normalization; false for invalid identifiers."""
    form = identifier_form(kind, value)
    return bool(form) and form == identifier_form(kind, wanted)


def matches(field: InputField, row: Mapping[str, Any], wanted: Any) -> bool:
    """Check whether a row has the value `wanted`, which the user entered for an input.

    This is used for inputs that the API cannot filter by. If the input's path leads through a list, one item
    with this value is enough.
    """
    return any(_is_wanted(field, value, wanted) for value in everything_at(row, field.path))


def _is_wanted(field: InputField, value: Any, wanted: Any) -> bool:
    if field.compared == "word":
        return same_word(value, wanted)
    if field.compared == "identity" and field.identifies:
        return same_identifier(field.identifies, value, wanted)
    return holds(value, wanted)


def was_sent(field: InputField, column: Path, value: Any, row: Mapping[str, Any], path: Path) -> bool:
    """Check whether the value at `path` in a row equals the value sent for an input.

    For an input with line items, `column` is the path to the value within one item, and the values of all
    items are compared in any order. If one of the sent values is an object, a list, null or a Boolean, the
    values are not compared and the result is true.
    """
    if column:
        sent = [_form(value) for value in everything_at(value, column)]
        return None in sent or sorted(filter(None, sent)) == sorted(_forms(everything_at(row, path)))
    stored = at_path(row, path)
    if field.identifies:
        return same_identifier(field.identifies, stored, value)
    return same_word(stored, value) if field.choices else holds(stored, value)


def _forms(values: Iterable[Any]) -> list[str]:
    return [form for value in values if (form := _form(value)) is not None]


def _form(value: Any) -> str | None:
    """Normalize a string or number so that variants compare as equal; return None for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    return trimmed(value).casefold() if isinstance(value, str) else plain(Decimal(str(value)))


def holds(stored: Any, wanted: Any) -> bool:
    """Check whether a stored value equals the wanted value.

    Case and surrounding blanks are ignored. A stored object may have additional members.
    """
    if isinstance(wanted, dict):
        return isinstance(stored, dict) and all(
            holds(stored.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(stored, list)
            and len(stored) == len(wanted)
            and all(holds(value, other) for value, other in zip(stored, wanted, strict=True))
        )
    if isinstance(wanted, str):
        return isinstance(stored, str) and trimmed(stored).casefold() == trimmed(wanted).casefold()
    if isinstance(wanted, int | float | Decimal) and not isinstance(wanted, bool):
        return isinstance(stored, int | float | Decimal) and Decimal(str(stored)) == Decimal(str(wanted))
    return bool(stored == wanted)


def identifiers(field: InputField, value: Any) -> frozenset[str]:
    """Normalize all identifiers in an input, which may be one value, a list or a string with separators."""
    values = value if isinstance(value, list | tuple) else [value]
    if field.separator:
        values = [part for item in values for part in str(item).split(field.separator)]
    assert field.identifies is not None  # noqa: S101 - callers pass identifying inputs only
    return frozenset(form for item in values if (form := identifier_form(field.identifies, item)))


def matching_rows(
    fields: Sequence[InputField], inputs: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[InputField]]:
    """Return the rows that match all filters, and the filters that the vendor probably ignored.

    A row that does not contain the filtered field counts as matching. Filters are reported as ignored
    only if there are rows and no row matches all filters. The ignored filters are then those that no row
    matches or, if every filter has a matching row, those that at least one row does not match.
    """
    filters = [
        (field, identifiers(field, inputs[field.key]))
        for field in fields
        if field.found_at and field.key in inputs
    ]
    matching = [row for row in rows if all(_fits(row, field, forms) for field, forms in filters)]
    if matching or not rows:
        return matching, []
    misses = [(field, sum(not _fits(row, field, forms) for row in rows)) for field, forms in filters]
    ignored = [field for field, count in misses if count == len(rows)]
    return [], ignored or [field for field, count in misses if count]


def _fits(row: Mapping[str, Any], field: InputField, forms: frozenset[str]) -> bool:
    assert field.identifies is not None  # noqa: S101 - only inputs with `identifies` have `found_at`
    stored = {
        form for value in _values(row, field.found_at) if (form := identifier_form(field.identifies, value))
    }
    return not stored or not forms or not stored.isdisjoint(forms)


def _values(row: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[Any]:
    for path in paths:
        yield from everything_at(row, path)
