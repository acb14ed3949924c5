"""Creates, resets and deletes tenants. A tenant is a merchant with an account at every vendor."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

import openapi
from mock_server import seed
from mock_server.access.keys import DEMO
from mock_server.access.ratelimit import Mode
from mock_server.clock import TenantClock, micros, whole_second
from mock_server.engine.payloads import Payloads
from mock_server.shop.kept import drop_unused, keep, kept, shop_id
from mock_server.spelling import UnknownNameError
from mock_server.store import Change, tables
from mock_server.vendors import Notifying, Vendor
from mock_server.world import World

if TYPE_CHECKING:
    from mock_server.shop.model import Shop

_log = logging.getLogger(__name__)
NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")


class UnknownTenantError(UnknownNameError):
    """Raised if no tenant has the requested name."""


class TenantExistsError(Exception):
    """Raised if a tenant with the requested name already exists."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """The options that a tenant was created with; a reset applies them again.

    `first_moment` is the time at which the tenant's clock started (microseconds since the Unix epoch). If
    `chosen` is True, the client chose this time; a reset then sets the clock back to it and reproduces the
    same data byte for byte. Otherwise, a reset starts the clock at real time. If `plan` is "", each vendor's
    first plan applies. If `shop` is "", the returns are generated; otherwise it is the ID of the merchant's
    own shop (see `shop.kept`).
    """

    name: str
    seed: int
    seed_size: int
    plan: str
    limits: Mode
    first_moment: int
    chosen: bool
    frozen: bool
    shop: str = ""

    @property
    def is_empty(self) -> bool:
        """True if the tenant has no returns, orders or other records at the start."""
        return not self.shop and not self.seed_size


class Tenants:
    """Creates, resets and deletes tenants; each of these operations is one transaction.

    While requests are served, `Bulk` performs the same operations in slices. A tenant's rows are stored in a
    *partition*. A reset fills a new partition, and assigns it to the tenant when it is complete, so that
    clients never see a partial reset. The old partition is emptied afterwards.
    """

    def __init__(self, world: World, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._vendors = vendors
        self._default_shop: Shop | None = None
        for vendor in vendors.values():
            world.keys.offer(vendor.name, vendor.scopes, vendor.plans)
            world.clocks.register_steps(vendor.name, vendor.run_step)
            world.switches.declare(vendor.name, vendor.switches)
            if isinstance(vendor, Notifying):
                world.webhooks.declare(vendor.webhooks, Payloads(partial(openapi.read, vendor.name)))
        world.store.on_change(tables.tenants, self._reload_limits)

    def open(self) -> None:
        """Prepare the tenants at start-up.

        Creates the `demo` tenant if it is missing. If a vendor was added or the secret has changed since the
        last start, creates each tenant's missing returns and default keys. Deletes the partitions that an
        earlier process was still filling or emptying when it was killed. Raises `ShopError` if the settings
        name a seed file that cannot be used.
        """
        world = self._world
        self._read_default_shop()
        with world.store.change() as change:
            drop_unused(change)
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
        elif self._default_shop:
            self._prepare_reset_to(self._default_shop)

    def _read_default_shop(self) -> None:
        settings = self._world.settings
        if settings.seed_file is not None:
            # Imported here because reading YAML takes time that a sandbox without a seed file does not need.
            from mock_server.shop.document import read_file

            start = settings.first_moment
            self._default_shop = read_file(
                settings.seed_file, self._world.clocks.real() if start is None else micros(start)
            )

    def _prepare_reset_to(self, shop: "Shop") -> None:
        """Store the shop that the next reset of `demo` loads; the current data of `demo` does not change."""
        if self.get(DEMO).shop == shop_id(shop):
            return
        table = tables.tenants
        with self._world.store.change() as change:
            columns = {"shop": keep(change, self._world.store, shop), "seed_size": 0}
            change.run_for(DEMO, sa.update(table).where(table.c.name == DEMO).values(columns))
        _log.warning(
            "The tenant demo keeps its data from an earlier start; reset it to load %s.",
            self._world.settings.seed_file,
        )

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
        shop: "Shop | None" = None,
    ) -> Tenant:
        """Create a tenant with its returns, keys and clock.

        `seed` and `seed_size` default to the settings, and `first_moment` (µs) to the current time. If
        `frozen` is True, the clock is frozen at that time. With `shop`, the tenant gets the records of this
        shop instead of generated returns; the default is the shop of the settings' seed file, unless `seed`
        or `seed_size` is given. Raises `TenantExistsError` if the name is in use, `ShopError` if the shop
        cannot be used, or `ValueError` if the name or plan is not valid, or both a shop and a seed are given.
        """
        tenant = self.plan(
            name,
            seed=seed,
            seed_size=seed_size,
            plan=plan,
            limits=limits,
            first_moment=first_moment,
            frozen=frozen,
            shop=shop,
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
        shop: "Shop | None" = None,
    ) -> Tenant:
        """Validate the options for a new tenant, and return the tenant, which is not stored yet.

        If the tenant has a shop, the shop is stored. Accepts the same options and raises the same errors as
        `create`.
        """
        world = self._world
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a tenant's name; use 2 to 40 lower-case letters, digits and "
                "hyphens, starting with a letter."
            )
        known = sorted({plan for vendor in self._vendors.values() for plan in vendor.plans})
        if plan and plan not in known:
            raise UnknownNameError("plan", plan, known)
        if self._read(tables.tenants.c.name == name):
            raise TenantExistsError(f"There is a tenant {name!r} already.")
        start = whole_second(world.clocks.real() if first_moment is None else first_moment)
        if shop is None and seed is None and seed_size is None:
            shop = self._default_shop
        elif shop is not None and not (seed is None and seed_size is None):
            raise ValueError("A shop replaces the generated returns; leave out seed and seed_size.")
        if seed_size is None:
            seed_size = 0 if shop else world.settings.seed_size
        return Tenant(
            name=name,
            seed=world.settings.seed if seed is None else seed,
            seed_size=seed_size,
            plan=plan,
            limits=limits,
            first_moment=start,
            chosen=first_moment is not None,
            frozen=frozen,
            shop=self._keep(shop, start),
        )

    def _keep(self, shop: "Shop | None", start: int) -> str:
        """Validate and store a shop, and return its ID; return "" if `shop` is None."""
        if shop is None:
            return ""
        from mock_server.shop.checking import check

        check(shop, start)
        with self._world.store.change() as change:
            return keep(change, self._world.store, shop)

    def insert(
        self, change: Change, tenant: Tenant, partition: str, clock: TenantClock | None = None
    ) -> None:
        """Store a new tenant with its clock and default keys; `partition` already contains the tenant's rows.

        If `clock` is None, the clock starts at `tenant.first_moment`.
        """
        name, table = tenant.name, tables.tenants
        change.run_for(name, sa.insert(table).values(self._columns(tenant, partition, clock)))
        self._world.keys.issue_defaults(change, name, self._vendors, tenant.plan, tenant.first_moment)
        change.after_commit(partial(self._world.limiter.reset, name))

    def every(self) -> list[Tenant]:
        """Return all tenants, sorted by name."""
        return self._read(sa.true())

    def get(self, name: str) -> Tenant:
        """Return the tenant with this name; raise `UnknownTenantError` if no tenant has it."""
        matches = self._read(tables.tenants.c.name == name)
        if not matches:
            raise UnknownTenantError("tenant", name, [tenant.name for tenant in self.every()])
        return matches[0]

    def reset(self, name: str) -> Tenant:
        """Reset a tenant to its seed data; raise `UnknownTenantError` if no tenant has this name.

        The numbers of the ledger's events start at 1 again, all switches are turned off, and all faults are
        deleted. The API keys stay the same.
        """
        tenant = self.after_reset(name)
        with self._world.store.change() as change:
            old = self.move(change, tenant, self.free_partition(name))
            for vendor in self._vendors.values():
                self._write_seed(change, tenant, vendor)
            self.delete_stray_partition(change, old)
        return tenant

    def after_reset(self, name: str) -> Tenant:
        """Build the tenant as it will be after a reset.

        Raises `UnknownTenantError` if no tenant has this name.
        """
        tenant = self.get(name)
        if tenant.chosen:
            return tenant
        return replace(tenant, first_moment=whole_second(self._world.clocks.real()))

    def move(self, change: Change, tenant: Tenant, partition: str, clock: TenantClock | None = None) -> str:
        """Assign another partition to a tenant; reset its clock, switches, faults and request counts.

        If `clock` is None, the clock starts at `tenant.first_moment`. Returns the old partition, which is
        now listed as stray.
        """
        name, table, old = tenant.name, tables.tenants, self._world.store.partition(tenant.name)
        change.run(sa.insert(tables.stray_partitions).values(name=old))
        columns = self._columns(tenant, partition, clock)
        change.run_for(name, sa.update(table).where(table.c.name == name).values(columns))
        self._world.switches.turn_all_off(change, name)
        change.run_for(name, sa.delete(tables.faults).where(tables.faults.c.tenant == name))
        change.after_commit(partial(self._world.limiter.reset, name))
        return old

    def delete(self, name: str) -> None:
        """Delete a tenant and all its data.

        Raises `UnknownTenantError` if no tenant has this name, or `ValueError` for `demo`, which cannot be
        deleted.
        """
        with self._world.store.change() as change:
            self.remove(change, name)
            for partition in self.stray_partitions():
                self.delete_stray_partition(change, partition)

    def remove(self, change: Change, name: str) -> str:
        """Delete a tenant but not its rows, and return the partition that contains the rows.

        The partition and those of the tenant's snapshots are now listed as stray. Raises the same errors as
        `delete`.
        """
        self.get(name)
        if name == DEMO:
            raise ValueError("The tenant 'demo' always exists; reset it instead.")
        world, table, spent, faults = self._world, tables.tenants, tables.spent_tokens, tables.faults
        partition = world.store.partition(name)
        for stray in (partition, *self.snapshot_partitions(name)):
            change.run(sa.insert(tables.stray_partitions).values(name=stray))
        change.run(sa.delete(tables.snapshots).where(tables.snapshots.c.tenant == name))
        change.run_for(name, sa.delete(faults).where(faults.c.tenant == name))
        world.keys.remove(change, name)
        world.switches.turn_all_off(change, name)
        change.run_for(name, sa.delete(spent).where(spent.c.tenant == name))
        change.run_for(name, sa.delete(table).where(table.c.name == name))
        change.after_commit(partial(world.limiter.reset, name))
        return partition

    def free_partition(self, name: str) -> str:
        """Choose an unused name for a tenant's new partition."""
        taken = {
            partition for (partition,) in self._world.store.select(sa.select(tables.tenants.c.partition))
        }
        taken |= set(self.stray_partitions())  # a deleted tenant's rows may still be there
        return name if name not in taken else f"{name}.{token_hex(6)}"

    def stray_partitions(self) -> list[str]:
        """Return the names of all partitions that do not belong to a tenant."""
        return [name for (name,) in self._world.store.select(sa.select(tables.stray_partitions.c.name))]

    def snapshot_partitions(self, name: str) -> list[str]:
        """Return the names of the partitions of a tenant's snapshots.

        They contain customers' personal data. The store's methods accept these names in place of a tenant's
        name.
        """
        table = tables.snapshots
        rows = self._world.store.select(sa.select(table.c.partition).where(table.c.tenant == name))
        return [partition for (partition,) in rows]

    def delete_stray_partition(self, change: Change, partition: str) -> None:
        """Delete the rows in a stray partition, and remove it from the table of stray partitions."""
        change.wipe(partition)
        table = tables.stray_partitions
        change.run(sa.delete(table).where(table.c.name == partition))

    def _reload_limits(self, name: str) -> None:
        """Reload a tenant's rate limit mode from the store."""
        modes = self._world.limiter.modes
        modes.pop(name, None)
        for (limits,) in self._world.store.tenant_rows(tables.tenants, name, "limits"):
            modes[name] = limits

    def _columns(self, tenant: Tenant, partition: str, clock: TenantClock | None) -> dict[str, object]:
        columns = {name: getattr(tenant, name) for name in Tenant.__dataclass_fields__}
        if clock is None:
            clock = TenantClock()  # real time
            if tenant.frozen or tenant.chosen:
                clock = self._world.clocks.showing(tenant.first_moment, frozen=tenant.frozen)
        return {**columns, "partition": partition, "clock_offset": clock.offset, "frozen_at": clock.frozen_at}

    def _write_seed(self, change: Change, tenant: Tenant, vendor: Vendor) -> None:
        if shop := kept(self._world.store, tenant.shop):
            from mock_server.shop.writing import write_shop

            write_shop(change, tenant.name, vendor, shop, tenant.first_moment)
            return
        returns = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=vendor.name)
        vendor.write_seed(change, tenant.name, returns, tenant.first_moment)

    def _read(self, condition: sa.ColumnElement[bool]) -> list[Tenant]:
        table = tables.tenants
        names = list(Tenant.__dataclass_fields__)
        rows = self._world.store.select(
            sa.select(*(table.c[name] for name in names)).where(condition).order_by(table.c.name)
        )
        return [Tenant(**dict(zip(names, values, strict=True))) for values in rows]
