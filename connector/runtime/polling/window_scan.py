"""Read all records of a window and compare their state with what was seen before.

The cursor keeps, for each record created within the look-back, the last state seen and how often each
state was entered. An entry leaves only when its record is older than the look-back, never because a poll
did not meet it: rows move between pages while they are read.

Reading the window may take several polls (a *lap*); it goes on with the next page, and what is inserted
meanwhile only pushes records to later pages. Without `since` the first lap only takes note; it is
repeated when rows changed places under it, so that nothing old is told as news. With `since`, records
created before it (the *floor*) are noted when they are first met, and watched like all others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError
from connector.runtime.polling.model import (
    SECOND,
    FoldResult,
    ReadPlan,
    ReadResult,
    created,
    identity,
    micros,
    reaches,
    spoken,
    stamp,
)
from connector.runtime.polling.states import entered

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import WindowScan
    from connector.runtime.polling.model import Cursor, Event, Row, TriggerIdentity

MOST_ROWS = 100_000
MOST_PRIMING_LAPS = 10


def plan(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Decide what to read: the window from its start, or where the last poll stopped in it."""
    start = _start(source, cursor, now, since)
    resume = cursor["resume"] if cursor else None
    first = resume["page"] if resume else None
    if source.since is None:
        return ReadPlan(
            source.order.newest_first,
            first,
            source.pages,
            lambda page: reaches(page.rows, source.created, start),
        )
    asked = resume["since"] if resume else stamp(start - SECOND)
    return ReadPlan(
        {**source.order.oldest_first, source.since: asked}, first, source.pages, lambda _page: False
    )


def fold(
    about: TriggerIdentity,
    source: WindowScan,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Turn differences between what was read and what was known into events."""
    start = _start(source, cursor, now, since)
    primed = cursor["primed"] if cursor else since is not None
    floor = _floor(cursor, since)
    known = {key: entry for key, entry in (cursor["rows"] if cursor else {}).items() if entry[0] >= start}
    events: list[tuple[int, Event]] = []
    met: set[str] = set()
    twice = older = False
    for row in read.rows:
        key, when = identity(row, source.id), created(row, source.created)
        twice = twice or key in met
        met.add(key)
        if when < start:
            older = True
            continue
        settled = key not in known and floor is not None and when < floor
        entry = known.get(key, [when, None, {}])
        suffix, known[key] = entered(source, key, spoken(row, source.state), [when, entry[1], entry[2]])
        if primed and suffix is not None and not settled:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > MOST_ROWS:
        raise ConfigurationError(
            f"{about.name} would have to remember over {MOST_ROWS:,} records: its look-back is too long, or"
            " `since` too far back."
        )
    # Newest first without a filter, the total counts the window only when nothing older was met.
    counted = read.total is not None and (source.since is not None or not older)
    covered = len(known.keys() | met | read.odd_keys) >= (read.total or 0) if counted else False
    state = _lap(
        cursor, read, asked=stamp(start - SECOND), twice=twice or read.fell, counted=counted, covered=covered
    )
    if source.since is None:
        events.reverse()  # of one moment, in the vendor's order
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={"start": start, "floor": floor, "rows": known, **state, "primed": primed or state["primed"]},
    )


def check(source: WindowScan, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without a usable id, time or state."""
    identity(row, source.id)
    created(row, source.created)
    spoken(row, source.state)


def _lap(
    cursor: Cursor | None, read: ReadResult, *, asked: str, twice: bool, counted: bool, covered: bool
) -> dict[str, Any]:
    """Say how the lap stands: where to go on with it, or whether a first one may be trusted."""
    resume = cursor["resume"] if cursor else None
    laps = cursor["laps"] if cursor else 0
    dirty = twice or bool(resume and resume["dirty"])
    if not read.complete:
        since = resume["since"] if resume else asked
        return {
            "laps": laps,
            "resume": {"page": read.next_page, "since": since, "dirty": dirty},
            "primed": False,
        }
    trusted = covered and not read.fell if counted else not dirty
    return {"laps": laps + 1, "resume": None, "primed": trusted or laps + 1 >= MOST_PRIMING_LAPS}


def _start(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> int:
    """Return where the window begins; it never moves back, and not at all while a lap is being read."""
    start = micros(now - timedelta(seconds=source.look_back))
    if cursor:
        before: int = cursor["start"]
        return before if cursor["resume"] else max(start, before)
    return start if since is None else min(start, micros(since))


def _floor(cursor: Cursor | None, since: datetime | None) -> int | None:
    """Return the creation before which what a record is when it is first met is no news."""
    if cursor:
        floor: int | None = cursor.get("floor")
        return floor
    return None if since is None else micros(since)
