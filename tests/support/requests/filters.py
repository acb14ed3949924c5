"""Rows for every filter of every trigger, and which of them have to fire.

The values are those that the specification has for the field that the filter is compared with: all words of
an enumeration, or texts that Schemathesis generates. Each row is the trigger's example event with another
value, ID and time.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import openapi
from connector.definition.compiler import integration
from connector.definition.samples import merged
from support.reached import with_history
from support.requests.inputs import operations, resolved
from support.schema_values import SchemaValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from connector.definition.model import InputField, Path, Trigger

OTHER = "nothing like it"
"""A word that no filter has, for the first item of a list and for the input that matches no row."""
WORDS = ("Too small", "Does not fit", "Größe", "尺寸")
"""Texts that people write, besides the generated ones."""
MOST_TEXTS = 4
FIRST_ID = 7000
ABSENT: Any = object()
Row = dict[str, Any]


@dataclass(frozen=True)
class Filtered:
    """One input of a trigger: the filter's value as a user enters it, and the rows that have to fire."""

    vendor: str
    trigger: str
    inputs: Mapping[str, Any]
    fires: frozenset[str]

    def __str__(self) -> str:
        return f"{self.vendor} {self.trigger} {dict(self.inputs)}"


@dataclass(frozen=True)
class Tries:
    """The rows that a trigger's list returns, and the inputs to try with them."""

    rows: Sequence[Row]
    cases: Sequence[Filtered]


def filters() -> list[tuple[str, str, str]]:
    """Return vendor, trigger and filter, for every filter of every trigger."""
    return [
        (vendor, trigger.key, field.key)
        for vendor in openapi.vendors()
        for trigger in integration(vendor).triggers.values()
        for field in trigger.inputs
    ]


def exclusions() -> list[tuple[str, str]]:
    """Return vendor and trigger, for every trigger that excludes records."""
    return [
        (vendor, trigger.key)
        for vendor in openapi.vendors()
        for trigger in integration(vendor).triggers.values()
        if trigger.unless
    ]


def tries_of(vendor: str, key: str, filter_: str, now: datetime) -> Tries:
    """Return rows with each value of a filter, and each value as an input, two of them spelled otherwise."""
    trigger = integration(vendor).triggers[key]
    field = next(one for one in trigger.inputs if one.key == filter_)
    values = values_of(vendor, key, filter_)
    fire_at_all = [one for one in values if not _is_initial(trigger, field, one)]
    rows = Rows(trigger, now)
    for value in fire_at_all:
        rows.add(field, value)
    for nothing in (None, ABSENT, OTHER):
        if not _is_state(trigger, field) or nothing == OTHER:
            rows.add(field, nothing)
    inputs = [*fire_at_all, *(_spelled(one) for one in fire_at_all[:2]), *([] if field.choices else [OTHER])]
    found = [Filtered(vendor, key, {filter_: one}, rows.having(field, one)) for one in dict.fromkeys(inputs)]
    return Tries(rows.rows, [*found, Filtered(vendor, key, {}, frozenset(rows.ids))])


def excluded_of(vendor: str, trigger: Trigger, now: datetime) -> Tries:
    """Return rows with each value that a trigger excludes, in two spellings, and with other values."""
    rows = Rows(trigger, now)
    fires = {rows.add_at(path, value) for path, _ in trigger.unless for value in (OTHER, None)}
    for path, values in trigger.unless:
        for value in values:
            rows.add_at(path, value)
            rows.add_at(path, _spelled(value))
    return Tries(rows.rows, [Filtered(vendor, trigger.key, {}, frozenset(fires))])


class Rows:
    """Builds rows of one trigger: each has its own ID, and its event happened at `now`."""

    def __init__(self, trigger: Trigger, now: datetime) -> None:
        self.rows: list[Row] = []
        self.ids: list[str] = []
        self._forms: list[set[str]] = []
        self._trigger = trigger
        self._at = f"{now:%Y-%m-%dT%H:%M:%S}Z"

    def add(self, field: InputField, value: Any) -> None:
        """Add a row with a value at a filter's path; in a list, it is the second of two items."""
        form = set() if value in (None, ABSENT) else {normal(field, value)}
        inside = field.path[len(field.in_list) :] if field.in_list is not None else ()
        if field.in_list is None:
            self.add_at(field.path, value)
        elif inside:
            record = self._record()
            (item, *_) = at(record, field.in_list)
            items = [with_value(item, inside, one) for one in (OTHER, value)]
            self._append(with_value(record, field.in_list, items))
            form.add(normal(field, OTHER))
        else:
            self.add_at(field.path, [OTHER] if value in (None, ABSENT) else [OTHER, value])
            form.add(normal(field, OTHER))
        self._forms.append(form)

    def add_at(self, path: Path, value: Any) -> str:
        """Add a row with a value at a path; return its ID."""
        return self._append(with_value(self._record(), path, value))

    def having(self, field: InputField, wanted: str) -> frozenset[str]:
        """Return the IDs of the rows that have the wanted value."""
        form = normal(field, wanted)
        return frozenset(id_ for id_, forms in zip(self.ids, self._forms, strict=True) if form in forms)

    def _append(self, record: Row) -> str:
        self.rows.append(record)
        self.ids.append(str(at(record, self._trigger.source.id)))
        return self.ids[-1]

    def _record(self) -> Row:
        trigger = self._trigger
        record: Row = json.loads(json.dumps(merged(trigger.sample, trigger.example), default=str))
        if trigger.details:
            record.pop(trigger.details.key, None)
        if trigger.reached_at:
            record = with_history(record, trigger.reached_at, self._at)
        source = trigger.source
        times = [getattr(source, name, None) for name in ("created", "changed", "mark")]
        for path in (*times, trigger.occurred_at):
            if path and at(record, path) is not None:
                record = with_value(record, path, self._at)
        id_ = at(record, source.id)
        new = FIRST_ID + len(self.rows)
        return with_value(record, source.id, new if isinstance(id_, int) else str(new))


def normal(field: InputField, text: str) -> str:
    """Return a value in the form in which it is compared: a word in any spelling, or a text in any case."""
    short = text.strip().lower()
    return short.replace(" ", "").replace("_", "").replace("-", "") if field.compared == "word" else short


def at(record: Any, path: Path) -> Any:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def with_value(record: Row, path: Path, value: Any) -> Row:
    """Return a copy of a record with another value at a path, or without it."""
    copy = deepcopy(record)
    holder: Any = copy
    for name in path[:-1]:
        holder = holder.setdefault(name, {})
    if value is ABSENT:
        holder.pop(path[-1], None)
    else:
        holder[path[-1]] = value
    return copy


@cache
def values_of(vendor: str, key: str, filter_: str) -> tuple[str, ...]:
    """Return the values to try: the words of the specification or the catalog, or else generated texts."""
    trigger = integration(vendor).triggers[key]
    field = next(one for one in trigger.inputs if one.key == filter_)
    schema = schema_at(vendor, trigger.source.operation, field.path)
    words = [*schema.get("enum", ()), *(one.value for one in field.choices), *field.known_values]
    texts = [one for one in words or _generated(schema) if one is not None]
    return tuple({normal(field, one): one for one in texts if normal(field, one)}.values())


def schema_at(vendor: str, operation: str, path: Path) -> Mapping[str, Any]:
    """Return the schema of a value in the rows that an operation of a specification lists."""
    document = openapi.read(vendor)
    (described,) = [one for *_, one in operations(document) if one["operationId"] == operation]
    answer = resolved(document, described["responses"]["200"])
    schema = answer["content"]["application/json"]["schema"]
    payload = integration(vendor).operations[operation].payload
    for name in (*payload, *path):
        schema = _members(document, schema)[name]
    return _unlisted(document, schema)


def _unlisted(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = resolved(document, schema)
    return _unlisted(document, found["items"]) if "items" in found else found


def _members(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an object, or of the items of a list."""
    found = _unlisted(document, schema)
    members = dict(found.get("properties", {}))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for one in found.get(keyword, ()):
            members |= _members(document, one)
    return members


def _generated(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts that Schemathesis generates for a schema, without blanks around them."""
    plain = {name: schema[name] for name in ("type", "minLength", "maxLength", "pattern") if name in schema}
    holder = {"type": "object", "properties": {"text": plain}, "required": ["text"]}
    values = SchemaValues({"holder": holder}, {})
    texts = [
        one.value["text"] for one in (*values.boundaries("holder"), *values.drawn("holder", 6)) if one.valid
    ]
    yield from (
        one
        for one in ("Too small", "Does not fit", "Größe", "尺寸")
        if len(one) <= plain.get("maxLength", 99)
    )
    usable = [one for one in texts if one.isprintable() and one.strip() == one and one.isascii()]
    yield from dict.fromkeys(usable[:MOST_TEXTS])


def _spelled(text: str) -> str:
    """Return a text in another case and with blanks around it, as people type it."""
    return f" {text.swapcase() if text.isascii() else text} "


def _is_state(trigger: Trigger, field: InputField) -> bool:
    return getattr(trigger.source, "state", None) == field.path


def _is_initial(trigger: Trigger, field: InputField, value: str) -> bool:
    """Check for a state in which records are created: a new record with it is no change."""
    initial = getattr(trigger.source, "initial", ()) or ()
    return _is_state(trigger, field) and normal(field, value) in {normal(field, one) for one in initial}
