"""The sandbox's commands in a separate process, without the rest of the command line."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO

from support.first_moment import FIRST_MOMENT

PROGRAM = (
    "import typer; from mock_server.cli.serve import register; app = typer.Typer(); register(app); app()"
)
_PATIENCE = 60.0
"""Seconds until a running command is killed."""
_BANNER_ENDS = "Ctrl-C stops the sandbox."


def environment(home: Path) -> dict[str, str]:
    """Return the environment without the sandbox's settings, and with another home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    return {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "COLUMNS": "200"}


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(home), **more},
    )
    # `communicate(timeout=…)` waits for a point in time, which fails if a tool fakes the time of day.
    guard = Timer(_PATIENCE, process.kill)
    guard.start()
    try:
        output, errors = process.communicate()
    finally:
        guard.cancel()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


@dataclass
class Serving:
    """A sandbox that has reported it is ready; `banner` is its output."""

    url: str
    banner: str
    process: subprocess.Popen[str]
    log: Path = field(repr=False)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def interrupt(self) -> int:
        """Send Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=10)


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Serving]:
    """Run `serve` on a free port until the block ends."""
    log = home / "serve.log"
    since = () if "--first-moment" in arguments else ("--first-moment", FIRST_MOMENT)
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve", "--port", "0", *since, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(home),
        )
    assert process.stdout is not None
    try:
        banner = _read_banner(process.stdout)
        found = re.search(r"ready: (http://\S+)/", banner)
        assert found, banner + log.read_text()
        yield Serving(found[1], banner, process, log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _read_banner(output: IO[str]) -> str:
    lines = []
    for line in output:
        lines.append(line)
        if _BANNER_ENDS in line:
            break
    return "".join(lines)
