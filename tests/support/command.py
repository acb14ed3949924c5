"""The sandbox's commands in a separate process, without the rest of the command line."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from support import preloaded
from support.first_moment import FIRST_MOMENT

if TYPE_CHECKING:
    import subprocess

PROGRAM = (
    "import typer; from mock_server.cli.serve import register; app = typer.Typer(); register(app); app()"
)
_BANNER_ENDS = "Ctrl-C stops the sandbox."


def environment(home: Path) -> dict[str, str]:
    """Return the environment without the sandbox's settings, and with another home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    return {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "COLUMNS": "200"}


def run(home: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    return preloaded.run(*arguments, environment={**environment(home), **more}, program="sandbox")


@dataclass
class Serving:
    """A sandbox that has reported it is ready; `banner` is its output, and `output` what follows."""

    url: str
    banner: str
    process: preloaded.Command
    output: IO[str] = field(repr=False)
    log: Path = field(repr=False)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def interrupt(self) -> int:
        """Send Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Serving]:
    """Run `serve` on a free port until the block ends."""
    log = home / "serve.log"
    since = () if "--first-moment" in arguments else ("--first-moment", FIRST_MOMENT)
    read, write = os.pipe()
    with log.open("w") as errors:
        process = preloaded.start(
            *("serve", "--port", "0", *since, *arguments),
            environment=environment(home),
            program="sandbox",
            output=write,
            errors=errors.fileno(),
        )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as output:
        try:
            banner = _read_banner(output)
            found = re.search(r"ready: (http://\S+)/", banner)
            assert found, banner + log.read_text()
            yield Serving(found[1], banner, process, output, log)
        finally:
            process.kill()
            process.wait()


def _read_banner(output: IO[str]) -> str:
    lines = []
    for line in output:
        lines.append(line)
        if _BANNER_ENDS in line:
            break
    return "".join(lines)
