"""After a failed COMMIT, memory equals the file, for every write of the control plane."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.each import each
from support.first_moment import STARTS
from support.worlds import NOON

import openapi
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.engine.problem import Problem
from mock_server.faults.registry import Faults
from mock_server.settings import Settings
from mock_server.store import Store, StoreError, tables
from mock_server.tenants import Tenants
from mock_server.world import World

TENANT = "acme"
WEBHOOK = {"vendor": "returnlogic", "url": "http://127.0.0.1:9/in", "secret": "s" * 32}
WEBHOOK_ID = "wh_returnlogic_1"
WRITES: dict[str, tuple[str, str, Any]] = {
    "create_tenant": ("POST", "/tenants", {"name": "other", "seed_size": 1}),
    "delete_tenant": ("DELETE", "/tenants/acme", None),
    "reset_tenant": ("POST", "/tenants/acme/reset", None),
    "forget_customer": ("POST", "/tenants/acme/forget", {"email": "iris.lane@example.com"}),
    "create_key": ("POST", "/tenants/acme/keys", {"vendor": "swap", "name": "phantom"}),
    "change_key": ("PATCH", "/tenants/acme/keys/swap/default", {"windows": {"minute": 1}}),
    "turn_switch": (
        "PUT",
        "/tenants/acme/switches",
        {"vendor": "returnlogic", "name": "maintenance", "on": True},
    ),
    "advance_clock": ("POST", "/tenants/acme/clock/advance", {"seconds": 30 * 86_400}),
    "freeze_clock": ("POST", "/tenants/acme/clock/freeze", None),
    "unfreeze_clock": ("POST", "/tenants/acme/clock/unfreeze", None),
    "create_tenant_return": (
        "POST",
        "/tenants/acme/returns",
        {
            "vendor": "returnmate",
            "order_number": "#2001",
            "customer_email": "iris.lane@example.com",
            "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
        },
    ),
    "move_return": (
        "POST",
        "/tenants/acme/returns/{return}/move",
        {"vendor": "returnmate", "status": "approved"},
    ),
    "create_webhook": ("POST", "/tenants/acme/webhooks", WEBHOOK),
    "change_webhook": ("PATCH", f"/tenants/acme/webhooks/{WEBHOOK_ID}", {"events": ["rma.created"]}),
    "send_test_event": ("POST", f"/tenants/acme/webhooks/{WEBHOOK_ID}/test", {}),
    "resend_delivery": ("POST", "/tenants/acme/deliveries/1/resend", None),
    "resend_deliveries": ("POST", "/tenants/acme/deliveries/resend", {}),
    "delete_webhook": ("DELETE", f"/tenants/acme/webhooks/{WEBHOOK_ID}", None),
    "create_fault": ("POST", "/tenants/acme/faults", {"what": "rate_limited", "when": {"next": 3}}),
    "delete_fault": ("DELETE", "/tenants/acme/faults/flt_1", None),
    "set_scenario": ("POST", "/tenants/acme/scenario", {"name": "flaky"}),
    "delete_faults": ("DELETE", "/tenants/acme/faults", None),
    "take_snapshot": ("POST", "/tenants/acme/snapshots", {}),
    "restore_snapshot": ("POST", "/tenants/acme/snapshots/before/restore", None),
    "delete_snapshot": ("DELETE", "/tenants/acme/snapshots/before", None),
    "clone_tenant": ("POST", "/tenants/acme/clone", {"name": "clone"}),
    "load_tenant": (
        "POST",
        "/import",
        {
            "format": "returns-sandbox-tenant",
            "version": 1,
            "tenant": {
                "name": "loaded",
                "seed": 1,
                "seed_size": 1,
                "plan": "",
                "limits": "on",
                "first_moment": NOON,
                "moment_chosen": True,
                "starts_frozen": False,
                "now": NOON,
                "frozen": True,
            },
            "switches": [{"vendor": "returnlogic", "name": "maintenance", "shop": ""}],
            "rows": [
                {
                    "vendor": "returnmate",
                    "kind": "product",
                    "id": "MUG",
                    "created_at": NOON,
                    "updated_at": NOON,
                    "document": {"name": "Mug", "unit_price": 9.5},
                }
            ],
            "events": [],
            "steps": [],
        },
    ),
}
STORED_ONLY = {"forget_customer"}
"""Operations that change the content of records, which is not kept in memory."""
IN_MEMORY = {"delete_requests", "delete_requests_without_tenant"}
"""Operations that change only what is never stored."""
PREPARED: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/tenants/acme/webhooks", WEBHOOK),
    ("POST", f"/tenants/acme/webhooks/{WEBHOOK_ID}/test", {}),
    ("POST", "/tenants/acme/faults", {"what": "latency", "vendor": "exsited"}),
    ("POST", "/tenants/acme/snapshots", {"name": "before"}),
)
"""Requests that create what the writes need."""
LAST = ("reset_tenant", "delete_tenant")
ACTS = {"run_act"}
"""Acts are defined per vendor; their changes are of the kinds above."""
IN_MEMORY = {"delete_requests", "delete_requests_without_tenant"}
"""The journal is never stored."""


@dataclass
class Served:
    """A sandbox on disk, called in process, whose commits can be made to fail."""

    app: Sandbox
    client: httpx.AsyncClient
    file: Path

    @property
    def world(self) -> World:
        return self.app.world

    async def write(self, operation: str, id_: str = "") -> httpx.Response:
        """Run one of `WRITES`; `id_` is the return to move."""
        method, path, body = WRITES[operation]
        return await self.client.request(method, f"/__sandbox{path}".replace("{return}", id_), json=body)

    def remembered(self) -> dict[str, Any]:
        return remembered(self.world, self.app.tenants, self.app.faults)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Make every COMMIT fail as on a full disk."""
        store = self.world.store
        execute = store._execute

        def fails(statement: str, *values: Any) -> Any:
            if statement == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return execute(statement, *values)

        store._execute = fails
        try:
            yield
        finally:
            store._execute = execute


def served(folder: Path, story: Callable[[Served], Any], **settings: Any) -> None:
    """Run the story with a sandbox that has a tenant beside `demo`."""

    async def run() -> None:
        file = folder / "sandbox.sqlite3"
        app = create_app(
            Settings(**{"database": f"sqlite:///{file}", "seed_size": 3, "first_moment": STARTS, **settings})
        )
        app.tenants.create(TENANT, first_moment=NOON, limits="on")
        app.world.store.commit_together(asyncio.get_running_loop())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4010") as client:
            try:
                await story(Served(app, client, file))
            finally:
                app.world.close()

    asyncio.run(run())


def remembered(world: World, tenants: Tenants, faults: Faults) -> dict[str, Any]:
    """Return everything that a world holds in memory."""
    names = [tenant.name for tenant in tenants.every()]
    known: dict[str, Any] = {"tenants": tenants.every()}
    for name in names:
        known[name] = {
            "partition": world.store.partition(name),
            "keys": world.keys.held_by(name),
            "offset": round(world.clocks.offset(name) / 60_000_000),
            "frozen": world.clocks.frozen(name) and world.clocks.now(name),
            "next due": world.clocks.next_due(name),
            "switches": world.switches.positions(name),
            "limits": world.limiter.modes.get(name),
            "faults": [(fault.id, fault.what) for fault in faults.faults(name)],
            "snapshots": world.store.select(
                sa.select(tables.snapshots.c.name).where(tables.snapshots.c.tenant == name)
            ),
            "totals": {v: world.store.totals(name, v, "return") for v in vendors.names()},
            "webhooks": [(one.id, one.events, one.active) for one in world.webhooks.every(name)],
            "deliveries": [(one.id, one.due, one.state) for one in world.outbox.deliveries(name)],
            "ledger": [(one.sequence, one.subject) for one in world.ledger.events(name)],
        }
    known["spent"] = {name: spent for name, spent in world.tokens._spent.items() if spent}
    known["every clock"] = sorted(world.clocks._clocks)
    known["every mode"] = sorted(world.limiter.modes)
    known["every partition"] = sorted(world.store._partitions)
    known["every key"] = sorted(grant.tenant for grant in world.keys._grants.values())
    return known


def in_the_file(file: Path, folder: Path) -> dict[str, Any]:
    """Return what a world opened on a copy of the file holds in memory."""
    copy = folder / "copy.sqlite3"
    for suffix in ("", "-wal"):
        if Path(f"{file}{suffix}").exists():
            shutil.copy(f"{file}{suffix}", f"{copy}{suffix}")
    world = World.open(Settings(database=f"sqlite:///{copy}", seed_size=3, first_moment=STARTS))
    try:
        tenants = Tenants(world, {name: vendors.load(name, world) for name in vendors.names()})
        tenants.open()
        return remembered(world, tenants, Faults(world.store, {}))
    finally:
        world.close()
        for suffix in ("", "-wal"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def test_every_write_of_the_control_plane_is_covered() -> None:
    paths = openapi.read(openapi.CONTROL_PLANE)["paths"].values()
    writes = {
        operation["operationId"]
        for path in paths
        for method, operation in path.items()
        if method in {"post", "put", "patch", "delete"}
    }
    assert writes == set(WRITES) | ACTS | IN_MEMORY


def test_memory_equals_the_file_after_a_failed_commit(tmp_path: Path) -> None:
    async def story(sandbox: Served) -> None:
        made = await sandbox.write("create_tenant_return")
        assert made.status_code == 201
        id_ = made.json()["document"]["id"]
        for method, path, body in PREPARED:
            assert (await sandbox.client.request(method, f"/__sandbox{path}", json=body)).is_success, path
        before = sandbox.remembered()
        for operation in WRITES:
            with sandbox.full_disk():
                refused = await sandbox.write(operation, id_)
            assert (refused.status_code, refused.json()["error"]["code"]) == (500, "server_error"), operation
            assert sandbox.remembered() == before, operation
        assert before == in_the_file(sandbox.file, tmp_path)
        listed = await sandbox.client.get("/__sandbox/tenants")
        assert listed.status_code == 200
        for operation in (*(name for name in WRITES if name not in LAST), *LAST):
            assert (await sandbox.write(operation, id_)).is_success, operation
            after = sandbox.remembered()
            changes = operation not in STORED_ONLY
            assert (after != before) == changes, f"{operation} does not change the memory as expected"
            before = after
        assert before == in_the_file(sandbox.file, tmp_path)

    served(tmp_path, story)


def test_counts_of_every_vendor_equal_the_file_after_a_failed_commit(tmp_path: Path) -> None:
    method, path, options = WRITES["create_tenant_return"]

    async def story(sandbox: Served) -> None:
        before = sandbox.remembered()
        with sandbox.full_disk():
            asked = [
                sandbox.client.request(method, f"/__sandbox{path}", json=options | {"vendor": vendor})
                for vendor in vendors.names()
            ]
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {500}
        assert sandbox.remembered() == before == in_the_file(sandbox.file, tmp_path)

    served(tmp_path, story)


def test_code_stays_valid_if_its_exchange_was_rolled_back(tmp_path: Path) -> None:
    async def story(sandbox: Served) -> None:
        acts = f"/__sandbox/tenants/{TENANT}/vendors/returnlogic/acts/install_app"
        told = (await sandbox.client.post(acts, json={"redirect_uri": "https://app.example.com/"})).json()
        installed = told["document"]
        code = httpx.URL(installed["redirect_to"]).params["code"]
        options = {
            "client_id": installed["client_id"],
            "client_secret": installed["client_secret"],
            "grant_type": "authorization_code",
            "code": code,
        }
        tokens = vendors.load("returnlogic", sandbox.world)
        url = f"/returnlogic{tokens.base_path}/oauth"
        before = sandbox.remembered()
        with sandbox.full_disk():
            assert (await sandbox.client.post(url, json=options)).status_code == 500
        assert sandbox.remembered() == before == in_the_file(sandbox.file, tmp_path)
        assert (await sandbox.client.post(url, json=options)).status_code == 200
        assert (await sandbox.client.post(url, json=options)).status_code == 400
        assert sandbox.remembered() == in_the_file(sandbox.file, tmp_path) != before

    served(tmp_path, story)


def test_rate_windows_restart_only_with_a_committed_plan(tmp_path: Path) -> None:
    async def story(sandbox: Served) -> None:
        world = sandbox.world
        grant = world.keys.look_up("returnmate", world.keys.key(TENANT, "returnmate"))
        assert grant is not None
        used = world.limiter.take(grant, NOON).remaining
        path = "/__sandbox/tenants/acme/keys/returnmate/default"
        with sandbox.full_disk():
            assert (await sandbox.client.patch(path, json={"plan": grant.plan.name})).status_code == 500
        assert world.limiter.take(grant, NOON).remaining == used - 1
        assert (await sandbox.client.patch(path, json={"plan": grant.plan.name})).status_code == 200
        assert world.limiter.take(grant, NOON).remaining == used

    served(tmp_path, story)


def test_change_in_an_undone_batch_is_refused(tmp_path: Path) -> None:
    """SQLite itself ends a transaction when the disk is full; nothing may be committed in its place."""

    async def run() -> None:
        store = Store.open(f"sqlite:///{tmp_path / 'sandbox.sqlite3'}")
        store.commit_together(asyncio.get_running_loop())
        with contextlib.suppress(sqlite3.OperationalError), store.change():
            store._connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        with pytest.raises(StoreError, match="was undone"), store.change() as change:
            change.record(TENANT, "shop", kind="return.created", subject="r1", at=NOON, body={})
        pending = store.pending
        assert pending is not None
        with pytest.raises(sqlite3.OperationalError):
            await pending
        with store.change() as change:
            assert change.record(TENANT, "shop", kind="return.created", subject="r2", at=NOON, body={}) == 1
        assert store.pending is not None
        await store.pending
        store.close()

    asyncio.run(run())


def required(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return an example of each query parameter that a list needs, except those of the login."""
    item = document["paths"][path]
    named = [*item.get("parameters", ()), *item["get"].get("parameters", ())]
    known = [resolved(document, one) for one in named]
    return {
        one["name"]: one.get("example", resolved(document, one["schema"]).get("example", 1))
        for one in known
        if one["in"] == "query" and one.get("required")
    }


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def test_full_disk_is_a_server_error_of_each_vendor_until_there_is_space(tmp_path: Path) -> None:
    async def story(sandbox: Served) -> None:
        for entry in each(sandbox.app.entries):
            vendor = vendors.load(entry.name, sandbox.world)
            shown = vendor.credentials(sandbox.world.keys.key(TENANT, entry.name))
            paths = entry.document["paths"].items()
            path = entry.path + next(path for path, item in paths if "get" in item and "{" not in path)
            headers = {"x-shop-name": "outfitters.myshopify.example", **shown["headers"]}
            query = {**shown["query"], **required(entry.document, path.removeprefix(entry.path))}
            ask = partial(sandbox.client.get, path, headers=headers, params=query)
            with sandbox.full_disk():
                _, refused = await asyncio.gather(sandbox.write("create_tenant_return"), ask())
            expected = vendor.problem(Problem("server_error", "x"))
            assert refused.status_code == expected.status >= 500, entry.name
            assert refused.json().keys() == expected.body.keys(), entry.name
            answered = await ask()
            assert answered.is_success, answered.text

    served(tmp_path, story)
