"""Both sides of every rule that a schema sets: a value on the boundary, and the next one beyond it.

The values are made here, without the generators of Schemathesis, so that each keyword has an exact boundary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

Json = Mapping[str, Any]
Place = tuple[str, ...]
"""The names on the way to a value; `ITEM` stands for the first item of a list."""
ITEM = "[]"
FINE = 0.001
"""The step between two numbers that are not whole."""
NOT_OF_FORMAT = {
    "date": "2026-02-30",
    "date-time": "2026-02-30T10:00:00Z",
    "email": "kim",
    "uri": "not an address",
    "uuid": "7",
}
NOT_OF_TYPE: Mapping[str, list[Any]] = {"integer": ["x", 1.5], "number": ["x"], "boolean": ["perhaps"]}
"""Values of other types, for the types that a text in a query can miss."""
PROBES = (" ", "!", "\n", "é", "x", "0", "-", "A", "\0")
"""Texts of which one at least does not match a pattern; each is also tried after a fitting text."""


@dataclass(frozen=True, eq=False)
class Rule:
    """One keyword of a schema; `schema` is the one that has it, and `is_certain` False in an alternative."""

    place: Place
    keyword: str
    schema: Json
    is_certain: bool

    @property
    def name(self) -> str:
        return f"{'.'.join(self.place) or 'inputs'}: {self.keyword}"


@dataclass(frozen=True)
class Side:
    """A whole value that is on one side of a rule."""

    rule: Rule
    allowed: bool
    value: Any


def rules(schema: Json, place: Place = (), *, certain: bool = True) -> Iterator[Rule]:
    """Yield every rule of a schema whose references are resolved."""
    for keyword in SIDES:
        if keyword in schema and limits(keyword, schema[keyword]):
            yield Rule(place, keyword, schema, certain)
    for name, one in schema.get("properties", {}).items():
        yield from rules(one, (*place, name), certain=certain)
    if "items" in schema:
        yield from rules(schema["items"], (*place, ITEM), certain=certain)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(keyword, ()):
            yield from rules(one, place, certain=certain and keyword == "allOf")


def limits(keyword: str, value: Any) -> bool:
    """Check whether a keyword with this value refuses any value that fits in a query, a path or a body."""
    if keyword == "type":
        return value in NOT_OF_TYPE
    if keyword == "format":
        return value in NOT_OF_FORMAT
    return value is not False and (value != 0 or keyword not in {"minLength", "minItems"})


def sides(rule: Rule, bases: Sequence[Any], is_valid: Callable[[Any], bool]) -> list[Side]:
    """Return the sides of a rule; `is_valid` judges whole values, of which `bases` are valid ones.

    A value that belongs on a side but is judged otherwise is left out: another rule of the schema decides.
    """
    found: list[Side] = []
    for base in bases:
        present = at(base, rule.place)
        if present is None:
            continue
        allowed, refused = SIDES[rule.keyword](rule.schema, present)
        for side, values in ((True, allowed), (False, refused)):
            if any(one.allowed == side for one in found):
                continue
            made = [with_value(base, rule.place, value) for value in values]
            judged = (Side(rule, side, value) for value in made if is_valid(value) == side)
            found += judged if rule.keyword == "enum" else islice(judged, 1)
        if {one.allowed for one in found} == {True, False}:
            break
    return found


def complaint(rule: Rule, found: Sequence[Side]) -> str | None:
    """Return a sentence if a side of a rule has no value, or None if both have one.

    In alternatives, another one may allow the value that this one refuses. Beside a pattern or a format, no
    text may have the largest or smallest length.
    """
    missing = {True, False} - {side.allowed for side in found}
    shaped = rule.keyword in {"minLength", "maxLength"} and {"pattern", "format"} & set(rule.schema)
    if not missing or not rule.is_certain or (shaped and missing == {True}):
        return None
    return f"{rule.name}: no value that is {'allowed' if True in missing else 'refused'}"


def examples(schema: Json) -> Iterator[Any]:
    """Yield values that have every member: the examples of the schema, or plain values of its types.

    Each alternative of an object makes a value of its own. A value may be invalid.
    """
    if "example" in schema:
        yield schema["example"]
        return
    alternatives = [one for keyword in ("anyOf", "oneOf") for one in schema.get(keyword, ())]
    whole = {**schema, **{name: value for one in schema.get("allOf", ()) for name, value in one.items()}}
    if "properties" not in whole and not any("properties" in one for one in alternatives):
        yield from (_plain(one) for one in [{**whole, **one} for one in alternatives] or [whole])
        return
    for one in alternatives or [{}]:
        members = {**whole.get("properties", {}), **one.get("properties", {})}
        yield {name: next(examples(member)) for name, member in members.items()}


def _plain(schema: Json) -> Any:
    """Return a value of a schema without members."""
    if "enum" in schema:
        return next(word for word in schema["enum"] if word is not None)
    kind = schema.get("type", "string")
    if kind == "array":
        return [next(examples(schema["items"]))]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 0) + 1
    words = {"date": "2026-03-01", "date-time": "2026-03-01T10:00:00Z", "email": "kim@example.com"}
    text = words.get(schema.get("format", ""), "1" * max(1, schema.get("minLength", 1)))
    return {"boolean": True, "object": {}}.get(kind, text)


def at(value: Any, place: Place) -> Any:
    """Return the value at a place, or None if there is none."""
    for name in place:
        if name == ITEM and isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, Mapping) and name in value:
            value = value[name]
        else:
            return None
    return value


def with_value(base: Any, place: Place, value: Any) -> Any:
    """Return a copy of `base` with another value at a place."""
    if not place:
        return deepcopy(value)
    made = deepcopy(base)
    *above, last = place
    holder = at(made, tuple(above))
    holder[0 if last == ITEM else last] = deepcopy(value)
    return made


Values = tuple[list[Any], list[Any]]
"""Values that a rule allows, and values that it refuses."""


def _step(schema: Json) -> float:
    step = schema.get("multipleOf", 1 if schema.get("type") == "integer" else FINE)
    return int(step) if float(step).is_integer() else step


def _lowest(schema: Json, _present: Any) -> Values:
    least, step = schema["minimum"], _step(schema)
    if schema.get("exclusiveMinimum"):
        return [least + step], [least]
    return [least], [least - step]


def _highest(schema: Json, _present: Any) -> Values:
    most, step = schema["maximum"], _step(schema)
    if schema.get("exclusiveMaximum"):
        return [most - step], [most]
    return [most], [most + step]


def _multiple(schema: Json, _present: Any) -> Values:
    step = schema["multipleOf"]
    start = -(-schema.get("minimum", step) // step) * step + step
    return [start], [start + (1 if schema.get("type") == "integer" else step / 2)]


def _shortest(schema: Json, present: Any) -> Values:
    least = schema["minLength"]
    return _sized(schema, present, least), _sized(schema, present, least - 1)


def _longest(schema: Json, present: Any) -> Values:
    return _sized(schema, present, schema["maxLength"]), _sized(schema, present, schema["maxLength"] + 1)


def _sized(schema: Json, present: Any, size: int) -> list[str]:
    """Return a text of a length that follows the schema's other rules, or any text if none is found."""
    text = str(present)
    candidates = [*_by_format(schema, size), "a" * size, *(_resized(text, place, size) for place in
                                                          range(len(text)))]  # fmt: skip
    pattern = schema.get("pattern", "")
    fitting = [one for one in candidates if len(one) == size and re.search(pattern, one)]
    return fitting or candidates[:1]


def _by_format(schema: Json, size: int) -> list[str]:
    if schema.get("format") == "email":
        host = f"{'b' * 60}." * 4 + "example.com"
        return [f"{'a' * size}@example.com"[-size:], f"a@{host[-(size - 2) :].lstrip('.')}"]
    return [f"https://example.com/{'a' * size}"[:size]] if schema.get("format") == "uri" else []


def _resized(text: str, place: int, size: int) -> str:
    """Return a text with the character at a place repeated, or characters from there on left out."""
    more = size - len(text)
    return text[:place] + text[place] * max(0, more) + text[place + max(0, -more) :]


def _fewest(schema: Json, present: Any) -> Values:
    least = schema["minItems"]
    return [_counted(schema, present, least)], [_counted(schema, present, least - 1)]


def _most(schema: Json, present: Any) -> Values:
    most = schema["maxItems"]
    return [_counted(schema, present, most)], [_counted(schema, present, most + 1)]


def _counted(schema: Json, present: Sequence[Any], count: int) -> list[Any]:
    """Return this number of items, all different if they have to be."""
    one = present[0] if present else None
    if not schema.get("uniqueItems"):
        return [deepcopy(one) for _ in range(count)]
    words = schema["items"].get("enum")
    return list(words[:count]) if words else [_numbered(one, number) for number in range(count)]


def _numbered(item: Any, number: int) -> Any:
    """Return an item with a number at the end of its text, or of the first text in it."""
    if not isinstance(item, Mapping):
        return f"{item}{number}"
    first = next(name for name, value in item.items() if isinstance(value, str))
    return {**item, first: f"{item[first]}{number}"}


def _unique(_schema: Json, present: Sequence[Any]) -> Values:
    return [present], [[*present[:-1], present[0]] if len(present) > 1 else [present[0], present[0]]]


def _words(schema: Json, _present: Any) -> Values:
    words = [one for one in schema["enum"] if one is not None]
    wrong = [f"{one}x" for one in words if isinstance(one, str)]
    cased = [one.swapcase() for one in words if isinstance(one, str) and one.swapcase() not in words]
    return words, [*wrong, *cased] or [max(words) + 1]


def _shaped(schema: Json, present: Any) -> Values:
    candidates = [*PROBES, *(f"{present}{probe}" for probe in PROBES), ""]
    lengths = range(schema.get("minLength", 0), schema.get("maxLength", 10_000) + 1)
    wrong = [one for one in candidates if not re.search(schema["pattern"], one) and len(one) in lengths]
    return [present], wrong[:2]


def _formatted(schema: Json, present: Any) -> Values:
    return [present], [NOT_OF_FORMAT[schema["format"]]]


def _typed(schema: Json, present: Any) -> Values:
    return [present], NOT_OF_TYPE[schema["type"]]


def _complete(schema: Json, present: Json) -> Values:
    return [present], [
        {name: value for name, value in present.items() if name != missing} for missing in schema["required"]
    ]


def _least_members(schema: Json, present: Json) -> Values:
    least, required = schema["minProperties"], schema.get("required", ())
    names = [*required, *(name for name in present if name not in required)]
    return (
        [{name: present[name] for name in names[:least]}],
        [{name: present[name] for name in names[: least - 1]}],
    )


def _most_members(schema: Json, present: Json) -> Values:
    most = schema["maxProperties"]
    names = [*present, *(f"{next(iter(present), 'name')}{number}" for number in range(most + 1))]
    first = next(iter(present.values()), 1)
    return (
        [{name: present.get(name, first) for name in names[:most]}, present],
        [{name: present.get(name, first) for name in names[: most + 1]}],
    )


SIDES: Mapping[str, Callable[[Json, Any], Values]] = {
    "minimum": _lowest,
    "exclusiveMinimum": _lowest,
    "maximum": _highest,
    "exclusiveMaximum": _highest,
    "multipleOf": _multiple,
    "minLength": _shortest,
    "maxLength": _longest,
    "minItems": _fewest,
    "maxItems": _most,
    "uniqueItems": _unique,
    "enum": _words,
    "pattern": _shaped,
    "format": _formatted,
    "type": _typed,
    "required": _complete,
    "minProperties": _least_members,
    "maxProperties": _most_members,
}
"""How to make both sides of each keyword that constrains a value."""
NO_LIMITS = {
    "title", "description", "default", "example", "properties", "items", "nullable", "additionalProperties",
    "readOnly", "writeOnly", "allOf", "anyOf", "oneOf", "not", "deprecated", "x-provenance", "x-known-values",
    "x-order", "x-account-values", "discriminator",
}  # fmt: skip
"""The other keywords: they describe a value, or hold schemas whose own rules are tried."""
