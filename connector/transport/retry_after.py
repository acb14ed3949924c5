"""Reads `Retry-After` and rate-limit reset headers: how many seconds a vendor asks to wait.

`Retry-After` holds seconds or a date (RFC 9110 section 10.2.3). Reset headers have no standard: vendors send
Unix seconds, milliseconds, seconds from now, or a date. Implausible waits are ignored. Nothing here waits.
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
"""A wait of more seconds than this is logged or shown."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
UNIX_TIME = 1e9
"""A number from here on (September 2001) is a Unix time, a smaller one a duration in seconds."""
UNIX_MILLISECONDS = 1e11
MAX_QUOTE = 40

log = logging.getLogger("returns_connector")


@dataclass(frozen=True, slots=True)
class Wait:
    """A requested wait; `seconds` is None if there is no usable header, `doubt` a sentence that says why."""

    seconds: float | None = None
    doubt: str = ""


def requested_wait(headers: httpx.Headers, reset_header: str | None, clock: datetime) -> Wait:
    """Return how long an answer asks to wait, by `Retry-After` or else by the vendor's reset header.

    A time in a header is compared with the answer's `Date`, because the vendor's clock may differ from ours.
    `clock` is our time, used if `Date` is missing or leads to an implausible wait. A past time means no wait.
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
    """Return the number in a header, 0 if it is negative; None if the header holds no number."""
    value = headers.get(name, "").strip() if name else ""
    if NUMBER.fullmatch(value.removeprefix("-")):
        return 0.0 if value.startswith("-") else float(value)
    return None


def duration(seconds: float) -> str:
    """Return seconds as text for people: `45 seconds`, `2.5 minutes`, `3 days`."""
    if seconds > MAX_WAIT * 36_500:
        return "more than a hundred years"
    whole = round(seconds)
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if whole >= 2 * unit:
            return f"{whole / unit:.1f} {name}s".replace(".0 ", " ")
    return "1 second" if whole == 1 else f"{whole} seconds"


def _wait(text: str, date: datetime | None, clock: datetime, *, is_duration: bool) -> float | None:
    """Return the seconds that a header asks for; None if it holds neither a number nor a time."""
    if NUMBER.fullmatch(text):
        value = float(text)
        if is_duration or value < UNIX_TIME:
            return value
        # Of 13 digits it counts milliseconds, of 16 microseconds, of 19 nanoseconds.
        for _unit in ("milliseconds", "microseconds", "nanoseconds"):
            value = value / 1000 if value >= UNIX_MILLISECONDS else value
        return _until(value, date, clock)
    try:
        return _until(parse_time(text).timestamp(), date, clock)
    except ValueError:
        return None


def _until(when: float, date: datetime | None, clock: datetime) -> float:
    """Return the seconds until a Unix time by the vendor's `Date`, or by our clock if that is implausible."""
    # A cache can repeat an old `Date`, which makes the wait look longer than a day.
    wait = when - (date or clock).timestamp()
    if wait > MAX_WAIT:
        wait = when - clock.timestamp()
    return max(0.0, wait)


def _quoted(value: str) -> str:
    text = "".join(letter if letter.isprintable() else "�" for letter in value)
    return text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…"
