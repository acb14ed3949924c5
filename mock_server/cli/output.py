"""Answers of the control plane: tables for people, and as they came for programs."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    import httpx


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    json = "json"


def show(answer: httpx.Response, output: Format, inside: str = "", *, otherwise: str = "") -> None:
    """Print an answer: as it came, or what it holds under `inside` (if empty: `otherwise`) as a table."""
    if output is Format.json:
        document(answer)
        return
    content = answer.json()
    content = content.get(inside) or content.get(otherwise, []) if inside else content
    if content == []:
        tell("There is nothing to show.")
    elif isinstance(content, list):
        columns = list(dict.fromkeys(name for entry in content for name in entry))
        table(columns, [[entry.get(name) for name in columns] for entry in content])
    else:
        table(("", ""), list(content.items()))


def document(answer: httpx.Response) -> None:
    """Print an answer as it came; what the terminal's encoding does not have is escaped."""
    text = answer.text
    line(text if _writable(text) else json.dumps(answer.json()))


def line(text: str) -> None:
    """Print a line; what the terminal's encoding does not have becomes a question mark."""
    print(_shown(text, sys.stdout))  # noqa: T201


def tell(sentence: str) -> None:
    """Print a sentence on standard error: it never mixes with an answer."""
    print(_shown(_printable(sentence), sys.stderr), file=sys.stderr)  # noqa: T201


def _encoding(stream: TextIO) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _writable(text: str) -> bool:
    try:
        text.encode(_encoding(sys.stdout))
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str, stream: TextIO) -> str:
    code = _encoding(stream)
    return text.encode(code, "replace").decode(code)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, broken: bool = True) -> None:
    """Print a table; unless `broken`, long lines are left to the terminal, so that values can be copied."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, show_header=any(columns))
    for column in columns:
        made.add_column(column, overflow="fold")  # an id that is cut off is of no use
    for row in rows:
        made.add_row(*(Text(_shown(_printable(cell(value)), sys.stdout)) for value in row))
    console = Console()
    if not console.is_terminal or not broken:
        console.width = max(console.width, 200)
    console.print(made)


def cell(value: Any) -> str:
    """Write a JSON value in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _parts(value)
    if isinstance(value, list):
        return ", ".join(cell(one) for one in value)
    return str(value)


def _parts(value: Mapping[str, Any]) -> str:
    return " · ".join(f"{key} {cell(one)}" for key, one in value.items() if one not in (None, "", [], {}))


def _printable(text: str) -> str:
    """Replace control characters: what somebody wrote into a record never steers a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
