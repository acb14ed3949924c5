"""Provides the current time and the sleep function.

No other module in this package reads the system clock, so that tests can replace the clock.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - only this module may call it


def elapsed() -> float:
    """Return the current value of a monotonic clock in seconds.

    Only the difference between two values is meaningful; use it to measure durations.
    """
    return time.monotonic()


sleep: Sleep = asyncio.sleep
