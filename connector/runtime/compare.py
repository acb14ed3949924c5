"""Compares values of records with values asked for, and rows with the filters that were sent for them.

What identifies a record (numbers of orders and returns, e-mail addresses, tracking numbers, ids) is written
in many ways: `#1001`, `1001`, ` #1001`. A vendor may ignore a filter, or match a part of the name, and answer
with other records: so every row of a search is compared again with what identifies the record.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.definition.naming import plain, same_word, trimmed
from connector.definition.paths import at_path, everything_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.model import Identifier, InputField, Path

JOINTS = re.compile(r"[\s\u2010-\u2015-]+")
"""What carriers print between the groups of a tracking number: blanks, hyphens, dashes."""


def identity(kind: Identifier, value: Any) -> str:
    """Return the form in which values of a kind are compared; empty where the value identifies nothing."""
    if isinstance(value, float | Decimal):
        value = plain(Decimal(str(value)))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = trimmed(trimmed(str(value)).casefold().removeprefix("#"))
    return JOINTS.sub("", text) if kind == "tracking" else text


def same(kind: Identifier, found: Any, wanted: Any) -> bool:
    """Say whether two values identify the same."""
    form = identity(kind, found)
    return bool(form) and form == identity(kind, wanted)


def matches(field: InputField, row: Mapping[str, Any], wanted: Any) -> bool:
    """Say whether a row holds the value of an input with location "match"."""
    found = at_path(row, field.path)
    if field.compared == "word":
        return same_word(found, wanted)
    if field.compared == "identity" and field.identifies:
        return same(field.identifies, found, wanted)
    return holds(found, wanted)


def was_sent(field: InputField, column: Path, value: Any, row: Mapping[str, Any], path: Path) -> bool:
    """Say whether a row holds at `path` what was sent for an input, or for a `column` of its line items."""
    if column:
        sent = [_form(value) for value in everything_at(value, column)]
        return None in sent or sorted(filter(None, sent)) == sorted(_forms(everything_at(row, path)))
    found = at_path(row, path)
    if field.identifies:
        return same(field.identifies, found, value)
    return same_word(found, value) if field.choices else holds(found, value)


def _forms(values: Iterable[Any]) -> list[str]:
    return [form for value in values if (form := _form(value)) is not None]


def _form(value: Any) -> str | None:
    """Return a text or a number as it is compared with others, whatever its type; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    return trimmed(value).casefold() if isinstance(value, str) else plain(Decimal(str(value)))


def holds(found: Any, wanted: Any) -> bool:
    """Say whether a record's value holds what was sent: text in any case, objects by the members sent."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(holds(one, other) for one, other in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, str):
        return isinstance(found, str) and trimmed(found).casefold() == trimmed(wanted).casefold()
    if isinstance(wanted, int | float | Decimal) and not isinstance(wanted, bool):
        return isinstance(found, int | float | Decimal) and Decimal(str(found)) == Decimal(str(wanted))
    return bool(found == wanted)


def wanted(field: InputField, value: Any) -> frozenset[str]:
    """Return what a checked input asks for: one value, or several (a list, or a text with separators)."""
    several = value if isinstance(value, list | tuple) else [value]
    if field.separator:
        several = [part for one in several for part in str(one).split(field.separator)]
    assert field.identifies is not None  # noqa: S101 - only such inputs are compared so
    return frozenset(form for one in several if (form := identity(field.identifies, one)))


def strangers(
    fields: Sequence[InputField], inputs: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[InputField]]:
    """Return the rows that hold what was asked for, and the inputs that keep every row out by themselves.

    A row that does not hold a field fits it. Where no input alone keeps every row out and none fits, all
    inputs that keep any row out are returned.
    """
    asked = [(one, wanted(one, inputs[one.key])) for one in fields if one.found_at and one.key in inputs]
    fitting = [row for row in rows if all(_fits(row, one, forms) for one, forms in asked)]
    if fitting or not rows:
        return fitting, []
    kept_out = [(one, sum(not _fits(row, one, forms) for row in rows)) for one, forms in asked]
    ignored = [one for one, count in kept_out if count == len(rows)]
    return [], ignored or [one for one, count in kept_out if count]


def _fits(row: Mapping[str, Any], field: InputField, forms: frozenset[str]) -> bool:
    assert field.identifies is not None  # noqa: S101 - only such inputs have `found_at`
    held = {form for value in _held(row, field.found_at) if (form := identity(field.identifies, value))}
    return not held or not forms or not held.isdisjoint(forms)


def _held(row: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[Any]:
    for path in paths:
        yield from everything_at(row, path)
