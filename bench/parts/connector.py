"""Measures the connector: its calls and polls, compiling, its commands, and its memory."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.parts.zapier import measure_zapier
from bench.plan import Plan
from bench.results import Part
from bench.servers import LOAD_CORE, pinned, sandbox

_PORT, _ROWS = 4835, 2_000
_ROOT = Path(__file__).parents[2]
_COMMANDS = (("--help",), ("catalog",))


def measure(plan: Plan) -> Part:
    """Run all rounds, at a sandbox with 2,000 returns that runs in another process on another core."""
    part = Part("connector", "The connector", main="bare httpx")
    options = ("--vendor", "returnmate", "--seed-size", str(_ROWS))
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox(Path(folder), _PORT, *options, orders=False) as server,
    ):
        for _ in range(plan.rounds):
            arguments = [server.base_url, str(plan.calls), str(plan.memory_connections)]
            for row, column, unit, value in worked("bench.work.connector", *arguments):
                part.add(row, column, unit, value)
            for command in _COMMANDS:
                spent = cpu_of_command([str(Path(sys.executable).with_name("returns")), *command])
                part.add(f"returns {' '.join(command)}", "connector", "CPU in ms", spent * 1e3)
        measure_zapier(part, server, plan)
    return part


def worked(module: str, *arguments: str) -> list[tuple[str, str, str, float]]:
    """Run a program of `bench/work` on the core of the load, and return the figures that it prints."""
    command = pinned(LOAD_CORE, sys.executable, "-m", module, *arguments)
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{module} failed:\n{run.stderr[-2_000:]}")
    return [(row, column, unit, value) for row, column, unit, value in json.loads(run.stdout)]


def cpu_of_command(command: Sequence[str]) -> float:
    """Run a command to its end, and return the CPU time in seconds that it used; exit if it fails."""
    process = subprocess.Popen(pinned(LOAD_CORE, *command), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}.")
    return usage.ru_utime + usage.ru_stime
