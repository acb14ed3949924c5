"""Defines the types for polling (`Event`, `Strategy`, `ReadPlan`, `ReadResult`, …) and reads pages.

A poll has three steps. `plan` decides from the cursor which pages to read. `read` fetches pages in order, up
to a limit, and is the only step with I/O. `fold` computes the events and the next cursor from the rows and
the cursor. A `Strategy` contains the three steps as plain functions, so that the delivery tests can
themselves be tested: a step is deliberately replaced with a faulty version, and the tests must fail.
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
"""A trigger's state between polls: a JSON object that callers store and pass to the next poll unchanged."""
Fetch = Callable[[Mapping[str, Any], Position | None], Awaitable[Page]]
"""A function that fetches the page at a position: `await fetch(query, position)`."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a record, such as its creation or a change of its status.

    `id` is stable: an event has the same ID in every delivery, so a consumer can drop duplicates. `trigger`
    is the trigger's key. `occurred_at` is the time of the event according to the record, or None if the
    record contains no such time. `observed_at` is when the poll found the event, according to the local
    clock. `data` is the vendor's record.
    """

    id: str
    trigger: str
    occurred_at: datetime | None
    observed_at: datetime
    data: Row


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The pages to read in a poll: at most `pages` pages with `query`, until `enough(page)` is true.

    Reading starts at the position `first_page` (None: at the beginning of the list). If this poll continues a
    list that an earlier poll began to read, `walk` is the `PageWalk` of that poll. It detects a list that
    never ends, even if the list is read over several polls.
    """

    query: Mapping[str, Any]
    first_page: Position | None
    pages: int
    enough: Callable[[Page], bool]
    walk: PageWalk | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that is not an object, or that has no valid value in a field that the strategy reads.

    `page` and `row` are the row's position, counted from 1. `why` states the problem as a clause without a
    period. `key` identifies the row in later polls: the row's ID, or a digest of its content if it has no ID.
    """

    key: str
    page: int
    row: int
    why: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The rows read in a poll, and the position at which reading stopped.

    `complete` is false if reading stopped at the page limit; the next poll then continues at `next_page`
    (None after the last page of the list). `total` is the number of rows in the list as reported by the
    vendor, and `at` is the vendor's clock at the time of the first response; both are None if the vendor does
    not report them. `total_fell` is true if a page reported a smaller total than the page before it.

    `positions` contains the page number and row number of each row in `rows`. `unreadable` lists the rows
    that were left out, `readable_ids` contains the IDs of `rows`, and `recovered` contains the IDs of rows
    that earlier polls could not read. `walk` is the `PageWalk` that the next poll continues.
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
        """The keys of the unreadable rows, prefixed with NUL so that they differ from all record IDs."""
        return {f"\0{row.key}" for row in self.unreadable}


@dataclass(frozen=True, slots=True)
class FoldResult:
    """The events from a poll and the cursor for the next poll.

    The events are sorted by the time that the strategy uses, which is the creation or modification time.
    `doubtful` is true if the list was read again the maximum number of times, and rows may still be missing:
    the reported total became smaller while the list was read, or fewer rows were found than it states.
    """

    events: tuple[Event, ...]
    cursor: Cursor
    doubtful: bool = False


def oldest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    """Sort events by `occurred_at`, oldest first; keep their order if any event has no `occurred_at`."""
    unsorted = tuple(events)
    if any(event.occurred_at is None for event in unsorted):
        return unsorted
    return tuple(sorted(unsorted, key=lambda event: event.occurred_at or event.observed_at))


@dataclass(frozen=True, slots=True)
class Strategy:
    """A polling strategy: the functions that poll one kind of source.

    The three steps of a poll are `plan(source, cursor, now, since)`, `read(fetch, plan)` and `fold(about,
    source, cursor, read, now, since)`. `check(source, row)` raises `UnexpectedResponse` for a row that `fold`
    cannot process.

    `widened(source, cursor, now, since, since_value)` returns the state with which `plan` reads from
    `since_value`, the value of an earlier time filter, or None if this is not possible. It is None for
    strategies whose plans for one list differ only in the page.
    """

    plan: Callable[[Any, Cursor | None, datetime, datetime | None], ReadPlan]
    read: Callable[[Fetch, ReadPlan], Awaitable[ReadResult]]
    fold: Callable[[TriggerIdentity, Any, Cursor | None, ReadResult, datetime, datetime | None], FoldResult]
    check: Callable[[Any, Row], None]
    widened: Callable[[Any, Cursor | None, datetime, datetime | None, str], Cursor | None] | None = None


@dataclass(frozen=True, slots=True)
class TriggerIdentity:
    """The properties of a trigger that are needed to create its events.

    `name` is the prefix of event IDs, `trigger` is the trigger's key, and `occurred_at` is the path to the
    event's time in a row (None if rows contain no such time).
    """

    name: str
    trigger: str
    occurred_at: tuple[str, ...] | None

    def event(self, row: Row, suffix: str, now: datetime) -> Event:
        """Create the event for a row; the event's ID ends with `suffix`.

        The suffix must be the same whenever this event is found again, so that the ID is stable.
        """
        return Event(
            id=f"{self.name}:{suffix}",
            trigger=self.trigger,
            occurred_at=occurred_at(row, self.occurred_at),
            observed_at=now,
            data=row,
        )


async def read_pages(fetch: Fetch, plan: ReadPlan) -> ReadResult:
    """Read pages in order until the list ends, `plan.enough` returns true, or the page limit is reached.

    Raises `UnexpectedResponse` if the list does not end, and any error that `fetch` raises.
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
    """Move the rows for which `check` raises `UnexpectedResponse` from `rows` to `unreadable`.

    A bad row must not stop a trigger, so the row is left out and reported. `key` is the path to a row's ID.
    `unread_before` contains the IDs of records that earlier polls could not read; those that are readable now
    are stored in `recovered`.
    """
    rows: list[Row] = []
    positions: list[tuple[int, int]] = []
    unreadable = list(read.unreadable)
    for row, position in zip(read.rows, read.positions, strict=True):
        try:
            check(row)
        except UnexpectedResponse as problem:
            unreadable.append(UnreadableRow(_key(row, key), *position, problem.message))
        else:
            rows.append(row)
            positions.append(position)
    readable_ids = frozenset([row_id(row, key) for row in rows])
    return replace(
        read,
        rows=tuple(rows),
        positions=tuple(positions),
        unreadable=tuple(unreadable),
        readable_ids=readable_ids,
        recovered=readable_ids & unread_before,
    )


def without_resume(cursor: Cursor) -> Cursor:
    """Remove the resume position from a strategy's state, so that the list is read from its beginning."""
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
