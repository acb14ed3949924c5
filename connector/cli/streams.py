"""Prepares the standard streams, in case they are closed, fail or cannot encode a character."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO


def prepare_streams() -> None:
    """Make standard input, output and error usable, even if some of them are closed.

    A closed stream is replaced with the null device, because the next file that the program opens would
    otherwise receive the stream's file descriptor. Characters that cannot be encoded become question marks.
    A failed write to standard error is ignored, because a notice must not change a command's exit code.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _null_device(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    sys.stderr = cast("TextIO", ErrorIgnoringStream(sys.stderr))


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


def _null_device(number: int) -> TextIO:
    """Open the null device as a replacement for the standard stream with file descriptor `number`.

    If that descriptor is free, the null device is deliberately opened twice: the first time only occupies the
    descriptor, so that no other file can receive it.
    """
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # occupies the lowest free descriptor: this one, or a lower one
    return open(os.devnull, "r" if number == 0 else "w", encoding="utf-8")  # noqa: PTH123 - never closed


class ErrorIgnoringStream:
    """A text stream that discards text that cannot be written, instead of raising an error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a string, or discard it if writing fails; return its length in either case."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each string, or discard the strings that cannot be written."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream; if this fails, redirect its buffer and all later output to the null device."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self._stream.fileno())
                os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
