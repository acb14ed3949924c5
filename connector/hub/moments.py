"""Converts between date-times and microseconds since the Unix epoch, which the database stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def micros(when: datetime) -> int:
    """Convert a date-time to microseconds since the Unix epoch."""
    return (when - EPOCH) // timedelta(microseconds=1)


def moment(stored: int) -> datetime:
    """Convert microseconds since the Unix epoch to a date-time in UTC."""
    return EPOCH + timedelta(microseconds=stored)


def timestamp(stored: int | None) -> str | None:
    """Format microseconds since the Unix epoch as an RFC 3339 date-time in UTC, with milliseconds."""
    if stored is None:
        return None
    return moment(stored).isoformat(timespec="milliseconds").replace("+00:00", "Z")
