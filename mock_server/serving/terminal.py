"""Prints to the terminal. The sandbox keeps running if a standard stream is closed or unwritable."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def open_closed_streams() -> None:
    """Open the null device in place of each standard stream that is closed.

    Otherwise the next file or socket that is opened, such as the database, would get the descriptor of a
    standard stream, and all printed output would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor, which is `number`


def say(*lines: str) -> None:
    """Print lines to standard output.

    If that fails, a warning is printed once to standard error, and later output is discarded.
    """
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
    """Print a line to standard error; do nothing if the stream is closed."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            _write(sys.stderr, (sentence,))


def _silence(stream: TextIO) -> None:
    """Redirect a stream, including output that is still buffered, to the null device."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _write(stream: TextIO, lines: tuple[str, ...]) -> None:
    encoding = stream.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines)
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
