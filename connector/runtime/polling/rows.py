"""Reads one row of a list: its id, times and state; and writes times for filters.

Times inside a cursor are whole microseconds since 1970, because JSON has no type for them and floats round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.definition.spelling import folded
from connector.errors import UnexpectedResponse
from connector.transport.times import parse_time

if TYPE_CHECKING:
    from connector.definition.model import SinceForm

Row = Mapping[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
"""Microseconds in a second."""
SHOWN = 60
"""The most characters of an unreadable value that an error quotes."""
OLDEST, NEWEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
"""Outside these, a conversion between time zones or a look-back can overflow `datetime`."""
SINCE_FORMS: Mapping[SinceForm, str] = {"instant": "{}Z", "gte_zoneless": "gte:{}"}
"""How vendors write a time in a filter: `2024-12-30T10:30:00Z`, or `gte:2024-12-30T10:30:00` (in UTC)."""


def row_id(row: Row, path: tuple[str, ...]) -> str:
    """Return the row's id as text; raise `UnexpectedResponse` if it has none."""
    value = at_path(row, path)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise unreadable_value(path, value, "text or a whole number")
    return str(value)


def time_at(row: Row, path: tuple[str, ...]) -> int:
    """Return the time at a path in microseconds since 1970; raise `UnexpectedResponse` if it is not one."""
    value = at_path(row, path)
    try:
        return micros(parse_time(value))
    except ValueError:
        raise unreadable_value(path, value, "a time") from None


def text_at(row: Row, path: tuple[str, ...]) -> str | None:
    """Return the text at a path, None if it is missing or blank; raise `UnexpectedResponse` if not text."""
    value = at_path(row, path)
    if value is None:
        return None
    if not isinstance(value, str):
        raise unreadable_value(path, value, "text")
    return value if folded(value) else None


def occurred_at(row: Row, path: tuple[str, ...] | None) -> datetime | None:
    """Return the time at a path of a record; None if there is no path or no readable time."""
    value = at_path(row, path) if path else None
    try:
        return parse_time(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def unreadable_value(path: tuple[str, ...], value: Any, expected: str) -> UnexpectedResponse:
    """Return the error for a value of the wrong type; it quotes the start of the value."""
    fault = "is missing or null" if value is None else f"is not {expected}: {repr(value)[:SHOWN]}"
    return UnexpectedResponse(f"{'.'.join(path)} {fault}")


def reaches_below(rows: Iterable[Row], path: tuple[str, ...], cut: int) -> bool:
    """Check whether rows listed newest first reach below a time, by the last row with a readable one."""
    for row in reversed(tuple(rows)):
        with suppress(UnexpectedResponse):
            return time_at(row, path) < cut
    return False


def earlier_clock(vendor: datetime | None, now: datetime) -> int:
    """Return the earlier of the vendor's clock and ours, in microseconds: a watermark never passes it."""
    return micros(now if vendor is None else min(vendor, now))


def micros(when: datetime) -> int:
    """Return a time as whole microseconds since 1970."""
    return (when - EPOCH) // timedelta(microseconds=1)


def filter_value(when: int, form: SinceForm = "instant") -> str:
    """Write microseconds since 1970 as the value of a time filter, rounded down to the second."""
    rounded = (EPOCH + timedelta(seconds=when // SECOND)).replace(tzinfo=None)
    return SINCE_FORMS[form].format(rounded.isoformat())


def aware_time(when: datetime | date) -> datetime:
    """Return an aware datetime between `OLDEST` and `NEWEST`; a date is midnight UTC, no zone is UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(aware, OLDEST), NEWEST)
