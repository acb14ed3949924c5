"""Reads and writes ages such as `3d` or `1d12h`: the time from an event to the tenant's first moment."""

import re
from typing import Final

from mock_server.clock import SECOND, instant, timestamp, whole_second

_UNITS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_AGE: Final = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _UNITS), re.IGNORECASE)
_FIRST: Final = instant("1990-01-01")


def moment(text: str, start: int) -> int:
    """Convert an age or a date-time to microseconds since the Unix epoch.

    `start` is the tenant's first moment (µs), from which ages are subtracted. Raises `ValueError` if the text
    is neither an age nor a date-time, or if the result is after `start` or before 1990. The message of the
    error is a clause, such as "3d is before 1990".
    """
    parts = _AGE.fullmatch(text.strip())
    amounts = {unit: int(amount) for unit, amount in parts.groupdict().items() if amount} if parts else {}
    if amounts:
        at = start - sum(amount * _UNITS[unit] for unit, amount in amounts.items()) * SECOND
    else:
        try:
            at = whole_second(instant(text.strip().replace(" ", "T", 1)))
        except ValueError:
            raise ValueError(
                f"{text[:80]!r} is not an age; write a duration such as 3d, 12h or 1d12h, "
                "or a moment such as 2026-03-02T09:00:00Z"
            ) from None
    if at > start:
        raise ValueError(f"{text} is after the tenant's first moment, {timestamp(start)}")
    if at < _FIRST:
        raise ValueError(f"{text} is before 1990")
    return at


def age(at: int, start: int) -> str:
    """Format the time from `at` to `start` (both µs) as an age such as `3d4h`; at least `0s`."""
    left, parts = max(0, start - at) // SECOND, []
    for unit, seconds in _UNITS.items():
        if unit != "w" and left >= seconds:
            parts.append(f"{left // seconds}{unit}")
            left %= seconds
    return "".join(parts) or "0s"
