"""The types of polling: `Event`, `ReadPlan`, `ReadResult`, `FoldResult`, `Strategy`; and the page reader.

A poll has three steps. `plan` turns the cursor into what to read; `read` fetches pages in order, up to a
limit, and is the only step with I/O; `fold` turns rows and cursor into events and the next cursor. A
`Strategy` holds the three as plain functions, so that a test can replace one of them with a faulty version
and check that the delivery certificate detects it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connector.errors import UnexpectedResponse
from connector.runtime.polling.rows import SHOWN, Row, occurred_at, row_id
from connector.transport.paging import Page as Page  # noqa: PLC0414 - part of the polling API
from connector.transport.paging import PageWalk
from connector.transport.paging import Position as Position  # noqa: PLC0414

if TYPE_CHECKING:
    from datetime import datetime

Cursor = dict[str, Any]
"""What a trigger remembers between polls: plain JSON, which callers store and pass back unchanged."""
Fetch = Callable[[Mapping[str, Any], Position | None], Awaitable[Page]]
"""Fetches one page: `fetch(query, position)`."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a record.

    `id` is stable: the same event has the same id in every delivery, so a consumer can drop duplicates.
    `trigger` is the trigger's key. `occurred_at` is the vendor's time, None if the record holds none;
    `observed_at` is when the poll found the event, by our clock. `data` is the vendor's record.
    """

    id: str
    trigger: str
    occurred_at: datetime | None
    observed_at: datetime
    data: Row


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to read: at most `pages` pages with `query`, until `enough(page)` is true.

    Reading starts at `first_page` (None: the first page). `walk` carries the loop detection of an earlier
    poll when this one continues its reading.
    """

    query: Mapping[str, Any]
    first_page: Position | None
    pages: int
    enough: Callable[[Page], bool]
    walk: PageWalk | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that cannot be read; `page` and `row` count from 1, `why` ends a sentence.

    `key` identifies the row between polls: its id, or a digest of its content if it has no id.
    """

    key: str
    page: int
    row: int
    why: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The rows of one reading, and where it stopped.

    `complete` is true if the reading reached its end, false if it stopped at its page limit; `next_page` is
    then where to continue (None after the last page of the list). `total` is the number of rows that the
    vendor reports for the list, `at` the vendor's clock when it answered the first page; both None if not
    reported. `total_fell` is true if a page reported a smaller total than the page before it.

    `positions` holds page and row number of each of `rows`. `unreadable` are the rows that were left out,
    `readable_ids` the ids of `rows`, and `recovered` those of them that earlier polls could not read.
    """

    rows: tuple[Row, ...]
    complete: bool
    next_page: Position | None
    total: int | None
    at: datetime | None = None
    total_fell: bool = False
    positions: tuple[tuple[int, int], ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()
    recovered: frozenset[str] = frozenset()
    readable_ids: frozenset[str] = frozenset()
    walk: PageWalk | None = None

    @property
    def unreadable_keys(self) -> set[str]:
        """The keys of the unreadable rows, each with a NUL in front, so that none equals a record's id."""
        return {f"\0{row.key}" for row in self.unreadable}


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Events, sorted by the strategy's time (creation or change), and the cursor that has passed them.

    `doubtful` is true if the list was still changing, or held fewer rows than it counts, at the last of
    several readings.
    """

    events: tuple[Event, ...]
    cursor: Cursor
    doubtful: bool = False


def oldest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    """Sort events by `occurred_at`; keep their order if any of them has none."""
    unsorted = tuple(events)
    if any(event.occurred_at is None for event in unsorted):
        return unsorted
    return tuple(sorted(unsorted, key=lambda event: event.occurred_at or event.observed_at))


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one kind of source is polled.

    `plan(source, cursor, now, since)`, `read(fetch, plan)` and `fold(about, source, cursor, read, now,
    since)` are the three steps. `check(source, row)` raises `UnexpectedResponse` for a row that `fold`
    cannot read.
    """

    plan: Callable[[Any, Cursor | None, datetime, datetime | None], ReadPlan]
    read: Callable[[Fetch, ReadPlan], Awaitable[ReadResult]]
    fold: Callable[[TriggerIdentity, Any, Cursor | None, ReadResult, datetime, datetime | None], FoldResult]
    check: Callable[[Any, Row], None]


@dataclass(frozen=True, slots=True)
class TriggerIdentity:
    """The trigger that makes an event: `name` starts the event's id, `occurred_at` is a path into its row."""

    name: str
    trigger: str
    occurred_at: tuple[str, ...] | None

    def event(self, row: Row, suffix: str, now: datetime) -> Event:
        """Make the event of a row; `suffix` completes its id and must be the same in every poll."""
        return Event(
            id=f"{self.name}:{suffix}",
            trigger=self.trigger,
            occurred_at=occurred_at(row, self.occurred_at),
            observed_at=now,
            data=row,
        )


async def read_pages(fetch: Fetch, plan: ReadPlan) -> ReadResult:
    """Read pages in order until the list ends, the plan has enough, or its page limit is reached.

    Raises `UnexpectedResponse` for a list that has no end.
    """
    rows: list[Row] = []
    positions: list[tuple[int, int]] = []
    unreadable: list[UnreadableRow] = []
    walk = plan.walk or PageWalk("The list")
    position, at, complete = plan.first_page, None, False
    for _ in range(plan.pages):
        page = await fetch(plan.query, position)
        if not walk.visit(page):
            position, complete = None, True
            break
        rows.extend(page.rows)
        malformed = dict(page.malformed)
        numbers = (number for number in range(len(page.rows) + len(malformed)) if number not in malformed)
        positions.extend((walk.pages, number + 1) for number in numbers)
        unreadable.extend(_not_an_object(value, walk.pages, number) for number, value in malformed.items())
        position, at = page.next, at or page.at
        if page.next is None or plan.enough(page):
            complete = True
            break
    return ReadResult(
        rows=tuple(rows),
        complete=complete,
        next_page=position,
        total=page.total,
        at=at,
        total_fell=walk.total_fell,
        positions=tuple(positions),
        unreadable=tuple(unreadable),
        walk=walk,
    )


def without_unreadable(
    read: ReadResult, key: tuple[str, ...], check: Callable[[Row], None], unread_before: frozenset[str]
) -> ReadResult:
    """Move the rows that `check` refuses from `rows` to `unreadable`.

    One bad row must not stop a trigger, so it is reported and left out. `unread_before` are the ids of
    records that earlier polls could not read: those that are readable now are `recovered`.
    """
    rows: list[Row] = []
    positions: list[tuple[int, int]] = []
    unreadable = list(read.unreadable)
    for row, (page, number) in zip(read.rows, read.positions, strict=True):
        try:
            check(row)
        except UnexpectedResponse as problem:
            unreadable.append(UnreadableRow(_key(row, key), page, number, problem.message))
        else:
            rows.append(row)
            positions.append((page, number))
    readable_ids = frozenset(row_id(row, key) for row in rows)
    return replace(
        read,
        rows=tuple(rows),
        positions=tuple(positions),
        unreadable=tuple(unreadable),
        readable_ids=readable_ids,
        recovered=readable_ids & unread_before,
    )


def without_resume(cursor: Cursor) -> Cursor:
    """Return a strategy's state without the page at which the last poll stopped: reading starts over."""
    return {**cursor, "resume": None}


def _not_an_object(value: Any, page: int, number: int) -> UnreadableRow:
    kind = "null" if value is None else "a list" if isinstance(value, list) else repr(value)[:SHOWN]
    return UnreadableRow(_digest(value), page, number + 1, f"the row is {kind}, not an object")


def _key(row: Row, path: tuple[str, ...]) -> str:
    try:
        return row_id(row, path)
    except UnexpectedResponse:
        return _digest(row)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return f"\0{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
