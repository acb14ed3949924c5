"""Polls for changed records, for APIs that can filter by modification time.

The cursor contains a *watermark* (every change up to that time has been read), a *floor* (no events are
emitted for changes before that time), and an entry for each record changed since the floor. The entry stores
the record's last known state or its last known *mark*, which is the value of a time field. An event is
emitted when a record's state or mark differs from its entry, and not when an unchanged record is read again.
If rows contain no modification time, the time at which the scan began is used instead, according to the
vendor's clock or the local clock, whichever is earlier.

A *scan* reads all records changed since a time shortly before the watermark; the time between the two is the
*overlap*. A scan may take several polls, each of which continues with the next page.

Why the watermark never advances past the beginning of the scan: a row on a page that was already read may
have changed since then.

Why a scan is repeated: a change moves its row within the list, so rows shift between pages while the list is
read. A row that changed appears again on a later page. But a row that moved to a page already read is missed;
then the scan contains fewer distinct rows than the reported total, or the total becomes smaller. In that case
the watermark stays, and the next poll repeats the scan.

Why there is a *look-back* (the period for which entries are kept): it limits the size of the cursor. The
floor advances to the start of the look-back, and entries for records that last changed before the floor are
dropped.

If the first poll has no `since`, no events are emitted in the first scan.

Several triggers can share a scan although they have to read from different times: `widened` lets a trigger
read from the earliest of these times. Its cursor then contains, in `from`, the time from which the trigger
itself has to read, and rows that last changed before that time create no events and no entries.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError
from connector.runtime.polling.model import FoldResult, ReadPlan, ReadResult
from connector.runtime.polling.rows import (
    SECOND,
    earlier_clock,
    filter_value,
    micros,
    row_id,
    text_at,
    time_at,
)
from connector.runtime.polling.states import compare_state, is_among

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import ChangedSince
    from connector.runtime.polling.model import Cursor, Event, TriggerIdentity
    from connector.runtime.polling.rows import Row

MAX_ROWS = 100_000
"""The maximum number of entries in a cursor; an error is raised if there would be more."""
MAX_HOLDS = 5
"""The maximum number of consecutive times that a scan is repeated because rows may be missing."""

Entry = list[Any]
"""A record's entry in the cursor: a list of its modification time, its mark or state, and its state counts.

The modification time is in microseconds since the Unix epoch. The state counts map each state to the number
of times that the record entered it.
"""


def plan(source: ChangedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Plan to read the records changed since the watermark, or the remaining pages of an unfinished scan."""
    state = cursor or _start(source, now, since)
    resume = state["resume"]
    since_value = resume["since"] if resume else _since_value(source, state)
    query = {**(source.order.oldest_first if source.order else {}), source.since: since_value}
    return ReadPlan(query, resume["page"] if resume else None, source.pages, lambda _page: False)


def widened(
    source: ChangedSince, cursor: Cursor | None, now: datetime, since: datetime | None, since_value: str
) -> Cursor | None:
    """Return the state for a scan that reads from `since_value`, which is earlier than `plan` would choose.

    The scan begins at the first page. Rows that the trigger would not have read are ignored if they contain
    their modification time. Otherwise they need entries, so that they create no second event; None is
    returned if `since_value` is before the floor, which is the time since which records have entries.
    """
    state = cursor or _start(source, now, since)
    if source.changed is None and since_value < filter_value(state["floor"], source.since_form):
        return None
    own = None if source.changed is None else (_scan_start(source, state) - SECOND) // SECOND * SECOND
    place: dict[str, Any] = {"page": None, "since": since_value, "high": None, "began": None, "met": []}
    return {**state, "resume": {**place, "from": own}}


def fold(
    about: TriggerIdentity,
    source: ChangedSince,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Create an event for each row that differs from its record's entry; compute the next cursor.

    Raises `ConfigurationError` if the cursor would contain more than `MAX_ROWS` records.
    """
    state = cursor or _start(source, now, since)
    known: dict[str, Entry] = dict(state["rows"])
    met = set(state["resume"]["met"]) if state["resume"] else set()
    began = _began(state, read, now)
    high: int | None = state["resume"]["high"] if state["resume"] else None
    high = began if source.changed is None else high
    own: int | None = state["resume"].get("from") if state["resume"] else None
    # Unreadable rows count as read; otherwise a single unreadable row would make every scan look incomplete.
    met |= read.unreadable_keys
    events: list[tuple[int, Event]] = []
    for row in read.rows:
        key = row_id(row, source.id)
        when = began if source.changed is None else time_at(row, source.changed)
        met.add(key)
        if own is not None and when < own:  # read for other triggers
            continue
        high = when if high is None else max(high, when)
        suffix, known[key] = _compared(source, row, key, when, known.get(key), state["floor"])
        if state["primed"] and suffix is not None:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > MAX_ROWS:
        raise ConfigurationError(
            f"{about.name} would have to remember more than {MAX_ROWS:,} records: its look-back is too long,"
            " or `since` is too far in the past."
        )
    events.sort(key=lambda pair: pair[0])
    moved = _advanced(source, state, read, met, high, began)
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor=_pruned(source, {**moved, "rows": known}, now),
        doubtful=state["held"] == MAX_HOLDS and _may_miss_rows(read, met),
    )


def check(source: ChangedSince, row: Row) -> None:
    """Raise `UnexpectedResponse` if a field that this strategy reads is missing from the row or invalid."""
    row_id(row, source.id)
    if source.changed is not None:
        time_at(row, source.changed)
    if source.state is not None:
        text_at(row, source.state)
    mark = None if source.mark is None else at_path(row, source.mark)
    if source.mark is not None and (mark is not None or source.mark == source.created):
        time_at(row, source.mark)


def _start(source: ChangedSince, now: datetime, since: datetime | None) -> Cursor:
    floor = micros(now - timedelta(seconds=source.look_back) if since is None else since)
    return {
        "floor": floor,
        "watermark": None,
        "rows": {},
        "primed": since is not None,
        "held": 0,
        "resume": None,
    }


def _since_value(source: ChangedSince, state: Cursor) -> str:
    """Format the value of the modification-time filter.

    The value is one second earlier than the required time, because vendors do not document whether the filter
    includes the given time.
    """
    return filter_value(_scan_start(source, state) - SECOND, source.since_form)


def _scan_start(source: ChangedSince, state: Cursor) -> int:
    """Return the time (µs) of the earliest changes that the next scan has to read."""
    watermark: int | None = state["watermark"]
    floor: int = state["floor"]
    return floor if watermark is None else max(floor, watermark - source.overlap * SECOND)


def _began(state: Cursor, read: ReadResult, now: datetime) -> int:
    """Return when the scan began (µs), by the vendor's clock or the local clock, whichever is earlier."""
    began: int | None = state["resume"]["began"] if state["resume"] else None
    return earlier_clock(read.at, now) if began is None else began


def _advanced(
    source: ChangedSince, state: Cursor, read: ReadResult, met: set[str], high: int | None, began: int
) -> Cursor:
    """Compute the strategy's state after a poll: continue or repeat the scan, or advance the watermark.

    `met` contains the IDs of the rows read in the scan, `high` is the latest modification time among those
    rows (µs), and `began` is when the scan began (µs).
    """
    if not read.complete:
        since = state["resume"]["since"] if state["resume"] else _since_value(source, state)
        own = state["resume"].get("from") if state["resume"] else None
        place = {"page": read.next_page, "since": since, "high": high, "began": began, "met": sorted(met)}
        return {**state, "resume": place if own is None else {**place, "from": own}}
    if _may_miss_rows(read, met) and state["held"] < MAX_HOLDS:
        return {**state, "resume": None, "held": state["held"] + 1}
    before: int | None = state["watermark"]
    # A row read early in the scan may have changed again before `high`, so `began` is the upper limit.
    passed = None if high is None else min(high, began)
    newest = max((when for when in (before, passed) if when is not None), default=None)
    return {**state, "watermark": newest, "primed": True, "resume": None, "held": 0}


def _may_miss_rows(read: ReadResult, met: set[str]) -> bool:
    """Check whether a finished scan may have missed rows.

    Returns True if the reported total fell while the list was read, or if it exceeds the number of distinct
    rows.
    """
    return read.complete and (read.total_fell or len(met) < (read.total or 0))


def _pruned(source: ChangedSince, state: Cursor, now: datetime) -> Cursor:
    """Raise the floor to the start of the look-back, and drop entries of records that last changed earlier.

    The floor never rises above the time from which the next poll reads; otherwise events would be lost if the
    vendor was down for longer than the look-back.
    """
    if state["watermark"] is None or state["resume"]:
        return state
    old = micros(now - timedelta(seconds=source.look_back))
    floor = max(state["floor"], min(old, state["watermark"] - source.overlap * SECOND))
    recent = {key: entry for key, entry in state["rows"].items() if entry[0] >= floor}
    return {**state, "floor": floor, "rows": recent}


def _compared(
    source: ChangedSince, row: Row, key: str, when: int, entry: Entry | None, floor: int
) -> tuple[str | None, Entry]:
    """Compare a row with its record's entry; return the suffix of the event's ID and the new entry.

    The suffix is None if no event is emitted for the row. `when` is the row's modification time, and no event
    is emitted if the row's mark is earlier than `floor` (both in microseconds since the Unix epoch).
    """
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    state = text_at(row, source.state) if source.state else None
    if source.mark is None and source.state is None:
        return (None if entry else key), [when, None, {}]
    if source.mark is None:
        return compare_state(source, key, state, [when, last, counts])
    mark = at_path(row, source.mark)
    if mark is None or (source.reached is not None and not is_among(state, source.reached)):
        return None, [when, last, counts]
    # A change that leaves the mark unchanged creates no event, nor does an old mark that is seen for the
    # first time.
    if mark == last or time_at(row, source.mark) < floor:
        return None, [when, mark, counts]
    return (key if source.mark == source.created else f"{key}:{mark}"), [when, mark, counts]
