"""Enforces each API key's rate limits by counting requests in fixed windows on the tenant's clock.

A daily window starts at midnight UTC, a one-minute window at second 0, and so on. Counts are kept in memory
and start at zero after a restart. A request that is rejected with 429 is not counted.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mock_server.access.plans import Plan, Unit

if TYPE_CHECKING:
    from mock_server.access.grants import Grant
    from mock_server.clock import Clocks

    Spans = tuple[tuple[int, int, Unit], ...]

Mode = Literal["on", "off", "auto"]

_MICRO: Final = 1_000_000


class WindowState(NamedTuple):
    """A window's limit, the number of requests left, and its end in seconds since the Unix epoch."""

    window: Unit
    limit: int
    remaining: int
    reset: int


class Verdict(NamedTuple):
    """The result of a rate limit check: whether the request is allowed, and how many requests are left.

    `limit`, `remaining`, `reset` and `window` describe the window with the fewest requests left. `reset` is
    the end of that window in seconds since the Unix epoch. `retry_after` is the number of seconds to wait
    before the next attempt (0 if the request is allowed). `windows` describes all limited windows of the
    plan, shortest first. If the plan has no limits, `limit` is 0 and `window` is None.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int
    window: Unit | None
    windows: tuple[WindowState, ...]


@dataclass(slots=True)
class _Count:
    """The number of requests that a key has left in the current window.

    The window is `length` seconds long and ends at `reset`, in seconds since the Unix epoch.
    """

    length: int
    limit: int
    unit: Unit
    left: int = 0
    reset: int = 0

    def start_window(self, second: int) -> None:
        """Start the window that contains `second` (since the Unix epoch), with all requests left."""
        self.left = self.limit
        self.reset = second - second % self.length + self.length


class Limiter:
    """Counts requests per API key, and decides whether a request exceeds a rate limit.

    If `enabled` is False, every request is allowed and no request is counted.
    """

    def __init__(self, clocks: "Clocks", *, enabled: bool = True) -> None:
        self.modes: dict[str, Mode] = {}
        self._clocks = clocks
        self._enabled = enabled
        self._counts: dict[tuple[str, str, str], list[_Count]] = {}

    def enforced(self, tenant: str) -> bool:
        """Return True if the tenant's rate limits are enforced.

        In `on` mode, they are always enforced; in `auto` mode, they are enforced unless the clock is frozen.
        """
        if not self._enabled:
            return False
        mode = self.modes.get(tenant, "auto")
        return mode == "on" or (mode == "auto" and not self._clocks.frozen(tenant))

    def take(self, grant: "Grant", now: int) -> Verdict:
        """Count a request against every window of the key's plan, and return the verdict.

        `now` is the tenant's time in microseconds since the Unix epoch. A request that exceeds a limit is not
        counted.
        """
        if not self.enforced(grant.tenant):
            return untouched(grant.plan, now)
        account = (grant.tenant, grant.vendor, grant.key)
        counts = self._counts.get(account)
        if counts is None:
            counts = self._counts[account] = _fresh(grant.plan.spans)
        second = now // _MICRO
        allowed = True
        for count in counts:
            # The window is over, or `second` is before it: resetting a tenant can set its clock back.
            if not 0 < count.reset - second <= count.length:
                count.start_window(second)
            if not count.left:
                allowed = False
        if allowed:
            for count in counts:
                count.left -= 1
        return _verdict(counts, second, allowed=allowed)

    def reset(self, tenant: str) -> None:
        """Reset the request counts of all of a tenant's keys to zero."""
        for account in [account for account in self._counts if account[0] == tenant]:
            del self._counts[account]

    def reset_key(self, grant: "Grant") -> None:
        """Reset a key's request counts to zero. From the next request on, the key's current plan applies."""
        self._counts.pop((grant.tenant, grant.vendor, grant.key), None)


def untouched(plan: Plan, now: int) -> Verdict:
    """Build the verdict for a plan before any request has been counted; `now` is the time (µs)."""
    return _untouched(plan.spans, now // _MICRO)


@lru_cache(maxsize=256)  # within a second, all requests with the same plan have the same verdict
def _untouched(spans: "Spans", second: int) -> Verdict:
    counts = _fresh(spans)
    for count in counts:
        count.start_window(second)
    return _verdict(counts, second, allowed=True)


def _fresh(spans: "Spans") -> list[_Count]:
    return [_Count(length, limit, unit) for length, limit, unit in spans]


def _verdict(counts: list[_Count], second: int, *, allowed: bool) -> Verdict:
    if not counts:
        return Verdict(True, 0, 0, second, 0, None, ())
    windows = tuple([WindowState(count.unit, count.limit, count.left, count.reset) for count in counts])
    tightest = counts[0]
    for count in counts:
        # If several windows are exhausted, a retry can only succeed after the longest has ended.
        if count.left < tightest.left or not (allowed or count.left):
            tightest = count
    retry_after = 0 if allowed else tightest.reset - second
    return Verdict(
        allowed, tightest.limit, tightest.left, tightest.reset, retry_after, tightest.unit, windows
    )
