"""Switches: settings of a tenant that simulate a condition, such as a vendor outage.

Each vendor declares its switches. All are off when a tenant is created or reset. Their state is stored per
tenant, and the ledger records each change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from mock_server.ledger import SWITCH_TURNED
from mock_server.spelling import UnknownNameError
from mock_server.store import Change, Store, tables

_WHOLE_ACCOUNT: Final = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that simulates a condition of a tenant's account at one vendor, such as an outage.

    `sentence` describes the condition. If `shops` is not empty, each shop has its own switch; otherwise one
    switch applies to the whole account. If `closes` is not empty, the vendor is unavailable to the tenant
    while the switch is on: every request results in an error with `closes` as its message.
    """

    name: str
    sentence: str
    shops: tuple[str, ...] = ()
    closes: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The shops that have their own switch; `("",)` if the switch is for the whole account."""
        return self.shops or (_WHOLE_ACCOUNT,)


@dataclass(frozen=True, slots=True)
class Position:
    """Whether a tenant's switch is on; `shop` is "" if the switch is for the whole account."""

    vendor: str
    switch: Switch
    shop: str
    on: bool


class Switches:
    """Stores the switch positions of all tenants, and caches them in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._declared: dict[str, dict[str, Switch]] = {}
        self._on: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for tenant, vendor, name, shop in store.select(_selected()):
            self._on.setdefault((tenant, vendor), set()).add((name, shop))
        store.on_change(tables.switches, self._reload)

    def _reload(self, tenant: str) -> None:
        """Reload a tenant's switch positions from the store."""
        for key in [key for key in self._on if key[0] == tenant]:
            del self._on[key]
        for vendor, name, shop in self._store.tenant_rows(tables.switches, tenant, "vendor", "name", "shop"):
            self._on.setdefault((tenant, vendor), set()).add((name, shop))

    def declare(self, vendor: str, switches: Iterable[Switch]) -> None:
        """Register a vendor's switches; raise `ValueError` if a switch with `closes` also has `shops`."""
        declared = {switch.name: switch for switch in switches}
        for switch in declared.values():
            if switch.closes and switch.shops:
                raise ValueError(f"The switch {switch.name} of {vendor} closes the account, not a shop.")
        self._declared[vendor] = declared

    def is_on(self, tenant: str, vendor: str, name: str, shop: str = _WHOLE_ACCOUNT) -> bool:
        """Return True if a switch is on; raise `LookupError` if the vendor has no such switch or shop."""
        self._switch(vendor, name, shop)
        return (name, shop) in self._on.get((tenant, vendor), ())

    def closed(self, tenant: str, vendor: str) -> str:
        """Return the message of the switch that makes a vendor unavailable to a tenant.

        Returns "" if no such switch is on.
        """
        on = self._on.get((tenant, vendor))
        if not on:
            return ""
        declared = self._declared.get(vendor, {})
        return next((declared[name].closes for name, _ in sorted(on) if name in declared), "")

    def positions(self, tenant: str) -> list[Position]:
        """Return all of a tenant's switches, each with its position (on or off), sorted by vendor."""
        return [
            Position(vendor, switch, shop, self.is_on(tenant, vendor, switch.name, shop))
            for vendor, declared in sorted(self._declared.items())
            for switch in declared.values()
            for shop in switch.places
        ]

    def turn(
        self, tenant: str, vendor: str, name: str, *, on: bool, at: int, shop: str = _WHOLE_ACCOUNT
    ) -> Position:
        """Turn a switch on or off. If this changes its position, record the change in the ledger.

        `at` is the tenant's time (µs). Raises `LookupError` if there is no such switch or shop; the message
        lists the vendor's switches or the switch's shops.
        """
        switch = self._switch(vendor, name, shop)
        if self.is_on(tenant, vendor, name, shop) != on:
            row = {"tenant": tenant, "vendor": vendor, "name": name, "shop": shop}
            table = tables.switches
            with self._store.change() as change:
                if on:
                    change.run_for(tenant, sa.insert(table).values(row))
                else:
                    same_row = (table.c[column] == value for column, value in row.items())
                    change.run_for(tenant, sa.delete(table).where(*same_row))
                body = {"on": on, **({"shop": shop} if shop else {})}
                change.record(tenant, vendor, kind=SWITCH_TURNED, subject=name, at=at, body=body)
        return Position(vendor, switch, shop, on)

    def on(self, tenant: str) -> list[tuple[str, str, str]]:
        """List a tenant's switches that are on, as sorted tuples of vendor, name and shop."""
        return sorted(
            (vendor, name, shop)
            for (owner, vendor), names in self._on.items()
            if owner == tenant
            for name, shop in names
        )

    def turn_on(self, change: Change, tenant: str, switches: Iterable[tuple[str, str, str]]) -> None:
        """Turn on the switches of a tenant that is being restored, without recording the changes."""
        for vendor, name, shop in switches:
            row = {"tenant": tenant, "vendor": vendor, "name": name, "shop": shop}
            change.run_for(tenant, sa.insert(tables.switches).values(row))

    def turn_all_off(self, change: Change, tenant: str) -> None:
        """Turn off all switches of a tenant that is being reset or deleted, without recording the changes."""
        change.run_for(tenant, sa.delete(tables.switches).where(tables.switches.c.tenant == tenant))

    def _switch(self, vendor: str, name: str, shop: str) -> Switch:
        declared = self._declared.get(vendor, {})
        switch = declared.get(name)
        if switch is None:
            raise UnknownNameError("switch", name, declared, of=vendor)
        if shop not in switch.places:
            if not switch.shops:
                raise LookupError(f"The switch {name} of {vendor} is for the whole account, not for a shop.")
            raise LookupError(
                f"The switch {name} of {vendor} needs one of the shops {', '.join(switch.shops)}."
            )
        return switch


def _selected() -> sa.Select[tuple[str, str, str, str]]:
    table = tables.switches
    return sa.select(table.c.tenant, table.c.vendor, table.c.name, table.c.shop)
