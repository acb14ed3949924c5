"""Polls a list that the API cannot filter: reads the whole list and compares each record's version.

The cursor contains an entry for each record ever seen, with the record's highest version. If events are
emitted for state changes, the entry also contains the record's last state and how often the record entered
each state. Entries are never dropped, because a record that is missing from a poll may only have moved to
another page. If there are more than `most_records` entries, an error is raised, so that the cursor cannot
grow without limit.

Reading the whole list is a *scan*, which may take several polls, each of which continues with the next page.
Each poll emits events for the rows that it reads. A row that moved to a page already read is found in the
next scan. No second event is emitted for a row that is read twice. A row with a lower version than its entry
comes from an outdated page and is ignored.

If the first poll has no `since`, no events are emitted in the first scan. That scan is repeated as long as it
reads fewer records than the reported total.
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
"""The maximum number of scans without events; later scans emit events even if rows may have been missed."""

Entry = list[Any]
"""A record's entry in the cursor: a list of its version and, if needed, its last state and state counts.

The state counts map each state to the number of times that the record entered it.
"""


def plan(source: Snapshot, cursor: Cursor | None, _now: datetime, _since: datetime | None) -> ReadPlan:
    """Plan to read the whole list, starting at the page at which the last poll stopped."""
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
    """Create an event for each row that differs from its record's entry; compute the next cursor.

    Raises `ConfigurationError` if the cursor would contain more than `source.most_records` entries.
    """
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
        if entry and version < entry[0]:  # the page is outdated, for example cached
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
    # Rows are read newest first. They are reversed first, because the sort is stable: rows with the same time
    # end up oldest first.
    events.reverse()
    events.sort(key=lambda pair: pair[0])
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor={**_after_lap(state, read, twice=twice, known=len(known)), "rows": known},
    )


def check(source: Snapshot, row: Row) -> None:
    """Raise `UnexpectedResponse` if a field that this strategy reads is missing from the row or invalid."""
    row_id(row, source.id)
    _version(source, row)
    _event_time(source, row)
    if source.detects == "states":
        text_at(row, source.state or ())


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"rows": {}, "floor": floor, "primed": since is not None, "laps": 0, "resume": None}


def _after_lap(state: Cursor, read: ReadResult, *, twice: bool, known: int) -> Cursor:
    """Compute the strategy's state after a poll: continue or end the scan.

    `twice` is true if a row was read twice, and `known` is the number of entries. At the end of a first scan,
    `primed` becomes true if the scan read as many records as the reported total or, without a total, if no
    rows shifted between pages.
    """
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
    """Compare a row with its record's entry; return the suffix of the event's ID and the new entry.

    The suffix is None if no event is emitted for the row.
    """
    if source.detects == "records":
        return (None if entry else key), [version]
    if source.detects == "versions":
        return (None if entry and version == entry[0] else f"{key}:{version}"), [version]
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    return compare_state(source, key, text_at(row, source.state or ()), [version, last, counts])


def _version(source: Snapshot, row: Row) -> int:
    """Return a row's version as an integer.

    Raises `UnexpectedResponse` if the version is neither a whole number nor a string of digits.
    """
    value = at_path(row, source.version)
    version = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        version = int(value)
    if version is None:
        raise unreadable_value(source.version, value, "a whole number")
    return version


def _event_time(source: Snapshot, row: Row) -> int:
    """Return a row's modification time in microseconds since the Unix epoch.

    Returns the creation time instead if the record has never changed, or if events are emitted only for new
    records.
    """
    changed = source.detects != "records" and at_path(row, source.changed) not in (None, "")
    return time_at(row, source.changed if changed else source.created)
