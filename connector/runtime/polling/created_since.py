"""Every record is an event once, found by when it was created.

The cursor keeps a *watermark* (the newest creation that is surely read), the ids *seen* within the
overlap below it, and a *floor* (records created earlier are settled: they were there before the first
poll).

With a filter on creation, records are read oldest first from the watermark minus the overlap: what is
inserted while pages are being read can only push records to later pages, where they are read again and
known. Without a filter they are read newest first until they are older than that. At the ceiling the
reading goes on with the next poll: from the newest record read where that is progress, and otherwise
(thousands at one moment, or newest first) from the next page.

The watermark never passes the earlier of the vendor's clock and ours at the start of the reading: a record
dated in the future (an import, a clock that is wrong) would take it along, and what is created until then
would count as known. Such a record is an event at once, and is read again until its time has come.

Rows that change places between two pages show as a row read twice, as fewer different rows than the list
counts, or as a count that falls. Then the watermark does not pass the doubtful place, and the next poll
reads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import UnexpectedResponse
from connector.runtime.polling.model import (
    SECOND,
    FoldResult,
    ReadPlan,
    ReadResult,
    created,
    earlier,
    identity,
    micros,
    reaches,
    stamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connector.definition.model import CreatedSince
    from connector.runtime.polling.model import Cursor, Page, Row, TriggerIdentity

MOST_SEEN = 20_000
MOST_HOLDS = 5


def plan(source: CreatedSince, cursor: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
    """Decide what to read; the first poll without `since` looks at the newest records only, to know them."""
    state = cursor or _start(since)
    if cursor is None and since is None:
        return ReadPlan(source.order.newest_first, None, source.pages, _BelowNewest(source, now))
    resume = state["resume"]
    first = resume["page"] if resume else None
    cut = _cut(source, state)
    if source.since is None:
        return ReadPlan(
            source.order.newest_first,
            first,
            source.pages,
            lambda page: cut is not None and reaches(page.rows, source.created, cut),
        )
    asked = resume["since"] if resume else _asked(source, state)
    query = {**source.order.oldest_first, **({} if asked is None else {source.since: asked})}
    return ReadPlan(query, first, source.pages, lambda _page: False)


def fold(
    about: TriggerIdentity,
    source: CreatedSince,
    cursor: Cursor | None,
    read: ReadResult,
    now: datetime,
    since: datetime | None,
) -> FoldResult:
    """Turn what was read into events for records not seen before, and move the watermark."""
    state = cursor or _start(since)
    rows, doubt = _gathered(source, state, read)
    if cursor is None and since is None:
        return FoldResult((), _primed(source, rows, read, doubt, now))
    cut, seen = _cut(source, state), state["seen"]
    fresh = [
        (when, key, row)
        for key, (when, row) in rows.items()
        if key not in seen and (key in read.mended or cut is None or when >= cut)
    ]
    if source.since is None:
        fresh.reverse()  # of one moment, in the vendor's order
    fresh.sort(key=lambda one: one[0])
    moved = _moved(source, state, rows, doubt, read, earlier(read.at, now))
    known = {**seen, **{key: when for key, (when, _row) in rows.items()}}
    return FoldResult(
        events=tuple(about.event(row, key, now) for _when, key, row in fresh),
        cursor=_pruned(source, {**moved, "seen": known}),
        doubtful=state["held"] == MOST_HOLDS and _short(source, state, rows, read),
    )


def check(source: CreatedSince, row: Row) -> None:
    """Raise `UnexpectedResponse` for a row without a usable id or time."""
    identity(row, source.id)
    created(row, source.created)


def _gathered(
    source: CreatedSince, state: Cursor, read: ReadResult
) -> tuple[dict[str, tuple[int, Row]], int | None]:
    """Return the different rows by id, and the earliest creation of one met twice in this reading."""
    resume = state["resume"]
    doubt: int | None = resume["doubt"] if resume else None
    met = set(state["seen"]) if resume else set()
    rows: dict[str, tuple[int, Row]] = {}
    for row in read.rows:
        key, when = identity(row, source.id), created(row, source.created)
        if key in met:
            doubt = _least(doubt, when)
        met.add(key)
        rows.setdefault(key, (when, row))
    return rows, doubt


def _moved(
    source: CreatedSince,
    state: Cursor,
    rows: dict[str, tuple[int, Row]],
    doubt: int | None,
    read: ReadResult,
    latest: int,
) -> Cursor:
    """Return the state with watermark, resume point and count of holds as they follow from one reading."""
    before: int | None = state["watermark"]
    resume: dict[str, Any] | None = state["resume"]
    latest = resume.get("latest", latest) if resume else latest
    high = _most(_newest((when for when, _row in rows.values()), latest), resume["high"] if resume else None)
    safe = _least(high, doubt)
    again = state["held"] < MOST_HOLDS and _short(source, state, rows, read)
    if not read.complete and (source.since is None or resume or not _passes(safe, before)):
        asked = resume["since"] if resume else _asked(source, state)
        place = {"page": read.next_page, "since": asked, "high": high, "doubt": doubt, "latest": latest}
        return {**state, "resume": place}
    if again:
        return {**state, "resume": None, "held": state["held"] + 1}
    return {**state, "watermark": _most(before, safe), "resume": None, "held": 0}


def _short(source: CreatedSince, state: Cursor, rows: dict[str, tuple[int, Row]], read: ReadResult) -> bool:
    """Say whether rows may be missing from a reading: its count fell, or it counts more than were read."""
    if read.fell:
        return True
    counted = source.since is not None and not state["resume"] and read.complete
    return counted and len(rows.keys() | read.odd_keys) < (read.total or 0)


def _asked(source: CreatedSince, state: Cursor) -> str | None:
    """Return the filter's value: a second early, for whether it includes its bound is not documented."""
    cut = _cut(source, state)
    return None if cut is None or source.since is None else stamp(cut - SECOND)


def _primed(
    source: CreatedSince, rows: dict[str, tuple[int, Row]], read: ReadResult, doubt: int | None, now: datetime
) -> Cursor:
    """Take note of the newest records; what lies below a doubtful place, or was not read, is settled."""
    newest = _newest((when for when, _row in rows.values()), earlier(read.at, now))
    oldest = None if read.complete else min((when for when, _row in rows.values()), default=None)
    below = _most(oldest, doubt)
    state = {
        "watermark": newest,
        "floor": None if below is None else below + 1,
        "seen": {key: when for key, (when, _row) in rows.items()},
        "resume": None,
        "held": 0,
    }
    return _pruned(source, state)


def _newest(creations: Iterable[int], latest: int) -> int | None:
    """Return the newest of some creations, but none after `latest`."""
    newest = max(creations, default=None)
    return None if newest is None else min(newest, latest)


def _start(since: datetime | None) -> Cursor:
    floor = None if since is None else micros(since)
    return {"watermark": floor, "floor": floor, "seen": {}, "resume": None, "held": 0}


def _cut(source: CreatedSince, state: Cursor) -> int | None:
    """Return the creation time below which records are settled."""
    watermark: int | None = state["watermark"]
    below = None if watermark is None else watermark - source.overlap * SECOND
    return _most(below, state["floor"])


def _pruned(source: CreatedSince, state: Cursor) -> Cursor:
    """Forget ids below the cut; when too many remain, raise the floor over the oldest of them."""
    cut = _cut(source, state)
    kept = state["seen"] if cut is None else {key: when for key, when in state["seen"].items() if when >= cut}
    if len(kept) > MOST_SEEN and not state["resume"]:
        limit = sorted(kept.values(), reverse=True)[MOST_SEEN]
        kept = {key: when for key, when in kept.items() if when > limit}
        state = {**state, "floor": limit + 1}
    return {**state, "seen": kept}


class _BelowNewest:
    """Says whether a page reaches below the overlap under the newest row that is not of the future."""

    def __init__(self, source: CreatedSince, now: datetime) -> None:
        self.source = source
        self.now = now
        self.cut: int | None = None

    def __call__(self, page: Page) -> bool:
        if self.cut is None:
            found = [when for row in page.rows if (when := _when(row, self.source.created)) is not None]
            newest = _newest(found, earlier(page.at, self.now))
            self.cut = None if newest is None else newest - self.source.overlap * SECOND
        return self.cut is not None and reaches(page.rows, self.source.created, self.cut)


def _when(row: Row, path: tuple[str, ...]) -> int | None:
    try:
        return created(row, path)
    except UnexpectedResponse:
        return None


def _most(first: int | None, second: int | None) -> int | None:
    return max((one for one in (first, second) if one is not None), default=None)


def _least(first: int | None, second: int | None) -> int | None:
    return min((one for one in (first, second) if one is not None), default=None)


def _passes(when: int | None, before: int | None) -> bool:
    return when is not None and (before is None or when > before)
