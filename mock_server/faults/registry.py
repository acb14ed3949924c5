"""`Faults`: stores the faults of all tenants, counts calls that match them, and decides which faults fire."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
import sqlalchemy as sa

from mock_server.faults.kinds import WEBHOOK
from mock_server.faults.model import Fault, NewFault, number_of
from mock_server.faults.schedule import Condition
from mock_server.store import Store, statements, tables

_TABLE: Final = tables.faults
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_LOADED: Final = (
    "id", "scenario", "vendor", "operation", "what", "parameters", "condition", "calls", "fired",
)  # fmt: skip


class Firing:
    """A fault that fires for one call.

    `number` is the number of the call among all calls of its operation, from 1. `name` contains the names of
    the tenant, the vendor, the operation and the kind of fault, on which random draws depend.
    """

    __slots__ = ("fault", "name", "number")

    def __init__(self, fault: Fault, number: int, vendor: str, operation: str) -> None:
        self.fault = fault
        self.number = number
        self.name = (fault.tenant, vendor, operation, fault.what)


class Faults:
    """The faults of all tenants; they are stored in the database and cached in memory.

    `documents` contains the OpenAPI documents of the vendors that the sandbox serves, keyed by vendor.
    """

    def __init__(self, store: Store, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._store = store
        self._documents = documents
        self._operations: dict[str, dict[str, str]] = {}
        self._faults: dict[str, list[Fault]] = {}
        self.disturbed: dict[str, list[Fault]] = {}
        """The active faults that affect requests, keyed by tenant; contains only tenants with such faults."""
        self.with_webhook_faults: dict[str, list[Fault]] = {}
        """The active faults that affect webhooks, keyed by tenant; contains only tenants with such faults."""
        for (tenant,) in store.select(sa.select(_TABLE.c.tenant).distinct()):
            self._reload(tenant)
        store.on_change(_TABLE, self._reload)

    @property
    def operations(self) -> Mapping[str, Mapping[str, str]]:
        """The HTTP method of each operation, keyed by vendor and operationId."""
        if not self._operations:
            self._operations = {
                vendor: {
                    operation["operationId"]: method.upper()
                    for item in document["paths"].values()
                    for method, operation in item.items()
                    if method in _METHODS
                }
                for vendor, document in self._documents.items()
            }
        return self._operations

    def faults(self, tenant: str) -> list[Fault]:
        """List a tenant's faults in the order in which they were added."""
        return list(self._faults.get(tenant, ()))

    def find(self, tenant: str, id_: str) -> Fault:
        """Return the tenant's fault with this ID; raise `LookupError` if the tenant has no such fault."""
        for fault in self._faults.get(tenant, ()):
            if fault.number == number_of(id_):
                return fault
        ids = ", ".join(fault.id for fault in self._faults.get(tenant, ()))
        raise LookupError(f"{tenant} has no fault {id_[:40]!r}; it has {ids or 'none'}.")

    def add(self, tenant: str, *new: NewFault, scenario: str = "") -> list[Fault]:
        """Add faults to a tenant and return them.

        If the name of a `scenario` is given, all existing faults of the tenant are deleted first.
        """
        before = {fault.number for fault in self._faults.get(tenant, ())}
        with self._store.change() as change:
            if scenario:
                change.run_for(tenant, sa.delete(_TABLE).where(_TABLE.c.tenant == tenant))
            for fault in new:
                change.run_for(tenant, sa.insert(_TABLE).values(_columns(tenant, fault, scenario)))
        return [fault for fault in self._faults[tenant] if fault.number not in before]

    def delete(self, tenant: str, id_: str) -> None:
        """Delete the tenant's fault with this ID; raise `LookupError` if the tenant has no such fault."""
        number = self.find(tenant, id_).number
        with self._store.change() as change:
            change.run_for(tenant, sa.delete(_TABLE).where(_TABLE.c.id == number))

    def delete_all(self, tenant: str) -> None:
        """Delete all of a tenant's faults."""
        with self._store.change() as change:
            change.run_for(tenant, sa.delete(_TABLE).where(_TABLE.c.tenant == tenant))

    def fire(self, tenant: str, vendor: str, operation: str) -> list[Firing]:
        """Count a call of an operation, and return the faults that fire for it.

        Every fault that matches counts the call. Any number of faults of the kind `latency` can fire for a
        call. Of the other faults, only the first whose condition holds fires.
        """
        active = self.with_webhook_faults if operation == WEBHOOK else self.disturbed
        reads = self.operations.get(vendor, {}).get(operation) == "GET"
        fired: list[Firing] = []
        counted: list[Fault] = []
        taken = False
        for fault in active.get(tenant, ()):
            if not fault.matches(vendor, operation) or (fault.kind.target == "reads" and not reads):
                continue
            number = fault.count(vendor, operation)
            counted.append(fault)
            adds = fault.what == "latency"
            if fault.fires(vendor, operation, number) and (adds or not taken):
                taken = taken or not adds
                fault.fired += 1
                fired.append(Firing(fault, number, vendor, operation))
        self._save(tenant, counted)
        return fired

    def _save(self, tenant: str, counted: Iterable[Fault]) -> None:
        """Store the counts of faults, and remove faults that are no longer active from the indexes."""
        values = [(*fault.counts(), fault.number) for fault in counted]
        if not values:
            return
        with self._store.change() as change:
            change.run_many(statements.COUNT_FAULT, values)
        if not all(fault.is_active for fault in counted):
            self._index(tenant)

    def _reload(self, tenant: str) -> None:
        """Replace the cached faults of a tenant by those in the store."""
        rows = sorted(self._store.tenant_rows(_TABLE, tenant, *_LOADED))
        self._faults.pop(tenant, None)
        if rows:
            self._faults[tenant] = [_fault(tenant, row) for row in rows]
        self._index(tenant)

    def _index(self, tenant: str) -> None:
        active = [fault for fault in self._faults.get(tenant, ()) if fault.is_active]
        for index, webhooks in ((self.disturbed, False), (self.with_webhook_faults, True)):
            chosen = [fault for fault in active if (fault.kind.target == "webhooks") == webhooks]
            index.pop(tenant, None)
            if chosen:
                index[tenant] = chosen


def _columns(tenant: str, fault: NewFault, scenario: str) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "scenario": scenario,
        "vendor": fault.vendor,
        "operation": fault.operation,
        "what": fault.what,
        "parameters": orjson.dumps(dict(fault.parameters)),
        "condition": orjson.dumps(fault.condition.shown()),
        "calls": b"{}",
        "fired": 0,
    }


def _fault(tenant: str, row: tuple[Any, ...]) -> Fault:
    number, scenario, vendor, operation, what, parameters, condition, calls, fired = row
    return Fault(
        number=number,
        tenant=tenant,
        scenario=scenario,
        vendor=vendor,
        operation=operation,
        what=what,
        parameters=orjson.loads(parameters),
        condition=Condition(**orjson.loads(condition)),
        calls=orjson.loads(calls),
        fired=fired,
    )
