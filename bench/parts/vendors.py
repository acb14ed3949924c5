"""Measures every kind of request of every vendor, with few and many connections."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bench.firing import AnswersOtherwiseError, fire
from bench.loads import Load
from bench.plan import Plan
from bench.records import Request, all_requests
from bench.results import Part
from bench.servers import Server, get_json, sandbox

PORT = 4831
CPU, RATE, P99 = "CPU per request in µs", "requests per second", "latency in ms, 99th percentile"


def measure(plan: Plan) -> Part:
    """Run all rounds; in each one, a new sandbox with 150 returns at each vendor answers every request."""
    part = Part("vendors", "Each request of each vendor", main=_column(plan.connections[0]))
    for _ in range(plan.rounds):
        with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder), PORT) as server:
            for load, requests in completed(server, plan.vendors).items():
                for connections in plan.connections:
                    column = _column(connections)
                    fire_load(part, server, load, requests, column, connections, _seconds(plan))
    return part


def completed(server: Server, vendors: Sequence[str]) -> Mapping[Load, list[Request]]:
    """Complete all loads of some vendors with the records of a running sandbox."""
    found: dict[Load, list[Request]] = {}
    for vendor in vendors:
        found |= asyncio.run(all_requests(partial(get_json, server.base_url), vendor))
    return found


def fire_load(
    part: Part,
    server: Server,
    load: Load,
    requests: Sequence[Request],
    column: str,
    connections: int,
    seconds: float,
) -> None:
    """Send a load, and add its figures to `part`; if the sandbox answers otherwise, add a note."""
    try:
        found = fire(server, requests, load.status, connections=connections, seconds=seconds)
    except AnswersOtherwiseError as problem:
        part.note(f"{load.name} has no figure with {column}: the sandbox answers {problem}.")
        return
    for unit, value in ((CPU, found.cpu), (RATE, found.rate), (P99, found.p99)):
        part.add(load.name, column, unit, value)


def _column(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections} connections"


def _seconds(plan: Plan) -> float:
    """Return a third of the plan's seconds: there are forty kinds of requests."""
    return max(1.0, plan.seconds / 3)
