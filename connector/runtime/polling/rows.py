"""Reads IDs, times and strings from a row of a list, and formats times for API filters.

Times in a cursor are stored as whole microseconds since the Unix epoch, because JSON has no type for times
and floats would be rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.definition.spelling import folded
from connector.errors import UnexpectedResponse
from connector.transport.times import parse_time

if TYPE_CHECKING:
    from connector.definition.model import SinceForm

Row = Mapping[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""Microseconds in a second."""
SHOWN = 60
"""The maximum number of characters that an error message quotes from an invalid value."""
OLDEST, NEWEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
"""Limits for times from callers, so that converting the zone or subtracting a period cannot overflow."""
SINCE_FORMS: Mapping[SinceForm, str] = {"instant": "{}Z", "gte_zoneless": "gte:{}"}
"""The formats of time filters: `2024-12-30T10:30:00Z`, or `gte:2024-12-30T10:30:00` (in UTC)."""


def row_id(row: Row, path: tuple[str, ...]) -> str:
    """Return the ID at a path in a row as a string.

    Raises `UnexpectedResponse` if the ID is missing, empty, or neither a string nor a whole number.
    """
    value = at_path(row, path)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise unreadable_value(path, value, "text or a whole number")
    return str(value)


def time_at(row: Row, path: tuple[str, ...]) -> int:
    """Parse the time at a path in a row into microseconds since the Unix epoch.

    Raises `UnexpectedResponse` if the value is missing or not a time.
    """
    value = at_path(row, path)
    try:
        return _short_time(value) if isinstance(value, str) and len(value) <= SHOWN else _micros_of(value)
    except ValueError:
        raise unreadable_value(path, value, "a time") from None


def _micros_of(value: Any) -> int:
    return micros(parse_time(value))


_short_time = lru_cache(maxsize=4_000)(_micros_of)
"""Caches parsed times, because all triggers of a list read the same rows, and the next poll most of them."""


def text_at(row: Row, path: tuple[str, ...]) -> str | None:
    """Return the string at a path in a row; None if the value is missing, null or blank.

    Raises `UnexpectedResponse` if the value is not a string.
    """
    value = at_path(row, path)
    if value is None:
        return None
    if not isinstance(value, str):
        raise unreadable_value(path, value, "text")
    return value if folded(value) else None


def occurred_at(row: Row, path: tuple[str, ...] | None) -> datetime | None:
    """Parse the time at a path in a record; return None if there is no path or the value is not a time."""
    value = at_path(row, path) if path else None
    try:
        return parse_time(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def unreadable_value(path: tuple[str, ...], value: Any, expected: str) -> UnexpectedResponse:
    """Build the error for a missing value or a value of the wrong type; the message quotes the value.

    `expected` names the expected type, for example "a time".
    """
    fault = "is missing or null" if value is None else f"is not {expected}: {repr(value)[:SHOWN]}"
    return UnexpectedResponse(f"{'.'.join(path)} {fault}")


def reaches_below(rows: Iterable[Row], path: tuple[str, ...], cut: int) -> bool:
    """Check whether a page that is sorted newest first contains rows older than `cut` (µs).

    Only the last row with a readable time at `path` is compared with `cut`.
    """
    for row in reversed(tuple(rows)):
        with suppress(UnexpectedResponse):
            return time_at(row, path) < cut
    return False


def earlier_clock(vendor: datetime | None, now: datetime) -> int:
    """Return the time according to the vendor's clock or the local clock, whichever is earlier (µs).

    If the vendor's clock is not known, the local clock is used. A watermark never exceeds this time.
    """
    return micros(now if vendor is None else min(vendor, now))


def micros(when: datetime) -> int:
    """Convert a datetime to whole microseconds since the Unix epoch."""
    return (when - EPOCH) // MICROSECOND


def filter_value(when: int, form: SinceForm = "instant") -> str:
    """Format a time (µs) as the value of an API's time filter, rounded down to the second."""
    rounded = (EPOCH + timedelta(seconds=when // SECOND)).replace(tzinfo=None)
    return SINCE_FORMS[form].format(rounded.isoformat())


def aware_time(when: datetime | date) -> datetime:
    """Convert a date or datetime to an aware datetime, limited to the range from `OLDEST` to `NEWEST`.

    A date means midnight UTC, and a datetime without a zone is interpreted as UTC.
    """
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(aware, OLDEST), NEWEST)
