"""Reads the times that vendors write into records: every form of RFC 3339 and the usual ones of ISO 8601.

A zone that is not told is UTC, a date alone is its first moment. A leap second is the first moment of the
next minute, and so is `24:00` of the next day. The year 1 is how some systems write that there is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

LONGEST = 100
"""Characters; what is longer is no time."""
WRITTEN = re.compile(
    r"""(?P<date>\d{4}-\d\d-\d\d)
        (?:[Tt\ ]\ *(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?
           (?:\s*(?P<zone>[Zz]|UTC|utc|GMT|gmt|(?P<sign>[+\-\u2212])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?))?)?""",
    re.ASCII | re.VERBOSE,
)
PLAIN = len("2024-12-30T10:30:00Z")
HOURS_OF_A_DAY, SECONDS_OF_A_MINUTE = 24, 60
FIRST_YEAR, LAST_YEAR = 2, 9998


def moment(text: object) -> datetime:
    """Return the time that `text` writes, with its zone; raises `ValueError` for what is no time.

    The zone is UTC, except for the few hours at the end of the year 9999 that UTC cannot hold.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError(f"{text!r:.40} is no time")
    plain = _plain(text)
    if plain is not None:
        return plain
    said = text.strip()
    found = WRITTEN.fullmatch(said)
    try:
        when = _assembled(found) if found else _otherwise(said)
    except OverflowError:
        raise ValueError(f"{text!r} is beyond the years that can be counted") from None
    if when.year == 1:
        raise ValueError(f"{text!r} stands for no time")
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return when


def _plain(text: str) -> datetime | None:
    """Return a time of the usual form; thousands of rows have it, and this is several times as fast."""
    if len(text) != PLAIN or text[10] != "T" or text[-1] != "Z":
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.year > 1 else None


def _assembled(found: re.Match[str]) -> datetime:
    """Return the time from its parts; a second of 60 and an hour of 24 are carried over."""
    day = datetime.fromisoformat(found["date"]).replace(tzinfo=_zone(found))
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    micros = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    if hour > HOURS_OF_A_DAY or minute >= SECONDS_OF_A_MINUTE or second > SECONDS_OF_A_MINUTE:
        raise ValueError(f"{found[0]!r} has no such hour, minute or second")
    if hour == HOURS_OF_A_DAY and (minute or second or micros):
        raise ValueError(f"{found[0]!r} is after the end of its day")
    return day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)


def _zone(found: re.Match[str]) -> timezone:
    if not found["sign"]:
        return UTC
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if minutes >= SECONDS_OF_A_MINUTE:
        raise ValueError(f"{found[0]!r} has no such zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if found["sign"] == "+" else -offset)


def _otherwise(said: str) -> datetime:
    """Read the basic form of ISO 8601 (`20260301T120000Z`), or the date of an e-mail or of HTTP."""
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        found = http_date(said)
        if found is None:
            raise ValueError(f"{said!r} is no time") from None
        when = found
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def http_date(text: str) -> datetime | None:
    """Parse any of the three forms that a recipient must accept (RFC 9110 section 5.6.7); None for others.

    These are the fixed form of today, the one of RFC 850, and that of C's asctime, which names no zone and
    means UTC. A year to which nothing could be added, or from which nothing could be taken, is none.
    """
    try:
        found = parsedate_tz(text) if len(text) <= LONGEST else None
        if found is None or found[5] > SECONDS_OF_A_MINUTE:
            return None
        year, month, day, hour, minute, second = found[:6]
        minute_of = datetime(
            year, month, day, hour, minute, tzinfo=timezone(timedelta(seconds=found[9] or 0))
        )
        when = minute_of.astimezone(UTC) + timedelta(seconds=second)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return when if FIRST_YEAR <= when.year <= LAST_YEAR else None
