"""The current time and the sleep function; the only module in this package that reads the system clock."""

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
    """Return the seconds since an arbitrary start, from a monotonic clock; use it to measure durations."""
    return time.monotonic()


sleep: Sleep = asyncio.sleep
