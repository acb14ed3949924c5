"""Reads amounts as vendors write them: numbers, and texts with the separators of some country.

A text that can be read in one way only is read so: `1,234.50`, `1.234,50 €`, `12,50`. `1,234` may be more
than a thousand or a little more than one, so it is no number here, and the caller keeps the text.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.definition.naming import trimmed

LONGEST = 60
"""Characters of a text that may be an amount."""
MOST_DIGITS = 400
"""More than any double has; a decimal with a larger exponent would be written in millions of them."""
CODE = re.compile(r"^[A-Z]{3}(?=[\s\d.,+-])|(?<=[\s\d.,])[A-Z]{3}$")
"""A currency's code before or after the digits."""
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
"""How a text may be written, what separates its thousands, and what stands before its fraction."""


def number(value: Any) -> Decimal | None:
    """Return a number exactly as it is written; None for what is none, or can be read in two ways."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = _of_text(value) if isinstance(value, str) else Decimal(str(value))
    except (InvalidOperation, ValueError):  # an int of thousands of digits is not written out
        return None
    if found is None or not found.is_finite() or abs(found.adjusted()) > MOST_DIGITS:
        return None
    return found or found.copy_abs()


def _of_text(text: str) -> Decimal | None:
    digits = _bare(trimmed(text).replace("\u2212", "-")) if len(text) <= LONGEST else ""
    for form, thousands, point in FORMS:
        if form.fullmatch(digits):
            return Decimal(re.sub(thousands, "", digits).replace(point, "."))
    return None


def _bare(text: str) -> str:
    """Return a text without the code or the sign of a currency; a minus may stand before either."""
    sign, text = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    kept = [letter for letter in CODE.sub("", trimmed(text)) if unicodedata.category(letter) != "Sc"]
    bare = trimmed("".join(kept))
    return "" if sign and bare[:1] in ("+", "-") else f"{sign}{bare}"


def written(value: Any) -> str | None:
    """Return what a vendor gave for an amount, as text; None where it gave nothing."""
    if value is None or (isinstance(value, str) and not trimmed(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)[:LONGEST] if isinstance(value, str | int | float | Decimal) else None
    except ValueError:  # an int of thousands of digits is not written out
        return "a number of thousands of digits"
