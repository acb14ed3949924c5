"""Starts servers, each on one core, and measures their start-up time, their CPU time and their memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.loads import FIRST_MOMENT
from bench.records import shop_tenant

SERVER_CORE, LOAD_CORE = 0, 1
_START_TIMEOUT = 180.0


class CannotStartError(Exception):
    """Raised if a server does not start; the message contains the end of its log."""


@dataclass
class Server:
    """A running server under test.

    `path` is prepended to the path of each request. `ready` is the number of seconds from the start of the
    process to its first response, and `start_cpu` is the CPU time in seconds that this took.
    """

    name: str
    base_url: str
    pid: int
    ready: float
    path: str = ""
    start_cpu: float = 0.0
    log: Path = Path(os.devnull)

    def printed(self, pattern: str) -> str:
        """Return the first group of a pattern in what the server has printed."""
        found = re.search(pattern, self.log.read_text("utf-8"))
        if found is None:
            raise CannotStartError(f"it has not printed {pattern}")
        return found[1]

    @property
    def cpu(self) -> float:
        """The CPU time in seconds that the server has used so far. Other processes hardly affect it."""
        return cpu_of(self.pid)

    @property
    def memory(self) -> float:
        """The memory in MiB that only this process uses, and its share of what it shares with others."""
        return memory_of(self.pid)


def memory_of(pid: int) -> float:
    """Return the memory in MiB that only this process uses, and its share of what it shares with others."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def cpu_of(pid: int) -> float:
    """Return the CPU time in seconds that a process has used, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    exact = Path(f"/proc/{pid}/task")
    nanoseconds = sum(int(file.read_text().split()[0]) for file in exact.glob("*/schedstat"))
    ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return max(nanoseconds / 1e9, ticks) if nanoseconds else ticks


def pinned(core: int, *command: str) -> list[str]:
    """Build the command line that runs `command` on one core only.

    `core` is a position in the list of available cores. After the last core, counting continues with the
    first.
    """
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[core % len(cores)]), *command]


@contextmanager
def started(
    name: str,
    command: Sequence[str],
    url: str,
    folder: Path,
    *,
    probe: str = "/",
    environment: Mapping[str, str] | None = None,
    core: int = SERVER_CORE,
) -> Iterator[Server]:
    """Run a command that starts a server at `url`, and wait until it answers a GET request to `probe`.

    Raises `CannotStartError` if it does not start.
    """
    begun = time.perf_counter()
    log = folder / f"{name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(core, *command),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )
        try:
            ready = _wait(process, url + probe, begun, log)
            yield Server(name, url, process.pid, ready, start_cpu=cpu_of(process.pid), log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], probe: str, begun: float, log: Path) -> float:
    while time.perf_counter() - begun < _START_TIMEOUT and process.poll() is None:
        try:
            httpx.get(probe, timeout=5)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - begun
    raise CannotStartError(f"it did not start; the end of its log is: {log.read_text()[-500:]!r}")


@contextmanager
def sandbox(folder: Path, port: int, *options: str, orders: bool = True) -> Iterator[Server]:
    """Run the sandbox with a database in `folder`, and create the tenant `orders` in it.

    `options` are further options of `returns serve`, such as `--vendor swap`. Clients have no rate limits, so
    that no plan ends the run.
    """
    returns = str(Path(sys.executable).with_name("returns"))
    database = f"sqlite:///{folder / 'bench.sqlite3'}"
    command = [returns, "serve", "--port", str(port), "--database", database, "--no-rate-limits"]
    command += ["--first-moment", FIRST_MOMENT, *options]
    url = f"http://127.0.0.1:{port}"
    with started("sandbox", command, url, folder, probe="/__sandbox/health") as server:
        if orders:
            create_tenant(server, shop_tenant("orders"))
        yield server


def create_tenant(server: Server, tenant: Mapping[str, Any]) -> None:
    """Create a tenant of a sandbox, unless its database has it already."""
    answer = httpx.post(f"{server.base_url}/__sandbox/tenants", json=dict(tenant), timeout=120)
    if answer.status_code != httpx.codes.CONFLICT:
        answer.raise_for_status()


async def get_json(base_url: str, path: str, headers: Mapping[str, str]) -> Any:
    """Send a GET request to a server, and return the JSON of the response."""
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        return (await client.get(path, headers=dict(headers))).raise_for_status().json()
