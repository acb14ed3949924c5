"""Rate limiter: paces requests to stay within a login's limits, before the vendor answers 429.

Until the first answer, requests are paced by the windows of the vendor's smallest plan. Then the vendor's
limit headers decide. If they announce one window, the plan with a window of that size is the login's plan;
if they announce each window, each is paced as announced. An exhausted window is waited for.

Two kinds of windows are not paced, because pacing them would only slow requests down: windows that the vendor
does not announce, and windows that it does not count, which are still full after several requests. A 429 is
respected in any case.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING

from connector.errors import RateLimited
from connector.transport.deadline import Deadline
from connector.transport.retry_after import duration, log, number, requested_wait

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Limits, Window


MAX_WINDOW_REQUESTS = 1_000_000
"""A window of more requests than this is not paced: the header is implausible."""


class Limiter:
    """Paces the requests of one connection.

    `patience` is the longest wait in seconds; a longer one raises `RateLimited`. `vendor` is named in
    warnings.
    """

    def __init__(
        self, limits: Limits, clock: Clock, sleep: Sleep, patience: float, vendor: str = "returns"
    ) -> None:
        self._limits = limits
        self._vendor = vendor
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._pace = _requests(limits, patience)
        lengths = [window.seconds for plan in limits.plans for window in plan.windows]
        self._horizon = max((seconds for seconds in lengths if seconds <= patience), default=0)
        self._times: deque[datetime] = deque()
        self._block_from, self._block = 0.0, 0.0
        self._doubt = ""
        self._lock = asyncio.Lock()

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        """Wait until one more request is allowed; raise `RateLimited` if that would take too long."""
        deadline = deadline or Deadline(math.inf, self._sleep, self._vendor)
        await self._acquire(operation, deadline)
        try:
            wait, block = self._wait(), (self._block_from, self._block)
            if wait > min(self._patience, deadline.left):
                raise RateLimited(
                    f"The rate limit is used up; the next request is possible in {duration(wait)}.",
                    retry_after=wait,
                    operation=operation,
                )
            if wait > 0:
                await deadline.sleep(wait, operation, "the rate limit is used up")
            # An answer to an earlier request may have arrived during the wait and set a new block: keep that.
            if (self._block_from, self._block) == block:
                self._block = 0.0
            self._times.append(self._clock())
        finally:
            self._lock.release()

    async def _acquire(self, operation: str, deadline: Deadline) -> None:
        """Take the lock within the deadline.

        Only the request that holds the lock sleeps, the others queue. If all of them slept, they would wake
        at the same time and exceed the limit together.
        """
        try:
            async with asyncio.timeout(None if math.isinf(deadline.left) else deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise RateLimited(
                f"The rate limit is used up: this request waited {duration(deadline.seconds)} for other "
                "requests of the connection.",
                operation=operation,
            ) from None

    def learn(self, headers: httpx.Headers, *, refused: bool = False) -> None:
        """Update the pace from the limit headers of an answer; `refused` says that it was a 429."""
        if self._limits.headers:
            self._learn_each(headers, refused=refused)
        else:
            self._learn_one(headers)

    def _learn_one(self, headers: httpx.Headers) -> None:
        """Find the plan by the size of the one window that the headers announce, and pace by it."""
        limit = number(headers, self._limits.limit_header)
        remaining = number(headers, self._limits.remaining_header)
        paced = self._limits.throttle
        known = [window for plan in self._limits.plans for window in plan.windows]
        matching = [
            window
            for window in known
            if paced and (window.requests, window.seconds) == (limit, paced.seconds)
        ]
        counted = (
            window
            for window in matching[:1]
            if not self._not_counted(window.seconds, window.requests, remaining)
        )
        self._pace = {window.seconds: window.requests for window in counted}
        if remaining == 0:
            self._wait_for_reset(headers)

    def _wait_for_reset(self, headers: httpx.Headers) -> None:
        wait = requested_wait(headers, self._limits.reset_header, self._clock())
        if wait.seconds is not None:
            self._block_for(wait.seconds)
        elif wait.doubt and wait.doubt != self._doubt:  # log the same invalid header once
            self._doubt = wait.doubt
            log.warning("%s: %s", self._vendor, wait.doubt)

    def _learn_each(self, headers: httpx.Headers, *, refused: bool) -> None:
        """Pace each window as the headers announce it.

        The headers do not say when an exhausted window opens again. If this connection used it up, its own
        pace knows. If other clients of the same login did, or the pace was too fast, wait for a whole window.
        Windows longer than the patience are left to the vendor's 429.
        """
        for window in self._limits.headers:
            limit, remaining = number(headers, window.limit), number(headers, window.remaining)
            if (
                not limit  # not announced, or zero, which is implausible
                or limit > MAX_WINDOW_REQUESTS
                or window.seconds > self._patience
                or self._not_counted(window.seconds, limit, remaining)
            ):
                self._pace.pop(window.seconds, None)
                continue
            self._pace[window.seconds] = int(limit) or 1
            if remaining == 0 and (refused or self._sent_within(window.seconds) < limit):
                self._block_for(window.seconds)

    def _not_counted(self, seconds: int, limit: float, remaining: float | None) -> bool:
        """Check whether a window is still full although this connection sent several requests in it.

        One request proves nothing: some vendors compute the header before they count the request.
        """
        start = self._clock().timestamp() - seconds
        several = len(self._times) > 1 and self._times[-2].timestamp() > start
        return several and remaining is not None and remaining >= limit

    def _block_for(self, seconds: float) -> None:
        """Block requests for some seconds, unless a longer block is already set."""
        if seconds > self._blocked():
            self._block_from, self._block = self._clock().timestamp(), seconds

    def _blocked(self) -> float:
        return _remaining(self._block_from, self._block, self._clock().timestamp())

    def _wait(self) -> float:
        """Return the seconds until the next request fits into every window (a sliding log of send times)."""
        now = self._clock().timestamp()
        while self._times and self._times[-1].timestamp() > now:  # the clock was set back
            self._times.pop()
        while self._times and self._times[0].timestamp() <= now - self._horizon:
            self._times.popleft()
        waits = [self._blocked()]
        for seconds, requests in self._pace.items():
            if len(self._times) >= requests:
                oldest = self._times[len(self._times) - requests].timestamp()
                waits.append(_remaining(oldest, seconds, now))
        return max(0.0, *waits)

    def _sent_within(self, seconds: int) -> int:
        start = self._clock().timestamp() - seconds
        return sum(when.timestamp() > start for when in self._times)


def _requests(limits: Limits, patience: float) -> dict[int, int]:
    """Return the windows of the smallest plan that can be waited for, as requests by seconds."""
    smallest: tuple[Window, ...] = next(
        (plan.windows for plan in limits.plans if limits.throttle in plan.windows), ()
    )
    return {window.seconds: window.requests for window in smallest if window.seconds <= patience}


def _remaining(start: float, seconds: float, now: float) -> float:
    """Return how much of a time span is left: at most all of it, even if the clock was set back."""
    return max(0.0, min(seconds, start + seconds - now))
