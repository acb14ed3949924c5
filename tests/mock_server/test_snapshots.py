"""Snapshots and clones: complete, atomic, and without an effect on other tenants."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.each import each
from support.stored import everything, killed, observing, run, stored
from support.worlds import HOUR, NOON, OpenWorld, open_world, row

from mock_server.bulk import Bulk
from mock_server.snapshots import MAX_SNAPSHOTS, SnapshotExistsError, Snapshots, UnknownSnapshotError
from mock_server.store import Store, tables
from mock_server.tenants import TenantExistsError, UnknownTenantError

OPTIONS: dict[str, Any] = {"seed": 3, "seed_size": 25, "first_moment": NOON, "frozen": True}
MAX_AT_A_TIME = 600
"""Rows that one slice may write or delete, not counting SQLite's own counters and indexes."""


@contextmanager
def acme(**settings: Any) -> Iterator[OpenWorld]:
    """Open a world with the tenant `acme`, which has a waiting delivery and a switch that is on."""
    with open_world(secret="s", **settings) as opened:
        opened.tenants.create("acme", **OPTIONS)
        opened.world.switches.turn("acme", "returnlogic", "maintenance", on=True, at=NOON)
        opened.world.clocks.advance("acme", NOON + 30 * HOUR)
        add_fault(opened, "swap")
        with opened.world.store.change() as change:
            deliver(opened, change, "first")
        yield opened


def add_fault(opened: OpenWorld, vendor: str) -> None:
    fault = {"vendor": vendor, "what": "rate_limited", "when": {"every": 3}}
    assert opened.call("create_fault", fault, tenant="acme").status == 201


def deliver(opened: OpenWorld, change: Any, event: str) -> None:
    opened.world.outbox.enqueue(
        change, "acme", "returngo", webhook="11001", event=event, url="http://127.0.0.1:9/in", body=b"{}",
        at=opened.world.clocks.now("acme"),
    )  # fmt: skip


def snapshots_of(opened: OpenWorld, bulk: Bulk) -> Snapshots:
    return Snapshots(opened.world, opened.tenants, bulk, opened.vendors)


def state(opened: OpenWorld, tenant: str = "acme") -> dict[str, Any]:
    """Return everything that belongs to a tenant's state; rows are sorted as in lists."""
    content: dict[str, Any] = everything(opened.world.store, tenant)
    content["rows"] = in_lists(opened.world.store, tenant)
    content["deliveries"] = [
        (one.webhook, one.event, one.state, one.due, one.attempts)
        for one in opened.world.outbox.deliveries(tenant)
    ]
    content["clock"] = opened.world.clocks.clock(tenant)
    content["switches"] = opened.world.switches.on(tenant)
    faults = (
        opened.call("list_faults", tenant=tenant).body["faults"] if opened.world.clocks.known(tenant) else []
    )
    content["faults"] = faults if tenant == "acme" else [{**fault, "id": ""} for fault in faults]
    return content


def in_lists(store: Store, tenant: str) -> list[Any]:
    table = tables.rows
    columns = [column for column in table.c if column.name not in {"tenant", "sequence"}]
    order = [table.c[name] for name in ("vendor", "kind", "updated_at", "sequence")]
    inside = table.c.tenant == store.partition(tenant)
    return store.select(sa.select(*columns).where(inside).order_by(*order))


def use(opened: OpenWorld) -> None:
    """Change all parts of the tenant's state."""
    world = opened.world
    for vendor in each(opened.vendors):
        ask = {
            "order_number": "#9",
            "customer_email": "kim@example.com",
            "items": [{"sku": "A", "quantity": 1, "reason": "damaged"}],
        }
        opened.call("create_tenant_return", {"vendor": vendor, **ask}, tenant="acme")
    world.switches.turn("acme", "returnlogic", "maintenance", on=False, at=NOON)
    world.clocks.advance("acme", world.clocks.now("acme") + 48 * HOUR)
    world.clocks.unfreeze("acme")
    opened.call("delete_faults", tenant="acme")
    add_fault(opened, "returngo")
    with world.store.change() as change:
        deliver(opened, change, "second")


def in_snapshots(opened: OpenWorld, story: Callable[[Snapshots], Awaitable[Any]]) -> None:
    run(opened, lambda bulk: story(snapshots_of(opened, bulk)))


def test_restored_tenant_is_as_it_was() -> None:
    with acme() as opened:
        before = state(opened)
        key = opened.world.keys.key("acme", "returnmate")

        async def take(snapshots: Snapshots) -> None:
            assert (await snapshots.take("acme", "s")).at == NOON + 30 * HOUR
            assert state(opened) == before

        in_snapshots(opened, take)
        use(opened)
        used = state(opened)
        assert all(used[part] != before[part] for part in each(before))
        minted = opened.world.keys.mint("acme", "swap", "later", scopes=None, plan="", at=NOON)

        async def restore(snapshots: Snapshots) -> None:
            for _ in range(2):
                assert (await snapshots.restore("acme", "s")).name == "acme"
                assert state(opened) == before

        in_snapshots(opened, restore)
        assert opened.world.keys.look_up("returnmate", key)
        assert opened.world.keys.look_up("swap", minted)
        assert opened.tenants.stray_partitions() == []
        opened.world.clocks.advance("acme", NOON + 40 * 24 * HOUR)  # the restored steps run
        assert state(opened)["ledger"][: len(before["ledger"])] == before["ledger"]
        assert len(state(opened)["ledger"]) > len(before["ledger"])


def test_running_clock_runs_on_from_the_time_of_the_snapshot() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", seed_size=0, first_moment=NOON)

        async def story(snapshots: Snapshots) -> None:
            snapshot = await snapshots.take("acme")
            opened.world.clocks.advance("acme", NOON + 500 * HOUR)
            await snapshots.restore("acme", snapshot.name)
            assert not opened.world.clocks.frozen("acme")
            assert snapshot.at <= opened.world.clocks.now("acme") < snapshot.at + HOUR

        in_snapshots(opened, story)


def test_snapshot_survives_a_restart_and_a_reset(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with acme(database=url) as opened:
        before = state(opened)

        async def story(bulk: Bulk) -> None:
            await snapshots_of(opened, bulk).take("acme", "s")
            await bulk.reset("acme")
            assert state(opened) != before

        run(opened, story)
    with open_world(database=url, secret="s") as again:
        in_snapshots(again, lambda snapshots: snapshots.restore("acme", "s"))
        assert state(again) == before


def test_requests_see_the_old_state_or_the_snapshot_and_others_run_in_between() -> None:
    with acme() as opened:
        before = state(opened)
        changes: list[int] = []
        seen: list[Any] = []

        def look() -> None:
            changes.append(opened.world.store._connection.total_changes)
            found = state(opened)
            if not seen or seen[-1] != found:
                seen.append(found)

        in_snapshots(opened, lambda snapshots: snapshots.take("acme", "s"))
        use(opened)
        opened.world.clocks.freeze("acme")
        used = state(opened)

        async def story(snapshots: Snapshots) -> None:
            with observing(opened, look):
                await snapshots.restore("acme", "s")
                await snapshots.take("acme", "t")
                await snapshots.clone("acme", "other")

        in_snapshots(opened, story)
        assert seen == [used, before]
        steps = [after - earlier for earlier, after in pairwise(changes)]
        assert max(steps) <= MAX_AT_A_TIME < changes[-1] - changes[0]


@pytest.mark.parametrize("work", ["take", "clone"])
def test_request_that_changes_the_tenant_meanwhile_is_copied_completely_or_not_at_all(work: str) -> None:
    with acme() as opened:
        turns, late = 0, []

        def write(id_: str) -> None:
            with opened.world.store.change() as change:
                change.put(row(id_, vendor="returnmate"))
                change.record("acme", "returnmate", kind="return.created", subject=id_, at=NOON, body={})

        async def wait_and_write() -> None:
            await opened.world.clocks.catch_up_in_slices("acme")
            late.append(state(opened))
            write("waited")

        def look() -> None:
            nonlocal turns
            turns += 1
            if turns in {6, 12}:
                write(f"running{turns}")  # as a request does that was admitted before
                tasks.append(asyncio.ensure_future(wait_and_write()))

        async def story(snapshots: Snapshots) -> None:
            with observing(opened, look):
                await getattr(snapshots, work)("acme", "copy-of-it")
            await asyncio.gather(*tasks)
            if work == "take":
                await snapshots.restore("acme", "copy-of-it")

        tasks: list[asyncio.Future[None]] = []
        in_snapshots(opened, story)
        found = state(opened, "acme" if work == "take" else "copy-of-it")
        ids = {line[2] for line in found["rows"]}
        assert {"running6", "running12"} <= ids
        assert "waited" not in ids
        assert [line[3] for line in found["ledger"]][-2:] == ["running6", "running12"]
        same = ("counters", "ledger", "steps")
        assert [found[part] for part in same] == [late[0][part] for part in same]


@pytest.mark.parametrize("turns", [3, 9, 14])
@pytest.mark.parametrize("work", ["take", "restore", "clone", "delete"])
def test_killed_process_leaves_no_half(work: str, turns: int, tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    with acme(database=f"sqlite:///{file}") as opened:
        breaths = 0

        def look() -> None:
            nonlocal breaths
            breaths += 1
            if breaths == turns:
                check()

        def check() -> None:
            with killed(file, tmp_path / "killed") as left:
                assert left.tenants.stray_partitions() == []
                names = [tenant.name for tenant in left.tenants.every()]
                assert names == ["acme", "demo"]
                assert state(left) == before
                partitions = {
                    partition for (partition,) in left.world.store.select(sa.select(tables.rows.c.tenant))
                }
                kept = {
                    one.partition for one in snapshots_of(left, Bulk(left.world, left.tenants, {})).of("acme")
                }
                assert partitions == {left.world.store.partition("acme"), "demo", *kept}
                assert len(kept) == (work == "restore")

        async def story(snapshots: Snapshots) -> None:
            if work in {"restore", "delete"}:
                await snapshots.take("acme", "s")
                opened.world.clocks.advance("acme", opened.world.clocks.now("acme") + HOUR)
                before.update(state(opened))
            arguments = ["acme"] if work == "take" else ["acme", "s" if work != "clone" else "other"]
            with observing(opened, look):
                await getattr(snapshots, work)(*arguments)
            assert breaths >= turns, "the operation ended before it was observed"

        before = state(opened)
        in_snapshots(opened, story)


def test_clone_has_the_same_state_and_other_keys() -> None:
    with acme() as opened:
        world = opened.world
        world.keys.mint("acme", "returnmate", "reader", scopes=["rmas:read"], plan="", at=NOON)
        before = state(opened)
        in_snapshots(opened, lambda snapshots: snapshots.clone("acme", "other"))
        assert state(opened) == before
        copied = state(opened, "other")
        for part in ("counters", "ledger", "steps", "clock", "switches"):
            assert copied[part] == before[part]
        held = {(grant.vendor, grant.key, grant.scopes, grant.plan) for grant in world.keys.held_by("acme")}
        assert held == {
            (grant.vendor, grant.key, grant.scopes, grant.plan) for grant in world.keys.held_by("other")
        }
        keys = {
            world.keys.key(tenant, vendor, name) for tenant in ("acme", "other") for vendor, name, *_ in held
        }
        assert len(keys) == 2 * len(held)
        assert copied["faults"] == [{**fault, "id": ""} for fault in before["faults"]] != []
        assert [(one[0], one[2], one[3]) for one in copied["deliveries"]] == [("11001", "given_up", None)]
        opened.world.clocks.advance("other", NOON + 900 * HOUR)
        use(opened)
        assert state(opened, "other")["clock"] != before["clock"]
        assert {line[2] for line in state(opened, "other")["rows"]} >= {line[2] for line in before["rows"]}


def test_labels_of_a_clone_are_its_own() -> None:
    with acme() as opened:
        in_snapshots(opened, lambda snapshots: snapshots.clone("acme", "other"))
        labels, seen = opened.world.labels, 0
        for kind in ("shipment", "return"):
            for one in each(list(opened.world.store.rows("other", "returnmate", kind))):
                assert b"/acme/" not in one.document + one.summary
                seen += one.document.count(b"/labels/returnmate/other/")
        for shipment in each(list(opened.world.store.rows("other", "returnmate", "shipment"))):
            url = labels.address("returnmate", "other", shipment.id)
            assert url.encode() in shipment.document
            assert labels.read(url.removeprefix(labels.base_url))
        assert seen > 25


def test_deleted_tenants_and_snapshots_leave_nothing() -> None:
    with acme() as opened:

        async def story(bulk: Bulk) -> None:
            snapshots = snapshots_of(opened, bulk)
            counts = [stored(opened.world.store)]
            for name in ("a", "b"):
                await snapshots.take("acme", name)
                counts.append(stored(opened.world.store))
            await snapshots.delete("acme", "a")
            assert stored(opened.world.store) == counts[1]
            with pytest.raises(UnknownSnapshotError, match='There is no snapshot of acme named "a"'):
                await snapshots.restore("acme", "a")
            await bulk.delete("acme")
            assert opened.tenants.stray_partitions() == []
            assert stored(opened.world.store) == sum(
                map(len, everything(opened.world.store, "demo").values())
            )
            assert snapshots.of("acme") == []

        run(opened, story)


def test_names_are_checked() -> None:
    with open_world(seed_size=0) as opened:

        async def story(snapshots: Snapshots) -> None:
            names = [(await snapshots.take("demo")).name for _ in range(2)]
            assert names == ["snapshot-1", "snapshot-2"]
            await snapshots.delete("demo", "snapshot-1")
            assert (await snapshots.take("demo")).name == "snapshot-1"
            with pytest.raises(SnapshotExistsError, match="has a snapshot 'snapshot-2' already"):
                await snapshots.take("demo", "snapshot-2")
            for number in range(3, MAX_SNAPSHOTS + 1):
                await snapshots.take("demo", f"s{number}")
            with pytest.raises(SnapshotExistsError, match="50 snapshots, which is the limit"):
                await snapshots.take("demo")
            for name in ("demo", "acme"):
                await asyncio.gather(snapshots.clone("demo", "acme"), return_exceptions=True)
                with pytest.raises(TenantExistsError):
                    await snapshots.clone("demo", name)
            with pytest.raises(ValueError, match="cannot be a tenant's name"):
                await snapshots.clone("demo", "A")
            for work in (
                snapshots.take("nobody"),
                snapshots.restore("nobody", "s"),
                snapshots.clone("nobody", "x"),
            ):
                with pytest.raises(UnknownTenantError):
                    await work

        in_snapshots(opened, story)


def test_clones_in_both_directions_do_not_block_each_other() -> None:
    with open_world(seed_size=1) as opened:

        async def story(snapshots: Snapshots) -> None:
            await snapshots.clone("demo", "acme")
            async with asyncio.timeout(120):
                done = await asyncio.gather(
                    snapshots.clone("acme", "zeta"),
                    snapshots.clone("demo", "acme"),
                    snapshots.clone("demo", "zeta"),
                    return_exceptions=True,
                )
            assert sum(isinstance(one, TenantExistsError) for one in done) == 2

        in_snapshots(opened, story)
