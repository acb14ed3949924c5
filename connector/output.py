"""What commands print: tables for people, JSON for programs, errors as one sentence on standard error."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connector.model import Field


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    json = "json"


def document(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))  # noqa: T201


def line(value: Any) -> None:
    """Print one JSON line, at once."""
    print(json.dumps(value, default=_plain, ensure_ascii=False), flush=True)  # noqa: T201


def say(sentence: str) -> None:
    """Print a line for people, at once."""
    print(sentence, flush=True)  # noqa: T201


def tell(sentence: str) -> None:
    """Print a line on standard error: it never mixes with an answer."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; what stands in the first column is a name to be typed and is not broken."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    made.show_header = any(columns)
    for index, column in enumerate(columns):
        made.add_column(column, header_style="bold", overflow="fold", no_wrap=index == 0)
    for row in rows:
        made.add_row(*(Text(printable(cell)) for cell in row))
    Console(width=width()).print(made)


def width() -> int:
    """Return how many columns a line may have: the terminal's, or enough where nobody looks."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 160


def record(fields: Sequence[Field], value: dict[str, Any], title: str) -> None:
    """Print one record as label and value, what it has beyond the known fields included."""
    known = {field.key: field for field in fields}
    rows: list[tuple[str, str]] = []
    for key, held in value.items():
        field = known.get(key)
        rows.extend(_lines(field.label if field else key, field, held))
    table(title, ["", ""], rows)


def _lines(label: str, field: Field | None, held: Any) -> Iterator[tuple[str, str]]:
    children = {child.key: child for child in field.children} if field else {}
    if isinstance(held, dict) and held:
        for key, value in held.items():
            child = children.get(key)
            yield from _lines(child.label if child else f"{label} {key}", child, value)
    elif isinstance(held, list):
        lines = [short(item) for item in held] or ["none"]
        if not any(isinstance(item, dict) for item in held):
            lines = [", ".join(lines)]
        for index, written in enumerate(lines):
            yield ("" if index else label), written
    else:
        yield label, short(held)


def short(value: Any) -> str:
    """Write a JSON value in one line."""
    if value is None:
        return ""
    if isinstance(value, dict):
        parts = (f"{key} {short(one)}" for key, one in value.items() if one not in (None, "", [], {}))
        return " · ".join(parts)
    if isinstance(value, list):
        return ", ".join(short(one) for one in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def printable(text: str) -> str:
    """Replace control characters: what a vendor sends never steers a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


@contextmanager
def waiting(sentence: str) -> Iterator[None]:
    """Show a spinner while one waits, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(sentence):
        yield


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return (
            int(value)
            if value == value.to_integral_value() and value.as_tuple().exponent == 0
            else float(value)
        )
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form.")
