"""Parses values that users type on the command line or in a spreadsheet.

Numbers consist of ASCII digits. `1_0`, `0x10`, `1e3`, `1,000`, `1,5` and `NaN` are rejected, because the user
may have meant a different number than the one that would be parsed.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from connector.definition.spelling import trimmed

if TYPE_CHECKING:
    from connector.definition.model import FieldType

WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0+)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)", re.ASCII)
TRUE = frozenset({"true", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "no", "n", "off", "0"})
MAX_DIGITS = 400
EXPECTED: dict[FieldType, str] = {
    "integer": "a whole number",
    "number": "a number like 12.50",
    "boolean": "true or false",
    "list": "JSON",
    "object": "JSON",
}


def value_of(kind: FieldType, text: str) -> Any:
    """Parse a value for a field of the type `kind`, ignoring surrounding white space.

    Raises `ValueError` with a description of valid values, for example "a whole number". Strings, dates and
    times are returned unchanged; they are validated later, together with values that programs pass.
    """
    bare = trimmed(text)
    match kind:
        case "integer":
            return _whole(bare)
        case "number":
            return _number(bare)
        case "boolean":
            return _boolean(bare)
        case "list" | "object":
            return _json(bare)
    return text


def _whole(text: str) -> int:
    match = WHOLE.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS:
        raise ValueError(EXPECTED["integer"])
    return int(match[1])


def _number(text: str) -> Decimal:
    if NUMBER.fullmatch(text) is None or len(text) > MAX_DIGITS:
        raise ValueError(EXPECTED["number"])
    return Decimal(text)


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word not in TRUE | FALSE:
        raise ValueError(EXPECTED["boolean"])
    return word in TRUE


def _json(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ValueError(EXPECTED["list"]) from None
