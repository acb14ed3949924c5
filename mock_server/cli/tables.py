"""Lays out a table: column widths that keep words whole, or a list if the table is too wide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = 2  # spaces between two columns
READABLE = 8  # minimum width of a column whose cells are wrapped


def column_widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, wrap: bool = True
) -> list[int] | None:
    """Return the width of each column in characters, or None if `width` is too small to keep words whole.

    The first column contains names that users type or copy, so its cells are not wrapped. With `wrap=False`,
    no cells are wrapped.
    """
    texts = list(zip(columns, *rows, strict=True))
    longest = [max(_line_width(text) for text in column) for column in texts]
    needed = [
        size if index == 0 or not wrap else max(min(size, READABLE), *map(_word_width, column))
        for index, (size, column) in enumerate(zip(longest, texts, strict=True))
    ]
    room = width - GAP * (len(needed) - 1)
    if sum(needed) > room:
        return None
    widths = [min(size, room) for size in longest]
    for _ in range(sum(widths) - room):  # repeatedly make the widest column narrower until the table fits
        widths[max((i for i, size in enumerate(widths) if size > needed[i]), key=widths.__getitem__)] -= 1
    return widths


def as_list(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, wrap: bool = True
) -> Iterator[str]:
    """Yield the lines of a list that is printed instead of a table that is too wide.

    Each cell that is not empty becomes a line that consists of its column's heading and its text. Rows are
    separated by an empty line. If all headings are empty, each row consists of a name and a value. Lines are
    wrapped between words to `width` characters, but a value without spaces stays on the same line as its
    name, so that it can be copied.
    """
    if not any(columns):
        for name, value in rows:
            yield from _entry(name, value, width, wrap=wrap)
        return
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, value in zip(columns, row, strict=True):
            if value:
                yield from _entry(name, value, width, wrap=wrap)


def _entry(name: str, value: str, width: int, *, wrap: bool) -> Iterator[str]:
    first, *rest = value.split("\n")
    paragraphs = [f"{name}: {first}".rstrip() if name else f"  {first}", *(f"  {line}" for line in rest)]
    for line in paragraphs:
        if wrap and " " in value:
            yield from textwrap.wrap(
                line, max(width, 4), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            ) or [""]
        else:
            yield line


def _line_width(text: str) -> int:
    return max(map(_cells, text.split("\n")))


def _word_width(text: str) -> int:
    return max(map(_cells, text.split()), default=0)


def _cells(text: str) -> int:
    from rich.cells import cell_len  # counts two columns for East Asian letters and most emoji

    return cell_len(text)
