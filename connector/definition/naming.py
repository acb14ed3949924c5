"""Formats field names as labels, numbers as strings, and names as a list in a sentence."""

import re
from collections.abc import Iterable
from decimal import Decimal

ACRONYMS = {
    word.lower(): word for word in ("ID", "URL", "RMA", "SKU", "API", "CRM", "ERP", "UUID", "IBAN", "ZIP")
}  # fmt: skip
SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9]+$)")
"""Matches the word boundaries inside a camelCase name, and the boundary before a trailing number."""
INITIALS = 3
"""The maximum length of a word in capitals that `title` keeps as an abbreviation, such as `PDF`."""


def title(name: str) -> str:
    """Format a name in Title Case: `orderId` -> "Order ID", `PENDING` -> "Pending", `zip1` -> "ZIP 1"."""
    words = [word for word in re.split(r"[-_. ]", JOINT.sub("_", name)) if word]
    inside = range(1, len(words) - 1)
    return " ".join(_titled(word, small=index in inside) for index, word in enumerate(words))


def _titled(word: str, *, small: bool) -> str:
    lower = word.lower()
    if lower in ACRONYMS:
        return ACRONYMS[lower]
    if lower.endswith("s") and lower[:-1] in ACRONYMS:
        return f"{ACRONYMS[lower[:-1]]}s"
    if small and lower in SMALL:
        return lower
    shouted = word.isupper() and len(word) > INITIALS
    return word[:1].upper() + (lower if shouted else word)[1:]


def below(heading: str, label: str) -> str:
    """Append a field's label to the label of the object that contains it.

    Words at the end of the object's label that also begin the field's label are not repeated, not even as a
    plural: `Items Price` and `Price Amount` become `Items Price Amount`, and `Exchange Orders` and `Order ID`
    become `Exchange Order ID`.
    """
    parent, own = heading.split(" "), label.split(" ")
    shared = max(size for size in range(len(own) + 1) if _same(parent[len(parent) - size :], own[:size]))
    return " ".join([*parent[: len(parent) - shared], *own])


def _same(one: list[str], other: list[str]) -> bool:
    return one == other or (len(one) == 1 and one[0] in [f"{word}s" for word in other])


MOST_DIGITS = 60
"""The largest number of digits before the decimal point that `plain` writes out."""


def plain(number: Decimal) -> str:
    """Format a number without an exponent: `1000`, never `1E+3`.

    Whole numbers lose their fraction (`7.0` becomes `7`); other numbers keep trailing zeros (`12.50`).
    Returns "" for infinity, NaN and numbers that are too long to write out.
    """
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        return ""
    whole = number == number.to_integral_value()
    return f"{number.to_integral_value() if whole else number:f}"


def text_of(value: object) -> str:
    """Return a string unchanged, a number as formatted by `plain`, and "" for any other value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return plain(Decimal(str(value)) if isinstance(value, float) else Decimal(value))


def listed(names: Iterable[str]) -> str:
    """Join names for use in a sentence, as in `a, b or c`; return "nothing" if there are no names."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def camel(name: str) -> str:
    """Convert a name from snake_case to camelCase: `get_rma` -> `getRma`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def plural(noun: str) -> str:
    """Return the plural of a noun: `return` becomes `returns`, and `reply` becomes `replies`."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return noun + ("es" if re.search(r"(s|x|ch|sh)$", noun) else "s")
