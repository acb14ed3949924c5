"""Builds error messages for names that do not exist, which suggest the name that the user probably meant."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

MAX_LISTED: Final = 10
"""The maximum number of known names that a message lists."""
_MAX_ECHOED: Final = 80
_CUTOFF: Final = 0.6


class UnknownNameError(LookupError):
    """Raised if a name that a user chose does not exist.

    `kind` is the noun for the name, such as "plan". `of` is the name of the vendor or object to which the
    known names belong, or "". `field` is the field of the request that contains the name, or "". For
    `synonyms`, see `meant`. The message is one or two complete sentences.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        known: Iterable[str],
        *,
        of: str = "",
        field: str = "",
        synonyms: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(unknown(f"{kind} of {of}" if of else kind, name, known, synonyms=synonyms))
        self.kind = kind
        self.field = field


def check_name(
    kind: str,
    name: Any,
    known: Iterable[str],
    *,
    of: str = "",
    field: str = "",
    synonyms: Mapping[str, str] | None = None,
) -> None:
    """Raise `UnknownNameError` if `name` is a string that `known` does not contain; accept other values."""
    names = list(known)
    if isinstance(name, str) and name not in names:
        raise UnknownNameError(kind, name, names, of=of, field=field, synonyms=synonyms)


def unknown(kind: str, name: str, known: Iterable[str], *, synonyms: Mapping[str, str] | None = None) -> str:
    """Build the message for an unknown name: `There is no vendor named "swapp". Did you mean "swap"?`.

    If no known name is similar, the message lists the known names, at most `MAX_LISTED` of them.
    """
    names = list(dict.fromkeys(known))
    said = f'There is no {kind} named "{_shortened(name)}"'
    if match := meant(name, names, synonyms=synonyms):
        return f'{said}. Did you mean "{match}"?'
    return f"{said}. Choose {listed(names)}." if names else f"{said}, and no other."


def meant(word: str, known: Iterable[str], *, synonyms: Mapping[str, str] | None = None) -> str:
    """Return the known word that a misspelled word was probably meant to be, or "" if no word is similar.

    `synonyms` maps other words, in lower case, to known words.
    """
    from difflib import get_close_matches  # importing it takes time at start-up

    by_lower = {name.lower(): name for name in known}
    other = (synonyms or {}).get(word.lower(), "").lower()
    if other in by_lower:
        return by_lower[other]
    match = get_close_matches(word.lower(), by_lower, n=1, cutoff=_CUTOFF)
    return by_lower[match[0]] if match else ""


def listed(names: Iterable[str]) -> str:
    """List names as `a, b or c`; a long list ends with the number of names that are left out."""
    all_names = list(names)
    shown, more = all_names[:MAX_LISTED], len(all_names) - MAX_LISTED
    if more > 0:
        return f"{', '.join(shown)} or one of {more} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def _shortened(name: str) -> str:
    return name if len(name) <= _MAX_ECHOED else name[: _MAX_ECHOED - 1] + "…"
