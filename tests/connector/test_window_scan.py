"""Polling by reading all records of the look-back (`window_scan`): each status change is delivered once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.changing_lists import START, GrowingList, run

from connector.definition.model import Order, WindowScan
from connector.errors import UnexpectedResponse
from connector.runtime.polling import STRATEGIES, Cursor, ReadResult
from connector.runtime.polling.model import TriggerIdentity

ABOUT = TriggerIdentity("shop:moved", "moved", None)
REAL = STRATEGIES["window_scan"]
PATH = ["pending", "approved", "in_transit", "completed"]


def source(*, filtered: bool = True, reached: tuple[str, ...] | None = None, pages: int = 3) -> WindowScan:
    return WindowScan(
        operation="list_things",
        id=("id",),
        created=("created_at",),
        state=("status",),
        since="created_after" if filtered else None,
        order=Order(oldest_first={"order": "asc"}, newest_first={"order": "desc"}),
        look_back=10 * 86_400,
        reached=reached,
        initial=("pending",),
        page_size=3,
        pages=pages,
    )


def poll(
    about: WindowScan, world: GrowingList, cursor: Cursor | None, since: Any = None
) -> tuple[list[str], Cursor]:
    reading = REAL.plan(about, cursor, world.now, since)
    read = run(REAL.read(world.fetch, reading))
    outcome = REAL.fold(ABOUT, about, cursor, read, world.now, since)
    return [event.id for event in outcome.events], json.loads(json.dumps(outcome.cursor))


def prime(about: WindowScan, world: GrowingList) -> Cursor:
    cursor: Cursor | None = None
    while cursor is None or not cursor["primed"]:
        events, cursor = poll(about, world, cursor)
        assert events == []
    return cursor


def settle(about: WindowScan, world: GrowingList, cursor: Cursor) -> list[str]:
    delivered: list[str] = []
    for _ in range(12 * (2 + len(world.rows) // 9)):
        events, cursor = poll(about, world, cursor)
        delivered += events
    return delivered


@settings(max_examples=120, deadline=None)
@given(
    filtered=st.booleans(),
    seed=st.integers(0, 10_000),
    before=st.integers(0, 12),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 5)), max_size=25),
)
def test_reaching_a_state_is_delivered_exactly_once(
    filtered: bool, seed: int, before: int, steps: list[tuple[int, int, int]]
) -> None:
    about = source(filtered=filtered, reached=("approved", "in_transit", "completed"))
    world = GrowingList(size=3, seed=seed)
    for index in range(before):
        world.add(status=PATH[index % 4])
    cursor = prime(about, world)
    already = {row["id"] for row in world.rows if row["status"] != "pending"}
    plan = [
        (world.fetched + sum(one[0] for one in steps[: index + 1]), *step[1:])
        for index, step in enumerate(steps)
    ]

    def between() -> None:
        while plan and plan[0][0] <= world.fetched:
            _, which, how = plan.pop(0)
            world.now += timedelta(seconds=which)
            if how == 0 or not world.rows:
                world.add(late=which * 60)
            else:
                row = world.rows[which % len(world.rows)]
                row["status"] = PATH[min(3, PATH.index(row["status"]) + how % 3)]

    world.between = between
    delivered: list[str] = []
    while plan:
        events, cursor = poll(about, world, cursor)
        delivered += events
    delivered += settle(about, world, cursor)
    wanted = {row["id"] for row in world.rows if row["status"] != "pending"} - already
    assert sorted(delivered) == sorted(f"shop:moved:{key}" for key in wanted)


def test_states_passed_between_polls_count_as_reached() -> None:
    about, world = source(reached=("approved", "in_transit")), GrowingList(size=3)
    key = world.add()
    cursor = prime(about, world)
    world.rows[0]["status"] = "in_transit"
    events, cursor = poll(about, world, cursor)
    assert events == [f"shop:moved:{key}"]
    for status in ("on_hold", "approved"):
        world.rows[0]["status"] = status
        events, cursor = poll(about, world, cursor)
        assert events == []


def test_every_change_is_delivered_and_a_repeated_state_gets_a_new_id() -> None:
    about, world = source(), GrowingList(size=3)
    key = world.add()
    cursor = prime(about, world)
    delivered = []
    for status in ("approved", "on_hold", "approved"):
        world.rows[0]["status"] = status
        events, cursor = poll(about, world, cursor)
        delivered += events
    assert delivered == [
        f"shop:moved:{key}:approved",
        f"shop:moved:{key}:on_hold",
        f"shop:moved:{key}:approved:2",
    ]


def test_new_record_is_a_change_only_if_it_left_its_first_state() -> None:
    about, world = source(), GrowingList(size=3)
    cursor = prime(about, world)
    world.add()
    moved = world.add(status="approved")
    assert poll(about, world, cursor)[0] == [f"shop:moved:{moved}:approved"]


def test_record_missing_from_one_poll_is_remembered() -> None:
    about, world = source(), GrowingList(size=3)
    world.add(status="approved")
    cursor = prime(about, world)
    hidden, world.rows = world.rows, []
    events, cursor = poll(about, world, cursor)
    world.rows = hidden
    assert events == []
    assert poll(about, world, cursor)[0] == []


def test_records_older_than_the_look_back_are_forgotten() -> None:
    about, world = source(), GrowingList(size=3)
    world.add()
    cursor = prime(about, world)
    world.now += timedelta(days=11)
    world.rows[0]["status"] = "approved"
    events, cursor = poll(about, world, cursor)
    assert events == []
    assert cursor["rows"] == {}


def test_since_delivers_states_already_reached() -> None:
    about, world = source(reached=("approved",)), GrowingList(size=3)
    world.add(status="approved")
    world.now += timedelta(hours=2)
    key = world.add(status="approved")
    assert poll(about, world, None, START + timedelta(hours=1))[0] == [f"shop:moved:{key}"]


@pytest.mark.parametrize("filtered", [True, False])
def test_since_delivers_all_over_several_polls(*, filtered: bool) -> None:
    about, world = source(filtered=filtered, reached=("approved",), pages=1), GrowingList(size=3)
    keys = [world.add(late=index * 86_400, status="approved") for index in range(20)]
    cursor: Cursor | None = None
    delivered: list[str] = []
    for _ in range(8):
        events, cursor = poll(about, world, cursor, START - timedelta(days=30))
        delivered += events
    assert sorted(delivered) == sorted(f"shop:moved:{key}" for key in keys)
    assert cursor is not None
    assert len(cursor["rows"]) == 11, "rows older than the look-back are dropped at the end of a lap"


def test_record_created_before_since_is_watched_from_then_on() -> None:
    about, world = source(reached=("approved",)), GrowingList(size=3)
    waits = world.add()
    world.add(status="approved")
    world.now += timedelta(hours=2)
    events, cursor = poll(about, world, None, START + timedelta(hours=1))
    assert events == []
    world.rows[0]["status"] = "approved"
    assert poll(about, world, cursor)[0] == [f"shop:moved:{waits}"]


@pytest.mark.parametrize("status", [7, True, {}, ["approved"]])
def test_state_that_is_no_text_is_an_error_without_an_event(status: Any) -> None:
    about, world = source(), GrowingList(size=3)
    world.add()
    world.rows[0]["status"] = status
    with pytest.raises(UnexpectedResponse, match="status is not text"):
        REAL.check(about, world.rows[0])
    with pytest.raises(UnexpectedResponse, match="status is not text"):
        poll(about, world, None)


@pytest.mark.parametrize("status", [None, "", " - "])
def test_record_without_a_state_fires_once_it_has_one(status: Any) -> None:
    about, world = source(), GrowingList(size=3)
    cursor = prime(about, world)
    key = world.add()
    world.rows[0]["status"] = status
    REAL.check(about, world.rows[0])
    events, cursor = poll(about, world, cursor)
    assert events == []
    world.rows[0]["status"] = "approved"
    assert poll(about, world, cursor)[0] == [f"shop:moved:{key}:approved"]


@pytest.mark.parametrize("filtered", [True, False])
def test_changes_with_equal_timestamps_keep_the_vendors_order(*, filtered: bool) -> None:
    about, world = source(filtered=filtered), GrowingList(size=3)
    cursor = prime(about, world)
    made = [
        {"id": key, "created_at": "2026-03-01T12:00:00Z", "status": "approved"} for key in ("b", "c", "a")
    ]
    rows = tuple(made if filtered else reversed(made))
    outcome = REAL.fold(
        ABOUT, about, cursor, ReadResult(rows, complete=True, next_page=2, total=3), START, None
    )
    assert [event.data["id"] for event in outcome.events] == ["b", "c", "a"]
