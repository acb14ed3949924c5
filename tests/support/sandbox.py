"""A sandbox for tests, with its own process, database file and free port."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from support import preloaded
from support.first_moment import FIRST_MOMENT

_PATIENCE = 120.0  # seconds until a server that does not answer counts as failed


@dataclass
class Sandbox:
    """A running sandbox: `url` without a trailing slash, and a client for its control plane."""

    url: str
    control: httpx.Client
    process: "preloaded.Command | subprocess.Popen[bytes]"
    log: Path

    def tenant(self, name: str, **options: Any) -> str:
        """Create a tenant (`seed_size=0`, `plan="starter"`, `limits="on"` …) and return its name.

        A tenant with seeded returns starts at a fixed time, an empty one at the present.
        """
        if options.get("seed_size") != 0:
            options = {"first_moment": FIRST_MOMENT, **options}
        answer = self.control.post("/tenants", json={"name": name, **options})
        assert answer.status_code == 201, answer.text
        return name

    def credentials(self, vendor: str, tenant: str = "demo") -> dict[str, Any]:
        """Return the tenant's `base_url`, `fields`, `headers` and `query` for a vendor."""
        answer = self.control.get(f"/tenants/{tenant}/credentials")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["vendors"][vendor]
        return found

    def now(self, tenant: str) -> datetime:
        """Return the time on the tenant's clock."""
        return datetime.fromisoformat(self.control.get(f"/tenants/{tenant}/clock").json()["now"])

    def client(self, vendor: str, tenant: str = "demo") -> httpx.Client:
        """Return a plain HTTP client with a vendor's credentials."""
        found = self.credentials(vendor, tenant)
        login = {"headers": found["headers"], "params": found["query"]}
        # Loading CA certificates takes 0.1 s.
        return httpx.Client(base_url=found["base_url"], verify=False, **login)

    def ledger(self, tenant: str = "demo", kind: str | None = None) -> list[dict[str, Any]]:
        """Return all ledger events of a tenant, in order."""
        events: list[dict[str, Any]] = []
        after = 0
        while True:
            params: dict[str, Any] = {"after": after, "limit": 1000, **({"kind": kind} if kind else {})}
            page = self.control.get(f"/tenants/{tenant}/ledger", params=params).json()["events"]
            if not page:
                return events
            events += page
            after = page[-1]["sequence"]

    def kill(self) -> None:
        """Kill the process as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """Return a free TCP port on loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(folder: Path, *arguments: str, program: Path | None = None) -> Iterator[Sandbox]:
    """Run the sandbox until the block ends; database and log are in `folder`.

    `program` is the installed `returns` to start; without it, a process of `support.preloaded` serves.
    """
    log, ready = folder / "sandbox.log", folder / "ready.json"
    ready.unlink(missing_ok=True)  # another sandbox in this folder was killed
    command = ["serve", "--port", "0", "--ready-file", str(ready)]
    if "--first-moment" not in arguments:
        command += ["--first-moment", FIRST_MOMENT]
    if "--database" not in arguments:
        command += ["--database", f"sqlite:///{folder / 'sandbox.sqlite3'}"]
    process = _started(program, [*command, *arguments], folder, log)
    try:
        url = _wait(ready, process, log)
        with httpx.Client(base_url=f"{url}/__sandbox", timeout=120) as control:
            yield Sandbox(url, control, process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(
    program: Path | None, words: list[str], folder: Path, log: Path
) -> "preloaded.Command | subprocess.Popen[bytes]":
    with log.open("ab") as output:
        if program:
            return subprocess.Popen(
                [program, *words], stdout=output, stderr=output, cwd=folder, env=_environment()
            )
        where = output.fileno()
        return preloaded.start(*words, environment=_environment(), folder=folder, output=where, errors=where)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}


def _wait(ready: Path, process: "preloaded.Command | subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until a sandbox answers, and return its URL."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            url: str = json.loads(ready.read_text("utf-8"))["url"]
            return url
        time.sleep(0.05)
    raise AssertionError(f"The sandbox did not start:\n{log.read_text()}")
