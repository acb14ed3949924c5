"""Rate limits: windows on the tenant's clock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.worlds import NOON, SECOND, RealTime, ticking

from mock_server.access.grants import Grant
from mock_server.access.plans import SECONDS, Plan, Unit
from mock_server.access.ratelimit import Limiter, WindowState, untouched
from mock_server.store import Store

STARTER = Plan("starter", ((3, "minute"), (5, "day")))
NOON_S = NOON // SECOND
MIDNIGHT_S = NOON_S + 12 * 3600


def limiter(*, enabled: bool = True) -> Limiter:
    return Limiter(ticking(Store.open("sqlite://"), RealTime(), "acme"), enabled=enabled)


def grant(plan: Plan = STARTER, key: str = "default") -> Grant:
    return Grant("acme", "shop", key, frozenset(), plan)


def test_window_fills_refuses_and_reopens() -> None:
    limits = limiter()
    verdicts = [limits.take(grant(), NOON + n * SECOND) for n in range(4)]
    assert [(one.allowed, one.limit, one.remaining) for one in verdicts] == [
        (True, 3, 2), (True, 3, 1), (True, 3, 0), (False, 3, 0),
    ]  # fmt: skip
    assert (verdicts[3].window, verdicts[3].reset, verdicts[3].retry_after) == ("minute", NOON_S + 60, 57)
    assert limits.take(grant(), NOON + 60 * SECOND).allowed


def test_refused_request_is_not_counted() -> None:
    limits = limiter()
    for _ in range(10):
        last = limits.take(grant(), NOON)
    assert last.windows == (WindowState("minute", 3, 0, NOON_S + 60), WindowState("day", 5, 2, MIDNIGHT_S))


def test_tightest_window_is_shown() -> None:
    limits = limiter()
    shown = [limits.take(grant(), NOON + n * 60 * SECOND) for n in range(6)]
    assert [(one.window, one.remaining) for one in shown] == [
        ("minute", 2), ("minute", 2), ("minute", 2), ("day", 1), ("day", 0), ("day", 0),
    ]  # fmt: skip
    assert not shown[5].allowed
    assert (shown[5].reset, shown[5].retry_after) == (MIDNIGHT_S, MIDNIGHT_S - NOON_S - 300)


def test_longer_of_two_exhausted_windows_is_shown() -> None:
    limits = limiter()
    plan = Plan("both", ((2, "minute"), (2, "day")))
    refused = [limits.take(grant(plan), NOON) for _ in range(3)][-1]
    assert (refused.allowed, refused.window, refused.reset) == (False, "day", MIDNIGHT_S)


def test_keys_are_counted_separately_and_forgotten_with_their_tenant() -> None:
    limits = limiter()
    for _ in range(3):
        limits.take(grant(), NOON)
    assert limits.take(grant(key="other"), NOON).remaining == 2
    limits.reset("acme")
    assert limits.take(grant(), NOON).remaining == 2


def test_zero_means_unlimited() -> None:
    plan = Plan("enterprise", ((2, "minute"), (0, "day")))
    assert [one.window for one in limiter().take(grant(plan), NOON).windows] == ["minute"]
    free = limiter().take(grant(Plan("free", ())), NOON)
    assert (free.allowed, free.limit, free.window) == (True, 0, None)


@pytest.mark.parametrize(
    ("mode", "frozen", "enabled", "holds"),
    [
        ("auto", False, True, True),
        ("auto", True, True, False),
        ("on", True, True, True),
        ("off", False, True, False),
        ("on", False, False, False),
    ],
)
def test_limits_apply_unless_switched_off_or_frozen(
    mode: str, frozen: bool, enabled: bool, holds: bool
) -> None:
    clocks = ticking(Store.open("sqlite://"), RealTime(), "acme", frozen=frozen)
    limits = Limiter(clocks, enabled=enabled)
    limits.modes["acme"] = mode  # type: ignore[assignment]
    last = [limits.take(grant(), NOON) for _ in range(4)][-1]
    assert last.allowed is not holds
    assert last.remaining == (0 if holds else 3)


def test_unused_plan_shows_full_windows() -> None:
    shown = untouched(STARTER, NOON + SECOND)
    assert shown.windows == (WindowState("minute", 3, 3, NOON_S + 60), WindowState("day", 5, 5, MIDNIGHT_S))


units = st.sampled_from(sorted(SECONDS))


@settings(deadline=None)
@given(
    windows=st.dictionaries(units, st.integers(1, 4), min_size=1),
    jumps=st.lists(st.sampled_from((0, 1, 30, 60, 3_599, 3_600, 86_400)), max_size=40),
)
def test_no_window_admits_more_than_its_limit(windows: dict[Unit, int], jumps: list[int]) -> None:
    """For any plan, a request is admitted exactly if every window has quota left."""
    limits = limiter()
    plan = Plan("any", tuple((limit, unit) for unit, limit in windows.items()))
    now = NOON_S
    admitted: list[int] = []
    for jump in jumps:
        now += jump
        room = {
            unit: limit - sum(at // SECONDS[unit] == now // SECONDS[unit] for at in admitted)
            for unit, limit in windows.items()
        }
        verdict = limits.take(grant(plan), now * SECOND)
        assert verdict.allowed is (min(room.values()) > 0)
        if verdict.allowed:
            admitted.append(now)
        assert {one.window: one.remaining for one in verdict.windows} == {
            unit: left - verdict.allowed for unit, left in room.items()
        }
        assert verdict.remaining == min(one.remaining for one in verdict.windows)
