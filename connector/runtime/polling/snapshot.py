"""Read a whole list that has no filter, and compare each record's version with the last one seen.

The cursor keeps, for each record ever met, the highest version seen and, where states make events, the last
state and how often each was entered. An entry is never dropped because a poll did not meet its record: rows
move between pages while they are read. So that the cursor cannot grow without end, `most_records` ends it
with an error.

Reading the list may take several polls (a *lap*), which goes on with the next page. Events are told as their
rows are met: what was pushed aside unread is met in the next lap, what is met twice is known by then, and a
row that comes with an older version than before was read from a page of an earlier moment. Without `since`
the first lap only takes note; it is repeated while it has met fewer records than the list counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError
from connector.runtime.polling.model import (
    FoldResult,
    ReadPlan,
    ReadResult,
    created,
    identity,
    micros,
    spoken,
    unusable,
)
from connector.runtime.polling.states import entered

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import Snapshot
    from connector.runtime.polling.model import Cursor, Event, Row, TriggerIdentity

MOST_PRIMING_LAPS = 10

Entry = list[Any]
"""What is known of a record: its version and, where states make events, its state and their counts."""


def plan(source: Snapshot, cursor: Cursor | None, _now: datetime, _since: datetime | None) -> ReadPlan:
    """Decide what to read: the list from its start, or where the last poll stopped in it."""
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
    """Turn differences between what was read and what was known into events."""
    state = cursor or _start(since)
    known: dict[str, Entry] = dict(state["rows"])
    met: set[str] = set()
    twice = False
    events: list[tuple[int, Event]] = []
    for row in read.rows:
        key, version, when = identity(row, source.id), _version(source, row), _moment(source, row)
        twice = twice or key in met
        met.add(key)
        entry = known.get(key)
        if entry and version < entry[0]:
            continue
        suffix, known[key] = _compared(source, row, key, version, entry)
        settled = entry is None and state["floor"] is not None and when < state["floor"]
        if state["primed"] and suffix is not None and not settled:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > source.most_records:
        raise ConfigurationError(
            f"{about.name} would have to remember over {source.most_records:,} records, its ceiling:"
            " the list has grown too long to be compared as a whole."
        )
    events.reverse()  # read newest first: of one moment, the oldest comes first
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={**_lap(state, read, twice=twice, known=len(known)), "rows": known},
    )


def check(source: Snapshot, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without what this source reads of it."""
    identity(row, source.id)
    _version(source, row)
    _moment(source, row)
    if source.tells == "states":
        spoken(row, source.state or ())


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"rows": {}, "floor": floor, "primed": since is not None, "laps": 0, "resume": None}


def _lap(state: Cursor, read: ReadResult, *, twice: bool, known: int) -> Cursor:
    """Say how the lap stands: where to go on with it, or whether a first one may be trusted."""
    resume = state["resume"] or {}
    moved = twice or read.fell or bool(resume.get("moved"))
    odd = {*resume.get("odd", ()), *read.odd_keys}
    if not read.complete:
        return {**state, "resume": {"page": read.next_page, "moved": moved, "odd": sorted(odd)}}
    laps = state["laps"] + 1
    covered = known + len(odd) >= (read.total or 0) and not read.fell
    trusted = covered if read.total is not None else not moved
    primed = state["primed"] or trusted or laps >= MOST_PRIMING_LAPS
    return {**state, "primed": primed, "laps": laps, "resume": None}


def _compared(
    source: Snapshot, row: Row, key: str, version: int, entry: Entry | None
) -> tuple[str | None, Entry]:
    """Compare one row with its entry; return the end of the event's id, if any, and the new entry."""
    if source.tells == "records":
        return (None if entry else key), [version]
    if source.tells == "versions":
        return (None if entry and version == entry[0] else f"{key}:{version}"), [version]
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    return entered(source, key, spoken(row, source.state or ()), [version, last, counts])


def _version(source: Snapshot, row: Row) -> int:
    found = at_path(row, source.version)
    whole = found if isinstance(found, int) and not isinstance(found, bool) else None
    if isinstance(found, str) and found.strip().isascii() and found.strip().isdigit():
        whole = int(found)
    if whole is None:
        raise unusable(source.version, found, "a whole number")
    return whole


def _moment(source: Snapshot, row: Row) -> int:
    """Return when the row last changed; when it was created, where events are new records or it never did."""
    changed = source.tells != "records" and at_path(row, source.changed) not in (None, "")
    return created(row, source.changed if changed else source.created)
