"""Prints to the terminal; a standard stream that is closed or cannot be written does not end the sandbox."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def open_closed_streams() -> None:
    """Open the null device in place of standard streams that are closed.

    Otherwise the next file or socket that is opened, perhaps the database, gets the number of a standard
    stream, and everything printed goes into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one


def say(*lines: str) -> None:
    """Print lines on standard output; if that fails, warn once on standard error and discard later output."""
    stream = sys.stdout
    if stream is None:  # closed when Python started
        return
    try:
        _write(stream, lines)
    except (OSError, ValueError) as error:
        _silence(stream)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        warn(f"Standard output cannot be written ({reason.lower()}); the sandbox continues without it.")


def warn(sentence: str) -> None:
    """Print a line on standard error, if it is open."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            _write(sys.stderr, (sentence,))


def _silence(stream: TextIO) -> None:
    """Redirect a stream, including what is left in its buffer, to the null device."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _write(stream: TextIO, lines: tuple[str, ...]) -> None:
    encoding = stream.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines)
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
