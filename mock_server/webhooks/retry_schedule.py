"""The retry schedule of webhooks: when a failed delivery is sent again, and when the sender gives up."""

from collections.abc import Sequence
from typing import Final

DELAYS: Final = (10, 30, 90, 270, 810, 2_430, 7_290)
"""Seconds from each failed attempt to the next one, for vendors without delays of their own.

The sender gives up after eight failed attempts, about three hours after the first one.
"""


def next_delay(delays: Sequence[int], failures: int) -> int | None:
    """Return the seconds from a failed attempt to the next one, or None to give up.

    `delays` contains the seconds after the first, second, … failed attempt, and `failures` is the number of
    failed attempts so far, at least 1.
    """
    return delays[failures - 1] if failures <= len(delays) else None
