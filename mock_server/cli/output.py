"""Prints the output of `returns sandbox` and `returns credentials`: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mock_server.cli import tables
from mock_server.wording import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    import httpx

_PIPE_WIDTH = 200  # columns of a table that is not printed on a terminal, unless COLUMNS is set


class Format(StrEnum):
    """The output format of a command."""

    table = "table"
    json = "json"


def print_answer(answer: httpx.Response, output: Format, member: str = "", *, otherwise: str = "") -> None:
    """Print a response from the control plane, either as unchanged JSON or as a table.

    The table shows the response's field `member`, or the field `otherwise` if `member` is missing or empty.
    If no `member` is passed, the table shows the whole response. An empty column of a list is left out. Names
    of fields are shown as words, except those of a vendor's `document`.
    """
    if output is Format.json:
        print_json(answer)
        return
    content = answer.json()
    content = content.get(member) or content.get(otherwise, []) if member else content
    if content == []:
        notify(f"There are no {phrase(member)} to show.")
    elif isinstance(content, list):
        names = dict.fromkeys(name for entry in content for name in entry)
        columns = [name for name in names if any(one_line(entry.get(name)) for entry in content)]
        headings = list(map(phrase, columns))
        print_table(headings, [[entry.get(name) for name in columns] for entry in content])
    else:
        shown = str if member == "document" else phrase
        print_table(("", ""), [(shown(name), value) for name, value in content.items()])


def print_json(answer: httpx.Response) -> None:
    """Print a response's JSON unchanged, unless standard output cannot encode it.

    In that case, non-ASCII characters are printed as JSON escape sequences.
    """
    text = answer.text
    print_line(text if _is_encodable(text) else json.dumps(answer.json()))


def print_document(value: Any) -> None:
    """Print a JSON value over several lines, so that people can read it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print_line(printable(text if _is_encodable(text) else json.dumps(value, indent=2)))


def print_line(text: str, *, flush: bool = False) -> None:
    """Print a line; characters that standard output cannot encode are replaced with question marks.

    If `flush` is True, the line is written immediately, even if the output is a pipe.
    """
    print(_encodable(text, sys.stdout), flush=flush)  # noqa: T201


@contextmanager
def ignoring_closed_pipe() -> Iterator[None]:
    """Discard output from a command that checks something, once the reader of a pipe has closed it.

    The rest of the block is skipped, and what follows it runs: the exit code reports the result of the check,
    so it must not depend on a reader such as `head`.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def notify(sentence: str) -> None:
    """Print a sentence on standard error, so that it is kept separate from the command's output."""
    print(_encodable(printable(sentence), sys.stderr), file=sys.stderr)  # noqa: T201


def notify_stopped() -> None:
    """Print on standard error that Ctrl-C has ended the command.

    A terminal has already printed ^C, so the message begins on a new line there.
    """
    if sys.stderr.isatty():
        print(file=sys.stderr)  # noqa: T201
    notify("Stopped.")


def _encoding(stream: TextIO) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _is_encodable(text: str) -> bool:
    try:
        text.encode(_encoding(sys.stdout))
    except UnicodeEncodeError:
        return False
    return True


def _encodable(text: str, stream: TextIO) -> str:
    code = _encoding(stream)
    return text.encode(code, "replace").decode(code)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, wrap: bool = True) -> None:
    """Print a table, or a list if the terminal is too narrow for the table.

    If `wrap` is False, no cell is wrapped, so that its value can be copied. If standard output is not a
    terminal, the environment variable COLUMNS sets the width of the table; if COLUMNS is not set either,
    cells are wrapped only if the table would be wider than 200 characters.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    available = shutil.get_terminal_size().columns
    limited = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    cells = [[_encodable(printable(one_line(value)), sys.stdout) for value in row] for row in rows]
    fitting = tables.column_widths(columns, cells, available, wrap=wrap)
    if limited and fitting is None:
        print("\n".join(tables.as_list(columns, cells, available, wrap=wrap)))  # noqa: T201
        return
    layout = Table(box=None, pad_edge=False, show_header=any(columns))
    for index, column in enumerate(columns):  # fold: an ID that is cut off is useless
        layout.add_column(column, overflow="fold", width=fitting[index] if limited and fitting else None)
    for row in cells:
        layout.add_row(*map(Text, row))
    Console(width=available if limited else _PIPE_WIDTH).print(layout)


def one_line(value: Any) -> str:
    """Format a JSON value as a single line of text for people, such as `yes` for true."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        parts = (
            f"{key} {one_line(member)}" for key, member in value.items() if member not in (None, "", [], {})
        )
        return " · ".join(parts)
    if isinstance(value, list):
        return ", ".join(one_line(item) for item in value)
    return str(value)


def printable(text: str) -> str:
    """Replace control characters, so that text from the sandbox cannot send commands to the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
