"""Draws results as an SVG picture: a group of horizontal bars for each row."""

from collections.abc import Sequence
from html import escape
from typing import Final

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT, _TOP = 900, 16, 14, 300, 110, 64
_COLOURS: Final = (
    "#2563eb",
    "#64748b",
    "#d97706",
    "#b45309",
    "#16a34a",
    "#9333ea",
    "#db2777",
    "#0d9488",
    "#475569",
)
_FONT: Final = 'font-family="system-ui, sans-serif" fill="#111827"'


def bars(title: str, unit: str, values: Sequence[tuple[str, str, float]]) -> str:
    """Draw `values`, tuples of row, column and value, and return the SVG document.

    Bars of the same column have the same colour. The longest bar of each row fills the width.
    """
    columns = list(dict.fromkeys(column for _, column, _ in values))
    rows = list(dict.fromkeys(row for row, _, _ in values))
    parts, y = [], _TOP
    for row in rows:
        group = [(column, value) for name, column, value in values if name == row]
        longest = max((value for _, value in group), default=0) or 1
        for column, value in group:
            length = max(1.0, value / longest * (_WIDTH - _LEFT - _RIGHT))
            colour = _COLOURS[columns.index(column) % len(_COLOURS)]
            parts.append(_bar(f"{row}: {column}" if len(columns) > 1 else row, value, length, colour, y))
            y += _BAR + 3
        y += _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + 10}" '
        f'viewBox="0 0 {_WIDTH} {y + 10}" role="img" aria-label="{escape(title)}">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="16" y="28" font-size="17" font-weight="600" {_FONT}>{escape(title)}</text>'
        f'<text x="16" y="48" font-size="12" {_FONT}>{escape(unit)}; each group has its own scale</text>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _bar(label: str, value: float, length: float, colour: str, y: float) -> str:
    middle = y + _BAR - 4
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004
    return (
        f'<text x="{_LEFT - 8}" y="{middle}" font-size="12" text-anchor="end" {_FONT}>{escape(label)}</text>'
        f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>'
        f'<text x="{_LEFT + length + 6:.1f}" y="{middle}" font-size="12" {_FONT}>{number}</text>'
    )
