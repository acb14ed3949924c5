"""Formats times, numbers and states for the templates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from connector.hub.planning import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
COLORS = {
    "active": "done", "delivered": "done", "waiting": "waiting", "paused": "waiting",
    "refused": "bad", "ended": "soft", "given up": "bad", "canceled": "soft",
}  # fmt: skip
"""The color class of each state; the word is always shown too."""


def relative(timestamp: str, now: datetime) -> str:
    """Format the distance of a time from now, such as `3 min ago` or `in 20 s`."""
    seconds = (datetime.fromisoformat(timestamp) - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    size, unit = next((one for one in UNITS if abs(seconds) >= one[0]), UNITS[-1])
    amount = f"{abs(seconds) // size:.0f} {unit}"
    return f"in {amount}" if seconds > 0 else f"{amount} ago"


def due(timestamp: str, now: datetime) -> str:
    """Format when something happens next: like `relative`, but `now` if the time has come."""
    return "now" if datetime.fromisoformat(timestamp) <= now else relative(timestamp, now)


def exact(timestamp: str) -> str:
    """Format a time for people: `2026-06-01 08:00:00 UTC`."""
    return f"{timestamp[:19].replace('T', ' ')} UTC"


def plural(count: int, noun: str) -> str:
    """Format a number with its noun: `1 connection`, `2 connections`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def share(part: int, whole: int) -> int:
    """Return a share in percent, between 0 and 100."""
    return max(0, min(100, round(100 * part / whole))) if whole else 0


def color(state: str) -> str:
    """Return the color class of a state."""
    return COLORS.get(state, "soft")


FILTERS: dict[str, Callable[..., str | int]] = {
    "exact": exact, "plural": plural, "share": share, "color": color, "spoken": spoken,
}  # fmt: skip
