"""Switches: named settings that simulate a condition of a tenant's account, such as an outage of the vendor.

A vendor declares its switches. All are off at first and after a reset. They are stored per tenant, and the
ledger records each change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from mock_server.ledger import SWITCH_TURNED
from mock_server.store import Change, Store, tables

_WHOLE_ACCOUNT: Final = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch of a vendor; `sentence` describes what is the case while it is on.

    If there are `shops`, each of them has its own switch, otherwise the whole account has one. While a switch
    with `closes` is on, every call of the tenant is refused as unavailable, with `closes` as the message.
    """

    name: str
    sentence: str
    shops: tuple[str, ...] = ()
    closes: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The shops that have a switch of their own; ("",) if it is for the whole account."""
        return self.shops or (_WHOLE_ACCOUNT,)


@dataclass(frozen=True, slots=True)
class Position:
    """Whether one switch of a tenant is on; `shop` is "" for the whole account."""

    vendor: str
    switch: Switch
    shop: str
    on: bool


class Switches:
    """All switches of a sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._declared: dict[str, dict[str, Switch]] = {}
        self._on: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for tenant, vendor, name, shop in store.select(_selected()):
            self._on.setdefault((tenant, vendor), set()).add((name, shop))
        store.on_change(tables.switches, self._reload)

    def _reload(self, tenant: str) -> None:
        """Read the switches of a tenant from the store again."""
        for key in [key for key in self._on if key[0] == tenant]:
            del self._on[key]
        for vendor, name, shop in self._store.tenant_rows(tables.switches, tenant, "vendor", "name", "shop"):
            self._on.setdefault((tenant, vendor), set()).add((name, shop))

    def declare(self, vendor: str, switches: Iterable[Switch]) -> None:
        """Set a vendor's switches; raises `ValueError` if one with `closes` is for single shops."""
        declared = {switch.name: switch for switch in switches}
        for switch in declared.values():
            if switch.closes and switch.shops:
                raise ValueError(f"The switch {switch.name} of {vendor} closes the account, not a shop.")
        self._declared[vendor] = declared

    def is_on(self, tenant: str, vendor: str, name: str, shop: str = _WHOLE_ACCOUNT) -> bool:
        """Return True if a switch is on; raises `LookupError` if the vendor has no such switch."""
        self._switch(vendor, name, shop)
        return (name, shop) in self._on.get((tenant, vendor), ())

    def closed(self, tenant: str, vendor: str) -> str:
        """Return the message of the switch that closes the vendor for a tenant; "" if it is open."""
        on = self._on.get((tenant, vendor))
        if not on:
            return ""
        declared = self._declared.get(vendor, {})
        return next((declared[name].closes for name, _ in sorted(on) if name in declared), "")

    def positions(self, tenant: str) -> list[Position]:
        """Return all switches of a tenant, on or off, sorted by vendor."""
        return [
            Position(vendor, switch, shop, self.is_on(tenant, vendor, switch.name, shop))
            for vendor, declared in sorted(self._declared.items())
            for switch in declared.values()
            for shop in switch.places
        ]

    def turn(
        self, tenant: str, vendor: str, name: str, *, on: bool, at: int, shop: str = _WHOLE_ACCOUNT
    ) -> Position:
        """Turn a switch on or off, and record it in the ledger if that changes anything.

        Raises `LookupError` that lists the vendor's switches or shops.
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

    def turn_all_off(self, change: Change, tenant: str) -> None:
        """Turn all switches of a tenant off without recording it: the tenant is reset or deleted."""
        change.run_for(tenant, sa.delete(tables.switches).where(tables.switches.c.tenant == tenant))

    def _switch(self, vendor: str, name: str, shop: str) -> Switch:
        declared = self._declared.get(vendor, {})
        switch = declared.get(name)
        if switch is None:
            raise LookupError(f"{vendor} has no switch {name!r}; it has {', '.join(declared) or 'none'}.")
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
