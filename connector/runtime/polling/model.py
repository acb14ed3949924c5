"""The words of polling: what is to be read, what was read, what follows from it.

One poll is `plan` (cursor -> what to read), `read` (the only step with I/O: pages in order, up to a
ceiling) and `fold` (what was read + cursor -> events + next cursor). The three are handed to the poller
as a `Strategy`, so that a test can replace one of them by a deliberately wrong one and see that it is
caught.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.naming import folded
from connector.definition.paths import at_path
from connector.errors import UnexpectedResponse
from connector.transport.paging import Page as Page  # noqa: PLC0414 - one of the words of polling
from connector.transport.paging import PageWalk
from connector.transport.paging import Position as Position  # noqa: PLC0414
from connector.transport.times import moment

if TYPE_CHECKING:
    from connector.definition.model import SinceForm

Cursor = dict[str, Any]
Row = Mapping[str, Any]
Fetch = Callable[[Mapping[str, Any], Position | None], Awaitable[Page]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
SHOWN = 60
"""Characters of an odd value that an error shows."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a record; `id` is the same whenever it is told again.

    `occurred_at` is the vendor's time, when the record holds it; `observed_at` is when it was noticed.
    """

    id: str
    trigger: str
    occurred_at: datetime | None
    observed_at: datetime
    data: Row


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to read: at most `pages`, from `first_page` (None: the first) on, until `enough(page)`.

    `walk` is the reading that goes on, if it has begun.
    """

    query: Mapping[str, Any]
    first_page: Position | None
    pages: int
    enough: Callable[[Page], bool]
    walk: PageWalk | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that cannot be read; `key` tells it from others, `page` and `row` (from 1) say where it lies."""

    key: str
    page: int
    row: int
    why: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What was read; `complete` says that the reading ended by itself and not at its ceiling.

    `next_page` is where the page after the last one read begins; None after the list's last. `at` is when the
    vendor answered with the first of the pages, by its own clock, if it told. `fell` says that a total was
    less than one before it. `places` has page and row of each of `rows`, `odd` the rows that cannot be read.
    `good` are the ids of `rows`, `mended` those of them that could not be read in earlier polls.
    """

    rows: tuple[Row, ...]
    complete: bool
    next_page: Position | None
    total: int | None
    at: datetime | None = None
    fell: bool = False
    places: tuple[tuple[int, int], ...] = ()
    odd: tuple[UnreadableRow, ...] = ()
    mended: frozenset[str] = frozenset()
    good: frozenset[str] = frozenset()
    walk: PageWalk | None = None

    @property
    def odd_keys(self) -> set[str]:
        """Return what tells the rows that cannot be read from each other; no record has such an id."""
        return {f"\0{one.key}" for one in self.odd}


@dataclass(frozen=True, slots=True)
class FoldResult:
    """The outcome: events, by the time that the strategy goes by, and the cursor to keep with them.

    `doubtful` says that the list still changed, or counted more than it held, when it was read for the last
    time of several.
    """

    events: tuple[Event, ...]
    cursor: Cursor
    doubtful: bool = False


def oldest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    """Sort events by when they occurred, if all of them tell; else leave them as they came."""
    found = tuple(events)
    if any(event.occurred_at is None for event in found):
        return found
    return tuple(sorted(found, key=lambda event: event.occurred_at or event.observed_at))


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one kind of source is polled.

    `plan(source, cursor, now, since)`, `read(fetch, reading)`, `fold(about, source, cursor, read, now,
    since)`; `check(source, row)` raises `UnexpectedResponse` for a row that `fold` could not read.
    """

    plan: Callable[[Any, Cursor | None, datetime, datetime | None], ReadPlan]
    read: Callable[[Fetch, ReadPlan], Awaitable[ReadResult]]
    fold: Callable[[TriggerIdentity, Any, Cursor | None, ReadResult, datetime, datetime | None], FoldResult]
    check: Callable[[Any, Row], None]


@dataclass(frozen=True, slots=True)
class TriggerIdentity:
    """The trigger an event is about: `name` starts its ids, `occurred_at` is a path into its rows."""

    name: str
    trigger: str
    occurred_at: tuple[str, ...] | None

    def event(self, row: Row, suffix: str, now: datetime) -> Event:
        return Event(
            id=f"{self.name}:{suffix}",
            trigger=self.trigger,
            occurred_at=occurred(row, self.occurred_at),
            observed_at=now,
            data=row,
        )


async def read_pages(fetch: Fetch, reading: ReadPlan) -> ReadResult:
    """Read pages one after the other until the list or the reading ends, or the ceiling is reached.

    Raises `UnexpectedResponse` for a list that has no end.
    """
    rows: list[Row] = []
    places: list[tuple[int, int]] = []
    odd: list[UnreadableRow] = []
    walk = reading.walk or PageWalk("The list")
    position, at, complete = reading.first_page, None, False
    for _ in range(reading.pages):
        page = await fetch(reading.query, position)
        if not walk.turn(page):
            position, complete = None, True
            break
        rows.extend(page.rows)
        strange = dict(page.odd)
        numbers = (number for number in range(len(page.rows) + len(strange)) if number not in strange)
        places.extend((walk.pages, number + 1) for number in numbers)
        odd.extend(_no_object(value, walk.pages, number) for number, value in strange.items())
        position, at = page.next, at or page.at
        if page.next is None or reading.enough(page):
            complete = True
            break
    return ReadResult(
        rows=tuple(rows),
        complete=complete,
        next_page=position,
        total=page.total,
        at=at,
        fell=walk.fell,
        places=tuple(places),
        odd=tuple(odd),
        walk=walk,
    )


def sifted(
    read: ReadResult, key: tuple[str, ...], check: Callable[[Row], None], waiting: frozenset[str]
) -> ReadResult:
    """Return what was read without the rows that `check` refuses; those are among the odd ones.

    `waiting` are the ids of records that could not be read before.
    """
    rows: list[Row] = []
    places: list[tuple[int, int]] = []
    odd = list(read.odd)
    for row, (page, number) in zip(read.rows, read.places, strict=True):
        try:
            check(row)
        except UnexpectedResponse as problem:
            odd.append(UnreadableRow(_key(row, key), page, number, problem.message))
        else:
            rows.append(row)
            places.append((page, number))
    good = frozenset(identity(row, key) for row in rows)
    return replace(
        read, rows=tuple(rows), places=tuple(places), odd=tuple(odd), good=good, mended=good & waiting
    )


def _no_object(value: Any, page: int, number: int) -> UnreadableRow:
    kind = "null" if value is None else "a list" if isinstance(value, list) else repr(value)[:SHOWN]
    return UnreadableRow(_digest(value), page, number + 1, f"the row is {kind}, not an object")


def _key(row: Row, path: tuple[str, ...]) -> str:
    try:
        return identity(row, path)
    except UnexpectedResponse:
        return _digest(row)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return f"\0{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


# --- Facts of a row


def from_the_start(cursor: Cursor) -> Cursor:
    """Return a strategy's cursor without the place at which the last poll stopped: the lap begins anew."""
    return {**cursor, "resume": None}


def identity(row: Row, path: tuple[str, ...]) -> str:
    """Return the row's id; `UnexpectedResponse` when it has none."""
    found = at_path(row, path)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise unusable(path, found, "text or a whole number")
    return str(found)


def created(row: Row, path: tuple[str, ...]) -> int:
    """Return when the row was created (microseconds since 1970); `UnexpectedResponse` without it."""
    found = at_path(row, path)
    try:
        return micros(moment(found))
    except ValueError:
        raise unusable(path, found, "a time") from None


def spoken(row: Row, path: tuple[str, ...]) -> str | None:
    """Return the word at a path, None where there is none; `UnexpectedResponse` for what is no text."""
    found = at_path(row, path)
    if found is None:
        return None
    if not isinstance(found, str):
        raise unusable(path, found, "text")
    return found if folded(found) else None


def unusable(path: tuple[str, ...], found: Any, wrong: str) -> UnexpectedResponse:
    """Return the error for a value that cannot be read."""
    said = "is missing or null" if found is None else f"is not {wrong}: {repr(found)[:SHOWN]}"
    return UnexpectedResponse(f"{'.'.join(path)} {said}")


def reaches(rows: Iterable[Row], path: tuple[str, ...], cut: int) -> bool:
    """Say whether rows, read newest first, reach below a creation time; rows without one say nothing."""
    for row in reversed(tuple(rows)):
        with suppress(UnexpectedResponse):
            return created(row, path) < cut
    return False


def earlier(at: datetime | None, now: datetime) -> int:
    """Return the earlier of the vendor's clock and ours: what a watermark never passes."""
    return micros(now if at is None else min(at, now))


def micros(when: datetime) -> int:
    return (when - EPOCH) // timedelta(microseconds=1)


def occurred(row: Row, path: tuple[str, ...] | None) -> datetime | None:
    """Return the time at a path of a record; None where there is none that can be read."""
    said = at_path(row, path) if path else None
    try:
        return moment(said) if isinstance(said, str) and said else None
    except ValueError:
        return None


SINCE_FORMS: Mapping[SinceForm, str] = {"instant": "{}Z", "gte_zoneless": "gte:{}"}
"""How vendors want a filter's moment: `2024-12-30T10:30:00Z`, or `gte:2024-12-30T10:30:00`, which is UTC."""


def stamp(when: int, form: SinceForm = "instant") -> str:
    """Write microseconds as a filter's value, rounded down to the second."""
    moment_ = (EPOCH + timedelta(seconds=when // SECOND)).replace(tzinfo=None)
    return SINCE_FORMS[form].format(moment_.isoformat())


OLDEST, NEWEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
"""What is before or after these cannot be reckoned with in every zone."""


def as_moment(when: datetime | date) -> datetime:
    """Return an aware datetime between `OLDEST` and `NEWEST`; a date is its first moment in UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(aware, OLDEST), NEWEST)
