"""Rate limits per key: fixed windows on the tenant's clock, counted in memory.

A window of a day begins at midnight UTC, one of a minute at second 0, and so on. A restart forgets
the counts. A refused request is not counted.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mock_server.access.plans import Plan, Unit

if TYPE_CHECKING:
    from mock_server.access.grants import Grant
    from mock_server.clock import Clocks

Mode = Literal["on", "off", "auto"]

_MICRO: Final = 1_000_000


class WindowState(NamedTuple):
    """One window: how many requests it allows and has left, and when it ends (Unix seconds)."""

    window: Unit
    limit: int
    remaining: int
    reset: int


class Verdict(NamedTuple):
    """Whether a request is admitted, and the window with the fewest requests left.

    `reset` is in Unix seconds, `retry_after` in seconds (0 when allowed). `windows` are all of the
    plan's, the shortest first. A plan without any window has `limit` 0 and no `window`.
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
    """Requests left to one key in the current window of one span, which ends at `reset`."""

    length: int
    limit: int
    unit: Unit
    left: int = 0
    reset: int = 0

    def start_window(self, second: int) -> None:
        """Begin the window that `second` lies in."""
        self.left = self.limit
        self.reset = second - second % self.length + self.length


class Limiter:
    """Counts requests per key. `enabled=False` admits everything and shows full windows."""

    def __init__(self, clocks: "Clocks", *, enabled: bool = True) -> None:
        self.modes: dict[str, Mode] = {}
        self._clocks = clocks
        self._enabled = enabled
        self._counts: dict[tuple[str, str, str], list[_Count]] = {}

    def enforced(self, tenant: str) -> bool:
        """Say whether limits hold for a tenant: `auto` means unless its clock is frozen."""
        if not self._enabled:
            return False
        mode = self.modes.get(tenant, "auto")
        return mode == "on" or (mode == "auto" and not self._clocks.frozen(tenant))

    def take(self, grant: "Grant", now: int) -> Verdict:
        """Count one request at `now` (µs, on the tenant's clock) against every window of the plan."""
        if not self.enforced(grant.tenant):
            return untouched(grant.plan, now)
        account = (grant.tenant, grant.vendor, grant.key)
        counts = self._counts.get(account)
        if counts is None:
            counts = self._counts[account] = _fresh(grant.plan)
        second = now // _MICRO
        allowed = True
        for count in counts:
            if not 0 < count.reset - second <= count.length:
                count.start_window(second)
            if not count.left:
                allowed = False
        if allowed:
            for count in counts:
                count.left -= 1
        return _verdict(counts, second, allowed=allowed)

    def reset(self, tenant: str) -> None:
        """Begin every window of a tenant anew."""
        for account in [account for account in self._counts if account[0] == tenant]:
            del self._counts[account]

    def reset_key(self, grant: "Grant") -> None:
        """Begin every window of one key anew, by the plan that it has now."""
        self._counts.pop((grant.tenant, grant.vendor, grant.key), None)


def untouched(plan: Plan, now: int) -> Verdict:
    """Return the verdict of a plan of which nothing is used, at `now` (µs)."""
    counts = _fresh(plan)
    for count in counts:
        count.start_window(now // _MICRO)
    return _verdict(counts, now // _MICRO, allowed=True)


def _fresh(plan: Plan) -> list[_Count]:
    return [_Count(length, limit, unit) for length, limit, unit in plan.spans]


def _verdict(counts: list[_Count], second: int, *, allowed: bool) -> Verdict:
    if not counts:
        return Verdict(True, 0, 0, second, 0, None, ())
    windows = tuple([WindowState(count.unit, count.limit, count.left, count.reset) for count in counts])
    tightest = counts[0]
    for count in counts:
        # Of two exhausted windows the longer one says when trying again can help.
        if count.left < tightest.left or not (allowed or count.left):
            tightest = count
    wait = 0 if allowed else tightest.reset - second
    return Verdict(allowed, tightest.limit, tightest.left, tightest.reset, wait, tightest.unit, windows)
