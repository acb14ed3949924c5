"""Measures how requests slow down as a vendor's list grows, and what a stored return costs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.parts.vendors import completed, fire_load
from bench.plan import Plan
from bench.results import Part
from bench.seeding import seeded
from bench.servers import Server, sandbox

_PORT = 4832
_GROWS = frozenset(
    {"list", "filtered list", "list by update", "last page", "one", "create", "update", "report"}
)
_GROWS_TOO = frozenset({"transactions"})


def measure(plan: Plan) -> Part:
    """Run all rounds; in each one, sandboxes with one vendor and each size answer in turn.

    The databases are made once. Each round works on a copy of them, so that what a round writes does not
    affect the next one.
    """
    part = Part("sizes", "Requests as the list grows", main=_column(plan.sizes[0]))
    for vendor in plan.vendors:
        with tempfile.TemporaryDirectory() as folder:
            files = {size: Path(folder, f"{size}.sqlite3") for size in plan.sizes}
            for size, file in files.items():
                seeded(vendor, size, file)
                part.add(vendor, _column(size), "disk per return in bytes", file.stat().st_size / size)
            for _ in range(plan.rounds):
                for size, file in files.items():
                    with _sandbox(vendor, size, file) as server:
                        _fire(part, server, vendor, size, plan)
    return part


def _fire(part: Part, server: Server, vendor: str, size: int, plan: Plan) -> None:
    idle = server.memory
    for load, requests in completed(server, [vendor]).items():
        if load.kind in _GROWS | _GROWS_TOO:
            fire_load(part, server, load, requests, _column(size), 16, max(1.0, plan.seconds / 3))
    part.add(f"{vendor}, idle", _column(size), "memory in MiB", idle)
    part.add(f"{vendor}, after the load", _column(size), "memory in MiB", server.memory)
    part.add(f"{vendor} start", _column(size), "CPU until the first response in s", server.start_cpu)


@contextmanager
def _sandbox(vendor: str, size: int, database: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "bench.sqlite3")
        shutil.copyfile(database, copy)
        options = ("--vendor", vendor, "--seed-size", str(size))
        with sandbox(Path(folder), _PORT, *options) as server:
            yield server


def _column(size: int) -> str:
    return f"{size:,} returns"
