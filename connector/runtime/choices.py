"""Reads a choice as people write it: by its value or by its label, in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.naming import folded, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connector.definition.model import Field

SHORTEST, LONG = 4, 8
"""Letters of a word in which one wrong letter is a slip, and of a known word in which two are."""


def chosen(field: Field, text: str) -> str:
    """Return the value of a field's choice that `text` names, or `text` where it names none.

    A value goes before a label, and the exact spelling before one that differs in case, blanks, hyphens or
    underscores. Of an open set only a difference in case is overlooked: another spelling may be another word.
    """
    pairs = [(one.value, one.label) for one in field.choices]
    known = [(one, title(one)) for one in field.known_values]
    forms: list[Callable[[str], str]] = [str, str.casefold, folded] if pairs else [str, str.casefold]
    for form in forms:
        for place in (0, 1):
            found = {pair[0] for pair in pairs or known if form(pair[place]) == form(text)}
            if len(found) == 1:
                return found.pop()
    return text


def slip(field: Field, text: str) -> str | None:
    """Return the known word that `text` is probably a slip of; None for a known word, and for quite another.

    Only the words of an open set are looked at: what is not one of a closed set is refused anyway.
    """
    wanted = folded(text)
    known = {folded(one): one for one in field.known_values}
    if field.choices or not known or wanted in known or len(wanted) < SHORTEST:
        return None
    near = {word: _distance(wanted, word) for word in known}
    nearest = min(near, key=lambda word: near[word])
    allowed = 2 if len(nearest) >= LONG and wanted[0] == nearest[0] else 1
    return known[nearest] if near[nearest] <= allowed and _letters(wanted, nearest) else None


def _letters(one: str, other: str) -> bool:
    """Say whether two words differ in letters alone: `received2` is a word of its own, and no slip."""
    return [sign for sign in one if not sign.isalpha()] == [sign for sign in other if not sign.isalpha()]


def _distance(one: str, other: str) -> int:
    """Count the letters to insert, drop, change or swap with their neighbour (Damerau and Levenshtein)."""
    rows = [list(range(len(other) + 1))]
    for at, letter in enumerate(one, 1):
        rows.append([at])
        for to, wanted in enumerate(other, 1):
            rows[at].append(min(_steps(rows, one, other, at, to, same=letter == wanted)))
    return rows[-1][-1]


def _steps(rows: list[list[int]], one: str, other: str, at: int, to: int, *, same: bool) -> Iterator[int]:
    yield rows[at - 1][to] + 1
    yield rows[at][to - 1] + 1
    yield rows[at - 1][to - 1] + (not same)
    if at > 1 and to > 1 and one[at - 1] == other[to - 2] and one[at - 2] == other[to - 1]:
        yield rows[at - 2][to - 2] + 1
