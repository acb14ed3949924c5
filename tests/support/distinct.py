"""Records in which no two values are equal, so that a swapped or lost value is seen."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

FIRST = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
Leaf = tuple[str, Any]


def distinct(record: Any, kept: frozenset[str]) -> Any:
    """Return a record with two entries in each list of objects, and a different value at every path.

    The texts in `kept` are words with a meaning, such as statuses and currencies; they stay as they are.
    """
    twice = _doubled(record)
    number = 0

    def change(value: Any, key: str) -> Any:
        nonlocal number
        if isinstance(value, dict):
            return {name: change(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [change(inner, key) for inner in value]
        if isinstance(value, bool) or value is None or value == "" or key in kept:
            return value
        number += 1
        return _numbered(value, number)

    return change(twice, "")


def _numbered(value: Any, number: int) -> Any:
    """Return a value of the same kind that contains the number."""
    if isinstance(value, int):
        return number + 1000
    if isinstance(value, float | Decimal):
        return Decimal(number * 100 + 7) / 100
    if value.isdigit() and len(value) < 4:
        return str(number + 1000)
    if _is_time(value):
        return f"{FIRST + timedelta(days=number, seconds=number):%Y-%m-%dT%H:%M:%S}Z"
    return f"{value} {number}"


def _doubled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _doubled(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_doubled(value[0]), deepcopy(_doubled(value[0]))]
    return value


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


def leaves(value: Any, path: str = "") -> Iterator[Leaf]:
    """Yield the path and value of every leaf that has a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{place}")
    elif value is not None:
        yield path, value
