"""Reads moments as other programs write them in headers: HTTP dates (RFC 9110) and RFC 3339 times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

RFC_3339 = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[Tt ](?P<minute>\d{2}:\d{2}):(?P<second>\d{2})(?P<fraction>\.\d+)?"
    r" ?(?P<zone>[Zz]|[+-]\d{2}:\d{2})?"
)
LONGEST_TEXT = 100
LEAP = 60
FIRST_YEAR, LAST_YEAR = 2, 9998
"""Beyond these years, a moment cannot be shown in other zones, and nothing can be added to it."""


def http_date(text: str) -> datetime | None:
    """Parse any of the three forms that a recipient must accept (RFC 9110 section 5.6.7); None for others.

    These are the fixed form of today, the one of RFC 850, and that of C's asctime, which names no zone and
    means UTC. A leap second is the first second of the next minute.
    """
    try:
        found = parsedate_tz(text) if len(text) <= LONGEST_TEXT else None
        if found is None:
            return None
        year, month, day, hour, minute, second = found[:6]
        zone = timezone(timedelta(seconds=found[9] or 0))
        return _in_utc(datetime(year, month, day, hour, minute, min(second, LEAP - 1), tzinfo=zone), second)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def rfc_3339(text: str) -> datetime | None:
    """Parse a time like 2026-11-25T10:30:00Z, in each form that RFC 3339 allows; None for other text."""
    found = RFC_3339.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if found is None:
        return None
    second = int(found["second"])
    zone = (found["zone"] or "Z").upper()
    clock = f"{found['minute']}:{min(second, LEAP - 1):02}{(found['fraction'] or '')[:7]}"
    try:
        return _in_utc(datetime.fromisoformat(f"{found['day']}T{clock}{zone}"), second)
    except (ValueError, OverflowError):
        return None


def _in_utc(when: datetime, second: int) -> datetime | None:
    """Return the moment in UTC; None where it has no place in any calendar that computes with it."""
    if second > LEAP:
        return None
    made = when.astimezone(UTC) + timedelta(seconds=second == LEAP)
    return made if FIRST_YEAR <= made.year <= LAST_YEAR else None
