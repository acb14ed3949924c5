"""`returns hub` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

OPTIONS = ("--interval", "1", "--webhook-allow", "127.0.0.1")


@dataclass
class HubProcess:
    """A running hub, its admin key, and a client of its API."""

    process: subprocess.Popen[str]
    url: str
    key: str
    api: httpx.Client

    def kill(self) -> None:
        """Kill the process as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def has_polled(self) -> bool:
        """Check whether each list in use was polled."""
        [connection] = self.api.get("/connections").json()["connections"]
        return bool(connection["lists"]) and all(one["polled_at"] for one in connection["lists"])


@contextmanager
def running_hub(
    folder: Path, key: str = "", options: Sequence[str] = OPTIONS, database: str = ""
) -> Iterator[HubProcess]:
    """Run a hub on a free port until the block ends; `key` is its admin key if it was started before.

    `database` is the URL of its database; the default is a file of SQLite in `folder`.
    """
    command = [str(Path(sys.executable).with_name("returns")), "hub", "--port", "0", *options]
    database = database or f"sqlite:///{folder / 'hub.sqlite3'}"
    command += ["--database", database, "--key-file", str(folder / "hub.key")]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    try:
        url, key = _announced(process, key)
        login = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=login, verify=False, timeout=30) as api:
            yield HubProcess(process, url, key, api)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate()


def _announced(process: subprocess.Popen[str], key: str) -> tuple[str, str]:
    """Read the address and, at the first start, the admin key."""
    url = ""
    assert process.stderr
    while not url or not key:
        line = process.stderr.readline()
        assert line, "the hub ended"
        if found := re.search(r"listens on (http\S+)\.$", line):
            url = found[1]
        if found := re.search(r"shown only now: (\S+)", line):
            key = found[1]
    return url, key
