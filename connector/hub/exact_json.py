"""Converts records to JSON and back without rounding amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """Serialize a value as JSON.

    A `Decimal` becomes a number, or a string if a float cannot represent it exactly.
    """
    return json.dumps(value, default=_plain, allow_nan=False)


def loads(text: str) -> Any:
    """Parse JSON; numbers with a decimal point or an exponent become `Decimal`."""
    return json.loads(text, parse_float=Decimal)


def _plain(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return dict(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)
