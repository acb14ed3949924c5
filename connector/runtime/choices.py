"""Finds the choice that a typed value or label stands for, ignoring case, and detects misspelled values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.naming import title
from connector.definition.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connector.definition.model import Field

SHORTEST, LONG = 4, 8
"""The minimum lengths of a word that is checked for misspellings.

One wrong letter is recognized in words of at least `SHORTEST` letters, and two in words of at least `LONG`.
"""


def choice_value(field: Field, text: str) -> str:
    """Look up the field's choice whose value or label is `text`, and return its value.

    Returns `text` unchanged if no choice matches. A value takes precedence over a label, and an exact match
    over a match that differs in case, spaces, hyphens or underscores. If the field also accepts unknown
    values, only differences in case are ignored, because another spelling may be a different value.
    """
    pairs = [(choice.value, choice.label) for choice in field.choices]
    known = [(word, title(word)) for word in field.known_values]
    forms: list[Callable[[str], str]] = [str, str.casefold, folded] if pairs else [str, str.casefold]
    for form in forms:
        for part in (0, 1):
            values = {pair[0] for pair in pairs or known if form(pair[part]) == form(text)}
            if len(values) == 1:
                return values.pop()
    return text


def intended_word(field: Field, text: str) -> str | None:
    """Return the field's known value that `text` probably misspells; None if there is no such value.

    If `text` is itself a known value, it is not a misspelling. Fields with a closed list of choices are not
    checked, because any other value is rejected anyway.
    """
    wanted = folded(text)
    known = {folded(word): word for word in field.known_values}
    if field.choices or not known or wanted in known or len(wanted) < SHORTEST:
        return None
    near = {word: _distance(wanted, word) for word in known}
    nearest = min(near, key=lambda word: near[word])
    allowed = 2 if len(nearest) >= LONG and wanted[0] == nearest[0] else 1
    return known[nearest] if near[nearest] <= allowed and _differ_in_letters(wanted, nearest) else None


def _differ_in_letters(word: str, other: str) -> bool:
    """Check that two words differ only in letters: their digits and other characters must be the same."""
    return [sign for sign in word if not sign.isalpha()] == [sign for sign in other if not sign.isalpha()]


def _distance(word: str, other: str) -> int:
    """Compute the Damerau-Levenshtein distance: the fewest insertions, deletions, replacements and swaps."""
    rows = [list(range(len(other) + 1))]
    for at, letter in enumerate(word, 1):
        rows.append([at])
        for to, wanted in enumerate(other, 1):
            rows[at].append(min(_steps(rows, word, other, at, to, same=letter == wanted)))
    return rows[-1][-1]


def _steps(rows: list[list[int]], word: str, other: str, at: int, to: int, *, same: bool) -> Iterator[int]:
    """Yield the distance between two prefixes for each possible last edit (delete, insert, replace or swap).

    `at` and `to` are the lengths of the two prefixes, and `same` is true if the prefixes end with the same
    letter. `rows[i][j]` is the distance between the first `i` letters of `word` and the first `j` of `other`.
    """
    yield rows[at - 1][to] + 1
    yield rows[at][to - 1] + 1
    yield rows[at - 1][to - 1] + (not same)
    if at > 1 and to > 1 and word[at - 1] == other[to - 2] and word[at - 2] == other[to - 1]:
        yield rows[at - 2][to - 2] + 1
