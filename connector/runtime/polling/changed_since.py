"""Records that changed, found by a filter on when they last did; nothing is known of the list's order.

The cursor keeps a *watermark* (the newest change of a list that was read whole), a *floor* (what lies
before it is settled), and for each record changed since the floor what was last seen of it: its *mark*,
the time that makes an event, or its state. A record whose mark or state is another one than before is an
event; that a record was read, or read again, is none. Where rows do not tell when they changed, the moment
at which the lap began stands for it: by the vendor's clock or by ours, whichever is earlier.

Each poll reads all that changed since the watermark minus the overlap. Reading that may take several
polls (a *lap*), which goes on with the next page; the watermark never passes the moment at which the lap
began, for a row that was read may have changed since. Rows change places while they are read, for a change
moves them; those that changed come again, and what was pushed aside unread shows as fewer different rows
than the list counts, or as a count that falls. Then the watermark stays, and the next poll reads the same
again. Without `since` the first lap only takes note.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError
from connector.runtime.polling.model import (
    SECOND,
    FoldResult,
    ReadPlan,
    ReadResult,
    created,
    earlier,
    identity,
    micros,
    spoken,
    stamp,
)
from connector.runtime.polling.states import among, entered

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import ChangedSince
    from connector.runtime.polling.model import Cursor, Event, Row, TriggerIdentity

MOST_ROWS = 100_000
MOST_HOLDS = 5

Entry = list[Any]
"""What is known of a record: when it changed (µs), its mark or state, how often each state was entered."""


def plan(source: ChangedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Decide what to read: all that changed since the watermark, or where the last poll stopped in it."""
    state = cursor or _start(source, now, since)
    resume = state["resume"]
    asked = resume["since"] if resume else _asked(source, state)
    query = {**(source.order.oldest_first if source.order else {}), source.since: asked}
    return ReadPlan(query, resume["page"] if resume else None, source.pages, lambda _page: False)


def fold(
    about: TriggerIdentity,
    source: ChangedSince,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Turn differences between what was read and what was known into events."""
    state = cursor or _start(source, now, since)
    known: dict[str, Entry] = dict(state["rows"])
    met = set(state["resume"]["met"]) if state["resume"] else set()
    began = _began(state, read, now)
    high: int | None = state["resume"]["high"] if state["resume"] else None
    high = began if source.changed is None else high
    met |= read.odd_keys
    events: list[tuple[int, Event]] = []
    for row in read.rows:
        key = identity(row, source.id)
        when = began if source.changed is None else created(row, source.changed)
        met.add(key)
        high = when if high is None else max(high, when)
        suffix, known[key] = _compared(source, row, key, when, known.get(key), state["floor"])
        if state["primed"] and suffix is not None:
            events.append((when, about.event(row, suffix, now)))
    if len(known) > MOST_ROWS:
        raise ConfigurationError(
            f"{about.name} would have to remember over {MOST_ROWS:,} records: its look-back is too long, or"
            " `since` too far back."
        )
    events.sort(key=lambda pair: pair[0])
    moved = _moved(source, state, read, met, high, began)
    return FoldResult(
        events=tuple(event for _when, event in events),
        cursor=_settled(source, {**moved, "rows": known}, now),
        doubtful=state["held"] == MOST_HOLDS and _short(read, met),
    )


def check(source: ChangedSince, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without what this source reads of it."""
    identity(row, source.id)
    if source.changed is not None:
        created(row, source.changed)
    if source.state is not None:
        spoken(row, source.state)
    mark = None if source.mark is None else at_path(row, source.mark)
    if source.mark is not None and (mark is not None or source.mark == source.created):
        created(row, source.mark)


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


def _asked(source: ChangedSince, state: Cursor) -> str:
    """Return the filter's value: a second early, for whether it includes its bound is not documented."""
    watermark: int | None = state["watermark"]
    floor: int = state["floor"]
    start = floor if watermark is None else max(floor, watermark - source.overlap * SECOND)
    return stamp(start - SECOND, source.since_form)


def _began(state: Cursor, read: ReadResult, now: datetime) -> int:
    """Return when the lap began: by the vendor's clock or by ours, whichever is earlier."""
    began: int | None = state["resume"]["began"] if state["resume"] else None
    return earlier(read.at, now) if began is None else began


def _moved(
    source: ChangedSince, state: Cursor, read: ReadResult, met: set[str], high: int | None, began: int
) -> Cursor:
    """Say how the lap stands: where to go on with it, to read it again, or that it was read whole."""
    if not read.complete:
        asked = state["resume"]["since"] if state["resume"] else _asked(source, state)
        return {
            **state,
            "resume": {
                "page": read.next_page,
                "since": asked,
                "high": high,
                "began": began,
                "met": sorted(met),
            },
        }
    if _short(read, met) and state["held"] < MOST_HOLDS:
        return {**state, "resume": None, "held": state["held"] + 1}
    before: int | None = state["watermark"]
    passed = None if high is None else min(high, began)
    newest = max((one for one in (before, passed) if one is not None), default=None)
    return {**state, "watermark": newest, "primed": True, "resume": None, "held": 0}


def _short(read: ReadResult, met: set[str]) -> bool:
    """Say whether rows may be missing from a lap: its count fell, or it counts more than were met."""
    return read.complete and (read.fell or len(met) < (read.total or 0))


def _settled(source: ChangedSince, state: Cursor, now: datetime) -> Cursor:
    """Raise the floor to the look-back, but over nothing unread, and forget the records below it."""
    if state["watermark"] is None or state["resume"]:
        return state
    old = micros(now - timedelta(seconds=source.look_back))
    floor = max(state["floor"], min(old, state["watermark"] - source.overlap * SECOND))
    kept = {key: entry for key, entry in state["rows"].items() if entry[0] >= floor}
    return {**state, "floor": floor, "rows": kept}


def _compared(
    source: ChangedSince, row: Row, key: str, when: int, entry: Entry | None, floor: int
) -> tuple[str | None, Entry]:
    """Compare one row with its entry; return the end of the event's id, if any, and the new entry."""
    last, counts = (entry[1], entry[2]) if entry else (None, {})
    state = spoken(row, source.state) if source.state else None
    if source.mark is None and source.state is None:
        return (None if entry else key), [when, None, {}]
    if source.mark is None:
        return entered(source, key, state, [when, last, counts])
    mark = at_path(row, source.mark)
    if mark is None or (source.reached is not None and not among(state, source.reached)):
        return None, [when, last, counts]
    if mark == last or created(row, source.mark) < floor:
        return None, [when, mark, counts]
    return (key if source.mark == source.created else f"{key}:{mark}"), [when, mark, counts]
