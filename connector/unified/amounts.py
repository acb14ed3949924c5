"""Parses amounts of money: numbers, and strings that may contain separators and a currency.

Only unambiguous strings are parsed, for example `1,234.50`, `1.234,50 €` and `12,50`. The string `1,234` can
mean 1234 or 1.234, so it is not parsed, and the caller keeps the original string.
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
"""The largest exponent of ten that is accepted; without a limit, a number could have millions of digits."""
CODE = re.compile(r"^[A-Z]{3}(?=[\s\d.,+-])|(?<=[\s\d.,])[A-Z]{3}$")
"""Matches a currency code before or after the digits."""
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
"""The accepted number formats.

Each consists of a pattern for the complete number, a pattern for its thousands separator ("" if it has none),
and its decimal separator.
"""


def number(value: Any) -> Decimal | None:
    """Parse a number or string as an exact `Decimal`.

    Returns None if the value is not a number or is ambiguous.
    """
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
    """Remove the currency code or symbol from an amount, so that only the sign and the number remain.

    The sign may be before the currency or before the number. Returns "" if the amount has two signs.
    """
    sign, text = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    letters = [letter for letter in CODE.sub("", trimmed(text)) if unicodedata.category(letter) != "Sc"]
    bare = trimmed("".join(letters))
    return "" if sign and bare[:1] in ("+", "-") else f"{sign}{bare}"


def original_text(value: Any) -> str | None:
    """Return a vendor's amount as a string, which the caller keeps if the amount cannot be parsed.

    Returns None if the amount is missing, blank, an object or a list.
    """
    if value is None or (isinstance(value, str) and not trimmed(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)[:MAX_LENGTH] if isinstance(value, str | int | float | Decimal) else None
    except ValueError:  # Python refuses to write an int of thousands of digits
        return "a number of thousands of digits"
