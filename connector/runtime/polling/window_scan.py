"""Polls for state changes by reading every record created within the look-back (the *window*).

This strategy is for APIs that neither filter by modification time nor return it. The cursor contains an entry
for each record in the look-back, with the record's last state and how often the record entered each state. An
entry is dropped only when its record is older than the look-back, and not when a poll misses the record,
because rows move between pages while the list is read.

Reading the window is a *scan*, which may take several polls, each of which continues with the next page.
Records inserted during a scan only push other records to later pages.

If the first poll has no `since`, the first scan emits no events and only stores the state of every record.
That scan is repeated if rows shifted between pages, because a missed record would look new in the next scan.
If the first poll has `since`, no event is emitted when a record created before that time (the *floor*) is
first seen, but events are emitted for its later state changes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError
from connector.runtime.polling.model import FoldResult, ReadPlan, ReadResult
from connector.runtime.polling.rows import (
    SECOND,
    filter_value,
    micros,
    reaches_below,
    row_id,
    text_at,
    time_at,
)
from connector.runtime.polling.states import compare_state

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import WindowScan
    from connector.runtime.polling.model import Cursor, Event, TriggerIdentity
    from connector.runtime.polling.rows import Row

MAX_ROWS = 100_000
"""The maximum number of entries in a cursor; an error is raised if there would be more."""
MAX_PRIMING_LAPS = 10
"""The maximum number of scans without events; later scans emit events even if rows may have been missed."""


def plan(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Plan to read the records created within the look-back, from the page at which the last poll stopped."""
    start = _start(source, cursor, now, since)
    resume = cursor["resume"] if cursor else None
    first = resume["page"] if resume else None
    if source.since is None:
        return ReadPlan(
            source.order.newest_first,
            first,
            source.pages,
            lambda page: reaches_below(page.rows, source.created, start),
        )
    # One second early, because vendors do not document whether the filter includes the given time.
    since_value = resume["since"] if resume else filter_value(start - SECOND)
    return ReadPlan(
        {**source.order.oldest_first, source.since: since_value}, first, source.pages, lambda _page: False
    )


def fold(
    about: TriggerIdentity,
    source: WindowScan,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Create an event for each row whose state differs from its record's entry; compute the next cursor.

    Raises `ConfigurationError` if the cursor would contain more than `MAX_ROWS` records.
    """
    start = _start(source, cursor, now, since)
    primed = cursor["primed"] if cursor else since is not None
    floor = _floor(cursor, since)
    known = {key: entry for key, entry in (cursor["rows"] if cursor else {}).items() if entry[0] >= start}
    events: list[tuple[int, Event]] = []
    met: set[str] = set()
    twice = older = False
    for row in read.rows:
        key, when = row_id(row, source.id), time_at(row, source.created)
        twice = twice or key in met
        met.add(key)
        if when < start:
            older = True
            continue
        # With `since`, the first known state of a record created before that time creates no event.
        settled = key not in known and floor is not None and when < floor
        entry = known.get(key, [when, None, {}])
        suffix, known[key] = compare_state(
            source, key, text_at(row, source.state), [when, entry[1], entry[2]]
        )
        if primed and suffix is not None and not settled:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > MAX_ROWS:
        raise ConfigurationError(
            f"{about.name} would have to remember more than {MAX_ROWS:,} records: its look-back is too long,"
            " or `since` is too far in the past."
        )
    # Without a filter, the total counts the whole list. It counts the window only if no older row was read.
    counted = read.total is not None and (source.since is not None or not older)
    covered = len(known.keys() | met | read.unreadable_keys) >= (read.total or 0) if counted else False
    state = _after_lap(
        cursor,
        read,
        since_value=filter_value(start - SECOND),
        shifted=twice or read.total_fell,
        counted=counted,
        covered=covered,
    )
    if source.since is None:
        # Reversed first, because the sort is stable: records with the same time end up oldest first.
        events.reverse()
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={"start": start, "floor": floor, "rows": known, **state, "primed": primed or state["primed"]},
    )


def check(source: WindowScan, row: Row) -> None:
    """Raise `UnexpectedResponse` if the row's ID or creation time is missing, or if a field is invalid."""
    row_id(row, source.id)
    time_at(row, source.created)
    text_at(row, source.state)


def _after_lap(
    cursor: Cursor | None, read: ReadResult, *, since_value: str, shifted: bool, counted: bool, covered: bool
) -> dict[str, Any]:
    """Compute the strategy's state after a poll: continue or end the scan.

    `shifted` is true if rows shifted between pages. `counted` is true if the reported total counts only the
    records in the window. `covered` is true if the number of known records is not less than the total. At the
    end of a scan, `primed` becomes true if all rows in the window were read or, if `counted` is false, if no
    rows shifted.
    """
    resume = cursor["resume"] if cursor else None
    laps = cursor["laps"] if cursor else 0
    dirty = shifted or bool(resume and resume["dirty"])
    if not read.complete:
        since = resume["since"] if resume else since_value
        return {
            "laps": laps,
            "resume": {"page": read.next_page, "since": since, "dirty": dirty},
            "primed": False,
        }
    trusted = covered and not read.total_fell if counted else not dirty
    return {"laps": laps + 1, "resume": None, "primed": trusted or laps + 1 >= MAX_PRIMING_LAPS}


def _start(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> int:
    """Compute the creation time at which the window begins (µs).

    The window's beginning never moves to an earlier time, and does not move during a scan.
    """
    start = micros(now - timedelta(seconds=source.look_back))
    if cursor:
        before: int = cursor["start"]
        return before if cursor["resume"] else max(start, before)
    return start if since is None else min(start, micros(since))


def _floor(cursor: Cursor | None, since: datetime | None) -> int | None:
    """Return the floor (µs), or None if the first poll had no `since`.

    When a record created before the floor is first seen, no event is emitted for it.
    """
    if cursor:
        floor: int | None = cursor.get("floor")
        return floor
    return None if since is None else micros(since)
