"""Measures how requests slow down as tenants are added, and what a tenant costs."""

import tempfile
from pathlib import Path

from bench.loads import FIRST_MOMENT
from bench.parts.vendors import completed, fire_load
from bench.plan import Plan
from bench.results import Part
from bench.servers import create_tenant, sandbox

_PORT, _SEED_SIZE = 4833, 20
_VENDOR = "returnmate"
_KINDS = frozenset({"list", "one", "create", "report"})


def measure(plan: Plan) -> Part:
    """Run all rounds; in each one, one sandbox gets more and more tenants, and answers after each step."""
    part = Part("tenants", "Requests as tenants are added", main=_column(plan.tenants[0]))
    for _ in range(plan.rounds):
        with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder), _PORT) as server:
            first, made = server.memory, 1
            loads = completed(server, [_VENDOR])
            for count in plan.tenants:
                before = server.cpu
                for number in range(made, count):
                    create_tenant(server, _tenant(number))
                if count > made:
                    spent = (server.cpu - before) / (count - made) * 1e3
                    part.add("a new tenant", _column(count), "CPU per tenant in ms", spent)
                    grown = (server.memory - first) / (count - 1) * 1024
                    part.add("a tenant", _column(count), "memory per tenant in KiB", grown)
                made = count
                for load, requests in loads.items():
                    if load.kind in _KINDS:
                        fire_load(
                            part, server, load, requests, _column(count), 16, max(1.0, plan.seconds / 3)
                        )
    return part


def _tenant(number: int) -> dict[str, object]:
    return {"name": f"shop-{number}", "seed_size": _SEED_SIZE, "first_moment": FIRST_MOMENT, "frozen": True}


def _column(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count:,} tenants"
