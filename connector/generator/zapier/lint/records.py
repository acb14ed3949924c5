"""A record beside the output fields that announce it: a static sample, or a live result of the sandbox."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
UNZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "datetime": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def primary(fields: Sequence[dict[str, Any]]) -> list[str]:
    """Return the keys by which Zapier tells records apart."""
    return [one["key"] for one in fields if one.get("primary")] or ["id"]


def unidentified(fields: Sequence[dict[str, Any]], record: dict[str, Any]) -> Iterator[str]:
    """Yield the primary keys that a record lacks."""
    yield from (key for key in primary(fields) if record.get(key) in (None, ""))


def mistyped(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a complaint per value of another type than its field states, and per required one missing."""
    for field in fields:
        found = values(record, field["key"])
        kinds = KINDS.get(field.get("type", ""))
        for value in found:
            if kinds and value is not None and not _is(value, kinds):
                yield f"{field['key']} is stated as {field['type']}, and is {value!r}"
        if field.get("required") and not any(value is not None for value in found):
            yield f"{field['key']} is stated as required, and is missing"


def mistimed(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a complaint per time that is not ISO 8601 with a zone, whatever its field is called."""
    stated = {field["key"] for field in fields if field.get("type") == "datetime"}
    for key in sorted(stated):
        for value in values(record, key):
            if value is not None and not MOMENT.fullmatch(str(value)):
                yield f"{key} is {value!r}"
    for key, value in leaves(record):
        if key not in stated and isinstance(value, str) and UNZONED.fullmatch(value):
            yield f"{key} is {value!r}"


def unannounced(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield the keys of a record that no output field covers; an untyped field covers what is below it."""
    known = {field["key"]: field for field in fields}
    for key in dict.fromkeys(key for key, _ in leaves(record)):
        below = any(name.startswith((f"{key}__", f"{key}[]")) for name in known)
        above = any("type" not in one and key.startswith(f"{name}__") for name, one in known.items())
        if not (key in known or below or above):
            yield key


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a record holds by output field key: `customer__email`, `items[]sku`."""
    if isinstance(value, dict) and (value or not key):
        joint = "" if not key or key.endswith("[]") else "__"
        for name, below in value.items():
            yield from leaves(below, f"{key}{joint}{name}")
    elif _is_rows(value) and value:
        for row in value:
            yield from leaves(row, f"{key}[]")
    else:
        yield key, value


def values(record: Any, key: str) -> list[Any]:
    """Return what a record holds under an output field's key: `customer__email`, `items[]sku`."""
    found = [record]
    for name in re.split(r"__|\[\]", key):
        below = [one[name] for one in found if isinstance(one, dict) and name in one]
        found = [one for value in below for one in (value if _is_rows(value) else [value])]
    return found


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    found = value if isinstance(value, list) else [value]
    return all(isinstance(one, kinds) and (bool in kinds or not isinstance(one, bool)) for one in found)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)
