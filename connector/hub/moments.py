"""Converts between date-times and the microseconds that the database stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def micros(when: datetime) -> int:
    """Return microseconds since the Unix epoch."""
    return (when - EPOCH) // timedelta(microseconds=1)


def moment(stored: int) -> datetime:
    """Return the date-time of stored microseconds."""
    return EPOCH + timedelta(microseconds=stored)


def timestamp(stored: int | None) -> str | None:
    """Return stored microseconds as an RFC 3339 date-time in UTC, with milliseconds."""
    if stored is None:
        return None
    return moment(stored).isoformat(timespec="milliseconds").replace("+00:00", "Z")
