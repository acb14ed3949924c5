"""Parses `Retry-After` and rate-limit reset headers to find out how long a vendor asks the client to wait.

`Retry-After` contains seconds or a date (RFC 9110 section 10.2.3). Reset headers have no standard: vendors
send a Unix time in seconds or milliseconds, the number of seconds from now, or a date. Implausible waits are
ignored. This module only computes waits; the callers do the waiting.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.transport.times import http_date, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

MAX_WAIT = 86_400.0
"""The longest plausible wait in seconds: a day, the longest rate window that a vendor documents."""
NOTABLE = 2.0
"""A wait longer than this number of seconds is logged or mentioned in the error message."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
UNIX_TIME = 1e9
"""Numbers from this value on (September 2001) are Unix times; smaller numbers are durations in seconds."""
UNIX_MILLISECONDS = 1e11
MAX_QUOTE = 40

log = logging.getLogger("returns_connector")


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait that a vendor asks for in the headers of a response.

    `seconds` is None if no header has a usable value. If a header asks for an implausible wait, `doubt` is a
    complete sentence about that header that can be shown to the user; otherwise it is "".
    """

    seconds: float | None = None
    doubt: str = ""


def requested_wait(headers: httpx.Headers, reset_header: str | None, clock: datetime) -> Wait:
    """Compute the wait that response headers ask for, from `Retry-After` or else from `reset_header`.

    A point in time is compared with the `Date` header, because the vendor's clock may differ from the local
    clock. `clock` is the local time, used if `Date` is missing or leads to an implausible wait. A time in the
    past means no wait.
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
    """Parse a header as a number, with 0 for a negative number; return None if it is not a number."""
    value = headers.get(name, "").strip() if name else ""
    if NUMBER.fullmatch(value.removeprefix("-")):
        return 0.0 if value.startswith("-") else float(value)
    return None


def duration(seconds: float) -> str:
    """Format seconds for people: `45 seconds`, `2.5 minutes`, `3 days`."""
    if seconds > MAX_WAIT * 36_500:
        return "more than a hundred years"
    whole = round(seconds)
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if whole >= 2 * unit:
            return f"{whole / unit:.1f} {name}s".replace(".0 ", " ")
    return "1 second" if whole == 1 else f"{whole} seconds"


def _wait(text: str, date: datetime | None, clock: datetime, *, is_duration: bool) -> float | None:
    """Convert a header value to seconds to wait; return None if the value is neither a number nor a time.

    `is_duration` means that a number of any size is a duration, as in `Retry-After`.
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
    """Compute the seconds from the `Date` header to a Unix time, at least 0.

    The local clock is used instead if there is no `Date` header, or if the result is longer than a day.
    """
    # A cached response can have an old `Date`, which makes the wait look longer than a day.
    wait = when - (date or clock).timestamp()
    if wait > MAX_WAIT:
        wait = when - clock.timestamp()
    return max(0.0, wait)


def _quoted(value: str) -> str:
    text = "".join(letter if letter.isprintable() else "�" for letter in value)
    return text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…"
