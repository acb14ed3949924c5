"""Measures the start of the sandbox with all vendors and with one, and its memory before any request."""

import tempfile
from pathlib import Path

from bench.plan import Plan
from bench.results import Part
from bench.servers import sandbox

_PORT = 4834
_ALL, _ONE = "all vendors", "one vendor"


def measure(plan: Plan) -> Part:
    """Run all rounds; in each one, the sandbox starts with a new database, and once more with the same."""
    part = Part("start", "The start of the sandbox", main=_ALL)
    for _ in range(plan.rounds):
        for column, options in ((_ALL, ()), (_ONE, ("--vendor", "returnmate"))):
            with tempfile.TemporaryDirectory() as folder:
                for row in ("new database", "existing database"):
                    with sandbox(Path(folder), _PORT, *options, orders=False) as server:
                        part.add(row, column, "time until the first response in s", server.ready)
                        part.add(row, column, "CPU until the first response in s", server.start_cpu)
                        part.add(row, column, "idle memory in MiB", server.memory)
    return part
