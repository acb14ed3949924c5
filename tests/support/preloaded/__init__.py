"""Commands of `returns` as processes that do not start Python and import, which takes 0.5 to 1.5 s.

`server.py` has imported everything once; a command is a copy of it. `tests/mock_server/test_app_serving.py`,
`tests/journeys/test_wheel.py` and others start the installed program.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.preloaded import client

_TESTS = Path(__file__).parents[2]
_PATIENCE = 300.0
"""Seconds until a command that does not end counts as failed."""

FEW_PLUGINS = "-p no:schemathesis -p no:hypothesispytest -p no:anyio -p no:time_machine"
"""Options of pytest for a project of a test: plugins that this project needs, and that start slowly."""


@dataclass
class Command:
    """A started command, with the part of the interface of `subprocess.Popen` that tests use."""

    pid: int
    _connection: socket.socket
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code of the command, which is negative after a signal.

        Raises `TimeoutExpired` after `timeout` seconds.
        """
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = client.number(self._connection)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("returns", timeout or 0) from None
            except BaseException:  # the exit code will not arrive
                self._connection.close()
                raise
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code of the command, or None while it runs."""
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send a signal to the command unless the command has ended."""
        if self.poll() is None:
            # A process that has just ended no longer exists, although its exit code is still on the way.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM to the command."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to the command."""
        self.send_signal(signal.SIGKILL)


@cache
def address() -> Path:
    """Start the server if it does not run yet, and return the path of its socket.

    It ends with this process.
    """
    path = Path(tempfile.mkdtemp(prefix="returns-")) / "socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    folders = [str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    server = subprocess.Popen(
        [sys.executable, "-m", "support.preloaded.server", str(listener.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )
    listener.close()
    atexit.register(_stop, server)
    return path


def _stop(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin
    server.stdin.close()
    server.wait()


def start(
    *words: str,
    environment: Mapping[str, str],
    output: int,
    errors: int,
    folder: Path | None = None,
    program: str = "returns",
    given: int | None = None,
) -> Command:
    """Start a command with descriptors for its standard output, error and input (by default empty)."""
    with Path(os.devnull).open("rb") as nothing:
        streams = (nothing.fileno() if given is None else given, output, errors)
        place = folder or Path.cwd()
        connection, process = client.start(address(), words, environment, place, streams, program)
    return Command(process, connection)


def run(
    *words: str,
    environment: Mapping[str, str],
    folder: Path | None = None,
    program: str = "returns",
    text: str = "",
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, with `text` as its standard input."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as given,
        tempfile.TemporaryFile("r", encoding="utf-8", newline="") as output,
        tempfile.TemporaryFile("r", encoding="utf-8", newline="") as errors,
    ):
        given.write(text)
        given.seek(0)
        command = start(
            *words,
            environment=environment,
            output=output.fileno(),
            errors=errors.fileno(),
            folder=folder,
            program=program,
            given=given.fileno(),
        )
        try:
            code = command.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait(_PATIENCE)
            raise
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(list(words), code, output.read(), errors.read())


def shell_folder(folder: Path) -> dict[str, str]:
    """Write a program named `returns` into a folder, for PATH; return the variables that it needs."""
    program = folder / "returns"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -IS '{client.__file__}' \"$@\"\n", "utf-8")
    program.chmod(0o755)
    return {client.ADDRESS: str(address())}
