"""Polls for new records by creation time, even if rows shift between pages while the list is read.

One event is emitted for each record. The cursor contains a *watermark* (every record created up to that time
has been read), the IDs *seen* in the overlap below the watermark, and a *floor* (no events are emitted for
records created before that time, because they existed before the first poll).

Why there is an overlap: an older record can appear in the list after a newer record was delivered, because
the vendor's database commits out of order or its index lags. Each poll reads again from `overlap` seconds
before the watermark, and the IDs in `seen` prevent a second event for a known record.

Why records are read oldest first: with a filter by creation time, a record inserted while the list is read
only pushes other records to later pages, where they are read again and recognized by their IDs. Without a
filter, records are read newest first until they are older than the overlap. If a poll reaches its page limit,
the next poll starts from the creation time of the newest record read. If that is not possible, because
thousands of records have the same time or because records are read newest first, the next poll continues with
the next page.

Why two clocks are used: the watermark never advances past the time at which the poll began, according to the
vendor's clock or the local clock, whichever is earlier. Otherwise a record dated in the future (an import, a
wrong clock) would move the watermark past all records created until then. The event for such a record is
emitted immediately, and each poll reads the record again until its creation time is in the past.

Why pages are read again: rows can shift between pages while the list is read, for example when a row is
deleted. This is detected if a row is read twice, if there are fewer distinct rows than the reported total, or
if the total becomes smaller. In that case the watermark stays below the affected records, and the next poll
reads them again.
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
"""The maximum number of IDs in a cursor; excess IDs are dropped, oldest first, and the floor is raised."""
MAX_HOLDS = 5
"""The maximum number of consecutive polls in which the watermark stays because rows may be missing."""


def plan(source: CreatedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Plan to read the records created since the watermark minus the overlap.

    A first poll without `since` emits no events, so it reads only the newest records to learn their IDs.
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
    """Create an event for each record not seen before, and advance the watermark in the next cursor."""
    state = cursor or _start(since)
    rows, doubt = _distinct_rows(source, state, read)
    if cursor is None and since is None:
        return FoldResult((), _first_state(source, rows, read, doubt, now))
    cut, seen = _cut(source, state), state["seen"]
    fresh = [
        (when, key, row)
        for key, (when, row) in rows.items()
        # A recovered record was unreadable when it was new, so it creates its event even below the cut.
        if key not in seen and (key in read.recovered or cut is None or when >= cut)
    ]
    if source.since is None:
        # Reversed first, because the sort is stable: records with the same time end up oldest first.
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
    """Raise `UnexpectedResponse` if the row's ID or creation time is missing or invalid."""
    row_id(row, source.id)
    time_at(row, source.created)


def _distinct_rows(
    source: CreatedSince, state: Cursor, read: ReadResult
) -> tuple[dict[str, tuple[int, Row]], int | None]:
    """Remove duplicate rows; return the rows keyed by ID, and the creation time of the earliest duplicate.

    Creation times are in microseconds since the Unix epoch; the second result is None if there is no
    duplicate. A row that is read twice has moved to a later page, so another row may have moved to a page
    that was already read. If this poll continues an earlier poll, the IDs from that poll count as read.
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
    """Compute the strategy's state after a poll: read the next page, read again, or advance the watermark.

    `doubt` is the creation time of the earliest row that was read twice, and `latest` is the latest time to
    which the watermark may advance, both in microseconds since the Unix epoch.
    """
    before: int | None = state["watermark"]
    resume: dict[str, Any] | None = state["resume"]
    latest = resume.get("latest", latest) if resume else latest
    high = _later(_newest((when for when, _row in rows.values()), latest), resume["high"] if resume else None)
    safe = _earlier(high, doubt)
    repeat = state["held"] < MAX_HOLDS and _may_miss_rows(source, state, rows, read)
    # At the page limit, a new filter value is better than a page number, because rows shift between pages
    # when a row is inserted. A new filter value requires a watermark that has advanced, and records that are
    # read oldest first. Otherwise the next poll continues at the next page, and so do the polls after it
    # until the list is read to its end.
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
    """Check whether rows may be missing: the total fell, or it exceeds the number of rows read."""
    if read.total_fell:
        return True
    # The total cannot be compared without a filter, because it then counts the whole list, nor if this poll
    # continues an earlier poll, whose rows are no longer available.
    counted = source.since is not None and not state["resume"] and read.complete
    return counted and len(rows.keys() | read.unreadable_keys) < (read.total or 0)


def _since_value(source: CreatedSince, state: Cursor) -> str | None:
    """Format the value of the creation-time filter; return None if there is no filter or no lower bound.

    The value is one second earlier than the required time, because vendors do not document whether the filter
    includes the given time.
    """
    cut = _cut(source, state)
    return None if cut is None or source.since is None else filter_value(cut - SECOND)


def _first_state(
    source: CreatedSince, rows: dict[str, tuple[int, Row]], read: ReadResult, doubt: int | None, now: datetime
) -> Cursor:
    """Compute the strategy's state after a first poll without `since`, which emits no events.

    The floor is set to a time after the creation of all records that were not read or may have been missed.
    Those records existed before the first poll, so no events may be emitted for them later.
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
    """Return the latest creation time, but at most `latest`; return None if there are no creation times."""
    newest = max(creations, default=None)
    return None if newest is None else min(newest, latest)


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"watermark": floor, "floor": floor, "seen": {}, "resume": None, "held": 0}


def _cut(source: CreatedSince, state: Cursor) -> int | None:
    """Compute the cut: the earliest creation time (µs) for which events are emitted; None for no limit.

    The cut is the start of the overlap or the floor, whichever is later.
    """
    watermark: int | None = state["watermark"]
    below = None if watermark is None else watermark - source.overlap * SECOND
    return _later(below, state["floor"])


def _pruned(source: CreatedSince, state: Cursor) -> Cursor:
    """Drop the IDs of records that were created before the cut, as computed by `_cut`.

    If too many IDs remain, the oldest are dropped and the floor is raised above them.
    """
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
    """Stops a first poll at the first page that contains records older than the overlap.

    The overlap is the period before the creation time of the newest record on the first page, or before the
    current time if that record is dated in the future.
    """

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
