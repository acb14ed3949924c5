"""Runs every step of a generated app once against the sandbox, as a user who has just connected.

The inputs come from the app itself: dropdowns, fixed choices, and records shown earlier. A new vendor
therefore needs no code here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from connector.definition.instant import with_instant
from connector.definition.model import Action, Dropdown, InputField, Integration, Trigger
from connector.generator.zapier.lint.records import leaves, missing_primary, mistimed, mistyped, undeclared
from support.all_statuses import create_in_every_status
from support.zapier import Shop, ZapierError

Row = dict[str, Any]
TRIES = 60
ENOUGH = 8
RECORDS = 8
PAGES = 3  # of a dropdown
STRIDE = 13
SHORT = 2  # letters; shorter texts could be part of any id
LONG_AGO = "2026-01-01T00:00:00Z"
DEFAULTS: Mapping[str, Any] = {
    "string": "Seen by hand",
    "text": "Seen by hand",
    "integer": 1,
    "number": 1,
    "boolean": True,
}


@dataclass
class Live:
    """A merchant's shop, and the results of the app's steps in it: `results["creates.add_note"]`."""

    shop: Shop
    offer: Integration
    definition: Mapping[str, Any]
    results: dict[str, list[Row]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def run(self) -> "Live":
        """Run triggers, then searches and creates with their rows, then triggers that had no rows."""
        create_in_every_status(self.shop.sandbox, self.shop.vendor, self.shop.tenant)
        self._poll()
        for _ in ("with what triggers showed", "with what searches found and creates made besides"):
            for key, search in self._offered("searches"):
                self._fill(f"searches.{key}", search.inputs, search.at_least_one)
            for key, action in self._offered("creates"):
                self._fill(f"creates.{key}", action.inputs, ())
        self._poll()
        return self

    @property
    def triggers(self) -> Mapping[str, Trigger]:
        """Return the polling and the instant triggers."""
        return with_instant(self.offer).triggers

    def operation(self, path: str) -> dict[str, Any]:
        kind, _, key = path.partition(".")
        found: dict[str, Any] = self.definition[kind][key]["operation"]
        return found

    def _offered(self, kind: Literal["searches", "creates"]) -> Iterator[tuple[str, Any]]:
        """Yield the steps of a kind without results so far."""
        offers: Mapping[str, Any] = self.offer.searches if kind == "searches" else self.offer.actions
        yield from (
            (key, offers[key]) for key in self.definition[kind] if not self.results.get(f"{kind}.{key}")
        )

    def _poll(self) -> None:
        triggers = self.definition["triggers"].items()
        for key, one in sorted(triggers, key=lambda item: item[0] in self.offer.dependent_dropdowns):
            if self.results.get(f"triggers.{key}"):
                continue
            rows = self._choices(key) if is_hidden(one) else self.shop.trigger(key)
            trigger = self.triggers.get(key)
            later = trigger is not None and trigger.details is not None
            known = [self.shop.hydrated(row) for row in spread(rows)] if later else rows
            self.results[f"triggers.{key}"] = known

    def _choices(self, key: str) -> list[Row]:
        """Return all pages of a dropdown; one without pages returns the first page again."""
        found: dict[str, Row] = {}
        for page in range(PAGES):
            shown = {str(row["id"]): row for row in self._listed(key, page)}
            if shown.keys() <= found.keys():
                break
            found |= shown
        return list(found.values())

    def _listed(self, key: str, page: int) -> list[Row]:
        """Return a page of a dropdown, or the parts of the records seen so far."""
        parts = self.offer.dependent_dropdowns.get(key)
        if parts is None:
            return self.shop.trigger(key, page=page)
        action = next(one for one in self.offer.actions.values() if uses(one, key))
        inputs = [one for one in (*action.form_inputs, *action.inputs) if one.key in parts.depends_on]
        ways = islice(self._ways(inputs, parts.depends_on), ENOUGH)
        return [row for given in ways for row in self.shop.trigger(key, given, page=page)]

    def _records(self) -> list[Row]:
        """Return a few records of each kind seen so far, alternating between new and seeded ones."""
        hidden = {f"triggers.{key}" for key, one in self.definition["triggers"].items() if is_hidden(one)}
        lists = [spread(rows) for path, rows in self.results.items() if path not in hidden]
        found = [row for rows in zip_longest(lists) for row in rows]
        return list({json.dumps(row): row for row in found}.values()) or [{}]

    def _fill(self, path: str, inputs: Sequence[InputField], at_least_one: Sequence[str]) -> None:
        """Store the results of the forms that the vendor accepted."""
        found: list[Row] = []
        for filled in islice(self._ways(inputs, at_least_one), TRIES):
            try:
                answer = self.shop.run(f"{path}.operation.perform", filled)
            except ZapierError as refusal:
                self.refused[path] = str(refusal)
            else:
                found += answer if isinstance(answer, list) else [answer]
            if len(found) >= ENOUGH:
                break
        self.results[path] = found

    def _ways(self, inputs: Sequence[InputField], at_least_one: Sequence[str]) -> Iterator[Row]:
        """Yield forms filled in: the required inputs, then all; choices take turns."""
        for turn, record in enumerate(self._records()):
            known = named(record)
            for wanted in ([one for one in inputs if one.required or one.key in at_least_one], inputs):
                offered = {one.key: list(self._values(one, known, record, turn)) for one in wanted}
                yield {key: values[turn % len(values)] for key, values in offered.items() if values}

    def _values(self, one: InputField, known: Mapping[str, Any], record: Row, turn: int) -> Iterator[Any]:
        if one.children:
            for line in lines(record) or [{}]:
                nearest = {**known, **named(line)}
                columns = {
                    child.key: next(self._values(child, nearest, record, turn), None)
                    for child in one.children
                    if not one.variants or child.key in one.variants[turn % len(one.variants)].fields
                }
                yield [{key: value for key, value in columns.items() if value is not None}]
        elif one.dropdown and (dropdown := self.offer.dropdowns[one.dropdown]).operation:
            yield self._picked(dropdown, record, turn)
        elif one.choices or one.dropdown:
            choices = one.choices or self.offer.dropdowns[one.dropdown or ""].choices
            values = [choice.value for choice in choices]
            own = known.get(plain(one.path[-1]))
            yield from [own] if one.location == "query" and own in values else values
        elif one.known_values:
            yield one.known_values[0]
        else:
            yield from self._typed(one, known)

    def _picked(self, dropdown: Dropdown, record: Row, turn: int) -> Any:
        """Return what the dropdown would send for this record or, if it is of another kind, a nested one."""
        offered = [one["id"] for one in self.results[f"triggers.{dropdown.key}"]]
        other = offered[turn * STRIDE % len(offered)]
        return next((value for _, value in leaves(record) if value in offered), other)

    def _typed(self, one: InputField, known: Mapping[str, Any]) -> Iterator[Any]:
        names = [plain(name) for name in (one.key, "".join(one.path), one.path[-1])]
        alike = [known[name] for name in names if known.get(name)]
        if len(names[-1]) > SHORT:
            alike += [value for key, value in known.items() if key.endswith(names[-1]) and value]
        if one.location == "path" and known.get("id"):
            alike.append(known["id"])
        if alike and isinstance(alike[0], list) == (one.type == "list"):
            yield alike[0]
        elif one.type in ("datetime", "date"):
            yield from [LONG_AGO] if one.required else ()
        elif one.example is not None:
            yield one.example
        elif one.required or one.type not in ("string", "text", "list"):
            yield DEFAULTS[one.type]


def uses(action: Action, key: str) -> bool:
    """Return whether an input of the action, or a column of its line items, has this dependent dropdown."""
    fields = [each for one in action.inputs for each in (one, *one.children)]
    return key in [one.dependent_dropdown for one in fields]


def plain(key: str) -> str:
    """Return a key without differences of spelling: `customer__email`, `customerEmail`."""
    return "".join(letter for letter in key.lower() if letter.isalnum())


def named(record: Row) -> Row:
    """Return the values of a record, by plain keys."""
    return {plain(key): value for key, value in leaves(record)}


def lines(record: Row) -> list[Row]:
    """Return the rows of all lists in a record, at any depth."""
    found: list[Row] = []
    for value in record.values():
        inside = value if isinstance(value, list) else [value]
        rows = [row for row in inside if isinstance(row, dict)]
        found += [*(rows if isinstance(value, list) else []), *(one for row in rows for one in lines(row))]
    return found


def is_hidden(step: Mapping[str, Any]) -> bool:
    return bool(step["display"].get("hidden"))


def spread(rows: Sequence[Row]) -> list[Row]:
    """Return a few of many items: the last, the first, the last but one, the second, and so on."""
    chosen = dict.fromkeys(place for turn in range(RECORDS) for place in (len(rows) - 1 - turn, turn))
    return [rows[place] for place in chosen if 0 <= place < len(rows)][:RECORDS]


def zip_longest(lists: Sequence[Sequence[Row]]) -> Iterator[list[Row]]:
    """Return the first item of every list, then the second of every list, and so on."""
    for index in range(max(map(len, lists), default=0)):
        yield [one[index] for one in lists if index < len(one)]


def t002_results_hold_the_identity(operation: Row, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield from missing_primary(operation["outputFields"], row)


def t003_times_carry_a_zone(operation: Row, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield from mistimed(operation["outputFields"], row)


def t004_sample_shows_no_more_than_results(operation: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Yield keys of the sample that a result does not have, unless it has an empty list or object there."""
    for row in rows:
        live = {key for key, _ in leaves(row)}
        empty = {key for key, value in leaves(row) if value in (None, [], {})}
        for key, value in leaves(operation["sample"]):
            above = any(key.startswith(below(one)) for one in empty)
            under = value in (None, [], {}) and any(one.startswith(below(key)) for one in live)
            if not (key in live or above or under):
                yield key


def below(key: str) -> tuple[str, str]:
    return f"{key}[]", f"{key}__"


def t005_results_agree_with_the_fields(operation: Row, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield from mistyped(operation["outputFields"], row)
        yield from (f"{key} is not announced" for key in undeclared(operation["outputFields"], row))


LIVE_CHECKS = (
    t002_results_hold_the_identity,
    t003_times_carry_a_zone,
    t004_sample_shows_no_more_than_results,
    t005_results_agree_with_the_fields,
)
