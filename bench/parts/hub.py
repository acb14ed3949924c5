"""Measures the hub: the CPU time of a poll and of a delivery, and the memory of its connections."""

import tempfile
from pathlib import Path

from bench.parts.connector import worked
from bench.plan import Plan
from bench.results import Part
from bench.servers import sandbox

_PORT = 4836


def measure(plan: Plan) -> Part:
    """Run all rounds; in each one, a new hub polls a sandbox that runs in another process on another core."""
    part = Part("hub", "The hub")
    for _ in range(plan.rounds):
        options = ("--vendor", "returnmate")
        with (
            tempfile.TemporaryDirectory() as folder,
            sandbox(Path(folder), _PORT, *options, orders=False) as server,
        ):
            arguments = (server.base_url, str(max(5, plan.calls // 10)), str(plan.calls))
            for row, column, unit, value in worked("bench.work.hub", *arguments):
                part.add(row, column, unit, value)
    return part
