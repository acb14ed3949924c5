"""Matches different spellings of a word (`In Transit`, `in_transit`), and suggests similar names."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from connector.definition.naming import listed

BLANKS = "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C)))) + (
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""The characters to trim: white space, and zero-width characters that are copied from web pages."""
FOLDED_AWAY = re.compile(r"[\s_\u2010-\u2015-]+")
"""Matches white space, underscores, hyphens and dashes."""
SHORT = 40
"""The maximum length of a word whose form is cached."""


def trimmed(text: str) -> str:
    """Return a string without leading and trailing white space and zero-width characters."""
    return text.strip(BLANKS)


def folded(word: str) -> str:
    """Convert a word to a form that is the same for spellings such as `In Transit` and `in_transit`.

    The form ignores case, white space, hyphens, dashes and underscores. The forms of short words are cached,
    because polls compare the few statuses of a vendor again and again.
    """
    return _short(word) if len(word) <= SHORT else _form(word)


def _form(word: str) -> str:
    return FOLDED_AWAY.sub("", trimmed(word).casefold())


_short = lru_cache(maxsize=1_000)(_form)


def word(value: object) -> str:
    """Return the folded form of a status or type, or "" if it is neither a string nor an integer."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return folded(str(value))


def same_word(found: object, wanted: object) -> bool:
    """Return True if two values are spellings of the same word; an empty string never matches."""
    form = word(found)
    return bool(form) and form == word(wanted)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Build the message for an unknown name: `There is no vendor named "swapp". Did you mean "swap"?`.

    If no known name is similar, the message lists the known names.
    """
    names = list(known)
    said = f'There is no {kind} named "{name}"'
    if match := _similar(name, names):
        return f'{said}. Did you mean "{match}"?'
    return f"{said}. Choose {listed(names)}." if names else f"{said}, and no other."


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to an error message, such as `; did you mean get_rma?`.

    Returns "" if no known name is similar.
    """
    match = _similar(wrong, list(known))
    return f"; did you mean {match}?" if match else ""


def _similar(wrong: str, names: list[str]) -> str:
    near = get_close_matches(wrong.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    return next(name for name in names if name.lower() == near[0]) if near else ""
