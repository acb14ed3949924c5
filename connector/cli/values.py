"""Reads values that are written as text: on a command line, in a cell of a spreadsheet.

Every reader takes the same forms, so that a value means the same wherever it is typed. Only plain ASCII
digits are numbers: `1_0`, `0x10`, `1e3`, `1,000`, `1,5` and `NaN` are refused, for a reader may take them for
another number than the person who typed them.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from connector.definition.naming import trimmed

if TYPE_CHECKING:
    from connector.definition.model import FieldType

WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0+)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)", re.ASCII)
TRUE = frozenset({"true", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "no", "n", "off", "0"})
MOST_DIGITS = 400
SENTENCES: dict[FieldType, str] = {
    "integer": "a whole number",
    "number": "a number like 12.50",
    "boolean": "true or false",
    "list": "JSON",
    "object": "JSON",
}


def value_of(kind: FieldType, text: str) -> Any:
    """Return the value of a type that `text` writes.

    Blanks around it do not count. Raises `ValueError` with what it must be. Text, dates and times are
    returned as they are: they are checked later, like those that come from a program.
    """
    short = trimmed(text)
    match kind:
        case "integer":
            return _whole(short)
        case "number":
            return _number(short)
        case "boolean":
            return _boolean(short)
        case "list" | "object":
            return _json(short)
    return text


def _whole(text: str) -> int:
    found = WHOLE.fullmatch(text)
    if found is None or len(text) > MOST_DIGITS:
        raise ValueError(SENTENCES["integer"])
    return int(found[1])


def _number(text: str) -> Decimal:
    if NUMBER.fullmatch(text) is None or len(text) > MOST_DIGITS:
        raise ValueError(SENTENCES["number"])
    return Decimal(text)


def _boolean(text: str) -> bool:
    said = text.casefold()
    if said not in TRUE | FALSE:
        raise ValueError(SENTENCES["boolean"])
    return said in TRUE


def _json(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ValueError(SENTENCES["list"]) from None
