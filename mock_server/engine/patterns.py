"""Describes the `pattern` of a schema in words, for error messages without regular expressions."""

from collections.abc import Mapping
from typing import Final

_ADDRESS: Final = "an address that begins with http:// or https://, without spaces"

PATTERNS: Final[Mapping[str, str]] = {
    r"^[^\x00]*$": "must not contain NUL characters",
    r"^[^\x00-\x1F]*$": "must not contain control characters",
    r"^[a-z][a-z0-9-]{1,39}$": (
        "must be 2 to 40 lower-case letters, digits and hyphens, starting with a letter"
    ),
    r"^[a-z0-9][a-z0-9-]{0,39}$": (
        "must be 1 to 40 lower-case letters, digits and hyphens, starting with a letter or a digit"
    ),
    r"^[a-z0-9][a-z0-9._-]{0,39}$": (
        "must be 1 to 40 lower-case letters, digits, points, underscores and hyphens, starting with a letter "
        "or a digit"
    ),
    r"^[A-Za-z0-9][A-Za-z0-9-]*$": "must be letters, digits and hyphens, starting with a letter or a digit",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": (
        "must be 1 to 64 letters, digits, points, underscores and hyphens, starting with a letter or a digit"
    ),
    r"^#?[A-Za-z0-9][A-Za-z0-9_-]*$": (
        "must be letters, digits, underscores and hyphens, starting with a letter, a digit or #"
    ),
    r"^[a-z][a-z0-9_]*$": "must be lower-case letters, digits and underscores, starting with a letter",
    r"^[A-Z]+$": "must be capital letters, such as POST",
    r"^[A-Z]{2}$": "must be a country code of two capital letters, such as AU",
    r"^[A-Z]{3}$": "must be a currency code of three capital letters, such as AUD",
    r"^[1-5]([0-9][0-9]|xx)$": "must be a status such as 404, or a class of statuses such as 4xx",
    r"^[0-9]+$": "must be digits",
    r"^[0-9]{1,15}$": "must be 1 to 15 digits",
    r"^[1-9][0-9]{0,5}$": "must be a whole number from 1 to 999999",
    r"^[0-9]+\.[0-9]{2}$": "must be an amount with two decimals, such as 24.90",
    r"^[0-9a-f]{64}$": "must be 64 hexadecimal digits in lower case",
    r"^[!-~]*$": "must be printable ASCII characters without spaces",
    r"^https?://": f"must be {_ADDRESS}",
    r"^https?://[!-~]+$": f"must be {_ADDRESS}",
    r"^(https?:/)?/[!-~]*$": "must be a path, or an address that begins with http:// or https://",
    r"^evt_": "must begin with evt_",
    r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$": "must be a JSON Web Token: three parts with points",
    r"^[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.-]+)*$": "must be a media type, such as text/html; charset=utf-8",
}
"""The clause for each pattern in the specifications, keyed by pattern."""


def clause(pattern: str) -> str:
    """Describe a pattern in a clause for an error message, such as "must be 1 to 15 digits"."""
    return PATTERNS.get(pattern, "does not have the form that the specification describes")
