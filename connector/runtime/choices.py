"""Reads a choice as people write it, by value or label in any case, and detects misspelled words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.naming import title
from connector.definition.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connector.definition.model import Field

SHORTEST, LONG = 4, 8
"""The length from which one wrong letter is a misspelling, and that from which two are."""


def choice_value(field: Field, text: str) -> str:
    """Return the value of the field's choice that `text` names, or `text` itself if it names none.

    A value takes precedence over a label, and an exact match over one that differs in case, spaces, hyphens
    or underscores. In an open set only case is ignored: another spelling may be another word.
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
    """Return the known word that `text` probably misspells; None for a known or a very different word.

    Only open sets are checked: a word that is not in a closed set is refused anyway.
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
    """Check whether two words differ in letters only: `received2` is another word, not a misspelling."""
    return [sign for sign in word if not sign.isalpha()] == [sign for sign in other if not sign.isalpha()]


def _distance(word: str, other: str) -> int:
    """Count the letters to insert, delete, replace or swap with the next (Damerau-Levenshtein distance)."""
    rows = [list(range(len(other) + 1))]
    for at, letter in enumerate(word, 1):
        rows.append([at])
        for to, wanted in enumerate(other, 1):
            rows[at].append(min(_steps(rows, word, other, at, to, same=letter == wanted)))
    return rows[-1][-1]


def _steps(rows: list[list[int]], word: str, other: str, at: int, to: int, *, same: bool) -> Iterator[int]:
    """Yield the distance by each last step: delete, insert, replace (or keep), swap."""
    yield rows[at - 1][to] + 1
    yield rows[at][to - 1] + 1
    yield rows[at - 1][to - 1] + (not same)
    if at > 1 and to > 1 and word[at - 1] == other[to - 2] and word[at - 2] == other[to - 1]:
        yield rows[at - 2][to - 2] + 1
