"""Asks the server of `server.py` to run a command; as a script, it is the `returns` of a shell.

It imports little, because a shell starts it for every command.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ADDRESS = "PRELOADED_RETURNS"
"""The environment variable with the path of the server's socket."""
WORD = 4
"""Bytes of each number that is sent."""


def start(
    address: str | Path,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: str | Path,
    streams: Sequence[int],
    program: str = "returns",
) -> tuple[socket.socket, int]:
    """Start a command; return the connection on which its exit code arrives, and its process id.

    `streams` are the descriptors of its standard input, output and error.
    """
    wanted = {
        "program": program,
        "words": list(words),
        "environment": dict(environment),
        "folder": str(folder),
    }
    content = json.dumps(wanted).encode()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(address))
        socket.send_fds(connection, [len(content).to_bytes(WORD, "big")], list(streams))
        connection.sendall(content)
        return connection, number(connection)
    except BaseException:
        connection.close()
        raise


def number(connection: socket.socket) -> int:
    """Read a number: a process id or an exit code, which is negative after a signal."""
    return int.from_bytes(exactly(connection, WORD), "big", signed=True)


def exactly(connection: socket.socket, size: int) -> bytes:
    """Read a number of bytes; raise `EOFError` if the connection ends before."""
    content = b""
    while len(content) < size:
        read = connection.recv(size - len(content))
        if not read:
            raise EOFError("The server that runs commands has ended.")
        content += read
    return content


def main() -> NoReturn:
    """Run a command with this process's streams, pass signals on to it, and end as it ended."""
    connection, process = start(os.environ[ADDRESS], sys.argv[1:], os.environ, Path.cwd(), (0, 1, 2))
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda received, _frame: os.kill(process, received))
    code = number(connection)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
