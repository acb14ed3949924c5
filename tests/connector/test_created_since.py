"""Polling by creation (`created_since`): each new record is delivered once while the list changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.changing_lists import START, GrowingList, run

from connector.definition.model import CreatedSince, Order
from connector.runtime.polling import STRATEGIES, Cursor, Fetch, ReadPlan, ReadResult, Strategy
from connector.runtime.polling.model import TriggerIdentity
from connector.runtime.polling.rows import micros
from connector.transport.times import parse_time

ABOUT = TriggerIdentity("shop:new_thing", "new_thing", ("created_at",))
OVERLAP = 60
REAL = STRATEGIES["created_since"]


def source(*, filtered: bool, size: int = 3, pages: int = 3) -> CreatedSince:
    return CreatedSince(
        operation="list_things",
        id=("id",),
        created=("created_at",),
        since="created_after" if filtered else None,
        order=Order(oldest_first={"order": "asc"}, newest_first={"order": "desc"}),
        overlap=OVERLAP,
        window=86_400,
        page_size=size,
        pages=pages,
    )


QUIET = 30
"""Polls without an event before an unchanging list counts as delivered: rows created in the same second
come in another order each time, so a row missed by one poll is found by a later one."""


def poll(
    strategy: Strategy, about: CreatedSince, world: GrowingList, cursor: Cursor | None, since: Any = None
) -> tuple[list[str], Cursor]:
    reading = strategy.plan(about, cursor, world.now, since)
    read = run(strategy.read(world.fetch, reading))
    outcome = strategy.fold(ABOUT, about, cursor, read, world.now, since)
    return [event.id for event in outcome.events], json.loads(json.dumps(outcome.cursor))


def poll_until_quiet(
    strategy: Strategy, about: CreatedSince, world: GrowingList, cursor: Cursor
) -> list[str]:
    """Poll an unchanging list until several polls deliver nothing (a wrong strategy may never get there)."""
    delivered: list[str] = []
    quiet = 0
    for _ in range(40 + QUIET):
        events, cursor = poll(strategy, about, world, cursor)
        delivered += events
        quiet = 0 if events or cursor["resume"] else quiet + 1
        if quiet == QUIET:
            break
    return delivered


def delivered_and_expected(
    strategy: Strategy,
    *,
    filtered: bool,
    inclusive: bool,
    counts: bool,
    seed: int,
    before: int,
    steps: list[tuple[int, int, int]],
) -> tuple[list[str], set[str], set[str]]:
    """Return delivered, required and optional events; a step is (pages read, seconds, row delay)."""
    about = source(filtered=filtered)
    world = GrowingList(size=about.page_size, inclusive=inclusive, counts=counts, seed=seed)
    for _ in range(before):
        world.now += timedelta(seconds=seed % 40)
        world.add()
    plan = list(steps)

    def between() -> None:
        while plan and plan[0][0] <= world.fetched:
            _, seconds, late = plan.pop(0)
            world.now += timedelta(seconds=seconds)
            world.add(late)

    old = {row["id"] for row in world.rows}
    _, cursor = poll(strategy, about, world, None)
    floor = cursor["floor"]
    world.between = between
    delivered: list[str] = []
    while plan:
        events, cursor = poll(strategy, about, world, cursor)
        delivered += events
    delivered += poll_until_quiet(strategy, about, world, cursor)
    new = [row for row in world.rows if row["id"] not in old]
    settled = {
        row["id"] for row in new if floor is not None and micros(parse_time(row["created_at"])) < floor
    }
    wanted = {row["id"] for row in new} - settled
    return delivered, {ABOUT.name + ":" + key for key in wanted}, {ABOUT.name + ":" + key for key in settled}


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([0, 0, 1, 5, 30, 90, 600]),
        st.sampled_from([0, 0, 0, 1, 20, OVERLAP]),
    ),
    max_size=40,
).map(
    lambda steps: [
        (2 + sum(one[0] for one in steps[: index + 1]), *step[1:]) for index, step in enumerate(steps)
    ]
)


@example(
    filtered=True,
    inclusive=False,
    counts=False,
    seed=9341,
    before=3,
    steps=[(4, 0, 1), (4, 1, 1), (5, 0, 1), (8, 0, 1)],
)
@settings(max_examples=250, deadline=None)
@given(
    filtered=st.booleans(),
    inclusive=st.booleans(),
    counts=st.booleans(),
    seed=st.integers(0, 10_000),
    before=st.integers(0, 12),
    steps=STEPS,
)
def test_each_new_record_is_delivered_exactly_once_as_rows_move(**scenario: Any) -> None:
    delivered, wanted, settled = delivered_and_expected(REAL, **scenario)
    assert len(delivered) == len(set(delivered))
    assert wanted <= set(delivered)
    assert set(delivered) <= wanted | settled


async def first_page_only(fetch: Fetch, reading: ReadPlan) -> ReadResult:
    page = await fetch(reading.query, reading.first_page)
    return ReadResult(rows=page.rows, complete=True, next_page=page.next, total=None)


def no_overlap(about: CreatedSince, *rest: Any) -> Any:
    return REAL.plan(about.model_copy(update={"overlap": 0}), *rest)


def forgetful(*rest: Any) -> Any:
    outcome = REAL.fold(*rest)
    return replace(outcome, cursor={**outcome.cursor, "seen": {}})


@pytest.mark.parametrize(
    "mutant",
    [
        replace(REAL, read=first_page_only),
        replace(REAL, plan=no_overlap),
        replace(REAL, fold=forgetful),
    ],
    ids=["first page only", "no overlap", "forgets what it saw"],
)
def test_wrong_strategy_is_caught(mutant: Strategy) -> None:
    steps = [(index // 2, 5, OVERLAP if index % 7 == 6 else 0) for index in range(40)]
    steps = [(3 + page, seconds, late) for page, seconds, late in steps]
    caught = False
    for seed in range(20):
        delivered, wanted, _ = delivered_and_expected(
            mutant, filtered=True, inclusive=True, counts=True, seed=seed, before=5, steps=steps
        )
        caught = caught or len(delivered) != len(set(delivered)) or not wanted <= set(delivered)
    assert caught


@pytest.mark.parametrize("filtered", [True, False])
def test_backlog_larger_than_one_poll_is_delivered_over_several(filtered: bool) -> None:
    about = source(filtered=filtered)
    world = GrowingList(size=3)
    world.add()
    _, cursor = poll(REAL, about, world, None)
    for _ in range(50):
        world.add()  # all in the same second: a watermark alone could not advance past them
    first, cursor = poll(REAL, about, world, cursor)
    assert 0 < len(first) <= 9
    rest = poll_until_quiet(REAL, about, world, cursor)
    assert len(first + rest) == 50 == len(set(first + rest))


def test_since_delivers_records_from_before_the_first_poll() -> None:
    world = GrowingList(size=3)
    for _ in range(7):
        world.add()
        world.now += timedelta(hours=1)
    about = source(filtered=True)
    events, cursor = poll(REAL, about, world, None, START + timedelta(hours=3))
    assert events == [f"shop:new_thing:r{index:04d}" for index in (3, 4, 5, 6)]
    assert poll(REAL, about, world, cursor)[0] == []


def test_older_record_that_appears_during_a_poll_is_found_by_the_total() -> None:
    """It is older than the overlap once the watermark has advanced; only the total reveals it."""
    about = source(filtered=True)
    world = GrowingList(size=3)
    world.add()
    _, cursor = poll(REAL, about, world, None)
    for _ in range(7):
        world.now += timedelta(minutes=10)
        world.add()
    behind = world.fetched + 2

    def between() -> None:
        if world.fetched == behind:
            world.add(late=65 * 60)

    world.between = between
    delivered, cursor = poll(REAL, about, world, cursor)
    world.between = lambda: None
    delivered += poll_until_quiet(REAL, about, world, cursor)
    assert sorted(delivered) == [f"shop:new_thing:r{index:04d}" for index in range(1, 9)]


def test_polling_can_start_on_an_empty_list() -> None:
    world = GrowingList(size=3)
    about = source(filtered=True)
    events, cursor = poll(REAL, about, world, None)
    assert events == []
    world.add()
    assert poll(REAL, about, world, cursor)[0] == ["shop:new_thing:r0000"]


def test_cursor_drops_ids_older_than_the_overlap() -> None:
    world = GrowingList(size=3)
    about = source(filtered=True, pages=100)
    _, cursor = poll(REAL, about, world, None)
    for _ in range(100):
        world.now += timedelta(seconds=30)
        world.add()
    _, cursor = poll(REAL, about, world, cursor)
    assert len(cursor["seen"]) <= 3


@pytest.mark.parametrize("filtered", [True, False])
def test_records_with_equal_timestamps_keep_the_vendors_order(*, filtered: bool) -> None:
    about = source(filtered=filtered)
    _, cursor = poll(REAL, about, GrowingList(size=3), None)
    made = [{"id": key, "created_at": "2026-03-01T12:00:00Z"} for key in ("b", "c", "a")]
    rows = tuple(made if filtered else reversed(made))
    outcome = REAL.fold(
        ABOUT, about, cursor, ReadResult(rows, complete=True, next_page=2, total=3), START, None
    )
    assert [event.data["id"] for event in outcome.events] == ["b", "c", "a"]


@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_record_dated_in_the_future_hides_no_other_record(*, filtered: bool, first: bool) -> None:
    about, world = source(filtered=filtered), GrowingList(size=3)
    for _ in range(5):
        world.add()
    _, before = poll(REAL, about, world, None)
    ahead = world.add(late=-30 * 86_400)
    delivered, cursor = poll(REAL, about, world, None if first else before)
    assert delivered == ([] if first else [f"{ABOUT.name}:{ahead}"])
    world.now += timedelta(hours=1)
    assert poll(REAL, about, world, cursor)[0] == []
    key = world.add()
    assert poll_until_quiet(REAL, about, world, cursor) == [f"{ABOUT.name}:{key}"]
