"""Finds example values for the control plane's operations in Swagger UI, so that Execute succeeds.

If an operation needs a record that does not exist yet, such as a snapshot, the value is the ID that the
record gets when the user creates it with the other example values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mock_server.acts import acts_of
from mock_server.faults.model import PREFIX
from mock_server.journal.journal import NO_TENANT
from mock_server.pages.prefill import Examples
from mock_server.store import tables
from mock_server.vendors import Vendor
from mock_server.world import World

_SEQUENCES = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
"""SQLite's own table, which contains the highest ID used so far in each table with AUTOINCREMENT."""


def examples(world: World, served: Mapping[str, Vendor], tenant: str) -> Examples:
    """Collect example values for a tenant: IDs of its records, and request bodies that currently succeed."""
    found = _Finder(world, served, tenant)
    path = {**found.names(), **found.webhooks(), **found.faults(), **found.requests()}
    bodies: dict[str, Any] = {
        "create_tenant": {"name": found.free_tenant("acme")},
        "clone_tenant": {"name": found.free_tenant("acme-2")},
    }
    for id_, vendor, status in found.movable():
        path |= {"get_return.vendor": vendor, "id": id_}
        bodies["move_return"] = {"vendor": vendor, "status": status}
        break
    for vendor, name, inputs in found.acts():
        path |= {"list_acts.vendor": vendor, "run_act.vendor": vendor, "act": name}
        bodies["run_act"] = inputs
        break
    for switch in found.switches():
        bodies["turn_switch"] = switch
        break
    return Examples(path=path, bodies=bodies)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds example values in a tenant's records.

    Some methods return dictionaries of example values. A key is the name of a path parameter (`webhook`), or
    an operation and a parameter (`delete_tenant.tenant`).
    """

    world: World
    served: Mapping[str, Vendor]
    tenant: str

    def names(self) -> dict[str, str]:
        """Return the names of a tenant to delete and of a snapshot to restore or delete.

        If no such tenant or snapshot exists, returns the name from the example that creates one.
        """
        others = [name for name in self._tenants() if name != self.tenant]
        table = tables.snapshots
        snapshots = self._column(table.c.name, table.c.tenant == self.tenant)
        snapshot = snapshots[0] if snapshots else "before-refunds"
        return {
            "delete_tenant.tenant": others[0] if others else "acme",
            "restore_snapshot.name": snapshot,
            "delete_snapshot.name": snapshot,
        }

    def free_tenant(self, name: str) -> str:
        """Return `name`; if a tenant already has this name, return it with a number, such as `acme-2`."""
        taken, number, free = set(self._tenants()), 1, name
        while free in taken:
            number += 1
            free = f"{name}-{number}"
        return free

    def webhooks(self) -> dict[str, str]:
        """Return the IDs of the newest delivery and of the first webhook that the control plane can change.

        Webhooks that a vendor's own API registered cannot be changed by the control plane.
        """
        webhooks = [webhook.id for webhook in self.world.webhooks.every(self.tenant) if not webhook.own]
        deliveries = self.world.outbox.deliveries(self.tenant, last=1)
        delivery = deliveries[0].id if deliveries else self._next("deliveries")
        return {"delivery": str(delivery), **({"webhook": webhooks[0]} if webhooks else {})}

    def faults(self) -> dict[str, str]:
        """Return the ID of the tenant's first fault; without faults, the ID that the next new fault gets."""
        table = tables.faults
        faults = self._column(table.c.id, table.c.tenant == self.tenant)
        return {"fault": f"{PREFIX}{faults[0] if faults else self._next('faults')}"}

    def requests(self) -> dict[str, str]:
        """Return the ID of the tenant's newest request, and that of the newest request without a tenant."""
        owners = {"get_request": self.tenant, "get_request_without_tenant": NO_TENANT}
        newest = {operation: self.world.journal.entries(owner)[:1] for operation, owner in owners.items()}
        return {f"{operation}.id": str(entry.id) for operation, found in newest.items() for entry in found}

    def movable(self) -> Iterator[tuple[str, str, str]]:
        """Yield a tuple (ID, vendor, status) for each new return, with a status to which it can be moved.

        Vendors with the most statuses come first. The sandbox does not change the status of their new returns
        by itself, so the example remains valid for longer.
        """
        by_statuses = sorted(self.served.items(), key=lambda pair: -len(pair[1].lifecycle.states))
        for name, vendor in by_statuses:
            following = vendor.lifecycle.transitions[vendor.lifecycle.initial]
            for row in self.world.store.rows(self.tenant, name, "return"):
                if row.status == vendor.lifecycle.initial and following:
                    yield row.id, name, following[0]

    def acts(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Yield a tuple (vendor, act, input) for each act whose schema has an example per required input."""
        for name, vendor in self.served.items():
            for act_name, act in acts_of(vendor).items():
                fields = act.schema.get("properties", {})
                required = act.schema.get("required", ())
                inputs = {key: fields[key]["example"] for key in required if "example" in fields[key]}
                if len(inputs) == len(required):
                    yield name, act_name, inputs

    def switches(self) -> Iterator[Mapping[str, Any]]:
        """Yield example request bodies that turn each switch off.

        Turning a switch off does not make the examples of other operations fail; turning it on could.
        """
        for position in self.world.switches.positions(self.tenant):
            shop = {"shop": position.shop} if position.shop else {}
            yield {"vendor": position.vendor, "name": position.switch.name, **shop, "on": False}

    def _tenants(self) -> list[str]:
        return self._column(tables.tenants.c.name, sa.true())

    def _column(self, column: sa.Column[Any], condition: sa.ColumnElement[bool]) -> list[Any]:
        query = sa.select(column).where(condition).order_by(column)
        return [value for (value,) in self.world.store.select(query)]

    def _next(self, table: str) -> int:
        """Return the ID that the next new row of a database table will get."""
        query = sa.select(_SEQUENCES.c.seq).where(_SEQUENCES.c.name == table)
        return max((last for (last,) in self.world.store.select(query)), default=0) + 1
