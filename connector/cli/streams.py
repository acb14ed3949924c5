"""The standard streams of the program, as it may be started: closed, full, or in a narrow encoding."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


def prepared() -> None:
    """Make the standard streams usable: what is closed is the null device, and no character is too much.

    A stream that is closed leaves its number to the next file that is opened, so the null device takes it.
    Standard error loses what cannot be written: a warning never decides how a command ends.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _null(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    sys.stderr = cast("TextIO", Unfailing(sys.stderr))


def _null(number: int) -> TextIO:
    """Open the null device in place of a stream that is closed."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one, or one before it
    return open(os.devnull, "r" if number == 0 else "w", encoding="utf-8")  # noqa: PTH123 - as long as the program


class Unfailing:
    """A text stream that loses what cannot be written, with no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts, or lose them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Pass on what was written; what cannot be written is lost now and at the end of the process."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
