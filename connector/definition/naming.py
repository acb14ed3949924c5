"""Turns names of fields into labels, and values into text, as people read them."""

import re
from collections.abc import Iterable
from decimal import Decimal

ACRONYMS = {
    word.lower(): word for word in ("ID", "URL", "RMA", "SKU", "API", "CRM", "ERP", "UUID", "IBAN", "ZIP")
}  # fmt: skip
SMALL = {"a", "an", "and", "as", "by", "for", "in", "of", "on", "or", "the", "to"}
JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9]+$)")
"""Matches the word boundaries inside a camelCase name, and the one before a trailing number."""
INITIALS = 3
"""A word of up to this many capitals is an abbreviation; a longer one is a normal word in capitals."""


def title(name: str) -> str:
    """Return a name in Title Case: `orderId` -> "Order ID", `PENDING` -> "Pending", `zip1` -> "ZIP 1"."""
    words = [word for word in re.split(r"[-_. ]", JOINT.sub("_", name)) if word]
    inside = range(1, len(words) - 1)
    return " ".join(_titled(word, small=index in inside) for index, word in enumerate(words))


def _titled(word: str, *, small: bool) -> str:
    lower = word.lower()
    if lower in ACRONYMS:
        return ACRONYMS[lower]
    if small and lower in SMALL:
        return lower
    shouted = word.isupper() and len(word) > INITIALS
    return word[:1].upper() + (lower if shouted else word)[1:]


def below(heading: str, label: str) -> str:
    """Return a member's label prefixed with its parent's, without repeating the words where they meet.

    `Items Price` and `Price Amount` become `Items Price Amount`.
    """
    parent, own = heading.split(" "), label.split(" ")
    shared = max(size for size in range(len(own) + 1) if parent[len(parent) - size :] == own[:size])
    return " ".join([*parent, *own[shared:]])


MOST_DIGITS = 60
"""Numbers with more digits are not written out."""


def plain(number: Decimal) -> str:
    """Return a number without an exponent: `1000`, never `1E+3`; empty for infinity, NaN and huge numbers.

    Whole numbers lose their fraction (`7.0` becomes `7`); other numbers keep trailing zeros (`12.50`).
    """
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        return ""
    whole = number == number.to_integral_value()
    return f"{number.to_integral_value() if whole else number:f}"


def text_of(value: object) -> str:
    """Return a text unchanged, and a number in plain digits; empty for any other value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return plain(Decimal(str(value)) if isinstance(value, float) else Decimal(value))


def listed(names: Iterable[str]) -> str:
    """Return the names as a list in words: `a, b or c`."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def camel(name: str) -> str:
    """Return a snake_case name in camelCase: `get_rma` -> `getRma`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
