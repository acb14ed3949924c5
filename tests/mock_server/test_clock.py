"""Clocks: ticking, frozen and advanced, and the scheduled steps that run while time passes."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from support.worlds import HOUR, NOON, SECOND, RealTime, open_world, row, ticking

from mock_server.clock import Clocks, RunStep, instant, micros, moment, timestamp
from mock_server.store import Change, Step, Store, tables


def remembering(seen: list[tuple[str, int]], clocks: Clocks) -> RunStep:
    """Return a step runner that records the clock's time at each step."""

    def run(change: Change, step: Step) -> None:
        seen.append((step.step, clocks.now(step.tenant)))
        change.put(row(step.subject, status=step.step, updated_at=step.due))

    return run


def schedule(store: Store, *steps: tuple[int, str]) -> None:
    with store.change() as change:
        for due, step in steps:
            change.schedule("acme", "shop", due=due, step=step, subject=f"of {step}")


def test_timestamps_are_parsed_and_formatted_back() -> None:
    assert micros(moment(NOON + 1)) == NOON + 1
    assert timestamp(NOON + 999_999) == "2026-03-02T12:00:00Z"
    assert instant(timestamp(NOON)) == NOON


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02", NOON - 12 * HOUR),
        ("2026-03-02T12:00:00z", NOON),
        ("2026-03-02t14:00:00+02:00", NOON),
        ("2026-03-02T12:00:00", NOON),
        ("2026-03-02T11:59:60Z", NOON - SECOND),
        ("2026-03-02T12:00:00.000001Z", NOON + 1),
    ],
)
def test_instant_parses_dates_and_date_times(text: str, at: int) -> None:
    assert instant(text) == at


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-03-02T25:00:00Z"])
def test_invalid_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words it, with the field's name
        instant(text)


@pytest.mark.parametrize(
    "text", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_instant_outside_the_calendar_is_clamped(text: str) -> None:
    assert timestamp(instant(text))[:4] in {"0001", "9999"}


def test_clock_ticks_with_real_time_and_stops_when_frozen() -> None:
    store, real = Store.open("sqlite://"), RealTime()
    clocks = ticking(store, real, "acme", "other")
    real.now += HOUR
    assert clocks.now("acme") == NOON + HOUR
    clocks.freeze("acme")
    real.now += HOUR
    assert (clocks.now("acme"), clocks.now("other")) == (NOON + HOUR, NOON + 2 * HOUR)
    clocks.unfreeze("acme")
    real.now += SECOND
    assert (clocks.now("acme"), clocks.offset("acme")) == (NOON + HOUR + SECOND, -HOUR)


@pytest.mark.parametrize("frozen", [False, True])
def test_advance_runs_due_steps_in_order_at_their_time(frozen: bool) -> None:
    store, real = Store.open("sqlite://"), RealTime()
    seen: list[Any] = []
    clocks = ticking(store, real, "acme")
    clocks.register_steps("shop", remembering(seen, clocks))
    if frozen:
        clocks.freeze("acme")
    schedule(
        store,
        (NOON + 3 * HOUR, "third"),
        (NOON + HOUR, "first"),
        (NOON + HOUR, "second"),
        (NOON + 9 * HOUR, "not yet"),
    )
    ran = clocks.advance("acme", NOON + 4 * HOUR)
    assert seen == [("first", NOON + HOUR), ("second", NOON + HOUR), ("third", NOON + 3 * HOUR)]
    assert [one.step.step for one in ran] == ["first", "second", "third"]
    assert clocks.now("acme") == NOON + 4 * HOUR
    assert clocks.frozen("acme") is frozen
    real.now += SECOND
    assert clocks.now("acme") == NOON + 4 * HOUR + (0 if frozen else SECOND)


def test_advance_runs_steps_scheduled_by_other_steps() -> None:
    store, real = Store.open("sqlite://"), RealTime()
    seen: list[Any] = []
    clocks = ticking(store, real, "acme")

    def run(change: Change, step: Step) -> None:
        seen.append(step.due)
        change.schedule(step.tenant, step.vendor, due=step.due + HOUR, step="again", subject="r1")

    clocks.register_steps("shop", run)
    schedule(store, (NOON + HOUR, "once"))
    clocks.advance("acme", NOON + 3 * HOUR)
    assert seen == [NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]
    assert clocks.next_due("acme") == NOON + 4 * HOUR


def test_advance_does_not_go_back() -> None:
    clocks = ticking(Store.open("sqlite://"), RealTime(), "acme")
    with pytest.raises(
        ValueError, match="shows 2026-03-02T12:00:00Z; it cannot go back to 2026-03-02T11:00:00Z"
    ):
        clocks.advance("acme", NOON - HOUR)


def test_step_runs_once_when_real_time_has_passed_it() -> None:
    store, real = Store.open("sqlite://"), RealTime()
    seen: list[Any] = []
    clocks = ticking(store, real, "acme")
    clocks.register_steps("shop", remembering(seen, clocks))
    schedule(store, (NOON + HOUR, "scan"))
    assert clocks.catch_up("acme") == []
    real.now = NOON + 5 * HOUR
    assert [one.step.step for one in clocks.catch_up("acme")] == ["scan"]
    assert clocks.catch_up("acme") == []
    assert seen == [("scan", NOON + HOUR)]
    assert clocks.now("acme") == NOON + 5 * HOUR


def test_failing_step_is_dropped_with_its_writes(caplog: pytest.LogCaptureFixture) -> None:
    store, real = Store.open("sqlite://"), RealTime()
    clocks = ticking(store, real, "acme")

    def run(change: Change, step: Step) -> None:
        change.put(row("half"))
        raise LookupError(f"{step.subject} is gone")

    clocks.register_steps("shop", run)
    schedule(store, (NOON + 1, "scan"))
    ran = clocks.advance("acme", NOON + 2)
    assert [one.error for one in ran] == ["of scan is gone"]
    assert store.row("acme", "shop", "return", "half") is None
    assert clocks.next_due("acme") is None
    assert "The step scan of of scan failed" in caplog.text


def test_clock_survives_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with open_world(database=url) as first:
        first.tenants.create("still", first_moment=NOON, frozen=True)
        first.tenants.create("ahead")
        first.world.clocks.advance("ahead", first.world.clocks.now("ahead") + 48 * HOUR)
        first.world.clocks.advance("still", NOON + HOUR)
    with open_world(database=url) as again:
        clocks = again.world.clocks
        assert (clocks.now("still"), clocks.frozen("still")) == (NOON + HOUR, True)
        assert abs(clocks.offset("ahead") - 48 * HOUR) < HOUR


def test_step_and_clock_are_stored_together() -> None:
    """A process that dies while advancing restarts at the time of the last completed step."""
    store, real = Store.open("sqlite://"), RealTime()
    kept: list[int] = []
    with store.change() as change:
        values = {"seed": 1, "seed_size": 0, "plan": "", "limits": "auto", "first_moment": NOON}
        more = {"chosen": True, "frozen": True, "clock_offset": 0, "frozen_at": NOON}
        change.run_for(
            "acme", sa.insert(tables.tenants).values(name="acme", partition="acme", **values, **more)
        )
    clocks = Clocks(store, real)

    def run(_change: Change, _step: Step) -> None:
        kept.append(store.select(sa.select(tables.tenants.c.frozen_at))[0][0])

    clocks.register_steps("shop", run)
    schedule(store, (NOON + 5, "a"), (NOON + 8, "b"))
    clocks.advance("acme", NOON + 9)
    assert kept == [NOON + 5, NOON + 8]
    assert Clocks(store, real).now("acme") == NOON + 9


@settings(deadline=None)
@given(
    dues=st.lists(st.integers(-5, 30), max_size=12),
    advances=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=6),
    frozen=st.booleans(),
)
def test_time_never_goes_back_and_each_step_runs_once(
    dues: list[int], advances: list[tuple[int, int]], frozen: bool
) -> None:
    store, real = Store.open("sqlite://"), RealTime()
    seen: list[Any] = []
    clocks = ticking(store, real, "acme", frozen=frozen)
    clocks.register_steps("shop", remembering(seen, clocks))
    schedule(store, *((NOON + due, f"{place}") for place, due in enumerate(dues)))
    shown = [clocks.now("acme")]
    for by, passes in advances:
        real.now += passes
        clocks.catch_up("acme")
        shown.append(clocks.now("acme"))
        clocks.advance("acme", clocks.now("acme") + by)
        shown.append(clocks.now("acme"))
    assert shown == sorted(shown)
    reached = shown[-1] if advances else NOON - 6
    expected = sorted((NOON + due, place) for place, due in enumerate(dues) if NOON + due <= reached)
    assert [(at, int(step)) for step, at in seen] == expected
    store.close()
