"""Polls a list that has no filter by reading all of it and comparing versions: the snapshot.

The cursor keeps, for each record ever seen, its highest version and, if states make events, the last state
and how often the record entered each. No entry is ever dropped, because a record that a poll does not see
may just have moved to another page. So that the cursor cannot grow forever, more than `most_records` is an
error.

Reading the list may take several polls, each continuing with the next page; together they are a *lap*. Events
are made as rows are read. A row that moved to a page already read comes in the next lap, a row that comes
twice is known the second time, and a row with a lower version than before comes from an older page and is
ignored.

The first lap without `since` makes no events; it is repeated while it has read fewer records than the list
counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError
from connector.runtime.polling.model import FoldResult, ReadPlan, ReadResult
from connector.runtime.polling.rows import micros, row_id, text_at, time_at, unreadable_value
from connector.runtime.polling.states import compare_state

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import Snapshot
    from connector.runtime.polling.model import Cursor, Event, TriggerIdentity
    from connector.runtime.polling.rows import Row

MAX_PRIMING_LAPS = 10
"""The most first laps: a list that never stops shifting must not keep the trigger silent forever."""

Entry = list[Any]
"""What is known of a record: its version and, if states make events, its state and the counts of states."""


def plan(source: Snapshot, cursor: Cursor | None, _now: datetime, _since: datetime | None) -> ReadPlan:
    """Return what to read: the list, from the page at which the last poll stopped."""
    resume = cursor["resume"] if cursor else None
    first = resume["page"] if resume else None
    return ReadPlan(source.order.newest_first, first, source.pages, lambda _page: False)


def fold(
    about: TriggerIdentity,
    source: Snapshot,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Return an event for each row that differs from what the cursor knows of its record."""
    state = cursor or _start(since)
    known: dict[str, Entry] = dict(state["rows"])
    met: set[str] = set()
    twice = False
    events: list[tuple[int, Event]] = []
    for row in read.rows:
        key, version, when = row_id(row, source.id), _version(source, row), _event_time(source, row)
        twice = twice or key in met
        met.add(key)
        entry = known.get(key)
        if entry and version < entry[0]:  # a page cached or read before the change: it is not news
            continue
        suffix, known[key] = _compared(source, row, key, version, entry)
        settled = entry is None and state["floor"] is not None and when < state["floor"]
        if state["primed"] and suffix is not None and not settled:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > source.most_records:
        raise ConfigurationError(
            f"{about.name} would have to remember more than {source.most_records:,} records, which is its"
            " limit: the list has grown too long to be compared in full."
        )
    # Rows come newest first, and the sort is stable: reversed first, rows with the same time come out
    # oldest first.
    events.reverse()
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={**_after_lap(state, read, twice=twice, known=len(known)), "rows": known},
    )


def check(source: Snapshot, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without the fields that this source reads."""
    row_id(row, source.id)
    _version(source, row)
    _event_time(source, row)
    if source.detects == "states":
        text_at(row, source.state or ())


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"rows": {}, "floor": floor, "primed": since is not None, "laps": 0, "resume": None}


def _after_lap(state: Cursor, read: ReadResult, *, twice: bool, known: int) -> Cursor:
    """Return the state after one reading: continue the lap, or end it and decide whether to trust it."""
    resume = state["resume"] or {}
    moved = twice or read.total_fell or bool(resume.get("moved"))
    unreadable = {*resume.get("odd", ()), *read.unreadable_keys}
    if not read.complete:
        return {**state, "resume": {"page": read.next_page, "moved": moved, "odd": sorted(unreadable)}}
    laps = state["laps"] + 1
    covered = known + len(unreadable) >= (read.total or 0) and not read.total_fell
    trusted = covered if read.total is not None else not moved
    primed = state["primed"] or trusted or laps >= MAX_PRIMING_LAPS
    return {**state, "primed": primed, "laps": laps, "resume": None}


def _compared(
    source: Snapshot, row: Row, key: str, version: int, entry: Entry | None
) -> tuple[str | None, Entry]:
    """Compare a row with its entry; return the end of the event's id (None: no event) and the new entry."""
    if source.detects == "records":
        return (None if entry else key), [version]
    if source.detects == "versions":
        return (None if entry and version == entry[0] else f"{key}:{version}"), [version]
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    return compare_state(source, key, text_at(row, source.state or ()), [version, last, counts])


def _version(source: Snapshot, row: Row) -> int:
    """Return the row's version, a whole number or its digits; raise `UnexpectedResponse` if it is neither."""
    value = at_path(row, source.version)
    version = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        version = int(value)
    if version is None:
        raise unreadable_value(source.version, value, "a whole number")
    return version


def _event_time(source: Snapshot, row: Row) -> int:
    """Return when the record last changed, or its creation if new records make events or it never changed."""
    changed = source.detects != "records" and at_path(row, source.changed) not in (None, "")
    return time_at(row, source.changed if changed else source.created)
