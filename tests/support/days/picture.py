"""Draws the days of a hub as an SVG picture: calls and lateness of each vendor, beside its plan."""

from collections.abc import Sequence
from html import escape
from typing import Final

from connector.definition.compiler import integration
from connector.hub.planning import spoken
from support.days.results import Day, Result

_WIDTH, _TOP, _ROW, _HEIGHT = 900, 84, 118, 74
_PANELS: Final = (130, 540)
_PANEL = 330
_FONT: Final = 'font-family="system-ui, sans-serif" fill="#111827"'
_CALLS, _LATE, _TROUBLE, _PLAN = "#2563eb", "#16a34a", "#d97706", "#111827"
_ROOM = 1.25
"""How much higher than the plan's line a panel is."""


def picture(result: Result) -> str:
    """Return the SVG document: a row for each vendor, with the calls of each day and the worst lateness."""
    rows = [
        _row(vendor, days, _TOP + _ROW * place) for place, (vendor, days) in enumerate(result.days.items())
    ]
    height = _TOP + _ROW * len(result.days)
    wanted = result.wanted
    title = f"{wanted.days} days of {result.connections} connections and {result.subscriptions} subscriptions"
    return "\n".join(
        [
            _svg(height, title),
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            _text(16, 28, title, 17, 'font-weight="600"'),
            _text(16, 48, "The line is what the plan states. Amber: an outage of the vendor."),
            _text(_PANELS[0], 70, "Calls a day", 13, 'font-weight="600"'),
            _text(_PANELS[1], 70, "Worst lateness of the day's changes", 13, 'font-weight="600"'),
            *(part for row in rows for part in row),
            "</svg>\n",
        ]
    )


def _svg(height: int, title: str) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">'


def _row(vendor: str, days: Sequence[Day], top: int) -> list[str]:
    planned, bound = max(day.planned for day in days), max(day.bound for day in days)
    limit = days[0].limit
    most = max(planned, *(day.calls for day in days)) * _ROOM
    parts = [_text(16, top + _HEIGHT / 2, integration(vendor).vendor.title, 13, 'font-weight="600"')]
    parts += _bars(_PANELS[0], top, [(day.calls / most, _CALLS) for day in days])
    words = f"plan: {planned:,}" + (f", limit: {limit:,}" if limit else "")
    parts += _line(_PANELS[0], top, planned / most, words)
    late = [(day.late / bound / _ROOM, _LATE) for day in days]
    parts += _bars(_PANELS[1], top, [(min(1, day.late_in_trouble / bound / _ROOM), _TROUBLE) for day in days])
    parts += _bars(_PANELS[1], top, late)
    parts += _line(_PANELS[1], top, 1 / _ROOM, f"at most {spoken(bound)}")
    for place, day in enumerate(days):
        if day.late_in_trouble > bound:
            x = _PANELS[1] + _PANEL * (place + 1) / len(days) + 3
            parts.append(_text(x, top + 9, spoken(60 * round(day.late_in_trouble / 60)), 11))
    return parts


def _bars(left: int, top: int, shares: Sequence[tuple[float, str]]) -> list[str]:
    step = _PANEL / len(shares)
    return [
        f'<rect x="{left + step * place:.1f}" y="{top + _HEIGHT * (1 - share):.1f}" width="{step * 0.8:.1f}"'
        f' height="{_HEIGHT * share:.1f}" fill="{colour}"/>'
        for place, (share, colour) in enumerate(shares)
        if share > 0
    ]


def _line(left: int, top: int, share: float, words: str) -> list[str]:
    y = top + _HEIGHT * (1 - share)
    floor = top + _HEIGHT
    return [
        f'<path d="M{left} {floor}h{_PANEL}" stroke="#cbd5e1" fill="none"/>',
        f'<path d="M{left} {y:.1f}h{_PANEL}" stroke="{_PLAN}" stroke-dasharray="4 3" fill="none"/>',
        _text(left, floor + 15, words, 11),
    ]


def _text(x: float, y: float, words: str, size: int = 12, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" {more} {_FONT}>{escape(words)}</text>'


def table(result: Result) -> str:
    """Return the figures of all days as a table in Markdown."""
    lines = [
        "| vendor | calls a day: average, most | plan and limit | late at most, and bound |",
        "|---|---|---|---|",
    ]
    for vendor, days in result.days.items():
        calls = [day.calls for day in days]
        planned, bound = max(day.planned for day in days), max(day.bound for day in days)
        limit = f"{planned:,} of {days[0].limit:,}" if days[0].limit else f"{planned:,}; no limit a day"
        late = spoken(round(max(day.late for day in days)))
        average = f"{sum(calls) / len(calls):,.0f}, {max(calls):,}"
        lines.append(
            f"| {integration(vendor).vendor.title} | {average} | {limit} | {late} of {spoken(bound)} |"
        )
    return "\n".join(lines) + "\n"
