"""Rate limiting by several windows at once, each with its own headers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from support.fake_vendor import rows

from connector.definition.compiler import integration as compiled
from connector.definition.guarantees import shortest_interval
from connector.definition.model import Limits, Plan, Window, WindowHeaders
from connector.errors import RateLimited
from connector.transport.rate_limits import Limiter

if TYPE_CHECKING:
    from support.fake_vendor import Time, Wire

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

SECOND, MINUTE, DAY = 1, 60, 86_400
PLAN = Plan(
    name="default",
    windows=(
        Window(requests=2, seconds=SECOND),
        Window(requests=5, seconds=MINUTE),
        Window(requests=9, seconds=DAY),
    ),
)
LIMITS = Limits(
    plans=(PLAN,),
    throttle=PLAN.windows[0],
    headers=tuple(
        WindowHeaders(seconds=seconds, limit=f"limit-{name}", remaining=f"left-{name}")
        for name, seconds in (("second", SECOND), ("minute", MINUTE), ("day", DAY))
    ),
)


def said(**values: int) -> httpx.Headers:
    return httpx.Headers({name.replace("_", "-"): str(value) for name, value in values.items()})


@pytest.fixture
def limiter(time: Time) -> Limiter:
    return Limiter(LIMITS, time.clock, time.sleep, 90)


async def admitted(limiter: Limiter, times: int) -> None:
    for _ in range(times):
        await limiter.admit("list_orders")


async def test_every_window_is_paced_before_the_first_answer(limiter: Limiter, time: Time) -> None:
    await admitted(limiter, 7)
    assert time.slept == [1, 1, 58], "two a second, then the sixth waits for its minute"


async def test_raised_limit_is_paced_as_announced(limiter: Limiter, time: Time) -> None:
    limiter.learn(said(limit_second=4, left_second=4, limit_minute=240, left_minute=240))
    await admitted(limiter, 9)
    assert time.slept == [1, 1]


async def test_window_that_is_not_announced_is_not_paced(limiter: Limiter, time: Time) -> None:
    limiter.learn(said(limit_minute=5, left_minute=5))
    await admitted(limiter, 6)
    assert time.slept == [60]


async def test_quota_used_by_other_clients_is_waited_out(limiter: Limiter, time: Time) -> None:
    limiter.learn(said(limit_second=2, left_second=0, limit_minute=5, left_minute=3))
    await admitted(limiter, 1)
    limiter.learn(said(limit_second=2, left_second=1, limit_minute=5, left_minute=0))
    await admitted(limiter, 1)
    assert time.slept == [1, 60]


async def test_quota_used_by_this_connection_adds_no_wait(limiter: Limiter, time: Time) -> None:
    await admitted(limiter, 2)
    limiter.learn(said(limit_second=2, left_second=0, limit_minute=5, left_minute=3))
    await time.sleep(0.9)
    await admitted(limiter, 1)
    assert [round(one, 3) for one in time.slept] == [0.9, 0.1]


async def test_429_waits_for_the_longest_exhausted_window(limiter: Limiter, time: Time) -> None:
    await admitted(limiter, 2)
    limiter.learn(said(limit_second=2, left_second=0, limit_minute=2, left_minute=0), refused=True)
    await admitted(limiter, 1)
    assert time.slept == [60]


async def test_window_longer_than_the_longest_wait_is_left_to_the_vendor(
    limiter: Limiter, time: Time
) -> None:
    limiter.learn(said(limit_second=50, left_second=50, limit_day=9, left_day=0), refused=True)
    await admitted(limiter, 12)
    assert time.slept == []


async def test_wait_longer_than_the_longest_wait_raises(time: Time) -> None:
    limiter = Limiter(compiled("returnmate").limits, time.clock, time.sleep, 60)
    reset = str(int(time.now.timestamp()) + 61)
    limiter.learn(httpx.Headers({"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}))
    with pytest.raises(RateLimited, match="61 seconds"):
        await limiter.admit("list_orders")
    assert time.slept == []


@pytest.mark.parametrize("hours", [-26, 26])
async def test_clock_change_makes_no_wait_longer(limiter: Limiter, time: Time, hours: int) -> None:
    """Windows use the local clock; after it is set back, earlier requests seem to be in the future."""
    await admitted(limiter, 2)
    limiter.learn(said(limit_second=2, left_second=0, limit_minute=5, left_minute=0), refused=True)
    time.now += timedelta(hours=hours)
    await admitted(limiter, 4)
    assert sum(time.slept) <= MINUTE + 2 * SECOND


@pytest.mark.parametrize("limit", ["0", "-4", "9" * 400, "9" * 5000, "1e3", "60, 60;w=60", "", "²"])
async def test_implausible_limit_is_ignored(limiter: Limiter, time: Time, limit: str) -> None:
    headers = {"limit-second": limit, "left-second": "1", "limit-minute": limit, "left-minute": limit}
    for _ in range(20):
        limiter.learn(httpx.Headers([(name.encode(), text.encode()) for name, text in headers.items()]))
        await limiter.admit("list_orders")
    assert time.slept == []


async def test_negative_remaining_count_means_exhausted(limiter: Limiter, time: Time) -> None:
    limiter.learn(said(limit_minute=5, left_minute=-1))
    await admitted(limiter, 1)
    assert time.slept == [60]


async def test_only_windows_within_the_longest_wait_are_paced(time: Time) -> None:
    hasty = Limiter(LIMITS, time.clock, time.sleep, 30)
    await admitted(hasty, 7)
    assert time.slept == [1, 1, 1]


def test_shortest_interval_fits_every_window() -> None:
    assert shortest_interval(PLAN, 1) == DAY // 9
    assert shortest_interval(Plan(name="fast", windows=PLAN.windows[:2]), 10) == 120
    assert shortest_interval(Plan(name="fast", windows=PLAN.windows[:1]), 10) == 5


def test_windows_and_headers_come_from_the_catalog() -> None:
    limits = compiled("returnmate").limits
    assert [(one.requests, one.seconds) for one in limits.plans[0].windows] == [(60, MINUTE), (10_000, DAY)]
    assert limits.headers == ()


async def test_windows_whose_count_never_drops_are_not_paced(limiter: Limiter, time: Time) -> None:
    for _ in range(30):
        await limiter.admit("list_orders")
        limiter.learn(said(limit_second=2, left_second=2, limit_minute=5, left_minute=5))
    assert time.slept == []


async def test_counted_window_is_paced_beside_an_uncounted_one(limiter: Limiter, time: Time) -> None:
    for number in range(6):
        await limiter.admit("list_orders")
        limiter.learn(said(limit_second=2, left_second=2, limit_minute=5, left_minute=4 - number % 5))
    assert sum(time.slept) == 60


@pytest.mark.parametrize(
    ("left", "slept"), [([60] * 90, []), ([60, 60, 59] + [58] * 87, [60]), ([None] * 90, [60])]
)
async def test_window_that_the_vendor_does_not_count_is_not_paced(
    rm: Connection, wire: Wire, time: Time, left: list[int | None], slept: list[float]
) -> None:
    """A full quota after several requests of a window shows that limits are off; after one it does not."""

    def answer(_request: httpx.Request) -> httpx.Response:
        said, remaining = {"x-ratelimit-limit": "60"}, left[len(wire.requests) - 1]
        if remaining is not None:
            said["x-ratelimit-remaining"] = str(remaining)
        found = rows()
        found.headers.update(said)
        return found

    wire.reply(answer)
    for _ in left:
        await rm.operations.list_returns()
    assert time.slept == slept
