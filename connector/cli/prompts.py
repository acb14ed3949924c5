"""Reads the login fields for `returns connect` from prompts, or from lines of redirected standard input."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import typer

from connector.cli.output import notify
from connector.definition.spelling import trimmed
from connector.errors import ConfigurationError
from connector.profiles.text_files import encoding

if TYPE_CHECKING:
    from typing import TextIO


class Prompt:
    """Asks for login fields on the terminal, or reads one per line from redirected standard input."""

    def __init__(self) -> None:
        self._script: TextIO | None = None

    def ask(self, label: str, explanation: str, *, secret: bool, required: bool) -> str:
        """Ask for one login field, and return the input without surrounding white space.

        Returns "" if the input is empty, and raises `ConfigurationError` if standard input is not UTF-8.
        """
        redirected = sys.stdin is None or not sys.stdin.isatty()
        if explanation and (required or not redirected):
            notify(explanation)
        if redirected:
            return self._line()
        text = label if required else f"{label} (optional)"
        default = None if required else ""
        answer: str = typer.prompt(text, hide_input=secret, default=default, show_default=False, err=True)
        return trimmed(answer)

    def _line(self) -> str:
        if self._script is None:
            self._script = _redirected_input()
        try:
            return trimmed(self._script.readline())
        except UnicodeDecodeError as error:
            raise ConfigurationError("Standard input is not UTF-8 text; save it as UTF-8.") from error


def _redirected_input() -> TextIO:
    """Return standard input, decoded according to its byte order mark; return an empty stream if closed."""
    if sys.stdin is None:
        return io.StringIO()
    raw = getattr(sys.stdin, "buffer", None)
    start = raw.peek(4)[:4] if isinstance(raw, io.BufferedReader) else b""
    code = encoding(start)
    if raw is None or code == "utf-8":
        return sys.stdin
    return io.TextIOWrapper(raw, encoding=code)
