"""Polls for changed records by a filter on their last change: watermark, overlap, look-back and laps.

The cursor keeps a *watermark* (every change up to it has been read), a *floor* (changes before it make no
event), and for each record changed since the floor what was last seen: its state, or its *mark*, which is the
time that makes an event. A record makes an event when its mark or state differs from the one seen before;
reading a record again makes none. If rows hold no time of change, the beginning of the lap takes its place,
by the earlier of the vendor's clock and ours.

Each poll reads everything changed since the watermark minus the overlap. That is a *lap*, and it may take
several polls, each continuing with the next page.

Why the watermark never passes the beginning of its lap: a row on a page already read may have changed since.

Why a lap is repeated: a change moves its row within the list, so rows shift between pages while they are
read. Rows that changed come again. Rows that moved to a page already read show as fewer distinct rows than
the list counts, or as a total that falls; the watermark then stays, and the next poll reads the same lap
again.

Why a look-back: the floor follows it, and records below the floor are dropped, so the cursor stays small. The
first lap without `since` makes no events.
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
"""The most records a cursor remembers; more is an error."""
MAX_HOLDS = 5
"""The most times in a row that a lap is repeated because rows may be missing."""

Entry = list[Any]
"""What is known of a record: its last change (µs), its mark or state, how often it entered each state."""


def plan(source: ChangedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Return what to read: the changes since the watermark, from the page at which the last poll stopped."""
    state = cursor or _start(source, now, since)
    resume = state["resume"]
    since_value = resume["since"] if resume else _since_value(source, state)
    query = {**(source.order.oldest_first if source.order else {}), source.since: since_value}
    return ReadPlan(query, resume["page"] if resume else None, source.pages, lambda _page: False)


def fold(
    about: TriggerIdentity,
    source: ChangedSince,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Return an event for each row that differs from what the cursor knows of its record."""
    state = cursor or _start(source, now, since)
    known: dict[str, Entry] = dict(state["rows"])
    met = set(state["resume"]["met"]) if state["resume"] else set()
    began = _began(state, read, now)
    high: int | None = state["resume"]["high"] if state["resume"] else None
    high = began if source.changed is None else high
    # Unreadable rows count as read, or one of them would make every lap look incomplete.
    met |= read.unreadable_keys
    events: list[tuple[int, Event]] = []
    for row in read.rows:
        key = row_id(row, source.id)
        when = began if source.changed is None else time_at(row, source.changed)
        met.add(key)
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
    """Raise `UnexpectedResponse` for a row without the fields that this source reads."""
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
    """Return the filter's value, one second early: vendors do not document whether the bound is included."""
    watermark: int | None = state["watermark"]
    floor: int = state["floor"]
    start = floor if watermark is None else max(floor, watermark - source.overlap * SECOND)
    return filter_value(start - SECOND, source.since_form)


def _began(state: Cursor, read: ReadResult, now: datetime) -> int:
    """Return when the lap began, by the earlier of the vendor's clock and ours."""
    began: int | None = state["resume"]["began"] if state["resume"] else None
    return earlier_clock(read.at, now) if began is None else began


def _advanced(
    source: ChangedSince, state: Cursor, read: ReadResult, met: set[str], high: int | None, began: int
) -> Cursor:
    """Return the state after one reading: continue the lap, repeat it, or move the watermark past it."""
    if not read.complete:
        since = state["resume"]["since"] if state["resume"] else _since_value(source, state)
        return {
            **state,
            "resume": {
                "page": read.next_page,
                "since": since,
                "high": high,
                "began": began,
                "met": sorted(met),
            },
        }
    if _may_miss_rows(read, met) and state["held"] < MAX_HOLDS:
        return {**state, "resume": None, "held": state["held"] + 1}
    before: int | None = state["watermark"]
    # A row read early in the lap may have changed again since, at a time before `high`: never pass `began`.
    passed = None if high is None else min(high, began)
    newest = max((when for when in (before, passed) if when is not None), default=None)
    return {**state, "watermark": newest, "primed": True, "resume": None, "held": 0}


def _may_miss_rows(read: ReadResult, met: set[str]) -> bool:
    """Check whether rows may be missing from a lap: the total fell, or it is more than the rows read."""
    return read.complete and (read.total_fell or len(met) < (read.total or 0))


def _pruned(source: ChangedSince, state: Cursor, now: datetime) -> Cursor:
    """Raise the floor to the start of the look-back, and drop the records below it.

    The floor stays below everything the next poll reads. Otherwise a vendor that was down for longer than the
    look-back would cost events.
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
    """Compare a row with its entry; return the end of the event's id (None: no event) and the new entry."""
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    state = text_at(row, source.state) if source.state else None
    if source.mark is None and source.state is None:
        return (None if entry else key), [when, None, {}]
    if source.mark is None:
        return compare_state(source, key, state, [when, last, counts])
    mark = at_path(row, source.mark)
    if mark is None or (source.reached is not None and not is_among(state, source.reached)):
        return None, [when, last, counts]
    # A record can change without its mark, and an old mark can be seen for the first time: neither is an
    # event.
    if mark == last or time_at(row, source.mark) < floor:
        return None, [when, mark, counts]
    return (key if source.mark == source.created else f"{key}:{mark}"), [when, mark, counts]
