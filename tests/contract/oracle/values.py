"""Values that the oracle does not compute: only their form is compared."""

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any


class Like:
    """Equals every text or number whose whole text matches the pattern, such as a hash or a URL."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | int | float) and bool(self._pattern.fullmatch(str(other)))

    def __hash__(self) -> int:
        return hash(self._pattern)

    def __repr__(self) -> str:
        return f"Like({self._pattern.pattern!r})"


class Anything:
    """Equals every value; for parts of a document that hold no money, date or quantity."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "Anything()"


def utc(at: datetime | None) -> str | None:
    """Format a time with whole seconds in UTC, such as `2026-03-17T09:00:00Z`; None stays None."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}Z"


def cents(amount: Fraction | Decimal) -> Decimal:
    """Round to cents, half to even."""
    exact = round(Fraction(amount), 2)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def number(amount: Fraction | Decimal) -> float:
    """Round an amount to cents; return the JSON number."""
    return float(cents(amount))


def tax(amount: Decimal, currency: str) -> Fraction:
    """Return the goods and services tax in a price, unrounded: 10 % in Australia, 15 % in New Zealand.

    A price in any other currency is taxed as in Australia, where the shops are.
    """
    rate = Fraction(15, 100) if currency == "NZD" else Fraction(10, 100)
    return Fraction(amount) * rate / (1 + rate)


def spelled(word: str) -> str:
    """Return a word such as `store_credit` as `Store credit`."""
    return word.replace("_", " ").capitalize()


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """List where two JSON values differ, one sentence each."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = [f"{path}.{key} is missing" for key in expected.keys() - actual.keys()]
        found += [f"{path}.{key} is not expected: {actual[key]!r}" for key in actual.keys() - expected.keys()]
        for key in expected.keys() & actual.keys():
            found += differences(expected[key], actual[key], f"{path}.{key}")
        return found
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [one for place, (e, a) in pairs for one in differences(e, a, f"{path}[{place}]")]
    # 0 == False in Python, but not in JSON.
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return [] if same else [f"{path} is {actual!r}, not {expected!r}"]
