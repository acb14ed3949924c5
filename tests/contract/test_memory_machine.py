"""A state machine of random writes: what the sandbox holds in memory equals the file after every one.

Each rule is a write of the control plane, to one of two tenants, on a disk that is full or not. After a
restart on the same file, everything is held as before.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from support.first_moment import STARTS
from support.worlds import NOON

from mock_server import vendors
from mock_server.app import create_app
from mock_server.faults.registry import Faults
from mock_server.settings import Settings
from mock_server.tenants import Tenants
from mock_server.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANTS = ("acme", "zeta")
EXAMPLES = int(os.environ.get("MEMORY_EXAMPLES", "0"))
STEPS = 30
ROUNDS = 2
_TENANTS = st.sampled_from(TENANTS)
_VENDORS = st.sampled_from(vendors.names())
_FULL = st.sampled_from([False, False, True])


class Memory(RuleBasedStateMachine):
    """A sandbox on disk with two tenants, called in process; a fifth of its commits may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.file = Path(self.folder.name) / "sandbox.sqlite3"
        self.returns: dict[tuple[str, str], list[str]] = {}
        self.done: set[str] = set()
        self.failed = 0
        self.open()
        for name in TENANTS:
            self.app.tenants.create(name, first_moment=NOON, limits="on", frozen=True)
        self.runner.run(self.app.world.store.yield_after_commit())
        self.compare("start")

    def open(self) -> None:
        self.app = create_app(Settings(**settings_of(self.file)))
        self.runner.run(self._commit_together())

    async def _commit_together(self) -> None:
        self.app.world.store.commit_together(asyncio.get_running_loop())

    def teardown(self) -> None:
        self.app.world.close()
        self.runner.close()
        self.folder.cleanup()

    @contextmanager
    def disk(self, *, full: bool) -> Iterator[None]:
        """Make every COMMIT fail as on a full disk."""
        store = self.app.world.store
        execute = store._execute

        def fails(statement: str, *values: Any) -> Any:
            if full and statement == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return execute(statement, *values)

        store._execute = fails
        try:
            yield
        finally:
            store._execute = execute

    def ask(self, method: str, path: str, body: Any = None, *, full: bool = False) -> httpx.Response:
        """Send a request to the control plane, and compare memory and file afterwards."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4010") as client:
                return await client.request(method, f"/__sandbox{path}", json=body)

        before = self.held()
        with self.disk(full=full):
            answer = self.runner.run(asked())
        after = self.compare(f"{method} {path}, {answer.status_code}")
        if answer.status_code == 500:
            self.failed += 1
            assert full, answer.text
            assert after == before, "a failed change changed the memory"
        if answer.is_success:
            self.done.add(f"{method} {path.replace('acme', '*').replace('zeta', '*')}")
        return answer

    def compare(self, moment: str) -> dict[str, Any]:
        """Compare what is held in memory with the file; return it."""
        found, expected = self.held(), in_the_file(self.file)
        for name in expected.keys() | found.keys():
            assert found.get(name) == expected.get(name), f"{name} differs from the file after {moment}"
        return found

    def held(self) -> dict[str, Any]:
        return held(self.app.world, self.app.tenants, self.app.faults)

    @rule(tenant=_TENANTS, vendor=_VENDORS, full=_FULL)
    def create(self, tenant: str, vendor: str, full: bool) -> None:
        item = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
        body = {
            "vendor": vendor,
            "order_number": "#2001",
            "customer_email": "iris.lane@example.com",
            "items": [item],
        }
        answer = self.ask("POST", f"/tenants/{tenant}/returns", body, full=full)
        if answer.is_success:
            self.returns.setdefault((tenant, vendor), []).append(answer.json()["id"])

    @rule(tenant=_TENANTS, vendor=_VENDORS, full=_FULL, number=st.integers(0, 99))
    def move(self, tenant: str, vendor: str, full: bool, number: int) -> None:
        known = self.returns.get((tenant, vendor))
        if known:
            served = vendors.load(vendor, self.app.world)
            statuses = list(served.lifecycle.states)
            body = {"vendor": vendor, "status": statuses[number % len(statuses)]}
            self.ask("POST", f"/tenants/{tenant}/returns/{known[number % len(known)]}/move", body, full=full)

    @rule(tenant=_TENANTS, full=_FULL, seconds=st.sampled_from([0, 61, 90_000, 400_000]))
    def advance(self, tenant: str, full: bool, seconds: int) -> None:
        self.ask("POST", f"/tenants/{tenant}/clock/advance", {"seconds": seconds}, full=full)

    @rule(tenant=_TENANTS, full=_FULL, frozen=st.booleans())
    def freeze(self, tenant: str, full: bool, frozen: bool) -> None:
        self.ask("POST", f"/tenants/{tenant}/clock/{'freeze' if frozen else 'unfreeze'}", full=full)

    @rule(tenant=_TENANTS, full=_FULL, name=st.sampled_from(["one", "two"]), vendor=_VENDORS)
    def key(self, tenant: str, full: bool, name: str, vendor: str) -> None:
        self.ask("POST", f"/tenants/{tenant}/keys", {"vendor": vendor, "name": name}, full=full)

    @rule(tenant=_TENANTS, full=_FULL, minute=st.integers(1, 3))
    def plan(self, tenant: str, full: bool, minute: int) -> None:
        path = f"/tenants/{tenant}/keys/returnmate/default"
        self.ask("PATCH", path, {"windows": {"minute": minute}}, full=full)

    @rule(tenant=_TENANTS, full=_FULL, on=st.booleans())
    def switch(self, tenant: str, full: bool, on: bool) -> None:
        body = {"vendor": "returnlogic", "name": "maintenance", "on": on}
        self.ask("PUT", f"/tenants/{tenant}/switches", body, full=full)

    @rule(tenant=_TENANTS, full=_FULL)
    def webhook(self, tenant: str, full: bool) -> None:
        body = {"vendor": "returnlogic", "url": "http://127.0.0.1:9/in", "secret": "s" * 32}
        self.ask("POST", f"/tenants/{tenant}/webhooks", body, full=full)

    @rule(tenant=_TENANTS, full=_FULL, add=st.booleans())
    def fault(self, tenant: str, full: bool, add: bool) -> None:
        body = {"what": "rate_limited", "when": {"next": 3}} if add else None
        self.ask("POST" if add else "DELETE", f"/tenants/{tenant}/faults", body, full=full)

    @rule(tenant=_TENANTS, full=_FULL)
    def snapshot(self, tenant: str, full: bool) -> None:
        self.ask("POST", f"/tenants/{tenant}/snapshots", {"name": "kept"}, full=full)

    @rule(tenant=_TENANTS, full=_FULL)
    def restore(self, tenant: str, full: bool) -> None:
        self.ask("POST", f"/tenants/{tenant}/snapshots/kept/restore", full=full)
        self._forget(tenant)

    @rule(tenant=_TENANTS, full=_FULL)
    def reset(self, tenant: str, full: bool) -> None:
        self.ask("POST", f"/tenants/{tenant}/reset", full=full)
        self._forget(tenant)

    @rule(tenant=_TENANTS, full=_FULL)
    def exchange(self, tenant: str, full: bool) -> None:
        """Delete a tenant, and create one of the same name."""
        if self.ask("DELETE", f"/tenants/{tenant}", full=full).is_success:
            body = {"name": tenant, "seed_size": 1, "first_moment": "2026-03-02T12:00:00Z", "frozen": True}
            assert self.ask("POST", "/tenants", body).status_code == 201
            self._forget(tenant)

    @rule()
    def restart(self) -> None:
        before = self.held()
        self.app.world.close()
        self.open()
        assert self.compare("restart") == before
        self.done.add("restart")

    def _forget(self, tenant: str) -> None:
        """Forget the IDs of returns that may no longer exist; a move of an unknown one is refused anyway."""
        self.returns = {key: ids for key, ids in self.returns.items() if key[0] != tenant}


def held(world: World, tenants: Tenants, faults: Faults) -> dict[str, Any]:
    """Return what the caches of a sandbox hold, by tenant; each cache is full afterwards."""
    return {
        tenant.name: {
            "tenant": tenant,
            "clock": world.clocks.clock(tenant.name),
            "partition": world.store.partition(tenant.name),
            "keys": world.keys.held_by(tenant.name),
            "grants": sorted(
                (grant.vendor, grant.key, str(grant.plan), sorted(grant.scopes))
                for grant in world.keys._grants.values()
                if grant.tenant == tenant.name
            ),
            "switches": world.switches.positions(tenant.name),
            "mode": world.limiter.modes.get(tenant.name),
            "faults": faults.faults(tenant.name),
            "of webhooks": [fault.id for fault in faults.with_webhook_faults.get(tenant.name, ())],
            "next due": world.clocks.next_due(tenant.name),
            "totals": {
                (vendor, kind): world.store.totals(tenant.name, vendor, kind)
                for vendor in vendors.names()
                for kind in ("return", "shipment", "webhook")
            },
            "next event": world.ledger.last(tenant.name)
            if (last := world.store._memory.last_events.get(world.store.partition(tenant.name))) is None
            else last,
        }
        for tenant in sorted(tenants.every(), key=lambda tenant: tenant.name)
    } | {
        "every clock": sorted(world.clocks._clocks),
        "every mode": sorted(world.limiter.modes),
        "every key": sorted({grant.tenant for grant in world.keys._grants.values()}),
        "spent": {name: spent for name, spent in world.tokens._spent.items() if spent},
    }


def in_the_file(file: Path) -> dict[str, Any]:
    """Return the same from a world that is opened on a copy of the file."""
    copy = file.with_name("copy.sqlite3")
    for suffix in ("", "-wal"):
        if Path(f"{file}{suffix}").exists():
            shutil.copy(f"{file}{suffix}", f"{copy}{suffix}")
    world = World.open(Settings(**settings_of(copy)))
    try:
        served = {name: vendors.load(name, world) for name in vendors.names()}
        tenants = Tenants(world, served)
        tenants.open()
        for name, vendor in served.items():
            world.clocks.register_steps(name, vendor.run_step)
        return held(world, tenants, Faults(world.store, {}))
    finally:
        world.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def settings_of(file: Path) -> dict[str, Any]:
    return {"database": f"sqlite:///{file}", "seed_size": 2, "first_moment": STARTS, "secret": "s"}


RULES = (
    "create", "move", "advance", "freeze", "key", "plan", "switch", "webhook", "fault", "snapshot", "restore",
    "reset", "exchange", "restart",
)  # fmt: skip
DRAWN: dict[str, tuple[Any, ...]] = {
    "tenant": TENANTS,
    "vendor": tuple(vendors.names()),
    "number": tuple(range(20)),
    "seconds": (61, 90_000, 400_000),
    "frozen": (False, True),
    "name": ("one", "two"),
    "minute": (1, 2, 3),
    "on": (True, False),
    "add": (True, True, False),
}


def test_memory_equals_the_file_after_each_kind_of_change() -> None:
    """A walk in which every write fails once before it succeeds; `make contract` lets Hypothesis choose."""
    chance, machine = Random(5), Memory()
    try:
        for _ in range(ROUNDS):
            for name in chance.sample(RULES, len(RULES)):
                chosen = getattr(machine, name)
                wanted = inspect.signature(chosen).parameters
                drawn = {one: chance.choice(DRAWN[one]) for one in wanted if one != "full"}
                for full in (True, False) if "full" in wanted else ():
                    chosen(**drawn, full=full)
                if "full" not in wanted:
                    chosen(**drawn)
    finally:
        machine.teardown()
    assert len(machine.done) >= len(RULES) - 1, sorted(machine.done)
    assert machine.failed >= ROUNDS * 8


def test_every_rule_has_its_turn() -> None:
    machine = Memory()
    names = {rule.function.__name__ for rule in machine.rules}
    machine.teardown()
    assert names == set(RULES)


@pytest.mark.skipif(not EXAMPLES, reason="MEMORY_EXAMPLES, which `make contract` sets, says how many")
def test_memory_equals_the_file_after_every_change() -> None:
    run_state_machine_as_test(
        Memory,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
