"""What the connector does otherwise than a specification says, each with its reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.compiler import integration
from connector.definition.spelling import trimmed
from support.requests.inputs import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from support.requests.tried import Tried


EXACT = 2**53
"""The largest whole number up to which every reader of JSON keeps all digits."""


@dataclass(frozen=True)
class Difference:
    """A kind of difference and its reason; `applies` recognizes it by the inputs, not by the message."""

    reason: str
    applies: Callable[[Tried], bool]


def explained(one: Tried) -> Difference | None:
    """Return the reason for a difference, or None if `DIFFERENCES` has none."""
    return next((each for each in DIFFERENCES if each.applies(one)), None)


def lacks_what_the_catalog_requires(vendor: str, use: str, inputs: Mapping[str, Any]) -> bool:
    """Check whether an action or search lacks an input that the catalog requires, or one of several."""
    kind, _, key = use.partition(" ")
    made = integration(vendor)
    if kind not in {"action", "search"}:
        return False
    step = made.actions[key] if kind == "action" else made.searches[key]
    filled = {field.key for field in step.inputs if not _is_blank(inputs.get(field.key))}
    either = set(made.searches[key].at_least_one) if kind == "search" else set()
    required = {field.key for field in step.inputs if field.required}
    return not required <= filled or (bool(either) and not either & filled)


def _is_blank(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_blank(item) for item in value)
    return value is None or (isinstance(value, str) and not trimmed(value))


def _identifies_no_record(one: Tried) -> bool:
    """Check for an input that has to identify a record and contains neither a letter nor a digit."""
    kind, _, key = one.use.partition(" ")
    made = integration(one.vendor)
    if kind not in {"action", "search"}:
        return False
    step = made.actions[key] if kind == "action" else made.searches[key]
    texts = [one.inputs.get(field.key) for field in step.inputs if field.identifies]
    return any(isinstance(text, str) and text and not re.search(r"[^\W_]", text) for text in texts)


def _has_a_time_in_the_year_1(one: Tried) -> bool:
    schema = described(one.vendor)[one.operation].schema
    return any(
        text.startswith("0001-") and any(form.get("format", "").startswith("date") for form in _forms(found))
        for found, text in _texts(schema, one.stands_for)
    )


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for keyword in ("allOf", "anyOf"):
        yield from schema.get(keyword, ())


def _has_a_number_that_is_rounded(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_a_number_that_is_rounded(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_a_number_that_is_rounded(item) for item in value)
    return isinstance(value, int | float) and abs(value) > EXACT


def _has_a_null_character(value: Any) -> bool:
    return "\\u0000" in json.dumps(value)


def _gives_a_time_for_a_date(one: Tried) -> bool:
    """Check for a time in a field that may be a date or a time, with the date as the first alternative."""
    schema = described(one.vendor)[one.operation].schema
    return (
        one.allowed
        and one.result == "refused"
        and any(
            [form.get("format") for form in found.get("anyOf", ())] == ["date", "date-time"] and "T" in text
            for found, text in _texts(schema, one.stands_for)
        )
    )


def _texts(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each text of a value with its schema."""
    if isinstance(value, str):
        yield schema, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(schema.get("items", {}), item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(schema.get("properties", {}).get(name, {}), item)


DIFFERENCES = (
    Difference(
        "The catalog requires an input, or one of several, that the API can do without: a search without any "
        "would list everything, and an action without its main input would change nothing.",
        lambda one: (
            one.allowed
            and one.result == "refused"
            and lacks_what_the_catalog_requires(one.vendor, one.use, one.inputs)
        ),
    ),
    Difference(
        "A field that accepts a date or a time is offered as its first form, a date: the form of a platform "
        "can ask for only one of them.",
        _gives_a_time_for_a_date,
    ),
    Difference(
        "A text without a letter or a digit identifies no record, although the API allows it.",
        lambda one: one.allowed and one.result == "refused" and _identifies_no_record(one),
    ),
    Difference(
        "A time in the year 1 means that there is no time, so it is not a time to ask for.",
        lambda one: one.allowed and one.result == "refused" and _has_a_time_in_the_year_1(one),
    ),
    Difference(
        "A number above 2**53 is refused, because readers of JSON round it.",
        lambda one: one.allowed and one.result == "refused" and _has_a_number_that_is_rounded(one.stands_for),
    ),
    Difference(
        "A text with the character U+0000 is refused, because many programs end a text there.",
        lambda one: one.allowed and one.result == "refused" and _has_a_null_character(one.stands_for),
    ),
)
