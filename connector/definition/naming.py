"""Turns field names into labels, compares names and status words, and suggests names for mistyped ones."""

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches

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


BLANKS = "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C)))) + (
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""The characters to trim: white space, and the zero-width characters that copying from a web page adds."""
FOLDED_AWAY = re.compile(r"[\s_\u2010-\u2015-]+")
"""Matches blanks, underscores, hyphens and dashes."""


def trimmed(text: str) -> str:
    """Return a text without leading and trailing blanks and newlines."""
    return text.strip(BLANKS)


def folded(word: str) -> str:
    """Return a form of a word that is equal for all spellings: `In Transit`, `in_transit`, `InTransit`.

    Case, blanks, hyphens and underscores are ignored; other characters count.
    """
    return FOLDED_AWAY.sub("", trimmed(word).casefold())


def word(value: object) -> str:
    """Return the folded form of a status or type; empty if the value is neither a text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return folded(str(value))


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


def same_word(found: object, wanted: object) -> bool:
    """Return True if two values are spellings of the same word; an empty word never matches."""
    form = word(found)
    return bool(form) and form == word(wanted)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return the end of an error sentence, `; did you mean list_returns?`, or "" if no name is similar."""
    names = list(known)
    near = get_close_matches(wrong.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if not near:
        return ""
    return f"; did you mean {next(name for name in names if name.lower() == near[0])}?"


def listed(names: Iterable[str]) -> str:
    """Return the names as a list in words: `a, b or c`."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def camel(name: str) -> str:
    """Return a snake_case name in camelCase: `get_rma` -> `getRma`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
