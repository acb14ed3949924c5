"""A random number generator that produces the same values from a seed on every machine and Python version.

Python guarantees a reproducible sequence only for `Random.random`, so all other values are computed from it,
with exact arithmetic: functions such as `log` can differ in the last bit between machines.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """Generates random values that depend only on `seed` and on the order of the calls."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - a seed is meant to be predictable

    def chance(self, share: float) -> bool:
        """Return True with a probability of `share`, a number from 0 to 1."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """Draw an integer from `low` to `high`, inclusive."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """Draw one of `values`, each with the same probability."""
        return values[int(self._random() * len(values))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Draw a key of `weights`, each with a probability proportional to its weight.

        Raises `ValueError` if all weights are 0.
        """
        left = int(self._random() * sum(weights.values()))
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        raise ValueError("All weights are zero.")

    def late_day(self, days: int) -> int:
        """Draw a day number from 0 to `days`, inclusive; later days are more likely."""
        share = self._random()
        if self.chance(0.5):
            share = max(share, self._random(), self._random())
        return int(share * (days + 1))
