"""Takes, restores and deletes snapshots of tenants, and clones tenants, while other requests are served.

A snapshot is a copy of a tenant's partition, with its clock, switches and faults. Partitions are copied in
slices. Meanwhile, the tenant's requests wait (see `Clocks.hold`); if a request that was already running
changes the partition, the copy starts again. One short transaction then stores the copy as a snapshot, or
assigns it to the tenant or to a new tenant. If the process is killed before that transaction, the next start
deletes the unfinished copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from typing import Final

import orjson
import sqlalchemy as sa

from mock_server.bulk import Bulk, no_longer_stray
from mock_server.snapshots.faults import read_faults, write_faults
from mock_server.spelling import UnknownNameError
from mock_server.store import tables
from mock_server.store.copying import Copying, copy
from mock_server.store.partition import empty
from mock_server.tenants import Tenant, Tenants
from mock_server.vendors import Labelling, Vendor
from mock_server.world import World

MAX_SNAPSHOTS: Final = 50
"""The maximum number of snapshots per tenant."""
_TABLE: Final = tables.snapshots


class SnapshotExistsError(Exception):
    """Raised if the name of a snapshot is taken, or if the tenant already has `MAX_SNAPSHOTS` snapshots."""


class UnknownSnapshotError(UnknownNameError):
    """Raised if the tenant has no snapshot with the requested name."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tenant's state at the time `at` on its own clock, stored in the partition `partition`.

    Times are in microseconds since the Unix epoch. `frozen` is True if the clock was frozen. `switches` lists
    the vendor, name and shop of each switch that was on. `faults` is JSON (see `read_faults`).
    """

    name: str
    partition: str
    at: int
    frozen: bool
    first_moment: int
    switches: list[tuple[str, str, str]]
    faults: bytes


class Snapshots:
    """Takes, restores and deletes the snapshots of one sandbox's tenants, and clones its tenants."""

    def __init__(self, world: World, tenants: Tenants, bulk: Bulk, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._bulk = bulk
        self._labelling = {name for name, vendor in vendors.items() if isinstance(vendor, Labelling)}

    def of(self, tenant: str) -> list[Snapshot]:
        """Return a tenant's snapshots, sorted by time and name."""
        columns = [_TABLE.c[name] for name in Snapshot.__dataclass_fields__]
        query = sa.select(*columns).where(_TABLE.c.tenant == tenant).order_by(_TABLE.c.at, _TABLE.c.name)
        found = []
        for name, partition, at, frozen, first_moment, on, faults in self._world.store.select(query):
            switches = [(vendor, switch, shop) for vendor, switch, shop in orjson.loads(on)]
            found.append(Snapshot(name, partition, at, bool(frozen), first_moment, switches, faults))
        return found

    def get(self, tenant: str, name: str) -> Snapshot:
        """Return a tenant's snapshot by its name; raise `UnknownSnapshotError` if it does not exist."""
        snapshots = {snapshot.name: snapshot for snapshot in self.of(tenant)}
        if name not in snapshots:
            raise UnknownSnapshotError("snapshot", name, snapshots, of=tenant)
        return snapshots[name]

    async def take(self, tenant: str, name: str = "") -> Snapshot:
        """Take a snapshot of a tenant; if `name` is "", the snapshot is named `snapshot-1`, `snapshot-2` etc.

        Raises `UnknownTenantError` if the tenant does not exist. Raises `SnapshotExistsError` if the name is
        taken, or if the tenant already has `MAX_SNAPSHOTS` snapshots.
        """
        clocks, switches = self._world.clocks, self._world.switches
        async with self._bulk.exclusive(tenant):
            await clocks.catch_up_in_slices(tenant)
            found = self._tenants.get(tenant)
            name = self._free_name(tenant, name)
            partition = f"{tenant}.{token_hex(6)}"
            with clocks.hold(tenant):
                async with self._bulk.filled(
                    partition, partial(self._copy, tenant, partition, Copying(sends=True))
                ):
                    snapshot = Snapshot(
                        name,
                        partition,
                        clocks.now(tenant),
                        clocks.frozen(tenant),
                        found.first_moment,
                        switches.on(tenant),
                        read_faults(self._world.store, tenant),
                    )
                    values = {field: getattr(snapshot, field) for field in Snapshot.__dataclass_fields__}
                    values |= {"tenant": tenant, "switches": orjson.dumps(snapshot.switches)}
                    with self._world.store.change() as change:
                        change.run(sa.insert(_TABLE).values(values))
                        change.run(no_longer_stray(partition))
            return snapshot

    async def restore(self, tenant: str, name: str) -> Tenant:
        """Replace a tenant's data, clock, switches and faults with those of a snapshot; return the tenant.

        The tenant's keys and snapshots do not change. Raises `UnknownTenantError` or `UnknownSnapshotError`
        if there is no such tenant or snapshot.
        """
        world, tenants = self._world, self._tenants
        async with self._bulk.exclusive(tenant):
            found, snapshot = tenants.get(tenant), self.get(tenant, name)
            restored = replace(found, first_moment=snapshot.first_moment)
            partition = tenants.free_partition(tenant)
            source = partial(self._copy_snapshot, snapshot, partition)
            async with self._bulk.filled(partition, source):
                clock = world.clocks.showing(snapshot.at, frozen=snapshot.frozen)
                with world.store.change() as change:
                    old = tenants.move(change, restored, partition, clock)
                    world.switches.turn_on(change, tenant, snapshot.switches)
                    write_faults(change, tenant, snapshot.faults, keep_ids=True)
                    change.run(no_longer_stray(partition))
                world.outbox.wake()
            await self._bulk.empty(old)
            return restored

    async def delete(self, tenant: str, name: str) -> None:
        """Delete a snapshot of a tenant.

        Raises `UnknownTenantError` or `UnknownSnapshotError` if there is no such tenant or snapshot.
        """
        async with self._bulk.exclusive(tenant):
            self._tenants.get(tenant)
            snapshot = self.get(tenant, name)
            with self._world.store.change() as change:
                change.run(sa.insert(tables.stray_partitions).values(name=snapshot.partition))
                change.run(sa.delete(_TABLE).where(_TABLE.c.tenant == tenant, _TABLE.c.name == name))
            await self._world.store.yield_after_commit()
            await self._bulk.empty(snapshot.partition)

    async def clone(self, tenant: str, name: str) -> Tenant:
        """Create a tenant with a copy of another tenant's state, and with new keys.

        The new keys have the names, scopes and plans of the other tenant's keys. Pending webhook deliveries
        are marked as given up in the clone, so that receivers do not get them twice. Webhooks get new
        secrets, so that the tenants' deliveries are signed with different secrets. Snapshots are not copied.
        Raises the errors of `Tenants.plan`, or `UnknownTenantError` if the other tenant does not exist.
        """
        world, tenants = self._world, self._tenants
        tenants.get(tenant)
        tenants.plan(name)
        first, second = sorted(
            (tenant, name)
        )  # always in this order, so that two clones do not block each other
        async with self._bulk.exclusive(first), self._bulk.exclusive(second):
            await world.clocks.catch_up_in_slices(tenant)
            found = tenants.get(tenant)
            tenants.plan(name)
            clone = replace(found, name=name)
            partition = tenants.free_partition(name)
            revise = partial(self._moved_labels, tenant, name)
            how = Copying(sends=False, revised=self._labelling, revise=revise)
            with world.clocks.hold(tenant):
                async with self._bulk.filled(partition, partial(self._copy, tenant, partition, how)):
                    with world.store.change() as change:
                        tenants.insert(change, clone, partition, world.clocks.clock(tenant))
                        world.keys.copy(change, tenant, name, world.clocks.now(tenant))
                        world.webhooks.renew_secrets(change, name)
                        world.switches.turn_on(change, name, world.switches.on(tenant))
                        write_faults(change, name, read_faults(world.store, tenant), keep_ids=False)
                        change.run(no_longer_stray(partition))
            return clone

    async def _copy(self, tenant: str, target: str, how: Copying) -> None:
        """Copy the partition of a tenant to `target`, with the options `how`, while its requests wait.

        Starts again if a request that started before the wait changes the partition; there are only a few
        such requests.
        """
        store = self._world.store
        source = store.partition(tenant)
        with store.watching(source) as changed:
            while True:
                for _ in copy(store, source, target, how):
                    await store.yield_after_commit()
                if not changed():
                    return
                for _ in empty(store, target):
                    await store.yield_after_commit()

    async def _copy_snapshot(self, snapshot: Snapshot, target: str) -> None:
        for _ in copy(self._world.store, snapshot.partition, target, Copying(sends=True)):
            await self._world.store.yield_after_commit()

    def _moved_labels(self, tenant: str, other: str, vendor: str, document: bytes) -> bytes:
        return self._world.labels.moved(document, vendor, tenant, other)

    def _free_name(self, tenant: str, name: str) -> str:
        taken = {snapshot.name for snapshot in self.of(tenant)}
        if name in taken:
            raise SnapshotExistsError(f"{tenant} has a snapshot {name!r} already; delete it first.")
        if len(taken) >= MAX_SNAPSHOTS:
            raise SnapshotExistsError(
                f"{tenant} has {MAX_SNAPSHOTS} snapshots, which is the limit; delete one first."
            )
        numbered = (f"snapshot-{number}" for number in range(1, MAX_SNAPSHOTS + 2))
        return name or next(free for free in numbered if free not in taken)
