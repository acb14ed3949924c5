"""`returns hub` in a process of its own."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO

import httpx

from support import preloaded

OPTIONS = ("--interval", "1", "--webhook-allow", "127.0.0.1")
READY = 120  # seconds within which a hub announces its address, on a busy machine


@dataclass
class HubProcess:
    """A running hub, its admin key, a client of its API, and the lines that it writes to stderr."""

    process: preloaded.Command
    api: httpx.Client
    url: str = ""
    key: str = ""
    lines: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """Kill the process as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        """Stop the process at its next instruction, as a machine that is suspended does."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def has_polled(self) -> bool:
        """Check whether each list in use was polled."""
        [connection] = self.api.get("/connections").json()["connections"]
        return bool(connection["lists"]) and all(one["polled_at"] for one in connection["lists"])

    def found(self, pattern: str) -> str:
        """Return the first group of a pattern in the lines, or ""."""
        matches = (re.search(pattern, line) for line in self.lines)
        return next((match[1] for match in matches if match), "")

    def wait(self, holds: Callable[[], bool], seconds: float = READY) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, self.lines
            assert time.monotonic() < end, self.lines
            time.sleep(0.02)


@contextmanager
def running_hub(
    folder: Path, key: str = "", options: Sequence[str] = OPTIONS, database: str = ""
) -> Iterator[HubProcess]:
    """Run a hub on a free port until the block ends; `key` is its admin key if it was started before.

    `database` is the URL of its database; the default is a file of SQLite in `folder`.
    """
    words = ["hub", "--port", "0", *options]
    database = database or f"sqlite:///{folder / 'hub.sqlite3'}"
    words += ["--database", database, "--key-file", str(folder / "hub.key")]
    read, write = os.pipe()
    process = preloaded.start(
        *words, environment={**os.environ, "COLUMNS": "200"}, output=write, errors=write
    )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as printed, httpx.Client(verify=False, timeout=120) as api:
        hub = HubProcess(process, api, key=key)
        reader = Thread(target=_read, args=(printed, hub.lines))
        reader.start()
        try:
            hub.wait(lambda: bool(hub.found(r"listens on (http\S+)\.$")))
            hub.wait(lambda: bool(hub.key or hub.found(r"shown only now: (\S+)")))
            hub.key = key or hub.found(r"shown only now: (\S+)")
            hub.url = hub.found(r"listens on (http\S+)\.$")
            api.base_url = httpx.URL(hub.url)
            api.headers["authorization"] = f"Bearer {hub.key}"
            yield hub
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            process.wait()
            reader.join()


def _read(printed: IO[str], lines: list[str]) -> None:
    for line in iter(printed.readline, ""):
        lines.append(line.rstrip("\n"))  # noqa: PERF401 - others read the list meanwhile
