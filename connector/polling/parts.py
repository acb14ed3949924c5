"""The words of polling: what is to be read, what was read, what follows from it.

One poll is `plan` (cursor -> what to read), `read` (the only step with I/O: pages in order, up to a
ceiling) and `fold` (what was read + cursor -> events + next cursor). The three are handed to the poller
as a `Strategy`, so that a test can replace one of them by a deliberately wrong one and see that it is
caught.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import UnexpectedResponse
from connector.paging import Page as Page  # noqa: PLC0414 - one of the words of polling
from connector.paging import Position as Position  # noqa: PLC0414
from connector.resolve import at_path
from connector.times import moment

if TYPE_CHECKING:
    from connector.model import SinceForm

Cursor = dict[str, Any]
Row = Mapping[str, Any]
Fetch = Callable[[Mapping[str, Any], Position | None], Awaitable[Page]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


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
class Reading:
    """What to read: at most `pages`, from `first_page` (None: the first) on, until `enough(page)`."""

    query: Mapping[str, Any]
    first_page: Position | None
    pages: int
    enough: Callable[[Page], bool]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read; `complete` says that the reading ended by itself and not at its ceiling.

    `next_page` is where the page after the last one read begins; None after the list's last. `at` is when the
    vendor answered with the first of the pages, by its own clock, if it told.
    """

    rows: tuple[Row, ...]
    complete: bool
    next_page: Position | None
    total: int | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """The outcome: events, by the time that the strategy goes by, and the cursor to keep with them."""

    events: tuple[Event, ...]
    cursor: Cursor


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
    since)`.
    """

    plan: Callable[[Any, Cursor | None, datetime, datetime | None], Reading]
    read: Callable[[Fetch, Reading], Awaitable[Read]]
    fold: Callable[[About, Any, Cursor | None, Read, datetime, datetime | None], Poll]


@dataclass(frozen=True, slots=True)
class About:
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


async def read_pages(fetch: Fetch, reading: Reading) -> Read:
    """Read pages one after the other until the list or the reading ends, or the ceiling is reached."""
    rows: list[Row] = []
    position, total, at = reading.first_page, None, None
    for _ in range(reading.pages):
        page = await fetch(reading.query, position)
        rows.extend(page.rows)
        position, total = page.next, page.total
        at = at or page.at
        if page.next is None or reading.enough(page):
            return Read(rows=tuple(rows), complete=True, next_page=position, total=total, at=at)
    return Read(rows=tuple(rows), complete=False, next_page=position, total=total, at=at)


# --- Facts of a row


def from_the_start(cursor: Cursor) -> Cursor:
    """Return a strategy's cursor without the place at which the last poll stopped: the lap begins anew."""
    return {**cursor, "resume": None}


def identity(row: Row, path: tuple[str, ...]) -> str:
    """Return the row's id; `UnexpectedResponse` when it has none."""
    found = at_path(row, path)
    if not isinstance(found, str | int) or found == "":
        raise UnexpectedResponse(f"A record in the list has no {'.'.join(path)}.")
    return str(found)


def created(row: Row, path: tuple[str, ...]) -> int:
    """Return when the row was created (microseconds since 1970); `UnexpectedResponse` without it."""
    found = at_path(row, path)
    try:
        return micros(moment(found))
    except ValueError as problem:
        raise UnexpectedResponse(
            f"A record in the list has no usable {'.'.join(path)}: {found!r}."
        ) from problem


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


def as_moment(when: datetime | date) -> datetime:
    """Return an aware datetime; a date is its first moment in UTC."""
    if isinstance(when, datetime):
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return datetime(when.year, when.month, when.day, tzinfo=UTC)
