"""What an act is told on a command line: `items[0].isReturned=yes`, each value read as its schema says.

Names and values are not judged here: the control plane does that, in its own words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STEP = re.compile(r"([A-Za-z_][\w-]*)((?:\[\d{1,3}\])*)")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class InputError(ValueError):
    """An argument cannot be understood; the message is a sentence."""


def told(schema: Mapping[str, Any], before: str = "", *, optional: bool = False) -> list[tuple[str, str]]:
    """List what a JSON Schema asks for: how each input is written, and its type."""
    lines = []
    for name, field in schema.get("properties", {}).items():
        free = optional or name not in schema.get("required", ())
        key, one = before + name, field
        while one.get("type") == "array":
            key, one = f"{key}[0]", one.get("items", {})
        if one.get("properties"):
            lines += told(one, f"{key}.", optional=free)
        else:
            lines.append((key, one.get("type", "any") + (", optional" if free else "")))
    return lines


def read(schema: Mapping[str, Any], pairs: Iterable[str]) -> dict[str, Any]:
    """Join `key=value` pairs into one JSON object; raises `InputError`."""
    made: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is not of the form key=value.")
        steps = _steps(key)
        _put(made, steps, _value(_at(schema, steps), text, key), key)
    return made


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise InputError(f"{key!r} names no input; write for example items[0].quantity=VALUE.")
        steps.append(match[1])
        steps.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return steps


def _at(schema: Mapping[str, Any], steps: Iterable[str | int]) -> Mapping[str, Any]:
    """Find the schema of an input; that of one which does not exist is empty."""
    for step in steps:
        found = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        schema = found or {}
    return schema


def _value(schema: Mapping[str, Any], text: str, key: str) -> Any:
    kind = schema.get("type")
    try:
        if kind == "boolean":
            return _YES[text.lower()]
        if kind in {"integer", "number"}:
            return int(text) if kind == "integer" else float(text)
    except (KeyError, ValueError):
        wanted = "yes or no" if kind == "boolean" else f"of the type {kind}"
        raise InputError(f"{key} is to be {wanted}, not {text!r}.") from None
    return text


def _put(made: Any, steps: list[str | int], value: Any, key: str) -> None:
    """Put a value where its key says; lists grow by one, in order."""
    holder: Any = made
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        fits = isinstance(holder, list if isinstance(step, int) else dict)
        if not fits:
            raise InputError(f"{key} does not go with what was given before it.")
        if isinstance(step, int) and step > len(holder):
            raise InputError(f"{key} is given before [{step - 1}] is.")
        new = value if after is None else ([] if isinstance(after, int) else {})
        there = step < len(holder) if isinstance(step, int) else step in holder
        if there and after is None:
            raise InputError(f"{key} is given twice.")
        if not there and isinstance(step, int):
            holder.append(new)
        elif not there:
            holder[step] = new
        holder = holder[step]
