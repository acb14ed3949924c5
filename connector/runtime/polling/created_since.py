"""Polls for new records by creation time: watermark, overlap, and pages that shift while they are read.

Each record makes one event. The cursor keeps a *watermark* (every record created up to it has been read),
the ids *seen* in the overlap below the watermark, and a *floor* (records created before it never make an
event, because they existed before the first poll).

Why an overlap: a record can appear in the list after a newer one was delivered, because the vendor's
database commits out of order or its index lags. Reading starts that many seconds below the watermark, and
the ids in `seen` keep known records from making a second event.

Why oldest first: with a filter on creation time, a record inserted during the reading only pushes others to
later pages, where they are read again and recognised. Without a filter, records are read newest first until
they are older than the overlap. If a poll reaches its page limit, the next one continues: from the newest
record read if that is progress, otherwise (thousands of records with one time, or newest first) from the next
page.

Why two clocks: the watermark never passes the earlier of the vendor's clock and ours, as they were when the
reading began. A record dated in the future (an import, a wrong clock) would otherwise move the watermark past
everything that is created until then. Such a record makes its event at once, and is read again until its time
has come.

Why a reading is repeated: pages can shift while they are read, for instance when a row is deleted. It shows
as a row read twice, as fewer distinct rows than the list counts, or as a total that falls. The watermark then
stays below the doubtful place, and the next poll reads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import UnexpectedResponse
from connector.runtime.polling.model import FoldResult, ReadPlan, ReadResult
from connector.runtime.polling.rows import (
    SECOND,
    earlier_clock,
    filter_value,
    micros,
    reaches_below,
    row_id,
    time_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connector.definition.model import CreatedSince
    from connector.runtime.polling.model import Cursor, Page, TriggerIdentity
    from connector.runtime.polling.rows import Row

MAX_SEEN = 20_000
"""The most ids a cursor keeps; beyond it the floor rises over the oldest of them."""
MAX_HOLDS = 5
"""The most times in a row that the watermark stays because rows may be missing."""


def plan(source: CreatedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Return what to read.

    The first poll without `since` makes no events, so it reads only the newest records, to learn their ids.
    """
    state = cursor or _start(since)
    if cursor is None and since is None:
        return ReadPlan(source.order.newest_first, None, source.pages, _BelowNewest(source, now))
    resume = state["resume"]
    first = resume["page"] if resume else None
    cut = _cut(source, state)
    if source.since is None:
        return ReadPlan(
            source.order.newest_first,
            first,
            source.pages,
            lambda page: cut is not None and reaches_below(page.rows, source.created, cut),
        )
    since_value = resume["since"] if resume else _since_value(source, state)
    filters = {} if since_value is None else {source.since: since_value}
    query = {**source.order.oldest_first, **filters}
    return ReadPlan(query, first, source.pages, lambda _page: False)


def fold(
    about: TriggerIdentity,
    source: CreatedSince,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Return an event for each record not seen before, and move the watermark."""
    state = cursor or _start(since)
    rows, doubt = _distinct_rows(source, state, read)
    if cursor is None and since is None:
        return FoldResult((), _first_state(source, rows, read, doubt, now))
    cut, seen = _cut(source, state), state["seen"]
    fresh = [
        (when, key, row)
        for key, (when, row) in rows.items()
        # A recovered record was unreadable when it was new, so it makes its event even below the cut.
        if key not in seen and (key in read.recovered or cut is None or when >= cut)
    ]
    if source.since is None:
        # The sort is stable: reversed first, records with the same time come out oldest first.
        fresh.reverse()
    fresh.sort(key=lambda entry: entry[0])
    moved = _advanced(source, state, rows, doubt, read, earlier_clock(read.at, now))
    known = {**seen, **{key: when for key, (when, _row) in rows.items()}}
    return FoldResult(
        events=tuple(about.event(row, key, now) for _when, key, row in fresh),
        cursor=_pruned(source, {**moved, "seen": known}),
        doubtful=state["held"] == MAX_HOLDS and _may_miss_rows(source, state, rows, read),
    )


def check(source: CreatedSince, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without a usable id or time."""
    row_id(row, source.id)
    time_at(row, source.created)


def _distinct_rows(
    source: CreatedSince, state: Cursor, read: ReadResult
) -> tuple[dict[str, tuple[int, Row]], int | None]:
    """Return the rows by id, and the earliest creation time of a row that came twice (None: no row did).

    A row that comes twice was pushed to a later page, so another row may have moved to a page that was read
    before. In a reading that continues an earlier poll's, the ids of that poll count as read.
    """
    resume = state["resume"]
    doubt: int | None = resume["doubt"] if resume else None
    met = set(state["seen"]) if resume else set()
    rows: dict[str, tuple[int, Row]] = {}
    for row in read.rows:
        key, when = row_id(row, source.id), time_at(row, source.created)
        if key in met:
            doubt = _earlier(doubt, when)
        met.add(key)
        rows.setdefault(key, (when, row))
    return rows, doubt


def _advanced(
    source: CreatedSince,
    state: Cursor,
    rows: dict[str, tuple[int, Row]],
    doubt: int | None,
    read: ReadResult,
    latest: int,
) -> Cursor:
    """Return the state after one reading: continue it, repeat it, or move the watermark."""
    before: int | None = state["watermark"]
    resume: dict[str, Any] | None = state["resume"]
    latest = resume.get("latest", latest) if resume else latest
    high = _later(_newest((when for when, _row in rows.values()), latest), resume["high"] if resume else None)
    safe = _earlier(high, doubt)
    repeat = state["held"] < MAX_HOLDS and _may_miss_rows(source, state, rows, read)
    # At the page limit a new filter value is better than a page number, which shifts when rows are inserted.
    # It needs a watermark that moved, and records read oldest first; otherwise the next poll continues here,
    # and stays with page numbers until the end of this reading.
    if not read.complete and (source.since is None or resume or not _is_after(safe, before)):
        since = resume["since"] if resume else _since_value(source, state)
        place = {"page": read.next_page, "since": since, "high": high, "doubt": doubt, "latest": latest}
        return {**state, "resume": place}
    if repeat:
        return {**state, "resume": None, "held": state["held"] + 1}
    return {**state, "watermark": _later(before, safe), "resume": None, "held": 0}


def _may_miss_rows(
    source: CreatedSince, state: Cursor, rows: dict[str, tuple[int, Row]], read: ReadResult
) -> bool:
    """Check whether rows may be missing: the total fell, or it is more than the rows that were read."""
    if read.total_fell:
        return True
    # Without a filter the total is that of the whole list, and in a reading of several polls the rows of
    # earlier polls are not at hand: neither can be compared.
    counted = source.since is not None and not state["resume"] and read.complete
    return counted and len(rows.keys() | read.unreadable_keys) < (read.total or 0)


def _since_value(source: CreatedSince, state: Cursor) -> str | None:
    """Return the filter's value, one second early: vendors do not document whether the bound is included."""
    cut = _cut(source, state)
    return None if cut is None or source.since is None else filter_value(cut - SECOND)


def _first_state(
    source: CreatedSince, rows: dict[str, tuple[int, Row]], read: ReadResult, doubt: int | None, now: datetime
) -> Cursor:
    """Return the state after a first poll that only learns which records exist.

    The floor rises over everything that was not read or is below a doubtful place: those records existed
    before the first poll, so they must not make events later.
    """
    newest = _newest((when for when, _row in rows.values()), earlier_clock(read.at, now))
    oldest = None if read.complete else min((when for when, _row in rows.values()), default=None)
    below = _later(oldest, doubt)
    state = {
        "watermark": newest,
        "floor": None if below is None else below + 1,
        "seen": {key: when for key, (when, _row) in rows.items()},
        "resume": None,
        "held": 0,
    }
    return _pruned(source, state)


def _newest(creations: Iterable[int], latest: int) -> int | None:
    """Return the newest creation time, at most `latest`; None without any."""
    newest = max(creations, default=None)
    return None if newest is None else min(newest, latest)


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"watermark": floor, "floor": floor, "seen": {}, "resume": None, "held": 0}


def _cut(source: CreatedSince, state: Cursor) -> int | None:
    """Return the creation time below which records make no events: overlap or floor, the later of them."""
    watermark: int | None = state["watermark"]
    below = None if watermark is None else watermark - source.overlap * SECOND
    return _later(below, state["floor"])


def _pruned(source: CreatedSince, state: Cursor) -> Cursor:
    """Drop the ids below the cut; if too many remain, raise the floor over the oldest of them."""
    cut = _cut(source, state)
    recent = (
        state["seen"] if cut is None else {key: when for key, when in state["seen"].items() if when >= cut}
    )
    if len(recent) > MAX_SEEN and not state["resume"]:
        limit = sorted(recent.values(), reverse=True)[MAX_SEEN]
        recent = {key: when for key, when in recent.items() if when > limit}
        state = {**state, "floor": limit + 1}
    return {**state, "seen": recent}


class _BelowNewest:
    """Checks whether a page reaches below the overlap under the newest record not dated in the future."""

    def __init__(self, source: CreatedSince, now: datetime) -> None:
        self.source = source
        self.now = now
        self.cut: int | None = None

    def __call__(self, page: Page) -> bool:
        if self.cut is None:
            times = [
                when for row in page.rows if (when := _optional_time(row, self.source.created)) is not None
            ]
            newest = _newest(times, earlier_clock(page.at, self.now))
            self.cut = None if newest is None else newest - self.source.overlap * SECOND
        return self.cut is not None and reaches_below(page.rows, self.source.created, self.cut)


def _optional_time(row: Row, path: tuple[str, ...]) -> int | None:
    try:
        return time_at(row, path)
    except UnexpectedResponse:
        return None


def _later(first: int | None, second: int | None) -> int | None:
    return max((when for when in (first, second) if when is not None), default=None)


def _earlier(first: int | None, second: int | None) -> int | None:
    return min((when for when in (first, second) if when is not None), default=None)


def _is_after(when: int | None, before: int | None) -> bool:
    return when is not None and (before is None or when > before)
