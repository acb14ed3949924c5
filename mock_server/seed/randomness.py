"""Chance that falls the same everywhere.

Only `Random.random` is promised to give the same numbers in every Python; so all else is made of it,
without functions whose last bit depends on the machine.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """Draws from one seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - a seed is meant to be predictable

    def chance(self, share: float) -> bool:
        """Say yes in `share` of all cases."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, among: Sequence[T]) -> T:
        """Draw one of a few."""
        return among[int(self._random() * len(among))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Draw a key, each as often as its weight says."""
        left = int(self._random() * sum(weights.values()))
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        raise ValueError("Nothing to draw from.")

    def late(self, days: int) -> int:
        """Draw a day from 0 to `days`, the last ones more often."""
        share = self._random()
        if self.chance(0.5):
            share = max(share, self._random(), self._random())
        return int(share * (days + 1))
