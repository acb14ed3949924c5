"""Tenants: one merchant each, with one account at every vendor. `demo` always exists."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from mock_server import seed
from mock_server.clock import TenantClock, micros, whole_second
from mock_server.keys import DEMO
from mock_server.ratelimit import Mode
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
    """Makes, resets and deletes tenants of a world, at all of its vendors."""

    def __init__(self, world: World, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._vendors = vendors
        for vendor in vendors.values():
            world.keys.offer(vendor.name, vendor.scopes, vendor.plans)
            world.clocks.run_steps_of(vendor.name, vendor.run_step)
            world.switches.declare(vendor.name, vendor.switches)

    def open(self) -> None:
        """Make `demo` if it is missing, and give every tenant what a new vendor or secret asks for."""
        world = self._world
        for tenant in self.every():
            world.limiter.modes[tenant.name] = tenant.limits
            missing = [v for v in self._vendors.values() if not world.keys.has_default(tenant.name, v.name)]
            with world.store.change() as change:
                for vendor in missing:
                    if not world.store.totals(tenant.name, vendor.name, "return"):
                        self._plant(change, tenant, vendor)
                    world.keys.issue_default(
                        change, tenant.name, vendor.name, tenant.plan, tenant.first_moment
                    )
            world.keys.refresh(tenant.name)
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
        """Make a tenant with its returns, keys and clock, in one transaction.

        What is not said comes from the settings; the clock starts at `first_moment` (µs; else now)
        and stands still there if `frozen`. Raises `TenantExistsError`, or `ValueError` for a name
        or plan that cannot be.
        """
        world = self._world
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a tenant's name; it is 2 to 40 lower-case letters, digits and "
                "hyphens, a letter first."
            )
        known = sorted({plan for vendor in self._vendors.values() for plan in vendor.plans})
        if plan and plan not in known:
            raise ValueError(f"There is no plan {plan!r}; there are {', '.join(known)}.")
        if any(tenant.name == name for tenant in self.every()):
            raise TenantExistsError(f"There is a tenant {name!r} already.")
        now = world.clocks.real() if first_moment is None else first_moment
        tenant = Tenant(
            name=name,
            seed=world.settings.seed if seed is None else seed,
            seed_size=world.settings.seed_size if seed_size is None else seed_size,
            plan=plan,
            limits=limits,
            first_moment=whole_second(now),
            chosen=first_moment is not None,
            frozen=frozen,
        )
        clock = self._first_clock(tenant)
        with world.store.change() as change:
            change.run(sa.insert(tables.tenants).values(_columns(tenant, clock)))
            for vendor in self._vendors.values():
                self._plant(change, tenant, vendor)
                world.keys.issue_default(change, name, vendor.name, plan, tenant.first_moment)
        self._take_up(tenant, clock)
        return tenant

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
        tenant = self.get(name)
        if not tenant.chosen:
            tenant = replace(tenant, first_moment=whole_second(self._world.clocks.real()))
        clock = self._first_clock(tenant)
        table = tables.tenants
        with self._world.store.change() as change:
            change.wipe(name)
            change.run(sa.update(table).where(table.c.name == name).values(_columns(tenant, clock)))
            for vendor in self._vendors.values():
                self._plant(change, tenant, vendor)
        self._take_up(tenant, clock)
        return tenant

    def delete(self, name: str) -> None:
        """Remove a tenant and everything of it; raises `ValueError` for `demo`."""
        self.get(name)
        if name == DEMO:
            raise ValueError("The tenant 'demo' always exists; reset it instead.")
        world = self._world
        with world.store.change() as change:
            change.wipe(name)
            world.keys.remove(change, name)
            change.run(sa.delete(tables.tenants).where(tables.tenants.c.name == name))
        world.keys.refresh(name)
        world.limiter.forget(name)
        world.limiter.modes.pop(name, None)
        world.switches.forget(name)
        world.clocks.remove(name)

    def _first_clock(self, tenant: Tenant) -> TenantClock:
        if tenant.frozen:
            return TenantClock(frozen_at=tenant.first_moment)
        return TenantClock(offset=tenant.first_moment - self._world.clocks.real())

    def _take_up(self, tenant: Tenant, clock: TenantClock) -> None:
        world = self._world
        world.clocks.add(tenant.name, clock)
        world.keys.refresh(tenant.name)
        world.switches.forget(tenant.name)
        world.limiter.forget(tenant.name)
        world.limiter.modes[tenant.name] = tenant.limits

    def _plant(self, change: Change, tenant: Tenant, vendor: Vendor) -> None:
        made = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=vendor.name)
        vendor.plant(change, tenant.name, made, tenant.first_moment)

    def _read(self, which: sa.ColumnElement[bool]) -> list[Tenant]:
        table = tables.tenants
        names = list(Tenant.__dataclass_fields__)
        found = self._world.store.select(
            sa.select(*(table.c[name] for name in names)).where(which).order_by(table.c.name)
        )
        return [Tenant(**dict(zip(names, values, strict=True))) for values in found]


def _columns(tenant: Tenant, clock: TenantClock) -> dict[str, object]:
    made = {name: getattr(tenant, name) for name in Tenant.__dataclass_fields__}
    return {**made, "clock_offset": clock.offset, "frozen_at": clock.frozen_at}
