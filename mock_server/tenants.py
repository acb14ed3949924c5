"""Tenants: one merchant each, with one account at every vendor. `demo` always exists."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from typing import Final

import sqlalchemy as sa

from mock_server import seed
from mock_server.access.keys import DEMO
from mock_server.access.ratelimit import Mode
from mock_server.clock import TenantClock, micros, whole_second
from mock_server.store import Change, tables
from mock_server.vendors import Vendor
from mock_server.world import World

NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")


class UnknownTenantError(LookupError):
    """No tenant has this name."""


class TenantExistsError(Exception):
    """A tenant has this name already."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """How a tenant was made.

    Its clock started at `first_moment` (µs). If that was `chosen`, a reset goes back to it and gives
    the same bytes again; else a reset starts from the real time. `plan` "" is each vendor's lowest.
    """

    name: str
    seed: int
    seed_size: int
    plan: str
    limits: Mode
    first_moment: int
    chosen: bool
    frozen: bool


class Tenants:
    """Makes, resets and deletes tenants of a world, at all of its vendors; each in one transaction.

    While requests are served, `Bulk` does the same in slices.
    """

    def __init__(self, world: World, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._vendors = vendors
        for vendor in vendors.values():
            world.keys.offer(vendor.name, vendor.scopes, vendor.plans)
            world.clocks.register_steps(vendor.name, vendor.run_step)
            world.switches.declare(vendor.name, vendor.switches)
        world.store.on_change(tables.tenants, self._reload_limits)

    def open(self) -> None:
        """Make `demo` if it is missing, and give every tenant what a new vendor or secret asks for.

        What a process that was killed left half made, or half removed, is removed.
        """
        world = self._world
        for partition in self.stray_partitions():
            with world.store.change() as change:
                self.delete_stray_partition(change, partition)
        for tenant in self.every():
            world.limiter.modes[tenant.name] = tenant.limits
            missing = [v for v in self._vendors.values() if not world.keys.has_default(tenant.name, v.name)]
            if not missing:
                continue
            with world.store.change() as change:
                for vendor in missing:
                    if not world.store.totals(tenant.name, vendor.name, "return"):
                        self._write_seed(change, tenant, vendor)
                    world.keys.issue_default(
                        change, tenant.name, vendor.name, tenant.plan, tenant.first_moment
                    )
        if not any(tenant.name == DEMO for tenant in self.every()):
            start = world.settings.first_moment
            self.create(DEMO, first_moment=None if start is None else micros(start))

    def create(
        self,
        name: str,
        *,
        seed: int | None = None,
        seed_size: int | None = None,
        plan: str = "",
        limits: Mode = "auto",
        first_moment: int | None = None,
        frozen: bool = False,
    ) -> Tenant:
        """Make a tenant with its returns, keys and clock.

        What is not said comes from the settings; the clock starts at `first_moment` (µs; else now)
        and stands still there if `frozen`. Raises `TenantExistsError`, or `ValueError` for a name
        or plan that cannot be.
        """
        tenant = self.plan(
            name,
            seed=seed,
            seed_size=seed_size,
            plan=plan,
            limits=limits,
            first_moment=first_moment,
            frozen=frozen,
        )
        with self._world.store.change() as change:
            self.enter(change, tenant, self.free_partition(name))
            for vendor in self._vendors.values():
                self._write_seed(change, tenant, vendor)
        return tenant

    def plan(
        self,
        name: str,
        *,
        seed: int | None = None,
        seed_size: int | None = None,
        plan: str = "",
        limits: Mode = "auto",
        first_moment: int | None = None,
        frozen: bool = False,
    ) -> Tenant:
        """Return the tenant that is to be made; see `create`."""
        world = self._world
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a tenant's name; it is 2 to 40 lower-case letters, digits and "
                "hyphens, a letter first."
            )
        known = sorted({plan for vendor in self._vendors.values() for plan in vendor.plans})
        if plan and plan not in known:
            raise ValueError(f"There is no plan {plan!r}; there are {', '.join(known)}.")
        if self._read(tables.tenants.c.name == name):
            raise TenantExistsError(f"There is a tenant {name!r} already.")
        now = world.clocks.real() if first_moment is None else first_moment
        return Tenant(
            name=name,
            seed=world.settings.seed if seed is None else seed,
            seed_size=world.settings.seed_size if seed_size is None else seed_size,
            plan=plan,
            limits=limits,
            first_moment=whole_second(now),
            chosen=first_moment is not None,
            frozen=frozen,
        )

    def enter(self, change: Change, tenant: Tenant, partition: str) -> None:
        """Write a new tenant, whose rows are in `partition`, with its clock and default keys."""
        name, table = tenant.name, tables.tenants
        change.run_for(name, sa.insert(table).values(self._columns(tenant, partition)))
        for vendor in self._vendors.values():
            self._world.keys.issue_default(change, name, vendor.name, tenant.plan, tenant.first_moment)
        change.after_commit(partial(self._world.limiter.reset, name))

    def every(self) -> list[Tenant]:
        """Return all tenants by name."""
        return self._read(sa.true())

    def get(self, name: str) -> Tenant:
        """Return a tenant; raises `UnknownTenantError`."""
        found = self._read(tables.tenants.c.name == name)
        if not found:
            raise UnknownTenantError(f"There is no tenant {name!r}.")
        return found[0]

    def reset(self, name: str) -> Tenant:
        """Begin a tenant anew: same seed, empty ledger, sequence from 1, same keys, all switches off."""
        tenant = self.renewed(name)
        with self._world.store.change() as change:
            old = self.move(change, tenant, self.free_partition(name))
            for vendor in self._vendors.values():
                self._write_seed(change, tenant, vendor)
            self.delete_stray_partition(change, old)
        return tenant

    def renewed(self, name: str) -> Tenant:
        """Return a tenant as it begins after a reset; raises `UnknownTenantError`."""
        tenant = self.get(name)
        if tenant.chosen:
            return tenant
        return replace(tenant, first_moment=whole_second(self._world.clocks.real()))

    def move(self, change: Change, tenant: Tenant, partition: str) -> str:
        """Let a tenant go on in another partition, from its first moment; returns the old one, now stray."""
        name, table, old = tenant.name, tables.tenants, self._world.store.partition(tenant.name)
        change.run(sa.insert(tables.stray_partitions).values(name=old))
        columns = self._columns(tenant, partition)
        change.run_for(name, sa.update(table).where(table.c.name == name).values(columns))
        self._world.switches.turn_all_off(change, name)
        change.after_commit(partial(self._world.limiter.reset, name))
        return old

    def delete(self, name: str) -> None:
        """Remove a tenant and everything of it; raises `ValueError` for `demo`."""
        with self._world.store.change() as change:
            self.delete_stray_partition(change, self.leave(change, name))

    def leave(self, change: Change, name: str) -> str:
        """Delete a tenant except its partition, which is returned and stray from now on; see `delete`."""
        self.get(name)
        if name == DEMO:
            raise ValueError("The tenant 'demo' always exists; reset it instead.")
        world, table, spent = self._world, tables.tenants, tables.spent_tokens
        partition = world.store.partition(name)
        change.run(sa.insert(tables.stray_partitions).values(name=partition))
        world.keys.remove(change, name)
        world.switches.turn_all_off(change, name)
        change.run_for(name, sa.delete(spent).where(spent.c.tenant == name))
        change.run_for(name, sa.delete(table).where(table.c.name == name))
        change.after_commit(partial(world.limiter.reset, name))
        return partition

    def free_partition(self, name: str) -> str:
        """Return a partition for a tenant that nothing is stored in."""
        taken = {
            partition for (partition,) in self._world.store.select(sa.select(tables.tenants.c.partition))
        }
        taken |= set(self.stray_partitions())
        return name if name not in taken else f"{name}.{token_hex(6)}"

    def stray_partitions(self) -> list[str]:
        """Return the partitions that are no tenant's."""
        return [name for (name,) in self._world.store.select(sa.select(tables.stray_partitions.c.name))]

    def delete_stray_partition(self, change: Change, partition: str) -> None:
        """Delete all that is in a partition of no tenant, and forget it."""
        change.wipe(partition)
        table = tables.stray_partitions
        change.run(sa.delete(table).where(table.c.name == partition))

    def _reload_limits(self, name: str) -> None:
        """Let the limiter know how a tenant's limits stand in the store."""
        modes = self._world.limiter.modes
        modes.pop(name, None)
        for (limits,) in self._world.store.tenant_rows(tables.tenants, name, "limits"):
            modes[name] = limits

    def _columns(self, tenant: Tenant, partition: str) -> dict[str, object]:
        made = {name: getattr(tenant, name) for name in Tenant.__dataclass_fields__}
        clock = TenantClock()  # real time
        if tenant.frozen:
            clock = TenantClock(frozen_at=tenant.first_moment)
        elif tenant.chosen:
            clock = TenantClock(offset=tenant.first_moment - self._world.clocks.real())
        return {**made, "partition": partition, "clock_offset": clock.offset, "frozen_at": clock.frozen_at}

    def _write_seed(self, change: Change, tenant: Tenant, vendor: Vendor) -> None:
        made = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=vendor.name)
        vendor.write_seed(change, tenant.name, made, tenant.first_moment)

    def _read(self, which: sa.ColumnElement[bool]) -> list[Tenant]:
        table = tables.tenants
        names = list(Tenant.__dataclass_fields__)
        found = self._world.store.select(
            sa.select(*(table.c[name] for name in names)).where(which).order_by(table.c.name)
        )
        return [Tenant(**dict(zip(names, values, strict=True))) for values in found]
