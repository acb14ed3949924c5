"""How long a vendor asks to wait, as its headers say it, and whether that can be meant.

`Retry-After` holds seconds or a date (RFC 9110 section 10.2.3). Reset headers hold what each vendor likes:
Unix seconds, milliseconds, seconds from now, or a time. Nothing here waits.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.transport.times import http_date, moment

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

LONGEST = 86_400.0
"""The longest plausible wait in seconds: a day, the longest window that a vendor documents."""
NOTABLE = 2.0
"""A wait of more seconds than this is reported."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
UNIX_TIME = 1e9
"""From here on (September 2001), a number is a moment and no span of time."""
UNIX_MILLISECONDS = 1e11
LONGEST_QUOTE = 40

log = logging.getLogger("returns_connector")


@dataclass(frozen=True, slots=True)
class Wait:
    """`seconds` is None if the vendor says nothing usable; `doubt` is a sentence about what it says."""

    seconds: float | None = None
    doubt: str = ""


def asked_wait(headers: httpx.Headers, reset_header: str | None, clock: datetime) -> Wait:
    """Return how long an answer asks to wait: by `Retry-After`, else by the vendor's own reset header.

    Moments are compared with the answer's `Date`. `clock` is the time here; it is used if there is no `Date`
    or if the comparison with it makes no sense. A past moment means no wait.
    """
    for name in ("retry-after", reset_header):
        said = headers.get_list(name)[0].strip() if name and name in headers else ""
        wait = _wait(said, http_date(headers.get("date", "")), clock, span=name == "retry-after")
        if wait is None:
            continue
        if wait <= LONGEST:
            return Wait(wait)
        return Wait(
            doubt=f"Its header {name} ({_quoted(said)}) asks for a wait of {spelled(wait)}, which is not "
            "plausible and is ignored."
        )
    return Wait()


def number(headers: httpx.Headers, name: str | None) -> float | None:
    """Return the number in a header, 0 for a negative one; None if there is no number."""
    said = headers.get(name, "").strip() if name else ""
    if NUMBER.fullmatch(said.removeprefix("-")):
        return 0.0 if said.startswith("-") else float(said)
    return None


def spelled(seconds: float) -> str:
    """Write a span of time for people."""
    if seconds > LONGEST * 36_500:
        return "more than a hundred years"
    whole = round(seconds)
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if whole >= 2 * unit:
            return f"{whole / unit:.1f} {name}s".replace(".0 ", " ")
    return "1 second" if whole == 1 else f"{whole} seconds"


def _wait(said: str, date: datetime | None, clock: datetime, *, span: bool) -> float | None:
    if NUMBER.fullmatch(said):
        value = float(said)
        if span or value < UNIX_TIME:
            return value
        for _unit in ("milliseconds", "microseconds", "nanoseconds"):
            value = value / 1000 if value >= UNIX_MILLISECONDS else value
        return _until(value, date, clock)
    try:
        return _until(moment(said).timestamp(), date, clock)
    except ValueError:
        return None


def _until(when: float, date: datetime | None, clock: datetime) -> float:
    wait = when - (date or clock).timestamp()
    if wait > LONGEST:
        wait = when - clock.timestamp()
    return max(0.0, wait)


def _quoted(said: str) -> str:
    text = "".join(letter if letter.isprintable() else "�" for letter in said)
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
