"""What commands print: tables for people, JSON for programs, errors as one sentence on standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connector.definition.model import Field


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    json = "json"


def document(value: Any) -> None:
    """Print one JSON document."""
    print(as_json(value, encoding(sys.stdout), indent=2))  # noqa: T201


def line(value: Any) -> None:
    """Print one JSON line, at once."""
    put(as_json(value, encoding(sys.stdout)))


def say(sentence: str) -> None:
    """Print a line for people, at once."""
    put(shown(sentence, encoding(sys.stdout)))


def put(text: str) -> None:
    """Print a line that standard output can hold, at once."""
    print(text, flush=True)  # noqa: T201


def tell(sentence: str) -> None:
    """Print a line on standard error: it never mixes with an answer."""
    print(shown(sentence, encoding(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201


def closed() -> bool:
    """Say whether the program was started without a standard output: what is printed is lost."""
    return sys.__stdout__ is None


def encoding(stream: Any) -> str:
    """Return the encoding of a stream; UTF-8 where it has none."""
    return getattr(stream, "encoding", None) or "utf-8"


def as_json(value: Any, code: str, indent: int | None = None) -> str:
    """Write JSON that the encoding `code` can hold; NaN becomes null, a number beyond floats a text."""
    try:
        text = _dumped(value, indent, ascii_only=False)
    except ValueError:  # not a number, or beyond all numbers: JSON has neither
        value = _finite(value)
        text = _dumped(value, indent, ascii_only=False)
    try:
        text.encode(code)
    except UnicodeEncodeError:
        return _dumped(value, indent, ascii_only=True)
    return text


def _dumped(value: Any, indent: int | None, *, ascii_only: bool) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=ascii_only, allow_nan=False, indent=indent)


def _finite(value: Any) -> Any:
    """Return a value with null or text for each number that cannot be written."""
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, Decimal) and value.is_finite():
        return value if math.isfinite(float(value)) else str(value)
    return None if isinstance(value, float | Decimal) and not math.isfinite(value) else value


def shown(text: str, code: str) -> str:
    """Return a text with a question mark for each character that the encoding `code` does not have."""
    return text.encode(code, "replace").decode(code)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; what stands in the first column is a name to be typed and is not broken."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    code = encoding(sys.stdout)
    title = shown(title, code)
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    made.show_header = any(columns)
    for index, column in enumerate(columns):
        made.add_column(shown(column, code), header_style="bold", overflow="fold", no_wrap=index == 0)
    for row in rows:
        made.add_row(*(Text(shown(printable(cell), code)) for cell in row))
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
        whole = value.is_finite() and value == value.to_integral_value() and value.as_tuple().exponent == 0
        return int(value) if whole else float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form.")
