"""Parses durations on the command line, such as `3d` or `1d12h`."""

import re

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,12}}){unit})?" for unit in _UNITS), re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,12}")

LONGEST_DAYS = 3_650
"""The control plane moves a clock by at most this number of days at once."""


def limited_seconds(text: str) -> int:
    """Parse a duration by which a clock can move, and return the number of seconds.

    Raises `ValueError` if the string is not a duration, is negative or is too long.
    """
    if text.strip().startswith("-"):
        raise ValueError(
            f"{text!r} is negative, and a clock cannot go back; `returns sandbox reset` starts over."
        )
    length = seconds(text)
    if length > LONGEST_DAYS * _UNITS["d"]:
        raise ValueError(
            f"{text!r} is too long; a clock moves by at most {LONGEST_DAYS}d (10 years) at once."
        )
    return length


def seconds(text: str) -> int:
    """Parse a duration, such as `1d12h`, and return the number of seconds.

    The units are w, d, h, m and s. Larger units must come before smaller units, and each unit may be used
    only once. Only 0 needs no unit: a user who writes 3 may mean days or seconds. Raises `ValueError` if the
    string is not a duration. The error message is a complete sentence that can be shown to the user.
    """
    words = text.strip()
    if words == "0":
        return 0
    if _NUMBER.fullmatch(words):
        raise ValueError(f"{text!r} has no unit; write for example {words}d, {words}h, {words}m or {words}s.")
    parts = _DURATION.fullmatch(words)
    amounts = {unit: int(amount) for unit, amount in parts.groupdict().items() if amount} if parts else {}
    if not amounts:
        raise ValueError(f"{text!r} is not a duration; write for example 3d, 2h, 90m, 45s or 1d12h.")
    return sum(amount * _UNITS[unit] for unit, amount in amounts.items())
