"""The wall clock and the real sleep: the only place in this package that knows the time by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the module that may


def elapsed() -> float:
    """Return seconds of real time since an unknown start; they never go back, whatever the clocks say."""
    return time.monotonic()


sleep: Sleep = asyncio.sleep
