"""Keeps a credential's limits before they are hit.

Until the vendor has answered once, requests are paced by the windows of the smallest plan, as far as they
can be waited out. Then the vendor's headers speak. Where they tell of one window, the plan whose shortest
window has the announced size paces the rest; where they tell of each, each is paced as announced. An
exhausted window is waited out, and what a vendor announces nothing of is not paced (a 429 is honoured in
any case).
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
        self._pace = _requests(limits, patience)
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

    def learn(self, headers: httpx.Headers, *, refused: bool = False) -> None:
        """Take note of what an answer says about the limits; `refused` says that it was a 429."""
        if self._limits.headers:
            self._learn_each(headers, refused=refused)
        else:
            self._learn_one(headers)

    def _learn_one(self, headers: httpx.Headers) -> None:
        limit = _number(headers, self._limits.limit_header)
        remaining = _number(headers, self._limits.remaining_header)
        reset = _number(headers, self._limits.reset_header)
        paced = self._limits.throttle
        known = [window for plan in self._limits.plans for window in plan.windows]
        fitting = [one for one in known if paced and (one.requests, one.seconds) == (limit, paced.seconds)]
        self._pace = {one.seconds: one.requests for one in fitting[:1]}
        date = http_date(headers.get("date", ""))
        if remaining == 0 and reset is not None and date is not None:
            self._block(max(0.0, reset - date.timestamp()))

    def _learn_each(self, headers: httpx.Headers, *, refused: bool) -> None:
        """Pace each window as announced.

        When an exhausted one opens again is not told. Where this connection used it up, its own pace knows;
        where others did, or the pace was too fast, a whole window is waited. A window longer than the
        patience is left to the vendor's 429.
        """
        for said in self._limits.headers:
            limit, remaining = _number(headers, said.limit), _number(headers, said.remaining)
            if limit is None or said.seconds > self._patience:
                self._pace.pop(said.seconds, None)
                continue
            self._pace[said.seconds] = limit
            if remaining == 0 and (refused or self._sent_within(said.seconds) < limit):
                self._block(said.seconds)

    def _block(self, seconds: float) -> None:
        until = self._clock().timestamp() + seconds
        self._blocked_until = max(until, self._blocked_until or until)

    def _wait(self) -> float:
        now = self._clock().timestamp()
        while self._times and self._times[0].timestamp() <= now - max(self._pace, default=0):
            self._times.popleft()
        waits = [0.0 if self._blocked_until is None else self._blocked_until - now]
        for seconds, requests in self._pace.items():
            if len(self._times) >= requests:
                oldest = self._times[len(self._times) - requests].timestamp()
                waits.append(oldest + seconds - now)
        return max(0.0, *waits)

    def _sent_within(self, seconds: int) -> int:
        start = self._clock().timestamp() - seconds
        return sum(when.timestamp() > start for when in self._times)


def _requests(limits: Limits, patience: float) -> dict[int, int]:
    """Return the smallest plan's requests by seconds of the window."""
    smallest: tuple[Window, ...] = next(
        (plan.windows for plan in limits.plans if limits.throttle in plan.windows), ()
    )
    return {one.seconds: one.requests for one in smallest if one.seconds <= patience}


def _number(headers: httpx.Headers, name: str | None) -> int | None:
    said = headers.get(name, "").strip() if name else ""
    return int(said) if said.isdecimal() else None
