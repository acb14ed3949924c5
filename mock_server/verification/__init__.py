"""Verifies a tenant: rebuilds its state from the ledger, and compares it with the stored data.

The ledger contains the statuses of returns, shipments, transactions and (at some vendors) orders, the amounts
of refunds, and the states of switches. `NOT_IN_LEDGER` lists the data that it does not contain. The
verification runs in slices; the tenant's requests wait until it ends (see `Clocks.hold`).
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from mock_server.bulk import Bulk
from mock_server.store import statements, tables
from mock_server.store.copying import row_numbers
from mock_server.tenants import Tenants
from mock_server.vendors import Reporting, Vendor
from mock_server.verification.differences import Difference
from mock_server.verification.rebuilt import Rebuilt
from mock_server.verification.stored import COLUMNS, Stored
from mock_server.world import World

NOT_IN_LEDGER: Final = (
    "The ledger does not contain items, customers, the text of notes, addresses, prices or labels.",
    "It does not contain records without a return, such as products; only their counters are compared.",
    "In reports, returns by status and refunded amounts are compared, but not reasons and carriers.",
    "The ledger does not contain webhooks; for a delivery, only its state and next attempt are checked.",
)
"""Sentences that describe the data that is not verified."""
MAX_DIFFERENCES: Final = 1_000
"""The maximum number of differences to list; further differences are only counted."""
_EVENTS: Final = 1_000
_ROWS: Final = 200
_table = tables.rows
_ROW: Final = statements.bound(
    sa.select(*(_table.c[name] for name in COLUMNS)).where(_table.c.sequence == sa.bindparam("number", 0))
)[0]


@dataclass(slots=True)
class Verification:
    """The result of a verification: the numbers of compared rows and events, and the differences.

    `found` is the number of differences; `differences` contains at most `MAX_DIFFERENCES` of them.
    """

    rows: int
    events: int
    found: int
    differences: list[Difference]


class Verifier:
    """Verifies tenants: compares their stored data with the state that is rebuilt from the ledger."""

    def __init__(self, world: World, tenants: Tenants, bulk: Bulk, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._bulk = bulk
        self._vendors = vendors

    async def verify(self, tenant: str) -> Verification:
        """Run a tenant's due steps, then verify it; raise `UnknownTenantError` if it does not exist."""
        world = self._world
        async with self._bulk.exclusive(tenant):
            await world.clocks.catch_up_in_slices(tenant)
            self._tenants.get(tenant)
            with world.clocks.hold(tenant), world.store.watching(world.store.partition(tenant)) as changed:
                while True:
                    result = await self._compare(tenant)
                    if not changed():  # by a request that started before the hold
                        return result

    async def _compare(self, tenant: str) -> Verification:
        result, rebuilt = Verification(0, 0, 0, []), Rebuilt()
        async for difference in self._differences(tenant, rebuilt, result):
            result.found += 1
            if len(result.differences) < MAX_DIFFERENCES:
                result.differences.append(difference)
        result.events = rebuilt.last
        return result

    async def _differences(
        self, tenant: str, rebuilt: Rebuilt, result: Verification
    ) -> AsyncIterator[Difference]:
        store = self._world.store
        partition = store.partition(tenant)
        query = statements.events((), newest_first=False)
        while events := store.fetch(query, (partition, rebuilt.last, _EVENTS, 0)):
            for difference in rebuilt.read(events):
                yield difference
            await store.yield_after_commit()
        stored = Stored(rebuilt, {name: vendor.status_path for name, vendor in self._vendors.items()})
        for _, numbers in row_numbers(store, partition):
            for start in range(0, len(numbers), _ROWS):
                for number in numbers[start : start + _ROWS]:
                    result.rows += 1
                    for difference in stored.row(store.fetch(_ROW, (number,))[0]):
                        yield difference
                await store.yield_after_commit()
        for difference in self._rest(tenant, rebuilt, stored):
            yield difference
        async for difference in self._reports(tenant, rebuilt):
            yield difference

    def _rest(self, tenant: str, rebuilt: Rebuilt, stored: Stored) -> Iterator[Difference]:
        """Yield the differences that are not about a single row.

        These are missing records, and differences in counters, scheduled steps, deliveries and switches.
        """
        partition = self._world.store.partition(tenant)
        yield from stored.missing()
        totals = self._select(tables.counters, partition, "vendor", "kind", "status", "total")
        yield from stored.counters({(vendor, kind, status): total for vendor, kind, status, total in totals})
        for step in self._select(tables.steps, partition, "vendor", "subject", "step"):
            yield from stored.step(*step)
        for delivery in self._select(tables.deliveries, partition, "id", "vendor", "state", "due"):
            yield from stored.delivery(*delivery)
        on = set(self._world.switches.on(tenant))
        for vendor, name, shop in sorted(on ^ rebuilt.switches):
            now, then = ("on", "off") if (vendor, name, shop) in on else ("off", "on")
            where = f" of the shop {shop}" if shop else ""
            message = f"The switch {name} of {vendor}{where} is {now}, but the ledger says that it is {then}."
            yield Difference("switch", vendor, name, message)

    def _select(self, table: sa.Table, partition: str, *names: str) -> list[tuple[Any, ...]]:
        query = sa.select(*(table.c[name] for name in names)).where(table.c.tenant == partition)
        return self._world.store.select(query)

    async def _reports(self, tenant: str, rebuilt: Rebuilt) -> AsyncIterator[Difference]:
        for name, vendor in self._vendors.items():
            if isinstance(vendor, Reporting):
                statuses = {
                    id_: known.status
                    for (owner, kind, id_), known in rebuilt.records.items()
                    if (owner, kind) == (name, "return")
                }
                refunds = {id_: amount for (owner, id_), amount in rebuilt.refunds.items() if owner == name}
                try:
                    shown = await vendor.reported(tenant)
                except (ValueError, LookupError, TypeError):  # a damaged document, which is listed already
                    yield Difference("report", name, "", f"The report of {name} cannot be computed.")
                    continue
                for field, expected in vendor.expected_report(statuses, refunds).items():
                    if shown[field] != expected:
                        message = (
                            f"The report of {name} shows {field} = {shown[field]!r}, "
                            f"but the ledger results in {expected!r}."
                        )
                        yield Difference("report", name, field, message)
