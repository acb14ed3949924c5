"""Tenants: creates, resets and deletes them. A tenant is a merchant with an account at every vendor."""

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
    """A tenant of this name already exists."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """The options with which a tenant was created, and to which a reset returns.

    Its clock started at `first_moment` (µs). If that time was `chosen`, a reset sets the clock back to it and
    reproduces the same data byte for byte; otherwise a reset starts at real time. `plan` "" means each
    vendor's first plan.
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
    """Creates, resets and deletes tenants, each in one transaction.

    While requests are served, `Bulk` does the same in slices. The rows of a tenant are in a *partition*. A
    reset fills a new partition and then lets the tenant point to it, so that clients never see half of a
    reset; the old partition is emptied afterwards.
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
        """Prepare the tenants at start-up.

        Creates `demo` if it is missing, and for every tenant the default keys that are missing because a
        vendor or the secret is new. Deletes partitions that a killed process left half filled or half
        emptied.
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
        """Create a tenant with its returns, keys and clock.

        `seed` and `seed_size` default to the settings, `first_moment` (µs) to the present time. With
        `frozen`, the clock stays there. Raises `TenantExistsError`, or `ValueError` for an invalid name or
        plan.
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
            self.insert(change, tenant, self.free_partition(name))
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
        """Check the options of a new tenant, and return it without storing it; see `create`."""
        world = self._world
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a tenant's name; use 2 to 40 lower-case letters, digits and "
                "hyphens, starting with a letter."
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

    def insert(self, change: Change, tenant: Tenant, partition: str) -> None:
        """Store a new tenant, whose rows are in `partition`, with its clock and default keys."""
        name, table = tenant.name, tables.tenants
        change.run_for(name, sa.insert(table).values(self._columns(tenant, partition)))
        for vendor in self._vendors.values():
            self._world.keys.issue_default(change, name, vendor.name, tenant.plan, tenant.first_moment)
        change.after_commit(partial(self._world.limiter.reset, name))

    def every(self) -> list[Tenant]:
        """Return all tenants, sorted by name."""
        return self._read(sa.true())

    def get(self, name: str) -> Tenant:
        """Return a tenant; raises `UnknownTenantError`."""
        matches = self._read(tables.tenants.c.name == name)
        if not matches:
            raise UnknownTenantError(f"There is no tenant {name!r}.")
        return matches[0]

    def reset(self, name: str) -> Tenant:
        """Reset a tenant to its seed: the ledger starts at 1 again, keys stay, all switches are off."""
        tenant = self.after_reset(name)
        with self._world.store.change() as change:
            old = self.move(change, tenant, self.free_partition(name))
            for vendor in self._vendors.values():
                self._write_seed(change, tenant, vendor)
            self.delete_stray_partition(change, old)
        return tenant

    def after_reset(self, name: str) -> Tenant:
        """Return a tenant as it will be after a reset; raises `UnknownTenantError`."""
        tenant = self.get(name)
        if tenant.chosen:
            return tenant
        return replace(tenant, first_moment=whole_second(self._world.clocks.real()))

    def move(self, change: Change, tenant: Tenant, partition: str) -> str:
        """Point a tenant to another partition and reset its clock; returns the old partition, now stray."""
        name, table, old = tenant.name, tables.tenants, self._world.store.partition(tenant.name)
        change.run(sa.insert(tables.stray_partitions).values(name=old))
        columns = self._columns(tenant, partition)
        change.run_for(name, sa.update(table).where(table.c.name == name).values(columns))
        self._world.switches.turn_all_off(change, name)
        change.after_commit(partial(self._world.limiter.reset, name))
        return old

    def delete(self, name: str) -> None:
        """Delete a tenant and all its data; raises `UnknownTenantError`, or `ValueError` for `demo`."""
        with self._world.store.change() as change:
            self.delete_stray_partition(change, self.remove(change, name))

    def remove(self, change: Change, name: str) -> str:
        """Delete a tenant, but not its rows; returns their partition, which is now stray. See `delete`."""
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
        """Return the name of an unused partition for a tenant."""
        taken = {
            partition for (partition,) in self._world.store.select(sa.select(tables.tenants.c.partition))
        }
        taken |= set(self.stray_partitions())  # a deleted tenant's rows may still be there
        return name if name not in taken else f"{name}.{token_hex(6)}"

    def stray_partitions(self) -> list[str]:
        """Return the partitions that do not belong to a tenant."""
        return [name for (name,) in self._world.store.select(sa.select(tables.stray_partitions.c.name))]

    def delete_stray_partition(self, change: Change, partition: str) -> None:
        """Delete the contents of a stray partition, and remove it from the list."""
        change.wipe(partition)
        table = tables.stray_partitions
        change.run(sa.delete(table).where(table.c.name == partition))

    def _reload_limits(self, name: str) -> None:
        """Read a tenant's setting for rate limits from the store again."""
        modes = self._world.limiter.modes
        modes.pop(name, None)
        for (limits,) in self._world.store.tenant_rows(tables.tenants, name, "limits"):
            modes[name] = limits

    def _columns(self, tenant: Tenant, partition: str) -> dict[str, object]:
        columns = {name: getattr(tenant, name) for name in Tenant.__dataclass_fields__}
        clock = TenantClock()  # real time
        if tenant.frozen:
            clock = TenantClock(frozen_at=tenant.first_moment)
        elif tenant.chosen:
            clock = TenantClock(offset=tenant.first_moment - self._world.clocks.real())
        return {**columns, "partition": partition, "clock_offset": clock.offset, "frozen_at": clock.frozen_at}

    def _write_seed(self, change: Change, tenant: Tenant, vendor: Vendor) -> None:
        returns = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=vendor.name)
        vendor.write_seed(change, tenant.name, returns, tenant.first_moment)

    def _read(self, condition: sa.ColumnElement[bool]) -> list[Tenant]:
        table = tables.tenants
        names = list(Tenant.__dataclass_fields__)
        rows = self._world.store.select(
            sa.select(*(table.c[name] for name in names)).where(condition).order_by(table.c.name)
        )
        return [Tenant(**dict(zip(names, values, strict=True))) for values in rows]
