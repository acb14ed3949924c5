"""Compares the sandbox with Prism, another mock server: throughput, latency, start-up time and memory.

Both servers mock the same specification, and each runs on one core. They are measured alternately, so that
other activity on the machine affects both. The table shows the median of all rounds for each server, and the
ratio between the two medians.
"""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.loads import LOADS, Load
from bench.servers import LOAD_CORE, Server, pinned, prism, sandbox

CONNECTIONS, SECONDS, ROUNDS = 16, 5, 3
_AUTOCANNON = Path(__file__).parent / "node_modules/autocannon/autocannon.js"


def _path(server: Server, load: Load) -> str:
    """Build the path for a load's requests; `{id}` is replaced by the ID of a return on the server."""
    if "{id}" not in load.path:
        return load.path
    listed = httpx.get(f"{server.base_url}/rmas", headers=server.headers).json()
    return load.path.format(id=listed["data"][0]["id"])


@dataclass(frozen=True)
class Figures:
    """The results for one load, which is a request that is sent to a server many times.

    `rate` is the number of requests per second, `p99` is the 99th percentile of the latency in milliseconds,
    and `cpu` is the server's CPU time per request in microseconds.
    """

    rate: float
    p99: float
    cpu: float


def fire(server: Server, load: Load) -> Figures:
    """Send a load's request to a server repeatedly for `SECONDS` seconds, and return the results.

    Exits with an error message if a response has an unexpected status.
    """
    url = server.base_url + _path(server, load)
    body = json.dumps(load.body) if load.body else ""
    headers = {**server.headers, **({"Content-Type": "application/json"} if body else {})}
    first = httpx.request(load.method, url, headers=headers, content=body or None)
    if first.status_code != load.status:
        raise SystemExit(f"{server.name} answers {load.name} with {first.status_code}: {first.text[:500]}")
    command = [
        "node",
        str(_AUTOCANNON),
        "--json",
        "--no-progress",
        "-c",
        str(CONNECTIONS),
        "-d",
        str(SECONDS),
    ]
    command += ["-m", load.method, *(["-b", body] if body else [])]
    for name, value in headers.items():
        command += ["-H", f"{name}={value}"]
    cpu_before = server.cpu
    run = subprocess.run(pinned(LOAD_CORE, *command, url), capture_output=True, text=True, check=True)
    result = json.loads(run.stdout)
    if set(result["statusCodeStats"]) != {str(load.status)}:
        raise SystemExit(f"{server.name} answered {load.name} with {result['statusCodeStats']}.")
    cpu = (server.cpu - cpu_before) / result["requests"]["total"] * 1e6
    return Figures(result["requests"]["average"], result["latency"]["p99"], cpu)


def measure(start: Callable[[Path, int], AbstractContextManager[Server]], port: int) -> dict[str, Any]:
    """Run one round: start a server on `port`, send all loads to it, and return the measurements.

    `start` takes a temporary folder and the port, and returns a context manager that runs the server. The
    result contains the start-up time in seconds (key `start`), the memory in MiB before and after the loads
    (keys `before` and `after`), and the results of the loads by name (key `figures`).
    """
    with tempfile.TemporaryDirectory() as folder, start(Path(folder), port) as server:
        before = server.memory
        figures = {load.name: fire(server, load) for load in LOADS}
        return {"start": server.ready, "before": before, "after": server.memory, "figures": figures}


def figures(measured: dict[str, Any]) -> dict[str, float]:
    """Convert the results of `measure` to a flat dictionary, keyed by the labels of the table's rows."""
    named = {
        "cold start, s": measured["start"],
        "memory at start, MiB": measured["before"],
        "memory after the load, MiB": measured["after"],
    }
    for name, results in measured["figures"].items():
        named |= {f"{name}, requests/s": results.rate, f"{name}, p99 ms": results.p99}
        named[f"{name}, CPU µs per request"] = results.cpu
    return named


def show(rounds: list[tuple[dict[str, Any], dict[str, Any]]]) -> Table:
    """Build a table of the medians for both servers, and the ratios between them.

    Each round is a pair of results from `measure`: the result for the sandbox, then the result for Prism.
    """
    table = Table(
        title=f"{CONNECTIONS} connections, {SECONDS} s, median of {len(rounds)} rounds, one core each"
    )
    for heading in ("", "sandbox", "Prism", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")

    lines: list[tuple[str, str, bool]] = [(f"{load.name}, requests/s", "{:,.0f}", True) for load in LOADS]
    lines += [(f"{load.name}, p99 ms", "{:.1f}", False) for load in LOADS]
    lines += [(f"{load.name}, CPU µs per request", "{:,.0f}", False) for load in LOADS]
    lines += [("cold start, s", "{:.2f}", False), ("memory at start, MiB", "{:.0f}", False)]
    lines += [("memory after the load, MiB", "{:.0f}", False)]
    for name, form, more_is_better in lines:
        ours, theirs = (statistics.median(figures(one[side])[name] for one in rounds) for side in (0, 1))
        ratio = ours / theirs if more_is_better else theirs / ours
        table.add_row(name, form.format(ours), form.format(theirs), f"{ratio:.1f}×")
    return table


def main() -> None:
    """Run all rounds of the benchmark, and print a table of the results."""
    console = Console()
    rounds = [
        (measure(sandbox, 4811), measure(prism, 4812))
        for _ in track(range(ROUNDS), "Measuring", console=Console(stderr=True), transient=True)
    ]
    console.print(show(rounds))


if __name__ == "__main__":
    main()
