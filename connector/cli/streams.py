"""Standard streams of the program: closed streams, a full disk, and encodings that lack characters."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


def prepare_streams() -> None:
    """Make all three standard streams usable, whichever of them are closed.

    A closed stream is replaced by the null device: its file descriptor would otherwise go to the next file
    that the program opens. Characters that an encoding lacks become question marks. A failed write to
    standard error is ignored, because a notice must never change how a command ends.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _null_device(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    sys.stderr = cast("TextIO", ErrorIgnoringStream(sys.stderr))


def _null_device(number: int) -> TextIO:
    """Return the null device for the stream with this file descriptor, and occupy the descriptor."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor: this one, or one before it
    return open(os.devnull, "r" if number == 0 else "w", encoding="utf-8")  # noqa: PTH123 - never closed


class ErrorIgnoringStream:
    """A text stream that drops what cannot be written instead of raising an error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or drop it if writing fails."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each text, or drop it if writing fails."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream; after a failure, its buffer and all later output go to the null device."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self._stream.fileno())
                os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
