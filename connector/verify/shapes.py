"""Compares a JSON value with the field that describes it, using only names and types."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.transport.times import parse_time

if TYPE_CHECKING:
    from connector.definition.model import Field, FieldType, Provenance
    from connector.verify.report import Kind

LONGEST_VALUE = 40
"""The maximum length of an enum value that is shown."""
NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$-]{0,39}")
"""Matches names of undocumented fields that may be shown; any other name could be an ID or an address."""
UNSHOWN_NAME = "(name not shown)"
SHORTEST_TIME = len("2024-12-30")
WORDS: dict[FieldType, str] = {
    "string": "text",
    "text": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "datetime": "time",
    "date": "date",
    "list": "list",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference at one place, which can occur several times; see `report.Difference`."""

    kind: Kind
    place: str
    detail: str
    provenance: Provenance
    around: str
    """The place of the parent object or of the value itself; its number of visits becomes `Difference.of`."""


@dataclass(slots=True)
class Shape:
    """The result of comparing one or more response bodies with a field.

    `confirmed` maps each place with a value of the right type to the provenance of its field. `visits` counts
    the objects and values at each place. `open_values` counts the values that are not in a field's list of
    known values, if the specification allows further values.
    """

    mismatches: Counter[Mismatch] = field(default_factory=Counter)
    confirmed: dict[str, Provenance] = field(default_factory=dict)
    visits: Counter[str] = field(default_factory=Counter)
    open_values: Counter[str] = field(default_factory=Counter)

    @property
    def refuted(self) -> set[str]:
        """The places at which at least one body contradicts the specification."""
        return {mismatch.place for mismatch in self.mismatches if mismatch.kind != "undocumented_field"}

    def compare(
        self, value: Any, expected: Field, place: str = "", words: frozenset[str] = frozenset()
    ) -> None:
        """Compare a value at `place` with its field, and add the result.

        `words` are the statuses that the vendor's catalog maps to common statuses. If these include all of a
        field's known values, the field is a status, and an unknown value is a difference. Otherwise,
        merchants can define further values, such as reasons, and an unknown value is only counted.
        """
        self.visits[place] += 1
        if value is None:
            if not expected.nullable:
                self._add("other_type", place, f"null, not {WORDS[expected.type]}", expected)
            return
        if problem := _type_problem(value, expected):
            self._add("other_type", place, problem, expected)
            return
        self.confirmed[place] = expected.provenance
        if isinstance(value, dict):
            self._members(value, expected, place, words)
        elif isinstance(value, list):
            for item in value:
                self._item(item, expected, f"{place}[]", words)
        else:
            self._choice(value, expected, place, words)

    def _item(self, item: Any, expected: Field, place: str, words: frozenset[str]) -> None:
        if expected.children:
            self.visits[place] += 1
            if isinstance(item, dict):
                self._members(item, expected, place, words)
            else:
                self._add("other_type", place, f"{word_of(item)}, not object", expected)
        elif expected.item_type and expected.item_type not in ("list", "object"):
            self.compare(
                item,
                expected.model_copy(
                    update={"type": expected.item_type, "item_type": None, "nullable": False}
                ),
                place,
                words,
            )

    def _members(self, value: dict[str, Any], expected: Field, place: str, words: frozenset[str]) -> None:
        if not expected.children:  # the names are data, such as counts keyed by reason
            return
        before = f"{place}." if place else ""
        for child in expected.children:
            if child.key in value:
                self.compare(value[child.key], child, before + child.key, words)
            elif child.required:
                self._add("missing_field", before + child.key, "required", child, around=place)
        known = {child.key for child in expected.children}
        for name, member in value.items():
            if name not in known:
                shown = name if NAME.fullmatch(name) else UNSHOWN_NAME
                self._add("undocumented_field", before + shown, word_of(member), expected, around=place)

    def _choice(self, value: Any, expected: Field, place: str, words: frozenset[str]) -> None:
        text = str(value)
        if expected.choices:
            if text not in {choice.value for choice in expected.choices}:
                count = len(expected.choices)
                detail = f"{_shown(value)}, besides the {count} documented value{'' if count == 1 else 's'}"
                self._add("new_value", place, detail, expected)
        elif expected.known_values and text not in expected.known_values:
            if words.issuperset(expected.known_values):
                detail = (
                    f"a value besides the {len(expected.known_values)} known ones; values are not shown here"
                )
                self._add("new_value", place, detail, expected)
            else:
                self.open_values[place] += 1

    def _add(self, kind: Kind, place: str, detail: str, at: Field, around: str | None = None) -> None:
        mismatch = Mismatch(kind, place, detail, at.provenance, place if around is None else around)
        self.mismatches[mismatch] += 1


def word_of(value: Any) -> str:
    """Name the type of a JSON value in words, such as "whole number"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return WORDS["boolean"]
    if isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value()):
        return WORDS["integer"]
    if isinstance(value, Decimal):
        return WORDS["number"]
    if isinstance(value, str):
        return WORDS["string"]
    return WORDS["list"] if isinstance(value, list) else WORDS["object"]


def _type_problem(value: Any, expected: Field) -> str:
    """Describe in a clause how a value's type differs from the field's; return "" if the type is right."""
    found, wanted = word_of(value), WORDS[expected.type]
    fits = found == wanted or (found, wanted) == (WORDS["integer"], WORDS["number"])
    if expected.type not in ("datetime", "date"):
        return "" if fits else f"{found}, not {wanted}"
    if not isinstance(value, str):
        return f"{found}, not {wanted}"
    return "" if _is_time(value, expected.type) else f"text that is no {wanted}"


def _is_time(text: str, kind: FieldType) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text)
        else:
            parse_time(text)
    except ValueError:
        return False
    return kind == "date" or len(text) > SHORTEST_TIME


def _shown(value: Any) -> str:
    """Return an enum value in quotes, or a phrase instead if the value could contain personal data."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    harmless = len(text) <= LONGEST_VALUE and text.isprintable() and "@" not in text
    return repr(text) if harmless and not any(letter.isdigit() for letter in text) else "a value (not shown)"
