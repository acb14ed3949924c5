"""Inputs as a command line gives them: `items[0].sku=BOOT-39`, each value read as its field's type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from connector.cli.values import value_of
from connector.definition.naming import did_you_mean, listed, trimmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import InputField

STEP = re.compile(r"([A-Za-z_][\w-]*)((?:\[\d+\])*)")
MOST_ITEMS = 1_000


class InputError(ValueError):
    """An argument cannot be understood; the message is a sentence."""


def collect(
    fields: Sequence[InputField], pairs: Sequence[str], document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Join a JSON object and `key=value` pairs (which win) into inputs; raises `InputError`.

    A pair given twice for an input that takes several values makes a list of them.
    """
    inputs: dict[str, Any] = json.loads(json.dumps(document, default=float)) if document else {}
    taken: dict[str, int] = {}
    for pair in pairs:
        written, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is not of the form key=value.")
        steps = _steps(written)
        field = _field(fields, [step for step in steps if isinstance(step, str)], written)
        value = _value(field, text, written)
        taken[written] = taken.get(written, 0) + 1
        if taken[written] > 1:
            value = _again(inputs, field, written, value)
        _put(inputs, steps, value, written)
    return inputs


def _again(inputs: Mapping[str, Any], field: InputField, written: str, value: Any) -> Any:
    if field.repeated_as is None:
        raise InputError(f"{written} is given twice.")
    before = inputs[written]
    return [*before, value] if isinstance(before, list) else [before, value]


def _steps(written: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in written.split("."):
        match = STEP.fullmatch(part)
        if match is None:
            raise InputError(f"{written!r} does not name an input; write for example items[0].sku=VALUE.")
        steps.append(match[1])
        steps.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return steps


def _field(fields: Sequence[InputField], names: Sequence[str], written: str) -> InputField:
    known = {field.key: field for field in fields}
    if names[0] not in known:
        guess = did_you_mean(names[0], known) or (f"; there is {listed(known)}." if known else ".")
        raise InputError(f"There is no input {written}{guess}")
    field = known[names[0]]
    return field if len(names) == 1 else _field(field.children, names[1:], written)


def _value(field: InputField, text: str, written: str) -> Any:
    """Return the value that a text writes; nothing but blanks means "not given"."""
    if not trimmed(text):
        return ""
    try:
        return value_of(field.type, text)
    except ValueError as wanted:
        raise InputError(f"{written} must be {wanted}, not {text!r}.") from None


def _put(inputs: dict[str, Any], steps: Sequence[str | int], value: Any, written: str) -> None:
    holder: Any = inputs
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        fresh: Any = value if following is None else ([] if isinstance(following, int) else {})
        if isinstance(step, int):
            if not isinstance(holder, list) or step > len(holder) or step >= MOST_ITEMS:
                raise InputError(f"{written}: items are counted from 0, without gaps.")
            if step == len(holder):
                holder.append(fresh)
            elif following is None:
                holder[step] = value
            holder = holder[step]
            continue
        if not isinstance(holder, dict):
            raise InputError(f"{written} does not fit the inputs given before it.")
        if following is None:
            holder[step] = value
        holder = holder.setdefault(step, fresh)
