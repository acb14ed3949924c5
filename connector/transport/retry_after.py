"""Parses `Retry-After` and rate-limit reset headers to find out how long a vendor asks the client to wait.

`Retry-After` contains seconds or a date (RFC 9110 section 10.2.3). Reset headers have no standard: vendors
send a Unix time in seconds or milliseconds, the number of seconds from now, or a date. Implausible waits are
ignored. This module only computes how long to wait; it does not wait itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.transport.times import http_date, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

MAX_WAIT = 86_400.0
"""The longest plausible wait in seconds: a day, the longest rate-limit window that a vendor documents."""
NOTABLE = 2.0
"""A wait longer than this number of seconds is logged as a warning or mentioned in the error message."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
UNIX_TIME = 1e9
"""Numbers from this value on (September 2001) are Unix times; smaller numbers are durations in seconds."""
UNIX_MILLISECONDS = 1e11
MAX_QUOTE = 40


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait that a vendor asks for in the headers of a response.

    `seconds` is None if no header has a usable value. If a header asks for an implausible wait, `doubt` is a
    sentence that explains this to the user; otherwise it is "".
    """

    seconds: float | None = None
    doubt: str = ""


def requested_wait(headers: httpx.Headers, reset_header: str | None, clock: datetime) -> Wait:
    """Compute the wait that response headers ask for, from `Retry-After` or else from `reset_header`.

    If the header contains a point in time, the wait is computed from the `Date` header, because the vendor's
    clock may differ from the local clock. If `Date` is missing, or if the computed wait is more than a day,
    the wait is computed from the local time `clock` instead. For a point in the past, it is 0 seconds.
    """
    for name in ("retry-after", reset_header):
        value = headers.get_list(name)[0].strip() if name and name in headers else ""
        wait = _wait(value, http_date(headers.get("date", "")), clock, is_duration=name == "retry-after")
        if wait is None:
            continue
        if wait <= MAX_WAIT:
            return Wait(wait)
        return Wait(
            doubt=f"Its header {name} ({_quoted(value)}) asks for a wait of {duration(wait)}, which is not "
            "plausible and is ignored."
        )
    return Wait()


def number(headers: httpx.Headers, name: str | None) -> float | None:
    """Parse a header as a number; return None if the header is missing or not a number.

    A negative number is returned as 0.
    """
    value = headers.get(name, "").strip() if name else ""
    if NUMBER.fullmatch(value.removeprefix("-")):
        return 0.0 if value.startswith("-") else float(value)
    return None


def duration(seconds: float) -> str:
    """Format a number of seconds for people, for example `45 seconds`, `2.5 minutes` or `3 days`."""
    if seconds > MAX_WAIT * 36_500:
        return "more than a hundred years"
    whole = round(seconds)
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if whole >= 2 * unit:
            return f"{whole / unit:.1f} {name}s".replace(".0 ", " ")
    return "1 second" if whole == 1 else f"{whole} seconds"


def _wait(text: str, date: datetime | None, clock: datetime, *, is_duration: bool) -> float | None:
    """Convert a header value to the number of seconds to wait; return None if the value is invalid.

    If `is_duration` is true, as for `Retry-After`, a number is always a duration and never a Unix time.
    """
    if NUMBER.fullmatch(text):
        value = float(text)
        if is_duration or value < UNIX_TIME:
            return value
        # A Unix time has 10 digits in seconds, 13 in milliseconds, 16 in microseconds, 19 in nanoseconds.
        for _unit in ("milliseconds", "microseconds", "nanoseconds"):
            value = value / 1000 if value >= UNIX_MILLISECONDS else value
        return _until(value, date, clock)
    try:
        return _until(parse_time(text).timestamp(), date, clock)
    except ValueError:
        return None


def _until(when: float, date: datetime | None, clock: datetime) -> float:
    """Return the number of seconds from `date` until the Unix time `when`, or 0 if that time is past.

    `date` is the time in the `Date` header. The local time `clock` is used instead if `date` is None, or if
    the result would be more than a day.
    """
    # A cached response can have an old `Date`, which makes the wait look longer than a day.
    wait = when - (date or clock).timestamp()
    if wait > MAX_WAIT:
        wait = when - clock.timestamp()
    return max(0.0, wait)


def _quoted(value: str) -> str:
    text = "".join(letter if letter.isprintable() else "�" for letter in value)
    return text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…"
