"""Starts the servers that the benchmark compares, each on one core, and measures their start-up time."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import openapi

SERVER_CORE, LOAD_CORE = 0, 1
_HERE = Path(__file__).parent
_PRISM = _HERE / "node_modules/@stoplight/prism-cli/dist/index.js"
_START_TIMEOUT = 60.0


@dataclass
class Server:
    """A running server under test.

    `ready` is the number of seconds from the start of the process to its first response. `headers` contains
    the credentials for requests.
    """

    name: str
    base_url: str
    headers: dict[str, str]
    ready: float
    pid: int

    @property
    def cpu(self) -> float:
        """The CPU time in seconds that the server has used so far. Other processes hardly affect it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """The resident memory of the server's process, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


def pinned(core: int, *command: str) -> list[str]:
    """Build the command line that runs `command` on one core only.

    `core` is a position in the list of available cores. After the last core, counting continues with the
    first.
    """
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[core % len(cores)]), *command]


@contextmanager
def sandbox(folder: Path, port: int) -> Iterator[Server]:
    """Run the sandbox with a database in `folder`, and create a `bench` tenant that has no rate limits."""
    returns = str(Path(sys.executable).with_name("returns"))
    database = f"sqlite:///{folder / 'bench.sqlite3'}"
    command = [returns, "serve", "--port", str(port), "--database", database]
    url = f"http://127.0.0.1:{port}"
    with (
        _started("sandbox", command, f"{url}/__sandbox/health", folder) as (pid, ready),
        httpx.Client() as client,
    ):
        tenant = {"name": "bench", "plan": "enterprise", "limits": "off"}
        client.post(f"{url}/__sandbox/tenants", json=tenant).raise_for_status()
        answer = client.get(f"{url}/__sandbox/tenants/bench/credentials").raise_for_status()
        credentials = answer.json()["vendors"]["returnmate"]
        yield Server("sandbox", credentials["base_url"], credentials["headers"], ready, pid)


@contextmanager
def prism(folder: Path, port: int) -> Iterator[Server]:
    """Run Prism with its default options as a mock server for ReturnMate's specification.

    Prism reads a copy of the specification in which the example for a list contains 25 returns, because the
    benchmarks request lists of 25.
    """
    document = folder / "returnmate.json"
    document.write_text(json.dumps(_with_full_page(openapi.read("returnmate"))))
    command = ["node", str(_PRISM), "mock", str(document), "--port", str(port), "--host", "127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": "Bearer bench"}
    with _started("Prism", command, f"{url}/rmas", folder) as (pid, ready):
        yield Server("Prism", url, headers, ready, pid)


def _with_full_page(document: dict[str, Any]) -> dict[str, Any]:
    content = document["paths"]["/rmas"]["get"]["responses"]["200"]["content"]["application/json"]
    content["example"]["data"] *= 25
    content["example"]["meta"] = {"page": 1, "per_page": 25, "total": 150, "total_pages": 6}
    return document


@contextmanager
def _started(name: str, command: list[str], probe: str, folder: Path) -> Iterator[tuple[int, float]]:
    started = time.perf_counter()
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(pinned(SERVER_CORE, *command), stdout=log, stderr=log)
        try:
            yield process.pid, _wait(process, probe, started)
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes], probe: str, started: float) -> float:
    while time.perf_counter() - started < _START_TIMEOUT:
        if process.poll() is not None:
            break
        try:
            httpx.get(probe, timeout=1)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - started
    raise SystemExit(f"{process.args!r} did not start; its log says why.")
