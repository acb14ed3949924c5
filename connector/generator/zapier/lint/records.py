"""Compares a record, such as a static sample or a live result, with the output fields of its step."""

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
    """Return the keys of the fields that identify a record for Zapier; the default is `id`."""
    return [one["key"] for one in fields if one.get("primary")] or ["id"]


def missing_primary(fields: Sequence[dict[str, Any]], record: dict[str, Any]) -> Iterator[str]:
    """Yield the primary keys that a record does not have."""
    yield from (key for key in primary(fields) if record.get(key) in (None, ""))


def mistyped(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a sentence part for each value of a wrong type and each missing required value."""
    for field in fields:
        at_key = values(record, field["key"])
        kinds = KINDS.get(field.get("type", ""))
        for value in at_key:
            if kinds and value is not None and not _is(value, kinds):
                yield f"{field['key']} has the type {field['type']} but is {value!r}"
        if field.get("required") and not any(value is not None for value in at_key):
            yield f"{field['key']} is required but missing"


def mistimed(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a sentence part for each time, in any field, that is not ISO 8601 with a zone."""
    datetimes = {field["key"] for field in fields if field.get("type") == "datetime"}
    for key in sorted(datetimes):
        for value in values(record, key):
            if value is not None and not MOMENT.fullmatch(str(value)):
                yield f"{key} is {value!r}"
    for key, value in leaves(record):
        if key not in datetimes and isinstance(value, str) and UNZONED.fullmatch(value):
            yield f"{key} is {value!r}"


def undeclared(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield the keys of a record without an output field; an untyped field covers nested values."""
    known = {field["key"]: field for field in fields}
    for key in dict.fromkeys(key for key, _ in leaves(record)):
        has_members = any(name.startswith((f"{key}__", f"{key}[]")) for name in known)
        in_untyped = any("type" not in one and key.startswith(f"{name}__") for name, one in known.items())
        if not (key in known or has_members or in_untyped):
            yield key


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a record's values by the key of their output field: `customer__email`, `items[]sku`."""
    if isinstance(value, dict) and (value or not key):
        joint = "" if not key or key.endswith("[]") else "__"
        for name, member in value.items():
            yield from leaves(member, f"{key}{joint}{name}")
    elif _is_rows(value) and value:
        for row in value:
            yield from leaves(row, f"{key}[]")
    else:
        yield key, value


def values(record: Any, key: str) -> list[Any]:
    """Return a record's values at the key of an output field: `customer__email`, `items[]sku`."""
    level = [record]
    for name in re.split(r"__|\[\]", key):
        members = [one[name] for one in level if isinstance(one, dict) and name in one]
        level = [one for value in members for one in (value if _is_rows(value) else [value])]
    return level


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(one, kinds) and (bool in kinds or not isinstance(one, bool)) for one in items)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)
