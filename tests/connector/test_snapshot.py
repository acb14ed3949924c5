"""Polling by comparing complete lists (`snapshot`): each version is delivered once, even if rows move."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.changing_lists import START, iso, run

from connector.definition.model import Order, Snapshot
from connector.errors import ConfigurationError, UnexpectedResponse, VendorUnavailable
from connector.runtime.polling import STRATEGIES, Cursor
from connector.runtime.polling.model import TriggerIdentity
from connector.transport.paging import Page, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

ABOUT = TriggerIdentity("shop:told", "told", None)
REAL = STRATEGIES["snapshot"]
SIZE = 3


@dataclass
class OffsetList:
    """Rows served by offset, sorted by creation or by change; `between` is called before each page."""

    by_change: bool = False
    counts: bool = True
    now: datetime = START
    rows: list[dict[str, Any]] = field(default_factory=list)
    between: Callable[[], None] = lambda: None
    fetched: int = 0

    def add(self, status: str = "pending") -> str:
        key = f"r{len(self.rows):04d}"
        self.rows.append(
            {"id": key, "version": "0", "status": status, "created_on": iso(self.now), "updated_on": ""}
        )
        return key

    def change(self, place: int, status: str | None = None) -> None:
        row = self.rows[place]
        row["version"] = str(int(row["version"]) + 1)
        row["updated_on"] = iso(self.now)
        row["status"] = status or row["status"]

    async def fetch(self, query: Mapping[str, Any], position: Position | None) -> Page:
        assert query == {"by": "created_on", "direction": "desc"}
        self.between()
        self.fetched += 1
        start = int(position or 0)
        rows = sorted(
            self.rows,
            key=lambda row: ((row["updated_on"] if self.by_change else "") or row["created_on"], row["id"]),
            reverse=True,
        )
        part = tuple(dict(row) for row in rows[start : start + SIZE])
        following = start + SIZE if start + SIZE < len(rows) else None
        return Page(part, following, len(rows) if self.counts else None)


def source(detects: str = "versions", **values: Any) -> Snapshot:
    facts: dict[str, Any] = {
        "operation": "list_things",
        "id": ("id",),
        "version": ("version",),
        "created": ("created_on",),
        "changed": ("updated_on",),
        "order": Order(
            oldest_first={"by": "created_on", "direction": "asc"},
            newest_first={"by": "created_on", "direction": "desc"},
        ),
        "detects": detects,
        "state": ("status",) if detects == "states" else None,
        "reached": None,
        "initial": ("pending",) if detects == "states" else (),
        "most_records": 1_000,
        "page_size": SIZE,
        "pages": 2,
    }
    return Snapshot(**{**facts, **values})


def poll(
    about: Snapshot, world: OffsetList, cursor: Cursor | None, since: datetime | None = None
) -> tuple[list[str], Cursor]:
    read = run(REAL.read(world.fetch, REAL.plan(about, cursor, world.now, since)))
    outcome = REAL.fold(ABOUT, about, cursor, read, world.now, since)
    ids = [event.id.removeprefix("shop:told:") for event in outcome.events]
    return ids, json.loads(json.dumps(outcome.cursor))


def prime(about: Snapshot, world: OffsetList) -> Cursor:
    cursor: Cursor | None = None
    while cursor is None or not cursor["primed"]:
        events, cursor = poll(about, world, cursor)
        assert events == []
    return cursor


def settle(about: Snapshot, world: OffsetList, cursor: Cursor) -> list[str]:
    delivered: list[str] = []
    for _ in range(3 * (1 + len(world.rows) // (2 * SIZE))):
        events, cursor = poll(about, world, cursor)
        delivered += events
    return delivered


STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 3)), max_size=25)


def run_steps(about: Snapshot, world: OffsetList, steps: list[tuple[int, int, int]]) -> list[str]:
    """Run the steps between pages; return all delivered events, including those of the last changes."""
    cursor = prime(about, world)
    plan = [
        (world.fetched + sum(one[0] for one in steps[: index + 1]), *step[1:])
        for index, step in enumerate(steps)
    ]

    def between() -> None:
        while plan and plan[0][0] <= world.fetched:
            _, which, how = plan.pop(0)
            world.now += timedelta(seconds=which)
            if how == 0 or not world.rows:
                world.add()
            else:
                world.change(which % len(world.rows), "closed" if how == 1 else None)

    world.between = between
    delivered: list[str] = []
    while plan:
        events, cursor = poll(about, world, cursor)
        delivered += events
    return delivered + settle(about, world, cursor)


@settings(max_examples=150, deadline=None)
@given(by_change=st.booleans(), before=st.integers(0, 12), steps=STEPS)
def test_each_new_record_is_delivered_once(*, by_change: bool, before: int, steps: list[Any]) -> None:
    world = OffsetList(by_change=by_change)
    for _ in range(before):
        world.add()
    delivered = run_steps(source("records"), world, steps)
    assert sorted(delivered) == [row["id"] for row in world.rows[before:]]


@settings(max_examples=150, deadline=None)
@given(by_change=st.booleans(), before=st.integers(0, 12), steps=STEPS)
def test_latest_version_is_delivered_and_none_twice(
    *, by_change: bool, before: int, steps: list[Any]
) -> None:
    world = OffsetList(by_change=by_change)
    for _ in range(before):
        world.add()
    delivered = run_steps(source(), world, steps)
    assert len(delivered) == len(set(delivered))
    last: dict[str, int] = {}
    for key, version in (one.split(":") for one in delivered):
        assert int(version) > last.get(key, -1), "an older version after a newer one"
        last[key] = int(version)
    wanted = {
        row["id"]: int(row["version"])
        for place, row in enumerate(world.rows)
        if place >= before or row["version"] != "0"
    }
    assert last == wanted


@settings(max_examples=100, deadline=None)
@given(by_change=st.booleans(), before=st.integers(0, 12), steps=STEPS)
def test_reaching_a_state_is_delivered_once(*, by_change: bool, before: int, steps: list[Any]) -> None:
    world = OffsetList(by_change=by_change)
    for place in range(before):
        world.add("closed" if place % 3 == 0 else "pending")
    there = {row["id"] for row in world.rows if row["status"] == "closed"}
    delivered = run_steps(source("states", reached=("closed",)), world, steps)
    assert sorted(delivered) == sorted({row["id"] for row in world.rows if row["status"] == "closed"} - there)


def test_each_state_change_is_delivered_and_a_repeated_state_gets_a_new_id() -> None:
    about, world = source("states"), OffsetList()
    cursor = prime(about, world)
    world.add()
    world.add("closed")
    delivered, cursor = poll(about, world, cursor)
    assert delivered == ["r0001:closed"]
    for status in ("closed", "pending", "closed"):
        world.change(0, status)
        events, cursor = poll(about, world, cursor)
        delivered += events
    assert delivered[1:] == ["r0000:closed", "r0000:pending:2", "r0000:closed:2"]


def test_stale_row_causes_no_event() -> None:
    about, world = source(), OffsetList()
    world.add()
    stale = dict(world.rows[0])
    cursor = prime(about, world)
    world.change(0)
    assert poll(about, world, cursor)[0] == ["r0000:1"]
    cursor = poll(about, world, cursor)[1]
    fresh, world.rows = world.rows, [stale]
    events, cursor = poll(about, world, cursor)
    assert events == []
    world.rows = fresh
    assert poll(about, world, cursor)[0] == []


def test_versions_are_compared_as_numbers() -> None:
    about, world = source(), OffsetList()
    world.add()
    world.rows[0]["version"] = "9"
    cursor = prime(about, world)
    world.change(0)
    assert poll(about, world, cursor)[0] == ["r0000:10"]


def test_interrupted_poll_leaves_the_cursor_unchanged() -> None:
    about, world = source(), OffsetList()
    for _ in range(5):
        world.add()
    cursor = prime(about, world)
    world.change(0)
    world.change(4)

    def fails() -> None:
        if world.fetched % 2 == 1:
            raise VendorUnavailable("The line is cut.")

    world.between = fails
    with pytest.raises(VendorUnavailable):
        poll(about, world, cursor)
    world.between = lambda: None
    assert sorted(poll(about, world, cursor)[0]) == ["r0000:1", "r0004:1"]


def test_first_lap_is_repeated_if_rows_moved() -> None:
    """A row that moved while the list was first read must not be reported as new in the next lap."""
    about, world = source(pages=5), OffsetList(by_change=True)
    for _ in range(6):
        world.add()

    def push() -> None:
        if world.fetched == 1:
            world.now += timedelta(seconds=1)
            world.change(0)  # from the second page to the first, which was already read

    world.between = push
    events, cursor = poll(about, world, None)
    assert (events, cursor["primed"], len(cursor["rows"])) == ([], False, 5)
    events, cursor = poll(about, world, cursor)
    assert (events, cursor["primed"]) == ([], True)


def test_since_delivers_records_created_or_changed_from_then_on() -> None:
    about, world = source(pages=9), OffsetList()
    for _ in range(4):
        world.add()
    world.now += timedelta(hours=2)
    world.change(1)
    world.add()
    events, cursor = poll(about, world, None, START + timedelta(hours=1))
    assert events == ["r0001:1", "r0004:0"]
    world.change(0)
    assert poll(about, world, cursor)[0] == ["r0000:1"]


def test_list_larger_than_the_record_ceiling_is_an_error() -> None:
    about, world = source(most_records=5, pages=9), OffsetList()
    for _ in range(6):
        world.add()
    with pytest.raises(ConfigurationError, match=r"more than 5 records, which is its limit"):
        poll(about, world, None)


@pytest.mark.parametrize(
    ("spoilt", "value"),
    [("version", "new"), ("version", None), ("status", 7), ("id", ""), ("created_on", "")],
)
def test_record_without_its_id_version_or_state_is_refused(spoilt: str, value: Any) -> None:
    about, world = source("states"), OffsetList()
    world.add()
    world.rows[0][spoilt] = value
    with pytest.raises(UnexpectedResponse, match=spoilt):
        poll(about, world, None)


def test_first_lap_without_a_total_is_accepted_if_nothing_moved() -> None:
    about, world = source(), OffsetList(counts=False)
    for _ in range(4):
        world.add()
    events, cursor = poll(about, world, None)
    assert (events, cursor["primed"]) == ([], True)
