"""Parses times in records and headers: RFC 3339, common ISO 8601 formats, and HTTP dates.

A time without a zone is read as UTC, and a date without a time as midnight. A leap second (`:60`) is read as
the start of the next minute, and `24:00` as the start of the next day. A time in the year 1 is rejected,
because some systems use it as a placeholder for a missing time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache

MAX_LENGTH = 100
"""The maximum length of a string that is parsed as a time."""
WRITTEN = re.compile(
    r"""(?P<date>\d{4}-\d\d-\d\d)
        (?:[Tt\ ]\ *(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?
           (?:\s*(?P<zone>[Zz]|UTC|utc|GMT|gmt|(?P<sign>[+\-\u2212])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?))?)?""",
    re.ASCII | re.VERBOSE,
)
PLAIN = len("2024-12-30T10:30:00Z")
HOURS_OF_A_DAY, SECONDS_OF_A_MINUTE = 24, 60
FIRST_YEAR, LAST_YEAR = 2, 9998


def parse_time(text: object) -> datetime:
    """Parse a string into an aware datetime in UTC; raise `ValueError` if it is not a time.

    A time in the last hours of the year 9999 keeps its own zone if its year in UTC would be 10000.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise ValueError(f"{text!r:.40} is not a time")
    plain = _plain(text)
    if plain is not None:
        return plain
    stripped = text.strip()
    match = WRITTEN.fullmatch(stripped)
    try:
        when = _assembled(match) if match else _other_form(stripped)
    except OverflowError:
        raise ValueError(f"{text!r} is outside the years that can be represented") from None
    if when.year == 1:
        raise ValueError(f"{text!r} means that there is no time")
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return when


def _plain(text: str) -> datetime | None:
    """Parse a time in the format `2024-12-30T10:30:00Z`; return None for any other format.

    Most records use this format, and this function parses it much faster than the general pattern does.
    """
    if len(text) != PLAIN or text[10] != "T" or text[-1] != "Z":
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.year > 1 else None


def _assembled(match: re.Match[str]) -> datetime:
    """Build a datetime from a match of `WRITTEN`; raise `ValueError` if a part is out of range.

    Second 60 (RFC 3339 section 5.7) means the start of the next minute, and hour 24 the start of the next
    day.
    """
    day = datetime.fromisoformat(match["date"]).replace(tzinfo=_zone(match))
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    micros = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    if hour > HOURS_OF_A_DAY or minute >= SECONDS_OF_A_MINUTE or second > SECONDS_OF_A_MINUTE:
        raise ValueError(f"{match[0]!r} has an impossible hour, minute or second")
    if hour == HOURS_OF_A_DAY and (minute or second or micros):
        raise ValueError(f"{match[0]!r} is after the end of its day")
    return day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)


def _zone(match: re.Match[str]) -> timezone:
    if not match["sign"]:
        return UTC
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    if minutes >= SECONDS_OF_A_MINUTE:
        raise ValueError(f"{match[0]!r} has an impossible zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if match["sign"] == "+" else -offset)


def _other_form(text: str) -> datetime:
    """Parse a time in ISO 8601 basic format (`20260301T120000Z`), or in the format of an e-mail header.

    Raises `ValueError` for any other format.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        date = http_date(text)
        if date is None:
            raise ValueError(f"{text!r} is not a time") from None
        when = date
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def http_date(text: str) -> datetime | None:
    """Parse an HTTP date in one of the three formats that a recipient must accept.

    The formats are IMF-fixdate, RFC 850 and C's `asctime` (RFC 9110 section 5.6.7). An `asctime` date has no
    zone and is read as UTC. Returns None for any other format. Also returns None for a year before 2 or after
    9998, so that callers can add and subtract durations without an overflow.
    """
    return _date_of_header(text) if text and len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=64)
def _date_of_header(text: str) -> datetime | None:
    """Parse an HTTP date; responses of one second have the same `Date` header, and a call reads it twice."""
    try:
        parts = parsedate_tz(text)
        if parts is None or parts[5] > SECONDS_OF_A_MINUTE:
            return None
        year, month, day, hour, minute, second = parts[:6]
        zone = timezone(timedelta(seconds=parts[9] or 0))
        when = datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC) + timedelta(
            seconds=second
        )
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return when if FIRST_YEAR <= when.year <= LAST_YEAR else None
