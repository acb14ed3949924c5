"""Prints the output of commands: tables and lines for people, JSON for programs, and notices."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from connector.cli import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connector.definition.model import Field

PIPE_WIDTH = 160  # width, in characters, of a table that is not printed on a terminal


class Format(StrEnum):
    """The format in which a command prints its result."""

    table = "table"
    json = "json"


def print_json(value: Any) -> None:
    """Print a value on standard output as indented JSON."""
    print(as_json(value, encoding(sys.stdout), indent=2))  # noqa: T201


def print_json_line(value: Any) -> None:
    """Print a value as JSON on one line, and flush standard output."""
    print_encoded(as_json(value, encoding(sys.stdout)))


def print_line(text: str) -> None:
    """Print a line and flush standard output; characters that cannot be encoded become question marks."""
    print_encoded(encodable(text, encoding(sys.stdout)))


def print_encoded(text: str) -> None:
    """Print a line that is known to be encodable in standard output's encoding, and flush standard output."""
    print(text, flush=True)  # noqa: T201


def notify(sentence: str) -> None:
    """Print a notice on standard error, so that standard output contains only the command's output."""
    print(encodable(sentence, encoding(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201


def notify_stopped(sentence: str = "Stopped.") -> None:
    """Print a notice that Ctrl-C ended the command, on a separate line.

    A terminal shows ^C at the cursor's position, so on a terminal the notice begins on the next line.
    """
    notify(f"\n{sentence}" if sys.stderr.isatty() else sentence)


def is_closed() -> bool:
    """Check whether standard output was closed when the program started; if so, all output is lost."""
    return sys.__stdout__ is None


def encoding(stream: Any) -> str:
    """Return the encoding of a stream, or UTF-8 if the stream does not have an encoding."""
    return getattr(stream, "encoding", None) or "utf-8"


def as_json(value: Any, code: str, indent: int | None = None) -> str:
    """Format a value as JSON, using only characters that the encoding `code` supports.

    NaN and infinity become null. Decimals that exceed the range of a float become strings.
    """
    try:
        text = _dump(value, indent, ascii_only=False)
    except ValueError:  # JSON cannot represent NaN, infinity or a Decimal beyond the range of a float
        value = _finite(value)
        text = _dump(value, indent, ascii_only=False)
    try:
        text.encode(code)
    except UnicodeEncodeError:
        return _dump(value, indent, ascii_only=True)
    return text


def _dump(value: Any, indent: int | None, *, ascii_only: bool) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=ascii_only, allow_nan=False, indent=indent)


def _finite(value: Any) -> Any:
    """Copy a value; numbers that JSON cannot represent become null or strings."""
    if isinstance(value, Mapping):
        return {key: _finite(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, Decimal) and value.is_finite():
        return value if math.isfinite(float(value)) else str(value)
    return None if isinstance(value, float | Decimal) and not math.isfinite(value) else value


def encodable(text: str, code: str) -> str:
    """Replace each character that the encoding `code` does not support with a question mark."""
    return text.encode(code, "replace").decode(code)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, min_width: int = 0
) -> None:
    """Print a table, or a list if the terminal is narrower than the table or than `min_width`.

    The first column contains names that users type, so its cells are never wrapped. If standard output is not
    a terminal, the width is that of the environment variable COLUMNS or, without it, 160 characters.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    code, available, terminal = encoding(sys.stdout), width(), _is_limited()
    headings = [encodable(column, code) for column in columns]
    cells = [[encodable(printable(cell), code) for cell in row] for row in rows]
    console = Console(width=available)
    fitting = tables.column_widths(headings, cells, available) if available >= min_width else None
    if terminal and fitting is None:
        if title:
            console.print(Text(encodable(title, code), style="bold"))
        print("\n".join(tables.as_list(headings, cells, available)))  # noqa: T201
        return
    layout = Table(
        title=encodable(title, code) or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    layout.show_header = any(columns)
    for index, heading in enumerate(headings):
        layout.add_column(
            heading,
            header_style="bold",
            overflow="fold",
            no_wrap=index == 0,
            width=fitting[index] if terminal and fitting else None,
        )
    for row in cells:
        layout.add_row(*map(Text, row))
    console.print(layout)


def width() -> int:
    """Return the width of the terminal in characters, or that in COLUMNS, or 160 if there is neither."""
    return shutil.get_terminal_size().columns if _is_limited() else PIPE_WIDTH


def _is_limited() -> bool:
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()


def print_record(fields: Sequence[Field], value: dict[str, Any], title: str) -> None:
    """Print a record as a table; a value's label is that of its field or, without a field, its key."""
    known = {field.key: field for field in fields}
    rows: list[tuple[str, str]] = []
    for key, content in value.items():
        field = known.get(key)
        rows.extend(_record_rows(field.label if field else key, field, content))
    print_table(title, ["", ""], rows)


def _record_rows(label: str, field: Field | None, value: Any) -> Iterator[tuple[str, str]]:
    children = {child.key: child for child in field.children} if field else {}
    if isinstance(value, dict) and value:
        for key, member in value.items():
            child = children.get(key)
            yield from _record_rows(child.label if child else f"{label} {key}", child, member)
    elif isinstance(value, list):
        lines = [one_line(item) for item in value] or ["none"]
        if not any(isinstance(item, dict) for item in value):
            lines = [", ".join(lines)]
        for index, line in enumerate(lines):
            yield ("" if index else label), line
    else:
        yield label, one_line(value)


def one_line(value: Any) -> str:
    """Format a JSON value as a single line of readable text, such as `sku BOOT-39 · quantity 1`."""
    if value is None:
        return ""
    if isinstance(value, dict):
        parts = (
            f"{key} {one_line(member)}" for key, member in value.items() if member not in (None, "", [], {})
        )
        return " · ".join(parts)
    if isinstance(value, list):
        return ", ".join(one_line(item) for item in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def printable(text: str) -> str:
    """Replace control characters, so that a vendor's data cannot send commands to the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


@contextmanager
def spinner(sentence: str) -> Iterator[None]:
    """Show a spinner until the `with` block ends; do nothing if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(sentence):
        yield


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value() and value.as_tuple().exponent == 0
        return int(value) if is_whole else float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form.")
