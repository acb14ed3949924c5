"""What `returns serve` says on its standard streams; that nobody reads them does not end the sandbox."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def open_closed_streams() -> None:
    """Give standard streams that are closed to the null device.

    Else the next file or socket that is opened, the database perhaps, gets the number of one of them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one


def say(*lines: str) -> None:
    """Print lines on standard output; once it cannot be written, say so on standard error and go on."""
    stream = sys.stdout
    if stream is None:  # it was closed when Python started
        return
    try:
        _write(stream, lines)
    except (OSError, ValueError) as error:
        _silence(stream)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        warn(f"Standard output cannot be written ({reason.lower()}); the sandbox goes on without it.")


def warn(sentence: str) -> None:
    """Print a line on standard error, if that can be."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            _write(sys.stderr, (sentence,))


def _silence(stream: TextIO) -> None:
    """Let the null device take what is written from now on, what is left in the buffer included."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _write(stream: TextIO, lines: tuple[str, ...]) -> None:
    encoding = stream.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines)
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
