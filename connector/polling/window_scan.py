"""Read all records of a window and compare their state with what was seen before.

The cursor keeps, for each record created within the look-back, the last state seen and how often each
state was entered. An entry leaves only when its record is older than the look-back, never because a poll
did not meet it: rows move between pages while they are read.

Reading the window may take several polls (a *lap*); it goes on with the next page, and what is inserted
meanwhile only pushes records to later pages. Without `since` the first lap only takes note; it is
repeated when rows changed places under it, so that nothing old is told as news.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, UnexpectedResponse
from connector.polling.parts import SECOND, Poll, Read, Reading, created, identity, micros, stamp
from connector.polling.states import entered, suffix, told_since
from connector.resolve import at_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connector.model import WindowScan
    from connector.polling.parts import About, Cursor, Event, Row
    from connector.polling.states import Told

MOST_ROWS = 100_000
MOST_PRIMING_LAPS = 10


def plan(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> Reading:
    """Decide what to read: the window from its start, or where the last poll stopped in it."""
    start = _start(source, cursor, now, since)
    resume = cursor["resume"] if cursor else None
    first = resume["page"] if resume else None
    if source.since is None:
        return Reading(
            source.order.newest_first,
            first,
            source.pages,
            lambda page: any(created(row, source.created) < start for row in page.rows),
        )
    asked = resume["since"] if resume else stamp(start - SECOND)
    return Reading(
        {**source.order.oldest_first, source.since: asked}, first, source.pages, lambda _page: False
    )


def fold(
    about: About, source: WindowScan, cursor: Cursor | None, read: Read, now: datetime, since: datetime | None
) -> Poll:
    """Turn differences between what was read and what was known into events."""
    start = _start(source, cursor, now, since)
    primed = cursor["primed"] if cursor else since is not None
    known = {key: entry for key, entry in (cursor["rows"] if cursor else {}).items() if entry[0] >= start}
    events: list[tuple[int, Event]] = []
    met: set[str] = set()
    told = told_since(about)
    twice = older = False
    for row in read.rows:
        key, when = identity(row, source.id), created(row, source.created)
        twice = twice or key in met
        met.add(key)
        if when < start:
            older = True
            continue
        end, known[key] = _compared(source, row, when, known.get(key), told.pop(key, ()))
        if primed and end is not None:
            events.append((when, about.event(row, end, now)))
    if len(known) > MOST_ROWS:
        raise ConfigurationError(
            f"{about.name} would have to remember over {MOST_ROWS:,} records: its look-back is too long."
        )
    # Newest first without a filter, the total counts the window only when nothing older was met.
    counted = read.total is not None and (source.since is not None or not older)
    covered = len(known.keys() | met) >= (read.total or 0) if counted else False
    state = _lap(cursor, read, asked=stamp(start - SECOND), twice=twice, counted=counted, covered=covered)
    if source.since is None:
        events.reverse()  # of one moment, in the vendor's order
    events.sort(key=lambda pair: pair[0])
    return Poll(
        events=tuple(event for _when, event in events),
        cursor={"start": start, "rows": known, **state, "primed": primed or state["primed"]},
    )


def _lap(
    cursor: Cursor | None, read: Read, *, asked: str, twice: bool, counted: bool, covered: bool
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
    trusted = covered if counted else not dirty
    return {"laps": laps + 1, "resume": None, "primed": trusted or laps + 1 >= MOST_PRIMING_LAPS}


def _compared(
    source: WindowScan, row: Row, when: int, entry: list[Any] | None, told: Sequence[Told]
) -> tuple[str | None, list[Any]]:
    """Compare one row with its entry; return the end of the event's id, if any, and the new entry."""
    key, state = identity(row, source.id), _state(source, row)
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    times, known = entered(state, last, counts, told)
    if times is None:
        return None, [when, state, known]
    new = last is None and not told
    return suffix(source, key, state, times, counts, new=new), [when, state, known]


def _start(source: WindowScan, cursor: Cursor | None, now: datetime, since: datetime | None) -> int:
    """Return where the window begins; it never moves back."""
    start = micros(now - timedelta(seconds=source.look_back))
    if cursor:
        before: int = cursor["start"]
        return max(start, before)
    return start if since is None else micros(since)


def _state(source: WindowScan, row: Row) -> str:
    found = at_path(row, source.state)
    if not isinstance(found, str):
        raise UnexpectedResponse(f"A record in the list has no usable {'.'.join(source.state)}: {found!r}.")
    return found
