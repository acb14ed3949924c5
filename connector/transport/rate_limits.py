"""Rate limiter: paces requests to stay within the account's rate limits, so that the vendor sends no 429.

Until the first response, requests are paced by the rate-limit windows of the vendor's smallest plan. After
that, the rate-limit headers decide. If the headers announce a single window, the plan with a window of that
size is used; if they announce several windows, each window is paced as announced. If a window is exhausted,
the limiter waits until the window resets.

Two kinds of windows are not paced, because pacing them would only slow requests down: windows that the
headers do not announce, and windows that the vendor does not count, whose remaining requests have not
decreased after several requests. A 429 response is always respected.
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
"""A header that announces a window with more requests than this is implausible, and is ignored."""


class Limiter:
    """Paces the requests of one connection.

    `patience` is the longest acceptable wait in seconds; if a longer wait is needed, `RateLimited` is raised.
    `vendor` is named in warnings.
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
        """Wait until the next request is allowed, and count that request.

        Raises `RateLimited` if the wait would exceed the limiter's patience or the deadline.
        """
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
            # A response to an earlier request may have set a new block during the wait; keep the new block.
            if (self._block_from, self._block) == block:
                self._block = 0.0
            self._times.append(self._clock())
        finally:
            self._lock.release()

    async def _acquire(self, operation: str, deadline: Deadline) -> None:
        """Acquire the limiter's lock; raise `RateLimited` if the deadline passes first.

        Only the request that holds the lock sleeps, while the other requests wait for the lock. If all of
        them slept, they would wake at the same time and exceed the limit together.
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
        """Update the pace from a response's rate-limit headers; `refused` is true for a 429 response."""
        if self._limits.headers:
            self._learn_each(headers, refused=refused)
        else:
            self._learn_one(headers)

    def _learn_one(self, headers: httpx.Headers) -> None:
        """Find the plan that has the single window announced in the headers, and pace by that window."""
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
        """Set the pace of each window to the limit that the headers announce.

        The headers do not say when an exhausted window resets. If this connection alone exhausted the window,
        the normal pacing computes the wait. If other clients of the same account contributed, or the vendor
        refused the request, requests are blocked for the length of the window. Windows longer than the
        limiter's patience are not paced; the vendor enforces them with 429.
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
        """Check whether the vendor ignores a window: it is still full after several of our requests.

        A single request is not enough, because some vendors compute the header before counting the request.
        """
        start = self._clock().timestamp() - seconds
        several = len(self._times) > 1 and self._times[-2].timestamp() > start
        return several and remaining is not None and remaining >= limit

    def _block_for(self, seconds: float) -> None:
        """Block requests for the given number of seconds, unless the current block lasts longer."""
        if seconds > self._blocked():
            self._block_from, self._block = self._clock().timestamp(), seconds

    def _blocked(self) -> float:
        return _remaining(self._block_from, self._block, self._clock().timestamp())

    def _wait(self) -> float:
        """Compute the seconds until every window allows another request, from a sliding log of send times."""
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
    """Map each window of the smallest plan, keyed by its length in seconds, to its number of requests.

    Windows longer than `patience` are left out, because the limiter never waits that long.
    """
    smallest: tuple[Window, ...] = next(
        (plan.windows for plan in limits.plans if limits.throttle in plan.windows), ()
    )
    return {window.seconds: window.requests for window in smallest if window.seconds <= patience}


def _remaining(start: float, seconds: float, now: float) -> float:
    """Compute the rest of a time span in seconds, limited to the full span in case the clock was set back."""
    return max(0.0, min(seconds, start + seconds - now))
