"""Parses the `--input` option of actions, searches and triggers, such as `--input items[0].sku=BOOT-39`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from connector.cli.values import value_of
from connector.definition.spelling import trimmed, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import InputField

STEP = re.compile(r"([A-Za-z_][\w-]*)((?:\[\d+\])*)")
MAX_ITEMS = 1_000
MAX_SHOWN = 200
"""The most characters of a value that an error message repeats."""


class InputError(ValueError):
    """An `--input` is invalid. The message is a complete sentence that can be shown to the user."""


def collect(
    fields: Sequence[InputField], pairs: Sequence[str], document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Combine the inputs from a JSON object and from `key=value` pairs; pairs override values in the object.

    Values are parsed according to the type of the field. Repeated pairs become a list if the input accepts
    several values. Raises `InputError` if a pair is malformed, names an unknown input or has an invalid
    value.
    """
    inputs: dict[str, Any] = json.loads(json.dumps(document, default=float)) if document else {}
    counts: dict[str, int] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is not of the form key=value.")
        steps = _steps(key)
        field = _field(fields, [step for step in steps if isinstance(step, str)], key)
        value = _value(field, text, key)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > 1:
            value = _with_previous(inputs, field, key, value)
        _insert(inputs, steps, value, key)
    return inputs


def _with_previous(inputs: Mapping[str, Any], field: InputField, key: str, value: Any) -> Any:
    if field.repeated_as is None:
        raise InputError(f"{key} is given twice.")
    previous = inputs[key]
    return [*previous, value] if isinstance(previous, list) else [previous, value]


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        match = STEP.fullmatch(part)
        if match is None:
            raise InputError(f"{key!r} is not the name of an input; write for example items[0].sku=VALUE.")
        steps.append(match[1])
        steps.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return steps


def _field(fields: Sequence[InputField], names: Sequence[str], key: str) -> InputField:
    known = {field.key: field for field in fields}
    if names[0] not in known:
        holder = ".".join(key.split(".")[: -len(names)])
        raise InputError(unknown(f"field of {holder}" if holder else "input", names[0], known))
    field = known[names[0]]
    return field if len(names) == 1 else _field(field.children, names[1:], key)


def _value(field: InputField, text: str, key: str) -> Any:
    """Parse a value according to the field's type, or return "" if the value is blank.

    Raises `InputError` if the value is invalid.
    """
    if not trimmed(text):
        return ""
    try:
        return value_of(field.type, text)
    except ValueError as expected:
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
        raise InputError(f"{key} must be {expected}, not {shown!r}.") from None


def _insert(inputs: dict[str, Any], steps: Sequence[str | int], value: Any, key: str) -> None:
    """Insert a value into nested objects and lists at the path `steps`, which consists of keys and indexes.

    Raises `InputError` if list items are not numbered from 0 without gaps, or if `steps` contradicts the
    structure of the inputs that were inserted before.
    """
    holder: Any = inputs
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        new: Any = value if following is None else ([] if isinstance(following, int) else {})
        if isinstance(step, int):
            if not isinstance(holder, list) or step > len(holder) or step >= MAX_ITEMS:
                raise InputError(f"{key}: number the items from 0, without gaps.")
            if step == len(holder):
                holder.append(new)
            elif following is None:
                holder[step] = value
            holder = holder[step]
            continue
        if not isinstance(holder, dict):
            raise InputError(f"{key} does not fit the inputs given before it.")
        if following is None:
            holder[step] = value
        holder = holder.setdefault(step, new)
