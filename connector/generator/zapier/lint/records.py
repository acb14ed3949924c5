"""Compares a step's output fields with records, such as static samples or responses from the sandbox."""

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
    """List the keys of the primary fields, by which Zapier identifies a record.

    Returns `["id"]` if no field is primary, because Zapier then identifies records by their `id`.
    """
    return [one["key"] for one in fields if one.get("primary")] or ["id"]


def missing_primary(fields: Sequence[dict[str, Any]], record: dict[str, Any]) -> Iterator[str]:
    """Yield the key of each primary field that is missing, null or empty in a record."""
    yield from (key for key in primary(fields) if record.get(key) in (None, ""))


def mistyped(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a message for each value that has the wrong type, and for each required value that is missing.

    An example of a message is `total has the type number but is '12.50'`.
    """
    for field in fields:
        at_key = values(record, field["key"])
        kinds = KINDS.get(field.get("type", ""))
        for value in at_key:
            if kinds and value is not None and not _is(value, kinds):
                yield f"{field['key']} has the type {field['type']} but is {value!r}"
        if field.get("required") and not any(value is not None for value in at_key):
            yield f"{field['key']} is required but missing"


def mistimed(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield a message for each time without a time zone, and for each invalid value of a datetime field.

    The value of a datetime field is valid if it is in ISO 8601 format and has a time zone. An example of a
    message is `created_at is '2026-10-31 09:30'`.
    """
    datetimes = {field["key"] for field in fields if field.get("type") == "datetime"}
    for key in sorted(datetimes):
        for value in values(record, key):
            if value is not None and not MOMENT.fullmatch(str(value)):
                yield f"{key} is {value!r}"
    for key, value in leaves(record):
        if key not in datetimes and isinstance(value, str) and UNZONED.fullmatch(value):
            yield f"{key} is {value!r}"


def undeclared(fields: Sequence[dict[str, Any]], record: Any) -> Iterator[str]:
    """Yield the keys of the values in a record for which there is no output field.

    The keys have the same form as those of output fields, such as `customer__email`. If an output field has
    no type, all values nested in it count as having an output field.
    """
    known = {field["key"]: field for field in fields}
    for key in dict.fromkeys(key for key, _ in leaves(record)):
        has_members = any(name.startswith((f"{key}__", f"{key}[]")) for name in known)
        in_untyped = any("type" not in one and key.startswith(f"{name}__") for name, one in known.items())
        if not (key in known or has_members or in_untyped):
            yield key


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the key and the value of each leaf in a record: all values except objects and lists of objects.

    The keys look like the keys of output fields, such as `customer__email` or `items[]sku`. `value` is a
    record, or a part of a record. `key` is the key of that part, or an empty string for a whole record.
    """
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
    """List the values that a record contains for an output field's key, such as `customer__email`.

    A key such as `items[]sku` has one value for each line item. Missing values are left out.
    """
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
