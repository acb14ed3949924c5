"""Keeps a credential's limits before they are hit.

Until the vendor has answered once, requests are paced by the windows of the smallest plan, as far as they
can be waited out. Then the vendor's headers speak. Where they tell of one window, the plan whose shortest
window has the announced size paces the rest; where they tell of each, each is paced as announced. An
exhausted window is waited out. What a vendor announces nothing of is not paced, nor is what it does not
count: a window that is still whole after several requests (a 429 is honoured in any case).
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING

from connector.errors import RateLimited
from connector.transport.deadline import Deadline
from connector.transport.waits import asked_wait, log, number, spelled

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Limits, Window


MOST_REQUESTS = 1_000_000
"""A window of more requests than this paces nothing."""


class Limiter:
    """One per connection. `patience`: the longest wait in seconds; beyond it `RateLimited` is raised.

    `who` is the vendor, for reports.
    """

    def __init__(
        self, limits: Limits, clock: Clock, sleep: Sleep, patience: float, who: str = "returns"
    ) -> None:
        self._limits = limits
        self._who = who
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._pace = _requests(limits, patience)
        lengths = [window.seconds for plan in limits.plans for window in plan.windows]
        self._horizon = max((one for one in lengths if one <= patience), default=0)
        self._times: deque[datetime] = deque()
        self._block_from, self._block = 0.0, 0.0
        self._doubt = ""
        self._lock = asyncio.Lock()

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        """Wait until one more request is allowed; raises `RateLimited` when that would take too long."""
        deadline = deadline or Deadline(math.inf, self._sleep, self._who)
        await self._turn(operation, deadline)
        try:
            wait, block = self._wait(), (self._block_from, self._block)
            if wait > min(self._patience, deadline.left):
                raise RateLimited(
                    f"The limit is used up; the next request is possible in {spelled(wait)}.",
                    retry_after=wait,
                    operation=operation,
                )
            if wait > 0:
                await deadline.sleep(wait, operation, "the limit is used up")
            if (self._block_from, self._block) == block:  # an answer that came meanwhile may have said more
                self._block = 0.0
            self._times.append(self._clock())
        finally:
            self._lock.release()

    async def _turn(self, operation: str, deadline: Deadline) -> None:
        """Take the lock: one request at a time waits, the others wait for it."""
        try:
            async with asyncio.timeout(None if math.isinf(deadline.left) else deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise RateLimited(
                f"The limit is used up: for {spelled(deadline.seconds)}, other requests of this connection "
                "went first.",
                operation=operation,
            ) from None

    def learn(self, headers: httpx.Headers, *, refused: bool = False) -> None:
        """Take note of what an answer says about the limits; `refused` says that it was a 429."""
        if self._limits.headers:
            self._learn_each(headers, refused=refused)
        else:
            self._learn_one(headers)

    def _learn_one(self, headers: httpx.Headers) -> None:
        limit = number(headers, self._limits.limit_header)
        remaining = number(headers, self._limits.remaining_header)
        paced = self._limits.throttle
        known = [window for plan in self._limits.plans for window in plan.windows]
        fitting = [one for one in known if paced and (one.requests, one.seconds) == (limit, paced.seconds)]
        counted = (one for one in fitting[:1] if not self._untouched(one.seconds, one.requests, remaining))
        self._pace = {one.seconds: one.requests for one in counted}
        if remaining == 0:
            self._wait_for_reset(headers)

    def _wait_for_reset(self, headers: httpx.Headers) -> None:
        wait = asked_wait(headers, self._limits.reset_header, self._clock())
        if wait.seconds is not None:
            self._block_for(wait.seconds)
        elif wait.doubt and wait.doubt != self._doubt:  # report the same nonsense once
            self._doubt = wait.doubt
            log.warning("%s: %s", self._who, wait.doubt)

    def _learn_each(self, headers: httpx.Headers, *, refused: bool) -> None:
        """Pace each window as announced.

        When an exhausted one opens again is not told. Where this connection used it up, its own pace knows;
        where others did, or the pace was too fast, a whole window is waited. A window longer than the
        patience is left to the vendor's 429.
        """
        for said in self._limits.headers:
            limit, remaining = number(headers, said.limit), number(headers, said.remaining)
            if (
                not limit  # none is announced, or one that cannot be meant
                or limit > MOST_REQUESTS
                or said.seconds > self._patience
                or self._untouched(said.seconds, limit, remaining)
            ):
                self._pace.pop(said.seconds, None)
                continue
            self._pace[said.seconds] = int(limit) or 1
            if remaining == 0 and (refused or self._sent_within(said.seconds) < limit):
                self._block_for(said.seconds)

    def _untouched(self, seconds: int, limit: float, remaining: float | None) -> bool:
        """Say whether nothing is missing of a window in which this connection sent more than one request.

        One may be the first of a new window, of which some tell before they count it.
        """
        start = self._clock().timestamp() - seconds
        several = len(self._times) > 1 and self._times[-2].timestamp() > start
        return several and remaining is not None and remaining >= limit

    def _block_for(self, seconds: float) -> None:
        """Send nothing for so long, or longer if that was said before."""
        if seconds > self._blocked():
            self._block_from, self._block = self._clock().timestamp(), seconds

    def _blocked(self) -> float:
        return _still(self._block_from, self._block, self._clock().timestamp())

    def _wait(self) -> float:
        now = self._clock().timestamp()
        while self._times and self._times[-1].timestamp() > now:  # the clock was put back
            self._times.pop()
        while self._times and self._times[0].timestamp() <= now - self._horizon:
            self._times.popleft()
        waits = [self._blocked()]
        for seconds, requests in self._pace.items():
            if len(self._times) >= requests:
                oldest = self._times[len(self._times) - requests].timestamp()
                waits.append(_still(oldest, seconds, now))
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


def _still(start: float, seconds: float, now: float) -> float:
    """Return how much is left of a span; never more than all of it, even if the clock was put back."""
    return max(0.0, min(seconds, start + seconds - now))
