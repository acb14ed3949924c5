"""Keeps a credential's limits before they are hit.

Until the vendor has answered once, requests are paced by the smallest plan. Then its headers speak: the
plan whose shortest window has the announced size paces the rest, an exhausted window is waited out, and a
vendor that announces nothing is not paced (a 429 is honoured in any case).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from connector.answers import http_date
from connector.errors import RateLimited

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from connector.clock import Clock, Sleep
    from connector.model import Limits, Window


class Limiter:
    """One per connection. `patience`: the longest wait in seconds; beyond it `RateLimited` is raised."""

    def __init__(self, limits: Limits, clock: Clock, sleep: Sleep, patience: float) -> None:
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._window: Window | None = limits.throttle
        self._times: deque[datetime] = deque()
        self._blocked_until: float | None = None
        self._lock = asyncio.Lock()

    async def admit(self, operation: str) -> None:
        """Wait until one more request is allowed; raises `RateLimited` when that would take too long."""
        async with self._lock:
            wait, blocked = self._wait(), self._blocked_until
            if wait > self._patience:
                raise RateLimited(
                    f"The limit is used up; the next request is possible in {wait:.0f} seconds.",
                    retry_after=wait,
                    operation=operation,
                )
            if wait > 0:
                await self._sleep(wait)
            if self._blocked_until == blocked:  # an answer that came meanwhile may have said more
                self._blocked_until = None
            self._times.append(self._clock())

    def learn(self, headers: httpx.Headers) -> None:
        """Take note of what an answer says about the limits."""
        limit = _number(headers, self._limits.limit_header)
        remaining = _number(headers, self._limits.remaining_header)
        reset = _number(headers, self._limits.reset_header)
        if limit is None:
            self._window = None
            return
        paced = self._limits.throttle
        windows = [window for plan in self._limits.plans for window in plan.windows]
        self._window = next(
            (one for one in windows if paced and one.requests == limit and one.seconds == paced.seconds),
            None,
        )
        date = http_date(headers.get("date", ""))
        if remaining == 0 and reset is not None and date is not None:
            left = max(0.0, reset - date.timestamp())
            self._blocked_until = self._clock().timestamp() + left

    def _wait(self) -> float:
        now = self._clock().timestamp()
        wait = 0.0
        if self._blocked_until is not None:
            wait = max(wait, self._blocked_until - now)
        if self._window is not None:
            while self._times and self._times[0].timestamp() <= now - self._window.seconds:
                self._times.popleft()
            if len(self._times) >= self._window.requests:
                oldest = self._times[len(self._times) - self._window.requests].timestamp()
                wait = max(wait, oldest + self._window.seconds - now)
        else:
            self._times.clear()
        return wait


def _number(headers: httpx.Headers, name: str | None) -> int | None:
    said = headers.get(name, "").strip() if name else ""
    return int(said) if said.isdecimal() else None
