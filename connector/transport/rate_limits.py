"""Delays requests so that the vendor does not reject them for exceeding the account's rate limits.

A rate limit is a maximum number of requests in a window, which is a period of time. Until the first response,
the limiter uses the limits of the vendor's smallest plan. After that, it uses the rate-limit headers in the
responses. If the headers describe a single window, the limiter uses only the plan window that matches them;
if they describe several windows, it uses each window's limit from the headers. If no requests remain in a
window, the limiter waits until the window resets.

The limiter ignores windows that would delay requests unnecessarily: windows that the headers do not describe,
and windows that the vendor does not seem to enforce. A window seems not to be enforced if the headers still
say that the full number of requests remains after several requests were sent. A 429 response is handled by
`connector.transport.retries`.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING

from connector.errors import RateLimited
from connector.transport.deadline import Deadline
from connector.transport.reporting import log
from connector.transport.retry_after import duration, number, requested_wait

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Limits, Window


MAX_WINDOW_REQUESTS = 1_000_000
"""The highest plausible limit for a window; a header with a higher limit is ignored."""


class Limiter:
    """Delays the requests of one connection to stay within the rate limits.

    `patience` is the limiter's maximum wait in seconds; if a longer wait is needed, `RateLimited` is raised.
    `vendor` is the vendor's name in warnings.
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
        self._queued = 0

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        """Wait until the next request is allowed, and count that request.

        Raises `RateLimited` if the wait would be longer than the limiter's maximum wait, or would end after
        the deadline.
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

        Only the request that has the lock sleeps, while the other requests wait for the lock. If all of them
        slept, they would wake at the same time and exceed the limit together.
        """
        if not self._queued and not self._lock.locked():
            await self._lock.acquire()  # no other request waits for the lock, so this does not wait either
            return
        self._queued += 1
        try:
            async with asyncio.timeout(None if math.isinf(deadline.left) else deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise RateLimited(
                f"The rate limit is used up: this request waited {duration(deadline.seconds)} for other "
                "requests of the connection.",
                operation=operation,
            ) from None
        finally:
            self._queued -= 1

    def learn(self, headers: httpx.Headers, *, refused: bool = False) -> None:
        """Update the limits from a response's rate-limit headers; `refused` is true for a 429 response."""
        if self._limits.headers:
            self._learn_each(headers, refused=refused)
        else:
            self._learn_one(headers)

    def _learn_one(self, headers: httpx.Headers) -> None:
        """Update the limit from headers that describe a single window.

        If the limit in the headers matches a window in one of the vendor's plans, the limiter uses only that
        window; otherwise, it uses no window. If no requests remain, all requests are blocked until the time
        in the reset header.
        """
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
        """Update each window's limit from the response headers.

        The headers do not say when a window resets. If a window is used up and this connection sent all of
        its requests, `_wait` computes the wait from their send times. If other clients of the account sent
        some of the requests, or if the response is a 429, all requests are blocked for the length of the
        window.

        Windows that are longer than the limiter's maximum wait are ignored; if such a window's limit is
        exceeded, the vendor responds with 429.
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
        """Return True if the vendor does not seem to enforce a window.

        This is the case if the header still says that the full number of requests remains after several
        requests. One request is not enough, because some vendors compute the header before they count the
        request.
        """
        start = self._clock().timestamp() - seconds
        several = len(self._times) > 1 and self._times[-2].timestamp() > start
        return several and remaining is not None and remaining >= limit

    def _block_for(self, seconds: float) -> None:
        """Block requests for the given number of seconds, unless they are already blocked for longer."""
        if seconds > self._blocked():
            self._block_from, self._block = self._clock().timestamp(), seconds

    def _blocked(self) -> float:
        return _remaining(self._block_from, self._block, self._clock().timestamp())

    def _wait(self) -> float:
        """Compute how many seconds to wait until every window allows another request.

        The wait is computed from the times at which earlier requests were sent.
        """
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
    """Return the maximum number of requests in each window of the smallest plan.

    The keys are the windows' lengths in seconds. Windows longer than `patience` seconds are left out, because
    the limiter never waits that long.
    """
    smallest: tuple[Window, ...] = next(
        (plan.windows for plan in limits.plans if limits.throttle in plan.windows), ()
    )
    return {window.seconds: window.requests for window in smallest if window.seconds <= patience}


def _remaining(start: float, seconds: float, now: float) -> float:
    """Return how many seconds remain of the period that began at `start` and lasts `seconds`.

    If the clock was set back to a time before `start`, the result is `seconds`.
    """
    return max(0.0, min(seconds, start + seconds - now))
