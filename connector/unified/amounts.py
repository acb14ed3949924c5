"""Parses amounts of money: numbers, and strings with thousands separators, decimal points and currencies.

Only unambiguous strings are parsed: `1,234.50`, `1.234,50 €`, `12,50`. The string `1,234` can mean 1234 or
1.234, so it is not parsed, and the caller keeps the original string.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.definition.spelling import trimmed

MAX_LENGTH = 60
"""The maximum length of a string that is parsed as an amount."""
MAX_DIGITS = 400
"""The largest exponent, above that of any double; a larger number could have millions of digits."""
CODE = re.compile(r"^[A-Z]{3}(?=[\s\d.,+-])|(?<=[\s\d.,])[A-Z]{3}$")
"""A currency code before or after the digits."""
SPACES = "[ \u00a0\u202f'\u2019]"
FORMS = (
    (re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII), "", "."),
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", re.ASCII), ",", "."),
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}", re.ASCII), ",", "."),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII), r"\.", ","),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII), r"\.", ","),
    (re.compile(r"[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+)", re.ASCII), "", ","),
    (re.compile(rf"[+-]?\d{{1,3}}(?:{SPACES}\d{{3}})+(?:\.\d+)?", re.ASCII), SPACES, "."),
    (re.compile(rf"[+-]?\d{{1,3}}(?:{SPACES}\d{{3}})+,\d+", re.ASCII), SPACES, ","),
)
"""The number formats, each with patterns for the number, its thousands separator and its decimal point."""


def number(value: Any) -> Decimal | None:
    """Parse a number or string as an exact `Decimal`; return None if it is not a number or is ambiguous."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        parsed = _parsed(value) if isinstance(value, str) else Decimal(str(value))
    except (InvalidOperation, ValueError):  # Python refuses to write an int of thousands of digits
        return None
    if parsed is None or not parsed.is_finite() or abs(parsed.adjusted()) > MAX_DIGITS:
        return None
    return parsed or parsed.copy_abs()  # -0 becomes 0


def _parsed(text: str) -> Decimal | None:
    digits = _bare(trimmed(text).replace("\u2212", "-")) if len(text) <= MAX_LENGTH else ""
    for form, thousands, point in FORMS:
        if form.fullmatch(digits):
            return Decimal(re.sub(thousands, "", digits).replace(point, "."))
    return None


def _bare(text: str) -> str:
    """Remove the currency code or symbol from an amount; a sign may precede the currency or the digits.

    Returns "" if the amount has two signs.
    """
    sign, text = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    letters = [letter for letter in CODE.sub("", trimmed(text)) if unicodedata.category(letter) != "Sc"]
    bare = trimmed("".join(letters))
    return "" if sign and bare[:1] in ("+", "-") else f"{sign}{bare}"


def original_text(value: Any) -> str | None:
    """Convert a vendor's value for an amount to a string, to be kept if the value cannot be parsed.

    Returns None if the value is missing, blank, an object or a list.
    """
    if value is None or (isinstance(value, str) and not trimmed(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)[:MAX_LENGTH] if isinstance(value, str | int | float | Decimal) else None
    except ValueError:  # Python refuses to write an int of thousands of digits
        return "a number of thousands of digits"
