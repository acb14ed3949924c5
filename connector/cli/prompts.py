"""Answers to questions: typed by a person, or a script's on standard input, one a line."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import typer

from connector.cli.output import tell
from connector.definition.naming import trimmed
from connector.errors import ConfigurationError
from connector.profiles.text_files import encoding

if TYPE_CHECKING:
    from typing import TextIO


class Answers:
    """Where answers come from. A script's may be in any encoding that a byte order mark tells of."""

    def __init__(self) -> None:
        self._script: TextIO | None = None

    def ask(self, label: str, explanation: str, *, secret: bool, required: bool) -> str:
        """Return an answer without blanks around it, "" for none."""
        if explanation:
            tell(explanation)
        if sys.stdin is None or not sys.stdin.isatty():
            return self._line()
        prompt = label if required else f"{label} (may stay empty)"
        default = None if required else ""
        answer: str = typer.prompt(prompt, hide_input=secret, default=default, show_default=False, err=True)
        return trimmed(answer)

    def _line(self) -> str:
        if self._script is None:
            self._script = _script()
        try:
            return trimmed(self._script.readline())
        except UnicodeDecodeError as problem:
            raise ConfigurationError("Standard input is not text in UTF-8; save it as UTF-8.") from problem


def _script() -> TextIO:
    """Return standard input, read as its first bytes ask for; where it is closed, an empty one."""
    if sys.stdin is None:
        return io.StringIO()
    raw = getattr(sys.stdin, "buffer", None)
    start = raw.peek(4)[:4] if isinstance(raw, io.BufferedReader) else b""
    found = encoding(start)
    if raw is None or found == "utf-8":
        return sys.stdin
    return io.TextIOWrapper(raw, encoding=found)
