"""Polling by last change (`changed_since`): no change is missed while the list changes during a poll."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.changing_lists import START, ChangingList, run

import connector
from connector.definition.compiler import integration
from connector.definition.model import ChangedSince
from connector.errors import UnexpectedResponse
from connector.runtime.polling import STRATEGIES, Cursor, Event
from connector.runtime.polling.model import TriggerIdentity, oldest_first
from connector.runtime.polling.rows import micros

if TYPE_CHECKING:
    from support.fake_vendor import Time

ABOUT = TriggerIdentity("shop:changed", "changed", None)
REAL = STRATEGIES["changed_since"]
OVERLAP = 600
DAY = 86_400


def source(**values: Any) -> ChangedSince:
    facts: dict[str, Any] = {
        "operation": "list_things",
        "id": ("id",),
        "created": ("created_at",),
        "changed": ("updated_at",),
        "since": "updated_after",
        "mark": None,
        "state": None,
        "reached": None,
        "initial": (),
        "overlap": OVERLAP,
        "look_back": 2 * DAY,
        "window": DAY,
        "page_size": 3,
        "pages": 3,
    }
    return ChangedSince(**{**facts, **values})


CREATED = source(mark=("created_at",))
UPDATED = source(mark=("updated_at",))
CLOSED = source(mark=("closed_at",), state=("status",), reached=("closed",))
MOVED = source(state=("status",), initial=("open",))
FAILED = source(state=("status",), reached=("failed",))


SILENT = {"created": None, "changed": None, "since_form": "gte_zoneless"}
SILENT_MOVED = source(state=("status",), initial=("open",), **SILENT)
SILENT_FAILED = source(state=("status",), reached=("failed",), **SILENT)


def poll(
    about: ChangedSince, world: ChangingList, cursor: Cursor | None, since: Any = None
) -> tuple[list[str], Cursor]:
    reading = REAL.plan(about, cursor, world.now, since)
    read = run(REAL.read(world.fetch, reading))
    outcome = REAL.fold(ABOUT, about, cursor, read, world.now, since)
    delivered = [event.id.removeprefix("shop:changed:") for event in outcome.events]
    return delivered, json.loads(json.dumps(outcome.cursor))


def prime(about: ChangedSince, world: ChangingList) -> Cursor:
    cursor: Cursor | None = None
    while cursor is None or not cursor["primed"]:
        delivered, cursor = poll(about, world, cursor)
        assert delivered == []
    return cursor


def settle(about: ChangedSince, world: ChangingList, cursor: Cursor) -> list[str]:
    found: list[str] = []
    for _ in range(6 * (2 + len(world.rows) // 9)):
        delivered, cursor = poll(about, world, cursor)
        found += delivered
    return found


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # number of pages read before the change
        st.sampled_from([0, 1, 30, 400]),  # seconds to advance the clock
        st.integers(0, 40),  # row to change; an index beyond the last row adds a new row
        st.integers(0, OVERLAP - 60),  # delay until a new row becomes visible
        st.sampled_from([None, "open", "failed", "closed"]),
    ),
    max_size=30,
)


def run_steps(
    about: ChangedSince, world: ChangingList, before: int, steps: list[Any]
) -> tuple[set[str], list[str]]:
    """Prime the cursor and change rows between pages; return the initial rows and the delivered events."""
    for _ in range(before):
        world.add()
    world.now += timedelta(hours=1)
    cursor = prime(about, world)
    there = {row["id"] for row in world.rows}
    coming = [
        (world.fetched + sum(one[0] for one in steps[: n + 1]), *step[1:]) for n, step in enumerate(steps)
    ]

    def between() -> None:
        while coming and coming[0][0] <= world.fetched:
            _, passing, which, late, status = coming.pop(0)
            world.now += timedelta(seconds=passing)
            if which >= len(world.rows):
                world.add(late=late)
            else:
                world.change(which, None if world.rows[which]["status"] == "closed" else status)

    world.between = between
    delivered: list[str] = []
    while coming:
        found, cursor = poll(about, world, cursor)
        delivered += found
    return there, delivered + settle(about, world, cursor)


@settings(max_examples=150, deadline=None)
@given(order=st.integers(0, 3), inclusive=st.booleans(), before=st.integers(0, 12), steps=STEPS)
def test_every_new_record_is_delivered_exactly_once(
    order: int, inclusive: bool, before: int, steps: list[Any]
) -> None:
    world = ChangingList(size=3, order=order, inclusive=inclusive)
    there, delivered = run_steps(CREATED, world, before, steps)
    assert sorted(delivered) == sorted({row["id"] for row in world.rows} - there)


@settings(max_examples=150, deadline=None)
@given(order=st.integers(0, 3), inclusive=st.booleans(), before=st.integers(0, 12), steps=STEPS)
def test_latest_change_of_each_record_is_delivered_and_no_change_twice(
    order: int, inclusive: bool, before: int, steps: list[Any]
) -> None:
    world = ChangingList(size=3, order=order, inclusive=inclusive)
    there, delivered = run_steps(UPDATED, world, before, steps)
    assert len(delivered) == len(set(delivered))
    old = {f"{key}:{START.strftime('%Y-%m-%dT%H:%M:%SZ')}" for key in there}
    latest = {f"{row['id']}:{row['updated_at']}" for row in world.rows}
    assert latest - old <= set(delivered)
    assert not set(delivered) & old


@settings(max_examples=150, deadline=None)
@given(order=st.integers(0, 3), before=st.integers(0, 12), steps=STEPS)
def test_new_timestamp_is_delivered_once(order: int, before: int, steps: list[Any]) -> None:
    world = ChangingList(size=3, order=order)
    _, delivered = run_steps(CLOSED, world, before, steps)
    expected = [f"{row['id']}:{row['closed_at']}" for row in world.rows if row["closed_at"]]
    assert sorted(delivered) == sorted(expected)


@settings(max_examples=150, deadline=None)
@given(order=st.integers(0, 3), before=st.integers(0, 12), steps=STEPS)
def test_reached_and_last_states_are_delivered(order: int, before: int, steps: list[Any]) -> None:
    world = ChangingList(size=3, order=order)
    _, delivered = run_steps(FAILED, world, before, steps)
    assert len(delivered) == len(set(delivered))
    assert {row["id"] for row in world.rows if row["status"] == "failed"} <= set(delivered)
    world = ChangingList(size=3, order=order)
    _, delivered = run_steps(MOVED, world, before, steps)
    assert len(delivered) == len(set(delivered))
    last = {one.split(":")[0]: one.split(":")[1] for one in delivered}
    for row in world.rows:
        assert row["id"] not in last or last[row["id"]] == row["status"]
        assert row["id"] in last or row["status"] == "open"


def test_two_updates_in_one_second_are_one_event_but_two_states() -> None:
    """As the guarantee states: updates are distinguished by second only, states by their name."""
    for about, expected in ((UPDATED, 1), (MOVED, 2)):
        world = ChangingList(size=3)
        cursor = prime(about, world)
        world.add(status="failed")
        first, cursor = poll(about, world, cursor)
        world.change(0, "closed")
        second, _ = poll(about, world, cursor)
        assert len([*first, *second]) == expected


def test_first_poll_delivers_nothing_unless_since_is_given() -> None:
    world = ChangingList(size=3, now=START)
    world.add()
    world.now += timedelta(days=1)
    world.add()
    assert poll(CREATED, world, None)[0] == []
    assert poll(CREATED, world, None, START + timedelta(hours=1))[0] == ["r0001"]
    assert poll(CREATED, world, None, START)[0] == ["r0000", "r0001"]


def test_changes_are_delivered_after_a_long_pause() -> None:
    """The look-back discards rows that were read, never rows that were not."""
    world = ChangingList(size=3)
    cursor = prime(CREATED, world)
    world.add()
    _, cursor = poll(CREATED, world, cursor)
    for _ in range(20):
        world.now += timedelta(days=1)
        world.add()
    assert sorted(settle(CREATED, world, cursor)) == [f"r{n:04d}" for n in range(1, 21)]


def test_rows_older_than_the_look_back_are_discarded() -> None:
    world = ChangingList(size=3)
    cursor = prime(UPDATED, world)
    for _ in range(6):
        world.now += timedelta(days=1)
        world.add()
        _, cursor = poll(UPDATED, world, cursor)
    assert len(cursor["rows"]) <= 4


def test_lap_resumes_where_the_page_ceiling_stopped_it() -> None:
    world = ChangingList(size=3)
    cursor = prime(CREATED, world)
    for _ in range(20):
        world.add()
    first, cursor = poll(CREATED, world, cursor)
    assert len(first) == 9
    assert cursor["resume"]["page"] == 4
    assert cursor["watermark"] is None
    second, cursor = poll(CREATED, world, cursor)
    third, cursor = poll(CREATED, world, cursor)
    assert len({*first, *second, *third}) == 20
    assert cursor["resume"] is None


def test_total_larger_than_the_visible_rows_does_not_block_polling() -> None:
    world = ChangingList(size=3)
    cursor = prime(CREATED, world)
    world.add()
    delivered: list[str] = []
    for _ in range(7):
        reading = REAL.plan(CREATED, cursor, world.now, None)
        read = run(REAL.read(world.fetch, reading))
        more = type(read)(read.rows, read.complete, read.next_page, 5)
        outcome = REAL.fold(ABOUT, CREATED, cursor, more, world.now, None)
        cursor = dict(outcome.cursor)
        delivered += [event.id for event in outcome.events]
    assert delivered == ["shop:changed:r0000"]
    assert cursor["watermark"] is not None


@pytest.mark.parametrize(
    ("about", "spoilt"), [(UPDATED, "updated_at"), (CLOSED, "closed_at"), (MOVED, "status"), (CREATED, "id")]
)
def test_record_without_its_key_or_timestamp_is_refused(about: ChangedSince, spoilt: str) -> None:
    world = ChangingList(size=3)
    cursor = prime(about, world)
    world.add(status="closed")
    world.change(0)
    row = dict(world.rows[0])
    row[spoilt] = 7.5
    read = run(REAL.read(world.fetch, REAL.plan(about, cursor, world.now, None)))
    broken = type(read)((row,), complete=True, next_page=2, total=1)
    with pytest.raises(UnexpectedResponse, match=spoilt):
        REAL.fold(ABOUT, about, cursor, broken, world.now, None)


def test_guarantees_describe_marks_and_states() -> None:
    made = integration("swap").triggers
    promises = {
        key: (one.guarantees["python"].delivers, [".".join(path) for path in one.guarantees["python"].dedupe])
        for key, one in made.items()
    }
    assert promises == {
        "new_return": ("every_record", ["return_id"]),
        "return_updated": ("latest_state", ["return_id", "date_updated"]),
        "return_status_changed": ("latest_state", ["return_id", "status"]),
        "return_needs_review": ("reached", ["return_id"]),
        "return_cancelled": ("reached", ["return_id"]),
        "return_completed": ("reached", ["return_id", "date_closed"]),
        "return_delivered": ("reached", ["return_id", "delivered_date"]),
        "quality_control_changed": ("latest_state", ["return_id", "quality_control_status"]),
        "quality_control_passed": ("reached", ["return_id"]),
        "quality_control_failed": ("reached", ["return_id"]),
    }
    python = made["return_updated"].guarantees["python"]
    zapier = made["return_completed"].guarantees["zapier"]
    assert (python.look_back, zapier.look_back) == (900, DAY)
    assert (python.order, zapier.order) == ("any", "any")
    assert (python.calls_per_poll, zapier.calls_per_poll, zapier.items_per_poll) == (20, 10, 1000)
    assert python.shortest_interval == {}
    assert "a second change within one second" in python.loses
    assert made["quality_control_failed"].guarantees["python"].provenance == "assumed"


def test_change_during_a_lap_of_many_polls_is_delivered() -> None:
    """The lap took hours and many polls; a row read early in the lap changed shortly after."""
    world = ChangingList(size=3)
    for _ in range(30):
        world.add()
    world.now += timedelta(minutes=30)
    cursor = prime(MOVED, world)
    world.now += timedelta(hours=1)
    for place in range(30):
        world.change(place)
    delivered, cursor = poll(MOVED, world, cursor)
    assert delivered == []
    world.now += timedelta(minutes=1)
    world.change(0, "failed")
    world.now += timedelta(hours=2)
    world.change(29)
    assert settle(MOVED, world, cursor) == ["r0000:failed"]


@settings(max_examples=150, deadline=None)
@given(order=st.sampled_from([0, 2]), before=st.integers(0, 12), steps=STEPS)
def test_rows_without_timestamps_use_the_time_of_the_answer(
    order: int, before: int, steps: list[Any]
) -> None:
    world = ChangingList(size=3, order=order, silent=True)
    _there, delivered = run_steps(SILENT_MOVED, world, before, steps)
    assert len(delivered) == len(set(delivered))
    last = {key.split(":")[0]: key.split(":")[1] for key in delivered}
    for row in world.rows:
        quiet = row["status"] == "open" and row["id"] not in last
        assert quiet or last[row["id"]] == row["status"], (row, delivered)
    assert {key.split(":")[0] for key in delivered} <= {row["id"] for row in world.rows}


@settings(max_examples=100, deadline=None)
@given(order=st.sampled_from([0, 2]), before=st.integers(0, 12), steps=STEPS)
def test_rows_without_timestamps_reach_a_state_once(order: int, before: int, steps: list[Any]) -> None:
    world = ChangingList(size=3, order=order, silent=True)
    _there, delivered = run_steps(SILENT_FAILED, world, before, steps)
    assert len(delivered) == len(set(delivered))
    assert {row["id"] for row in world.rows if row["status"] == "failed"} <= set(delivered)


@settings(max_examples=100, deadline=None)
@given(before=st.integers(0, 12), late=st.lists(st.integers(0, OVERLAP - 60), max_size=12))
def test_rows_without_timestamps_are_new_once(before: int, late: list[int]) -> None:
    about = source(**SILENT)
    world = ChangingList(size=3, order=0, silent=True)
    there, delivered = run_steps(about, world, before, [(1, 30, 99, one, None) for one in late])
    assert sorted(delivered) == sorted({row["id"] for row in world.rows} - there)


def test_filter_formats_its_timestamp_as_the_vendor_requires() -> None:
    reading = REAL.plan(source(**SILENT), None, START, START)
    assert reading.query == {"updated_after": "gte:2026-03-01T11:59:59"}
    assert REAL.plan(CREATED, None, START, START).query == {"updated_after": "2026-03-01T11:59:59Z"}


def test_local_clock_is_used_if_the_vendor_sends_no_date() -> None:
    world = ChangingList(size=3, silent=True)
    world.add()
    about = source(**SILENT)
    reading = REAL.plan(about, None, world.now, None)
    read = replace(run(REAL.read(world.fetch, reading)), at=None)
    outcome = REAL.fold(ABOUT, about, None, read, world.now, None)
    assert outcome.cursor["watermark"] == micros(world.now)


@pytest.mark.anyio
async def test_events_are_ordered_by_time_of_occurrence(time: Time) -> None:
    """The list is sorted and filtered by last change; here the oldest return changed last."""
    made = integration("swap")
    rows = [
        {**made.resources["return"].sample, "return_id": name, "date_created": at, "date_updated": changed}
        for name, at, changed in [
            ("late", "2026-02-27T09:00:00Z", "2026-02-27T10:00:00Z"),
            ("early", "2026-02-25T09:00:00Z", "2026-02-28T10:00:00Z"),
            ("middle", "2026-02-26T09:00:00Z", "2026-02-26T10:00:00Z"),
        ]
    ]
    body = {**made.operations["list_returns"].example, "returns": rows}
    shop = connector.open(
        made,
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, json=body)),
        clock=time.clock,
        sleep=time.sleep,
        api_key="sandbox-demo-swap",
        store_id="store_123abc",
    )
    trigger = shop.triggers["new_return"]
    for poll_once in (trigger.poll, trigger.poll_list):
        polled = await poll_once(since=time.clock() - timedelta(days=9))
        assert [event.data["return_id"] for event in polled.events] == ["early", "middle", "late"]


def test_events_keep_list_order_if_one_has_no_timestamp() -> None:
    times = [START, None, START - timedelta(1)]
    delivered = [Event(str(n), "t", when, START, {}) for n, when in enumerate(times)]
    assert [event.id for event in oldest_first(delivered)] == ["0", "1", "2"]
    assert [event.id for event in oldest_first(one for one in delivered if one.occurred_at)] == ["2", "0"]
