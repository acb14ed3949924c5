"""Polls for changed states by reading every record created within a trigger's look-back: the window scan.

It is for APIs that cannot filter by the time of a change and do not return it. The cursor keeps, for each
record in the look-back, the last state seen and how often the record entered each state. An entry is
dropped only when its record is older than the look-back, never because a poll did not see it: rows move
between pages while they are read.

Reading the window may take several polls, each continuing with the next page; together they are a *lap*.
Records inserted during a lap only push others to later pages.

The first lap without `since` makes no events: it learns the state of every record. It is repeated if rows
shifted between pages, because a record that it missed would look new in the next lap. With `since`, a record
created before it (the *floor*) makes no event when it is first seen, and is watched from then on.
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
"""The most records a cursor remembers; more is an error."""
MAX_PRIMING_LAPS = 10
"""The most first laps: a list that never stops shifting must not keep the trigger silent forever."""


def plan(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Return what to read: the window, from the page at which the last poll stopped."""
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
    # One second early: vendors do not document whether the bound is included.
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
    """Return an event for each row whose state differs from what the cursor knows of its record."""
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
        # With `since`, the state that an older record has when it is first seen is not news.
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
    # The total is that of the whole list. Without a filter it is the window's only if no older row came.
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
        # The sort is stable: reversed first, records with the same time come out oldest first.
        events.reverse()
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={"start": start, "floor": floor, "rows": known, **state, "primed": primed or state["primed"]},
    )


def check(source: WindowScan, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without a usable id, time or state."""
    row_id(row, source.id)
    time_at(row, source.created)
    text_at(row, source.state)


def _after_lap(
    cursor: Cursor | None, read: ReadResult, *, since_value: str, shifted: bool, counted: bool, covered: bool
) -> dict[str, Any]:
    """Return the state after one reading: continue the lap, or end it and decide whether to trust it.

    `counted` says that the total is that of the window, `covered` that as many rows are known. Without a
    total, a lap is trusted if no row came twice.
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
    """Return when the window begins: it never moves back, and does not move during a lap."""
    start = micros(now - timedelta(seconds=source.look_back))
    if cursor:
        before: int = cursor["start"]
        return before if cursor["resume"] else max(start, before)
    return start if since is None else min(start, micros(since))


def _floor(cursor: Cursor | None, since: datetime | None) -> int | None:
    """Return the creation time before which a record makes no event when it is first seen."""
    if cursor:
        floor: int | None = cursor.get("floor")
        return floor
    return None if since is None else micros(since)
