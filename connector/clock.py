"""The wall clock and the real sleep: the only module of this package that reads the time itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one module that may


def elapsed() -> float:
    """Return seconds of real time since an arbitrary start; unlike a clock, they never go back."""
    return time.monotonic()


sleep: Sleep = asyncio.sleep
