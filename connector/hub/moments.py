"""Converts between date-times and microseconds since the Unix epoch, which the database stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
"""The end of the year 9999 in UTC. A vendor's `9999-12-31T23:59:59-05:00` is later."""


def micros(when: datetime) -> int:
    """Convert a date-time to microseconds since the Unix epoch, at most `LATEST`."""
    return min((when - EPOCH) // timedelta(microseconds=1), LATEST)


def moment(stored: int) -> datetime:
    """Convert microseconds since the Unix epoch to a date-time in UTC."""
    return EPOCH + timedelta(microseconds=min(stored, LATEST))


def timestamp(stored: int | None) -> str | None:
    """Format microseconds since the Unix epoch as an RFC 3339 date-time in UTC, with milliseconds."""
    if stored is None:
        return None
    return moment(stored).isoformat(timespec="milliseconds").replace("+00:00", "Z")
