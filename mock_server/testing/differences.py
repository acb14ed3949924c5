"""Compares a JSON value with an expected value that may leave out members of objects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MISSING: Any = object()
_LONGEST = 120


def differences(expected: Any, actual: Any, path: str = "body") -> list[str]:
    """Return a line for each difference between `expected` and `actual`; an empty list if they match.

    Objects in `actual` may have additional members. Lists must have the same length, and their items are
    compared in the same way. Numbers are equal if their values are equal, such as 1 and 1.0, but true does
    not equal 1.
    """
    return list(_differences(expected, actual, path))


def _differences(expected: Any, actual: Any, path: str) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            yield from _differences(value, actual.get(name, _MISSING), f"{path}.{name}")
    elif _is_list(expected) and _is_list(actual):
        if len(expected) != len(actual):
            yield f"{path}: expected {len(expected)} entries, found {len(actual)}"
        for index, (wanted, found) in enumerate(zip(expected, actual, strict=False)):
            yield from _differences(wanted, found, f"{path}[{index}]")
    elif actual is _MISSING:
        yield f"{path}: expected {_short(expected)}, but the field is missing"
    elif isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
        yield f"{path}: expected {_short(expected)}, found {_short(actual)}"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
