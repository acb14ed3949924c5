"""Switches: what a merchant, or the vendor itself, may turn on and off for a tenant, by name.

A vendor declares its switches; all of them are off until somebody turns them on. They are stored with the
tenant, told in its ledger, and off again after a reset.
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
    """One switch of a vendor. `sentence` says what is so while it is on.

    `shops` are those that have one each; none: there is one for the whole account. With `closes`, the vendor
    answers nothing else while it is on: every call of the tenant is refused as unavailable, with `closes` as
    its message.
    """

    name: str
    sentence: str
    shops: tuple[str, ...] = ()
    closes: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """What has a switch of its own: each shop, or the whole account ("")."""
        return self.shops or (_WHOLE_ACCOUNT,)


@dataclass(frozen=True, slots=True)
class Position:
    """How one switch of a tenant stands; `shop` is "" for the whole account."""

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
        """Hold exactly those switches of a tenant for on that the store has."""
        for place in [place for place in self._on if place[0] == tenant]:
            del self._on[place]
        for vendor, name, shop in self._store.tenant_rows(tables.switches, tenant, "vendor", "name", "shop"):
            self._on.setdefault((tenant, vendor), set()).add((name, shop))

    def declare(self, vendor: str, switches: Iterable[Switch]) -> None:
        """Let a vendor have switches; one that closes it is for the whole account (`ValueError`)."""
        known = {switch.name: switch for switch in switches}
        for switch in known.values():
            if switch.closes and switch.shops:
                raise ValueError(f"The switch {switch.name} of {vendor} closes the account, not a shop.")
        self._declared[vendor] = known

    def is_on(self, tenant: str, vendor: str, name: str, shop: str = _WHOLE_ACCOUNT) -> bool:
        """Say how a declared switch stands; raises `LookupError` for one that the vendor has not."""
        self._switch(vendor, name, shop)
        return (name, shop) in self._on.get((tenant, vendor), ())

    def closed(self, tenant: str, vendor: str) -> str:
        """Return why a vendor answers a tenant nothing just now; "": it answers."""
        turned = self._on.get((tenant, vendor))
        if not turned:
            return ""
        declared = self._declared.get(vendor, {})
        return next((declared[name].closes for name, _ in sorted(turned) if name in declared), "")

    def positions(self, tenant: str) -> list[Position]:
        """Return every switch of a tenant, by vendor, name and shop."""
        return [
            Position(vendor, switch, shop, self.is_on(tenant, vendor, switch.name, shop))
            for vendor, known in sorted(self._declared.items())
            for switch in known.values()
            for shop in switch.places
        ]

    def turn(
        self, tenant: str, vendor: str, name: str, *, on: bool, at: int, shop: str = _WHOLE_ACCOUNT
    ) -> Position:
        """Turn a switch; raises `LookupError` saying which there are. A move is told in the ledger, once."""
        switch = self._switch(vendor, name, shop)
        if self.is_on(tenant, vendor, name, shop) != on:
            place = {"tenant": tenant, "vendor": vendor, "name": name, "shop": shop}
            table = tables.switches
            with self._store.change() as change:
                if on:
                    change.run_for(tenant, sa.insert(table).values(place))
                else:
                    stored = (table.c[key] == one for key, one in place.items())
                    change.run_for(tenant, sa.delete(table).where(*stored))
                body = {"on": on, **({"shop": shop} if shop else {})}
                change.record(tenant, vendor, kind=SWITCH_TURNED, subject=name, at=at, body=body)
        return Position(vendor, switch, shop, on)

    def turn_all_off(self, change: Change, tenant: str) -> None:
        """Turn every switch of a tenant off, untold: its ledger ends as well."""
        change.run_for(tenant, sa.delete(tables.switches).where(tables.switches.c.tenant == tenant))

    def _switch(self, vendor: str, name: str, shop: str) -> Switch:
        known = self._declared.get(vendor, {})
        switch = known.get(name)
        if switch is None:
            raise LookupError(f"{vendor} has no switch {name!r}; it has {', '.join(known) or 'none'}.")
        if shop not in switch.places:
            if not switch.shops:
                raise LookupError(f"The switch {name} of {vendor} is for the whole account, not for a shop.")
            raise LookupError(
                f"The switch {name} of {vendor} is for one of the shops {', '.join(switch.shops)}."
            )
        return switch


def _selected() -> sa.Select[tuple[str, str, str, str]]:
    table = tables.switches
    return sa.select(table.c.tenant, table.c.vendor, table.c.name, table.c.shop)
