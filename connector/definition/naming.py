"""Names as people read them, and the nearest right name for a wrong one."""

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches

ACRONYMS = {
    one.lower(): one for one in ("ID", "URL", "RMA", "SKU", "API", "CRM", "ERP", "UUID", "IBAN", "ZIP")
}  # fmt: skip
SMALL = {"a", "an", "and", "as", "by", "for", "in", "of", "on", "or", "the", "to"}
JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9]+$)")
"""Where a word ends inside a camelCase name, and where the number of a numbered one begins."""
INITIALS = 3
"""Up to this many capital letters are an abbreviation; a longer word is one that is spelt in capitals."""


def title(name: str) -> str:
    """`rma_number` -> "RMA Number", `orderId` -> "Order ID", `PENDING` -> "Pending", `zip1` -> "ZIP 1"."""
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
    """Put a parent's label before a member's, the words they share once: `Items Price` and `Price Amount`."""
    above, own = heading.split(" "), label.split(" ")
    shared = max(size for size in range(len(own) + 1) if above[len(above) - size :] == own[:size])
    return " ".join([*above, *own[shared:]])


BLANKS = "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C)))) + (
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""What is trimmed: white space, and the signs without a width that copying from a web page adds."""
FOLDED_AWAY = re.compile(r"[\s_\u2010-\u2015-]+")
"""Blanks, underscores, hyphens and dashes."""


def trimmed(text: str) -> str:
    """Return a text without the blanks and newlines around it."""
    return text.strip(BLANKS)


def folded(word: str) -> str:
    """Return a word as spellings of it are compared: `In Transit`, `in_transit`, `InTransit` are one.

    Case, blanks, hyphens and underscores make no difference; other signs do.
    """
    return FOLDED_AWAY.sub("", trimmed(word).casefold())


def word(value: object) -> str:
    """Return a vendor's word (a status, a type) as it is compared; empty where the value is no word.

    A whole number counts as the text of it. An empty word is no status.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return folded(str(value))


MOST_DIGITS = 60


def plain(number: Decimal) -> str:
    """Return a number's digits without an exponent: `1000`, never `1E+3`; empty for what has none.

    Whole numbers lose their fraction (`7.0` is `7`); other numbers keep the zeros at the end (`12.50`).
    """
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        return ""
    whole = number == number.to_integral_value()
    return f"{number.to_integral_value() if whole else number:f}"


def text_of(value: object) -> str:
    """Return a text as it is, and a number in plain digits; empty for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return plain(Decimal(str(value)) if isinstance(value, float) else Decimal(value))


def same_word(found: object, wanted: object) -> bool:
    """Say whether two values are the same word; an empty one is the same as nothing."""
    form = word(found)
    return bool(form) and form == word(wanted)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return the end of an error sentence, `; did you mean list_returns?`, or nothing when none is near."""
    names = list(known)
    near = get_close_matches(wrong.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if not near:
        return ""
    return f"; did you mean {next(name for name in names if name.lower() == near[0])}?"


def listed(names: Iterable[str]) -> str:
    """Return `a, b or c`."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def camel(name: str) -> str:
    """`get_rma` -> `getRma`, for platforms whose names have no underscores."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
