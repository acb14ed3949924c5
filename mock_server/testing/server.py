"""Starts a sandbox on a free port, in a separate process, and stops it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from mock_server.testing.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 10
_INTERVAL = 0.02


@contextmanager
def started(*options: str, database: str = "sqlite://") -> Iterator[Sandbox]:
    """Start a sandbox and yield a client for it; the sandbox is stopped when the `with` block ends.

    `options` are passed to `returns serve`, for example `"--webhook-allow", "10.0.0.0/8"`. The sandbox keeps
    its data in memory unless `database` is the URL of a file, such as `sqlite:///returns.db`. If the sandbox
    does not start, raises `RuntimeError` with the sandbox's error message.
    """
    with TemporaryDirectory(prefix="returns-sandbox-") as folder:
        ready, log = Path(folder) / "ready.json", Path(folder) / "log.txt"
        command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", "--database", database]
        with log.open("wb") as output:
            process = _start([*command, "--ready-file", str(ready), *options], output)
            try:
                found = _wait(process, ready, log)
                with Sandbox(found["url"], found["control_token"]) as sandbox:
                    yield sandbox
            finally:
                _stop(process)


def _start(command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    # The environment of the tests may hold settings for another sandbox.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    return subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
    )


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    for _ in range(int(_SECONDS_TO_START / _INTERVAL)):
        if ready.exists():
            content: dict[str, Any] = json.loads(ready.read_text("utf-8"))
            return content
        with suppress(subprocess.TimeoutExpired):
            process.wait(_INTERVAL)
            break
    raise RuntimeError(f"The returns sandbox did not start: {log.read_text('utf-8').strip()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
