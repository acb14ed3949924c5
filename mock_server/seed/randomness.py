"""A random generator that draws the same values from a seed on every machine and Python version.

Python guarantees a reproducible sequence for `Random.random` only, so everything else is computed from it,
with exact arithmetic: functions such as `log` may differ in the last bit between machines.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """Draws reproducible random values from one seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - a seed is meant to be predictable

    def chance(self, share: float) -> bool:
        """Return True with a probability of `share`."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """Draw an integer from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """Draw one of the values, all equally likely."""
        return values[int(self._random() * len(values))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Draw a key with a probability in proportion to its weight."""
        left = int(self._random() * sum(weights.values()))
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        raise ValueError("All weights are zero.")

    def late_day(self, days: int) -> int:
        """Draw a day from 0 to `days`, later days more often."""
        share = self._random()
        if self.chance(0.5):
            share = max(share, self._random(), self._random())
        return int(share * (days + 1))
