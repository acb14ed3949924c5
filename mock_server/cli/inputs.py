"""Parses `--input` options for `returns sandbox act`, such as `items[0].isReturned=yes`.

Values are converted to the types in the act's JSON Schema. Everything else is validated by the control plane,
which responds with an error message if an input is invalid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STEP = re.compile(r"([A-Za-z_][\w-]*)((?:\[\d{1,3}\])*)")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class InputError(ValueError):
    """Raised if an `--input` option cannot be parsed.

    The message is a complete sentence that can be shown to the user.
    """


def describe_inputs(
    schema: Mapping[str, Any], prefix: str = "", *, optional: bool = False
) -> list[tuple[str, str]]:
    """List the key and the type of each input that a JSON Schema describes.

    Users write the key, such as `items[0].quantity`, after `--input`. Each key starts with `prefix`. If
    `optional` is true, all inputs are described as optional.
    """
    lines = []
    for name, field in schema.get("properties", {}).items():
        is_optional = optional or name not in schema.get("required", ())
        key, item = prefix + name, field
        while item.get("type") == "array":
            key, item = f"{key}[0]", item.get("items", {})
        if item.get("properties"):
            lines += describe_inputs(item, f"{key}.", optional=is_optional)
        else:
            lines.append((key, item.get("type", "any") + (", optional" if is_optional else "")))
    return lines


def parse_inputs(schema: Mapping[str, Any], pairs: Iterable[str]) -> dict[str, Any]:
    """Convert `key=value` pairs to a JSON object; raise `InputError` if a pair is invalid."""
    inputs: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is not of the form key=value.")
        steps = _steps(key)
        _insert(inputs, steps, _value(_schema_at(schema, steps), text, key), key)
    return inputs


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise InputError(
                f"{key!r} is not the name of an input; write for example items[0].quantity=VALUE."
            )
        steps.append(match[1])
        steps.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return steps


def _schema_at(schema: Mapping[str, Any], steps: Iterable[str | int]) -> Mapping[str, Any]:
    """Look up the schema of an input; return an empty schema if the input is unknown."""
    for step in steps:
        child = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        schema = child or {}
    return schema


def _value(schema: Mapping[str, Any], text: str, key: str) -> Any:
    kind = schema.get("type")
    try:
        if kind == "boolean":
            return _BOOLEANS[text.lower()]
        if kind in {"integer", "number"}:
            return int(text) if kind == "integer" else float(text)
    except (KeyError, ValueError):
        expected = "yes or no" if kind == "boolean" else f"of type {kind}"
        raise InputError(f"{key} must be {expected}, not {text!r}.") from None
    return text


def _insert(inputs: Any, steps: list[str | int], value: Any, key: str) -> None:
    """Insert a value into the inputs at the position that its key describes.

    `steps` are the parts of the key, such as `["items", 0, "quantity"]`. Raises `InputError` if the key
    contradicts an earlier key, appears twice, or skips an item of a list.
    """
    holder: Any = inputs
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        fits = isinstance(holder, list if isinstance(step, int) else dict)
        if not fits:
            raise InputError(f"{key} does not fit the inputs given before it.")
        if isinstance(step, int) and step > len(holder):
            raise InputError(f"{key} needs [{step - 1}] to be given first.")
        new = value if following is None else ([] if isinstance(following, int) else {})
        exists = step < len(holder) if isinstance(step, int) else step in holder
        if exists and following is None:
            raise InputError(f"{key} is given twice.")
        if not exists and isinstance(step, int):
            holder.append(new)
        elif not exists:
            holder[step] = new
        holder = holder[step]
