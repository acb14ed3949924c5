"""Writes and reads records as JSON without a change of their amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """Write a value as JSON. A `Decimal` becomes a number, or a string if a float cannot hold its digits."""
    return json.dumps(value, default=_plain, allow_nan=False)


def loads(text: str) -> Any:
    """Read JSON; numbers with a fraction become `Decimal`."""
    return json.loads(text, parse_float=Decimal)


def _plain(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return dict(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)
