"""Dumps a tenant to a JSON document, and loads a document into a new tenant of the same or another sandbox.

A document contains the tenant's options, clock, switches, records, ledger and scheduled steps. It does not
contain secrets (keys, access tokens, tokens in label URLs), webhooks, deliveries, faults or snapshots. Dumps
and loads run in slices, so that other tenants' requests are served in between; while a tenant is dumped, its
own requests wait.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson
import sqlalchemy as sa

from mock_server.bulk import Bulk, no_longer_stray
from mock_server.dumps.checks import LEFT_OUT, errors
from mock_server.dumps.document import FORMAT, VERSION, DumpContent, event_json, row_json, step_json
from mock_server.engine.problem import FieldError
from mock_server.store import statements, tables
from mock_server.store.content import EVENT_COLUMNS, EVENTS, ROW_COLUMNS, ROWS, STEP_COLUMNS
from mock_server.store.copying import row_numbers
from mock_server.store.partition import fill
from mock_server.tenants import Tenant, Tenants
from mock_server.vendors import Labelling, Vendor
from mock_server.world import World

MAX_DUMP: Final = 32 * 1024 * 1024
"""The maximum size of a document in bytes, both for dumps and for loads."""
MAX_ERRORS: Final = 20
"""The maximum number of errors that are reported for a document."""
Convert = Callable[[str, bytes], bytes]
"""A function that converts the label URLs in a record's document; accepts the vendor and the document."""
_SWITCH: Final = ("vendor", "name", "shop")
_rows = tables.rows
_ROW: Final = statements.bound(
    sa.select(*(_rows.c[name] for name in ROW_COLUMNS)).where(_rows.c.sequence == sa.bindparam("number", 0))
)[0]


class TooLargeError(Exception):
    """Raised if the document of a tenant would be larger than `MAX_DUMP`."""


class InvalidDumpError(ValueError):
    """Raised if a document cannot be loaded; `errors` contains the invalid fields and the reasons."""

    def __init__(self, found: list[FieldError]) -> None:
        super().__init__("The document cannot be imported.")
        self.errors = found


class Dumps:
    """Converts tenants to JSON documents, and creates tenants from such documents."""

    def __init__(self, world: World, tenants: Tenants, bulk: Bulk, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._bulk = bulk
        self._vendors = vendors

    async def dump(self, tenant: str, program: str) -> bytes:
        """Run a tenant's due steps, and return the tenant as a JSON document.

        `program` is the version of this sandbox, which the document contains. Raises `UnknownTenantError` if
        the tenant does not exist, or `TooLargeError` if the document would exceed `MAX_DUMP` bytes.
        """
        world = self._world
        async with self._bulk.exclusive(tenant):
            await world.clocks.catch_up_in_slices(tenant)
            found = self._tenants.get(tenant)
            with world.clocks.hold(tenant), world.store.watching(world.store.partition(tenant)) as changed:
                while True:
                    parts = await self._parts(found)
                    if not changed():  # by a request that ran before the tenant was held
                        break
            head = {
                "format": FORMAT,
                "version": VERSION,
                "exported_by": program,
                "tenant": self._options(found),
                "switches": [dict(zip(_SWITCH, switch, strict=True)) for switch in world.switches.on(tenant)],
            }
        lists = {name: orjson.Fragment(b"[" + b",".join(part) + b"]") for name, part in parts.items()}
        return orjson.dumps({**head, **lists})

    async def load(self, dump: Mapping[str, Any], name: str = "") -> Tenant:
        """Create a tenant from a document that conforms to the schema `TenantDump`.

        If `name` is not "", the tenant gets this name instead of the name in the document. Raises
        `InvalidDumpError` if the document has errors that the schema cannot express, or any error that
        `Tenants.plan` raises.
        """
        world, options = self._world, dump["tenant"]
        name = name or options["name"]
        async with self._bulk.exclusive(name):
            planned = self._tenants.plan(
                name,
                seed=options["seed"],
                seed_size=options["seed_size"],
                plan=options["plan"],
                limits=options["limits"],
                first_moment=options["first_moment"],
                frozen=options["starts_frozen"],
            )
            tenant = replace(planned, chosen=options["moment_chosen"])
            await self._check(dump)
            partition = self._tenants.free_partition(name)
            show = self._only_labelling(world.labels.shown, name)
            content = DumpContent(dump, show)
            async with self._bulk.filled(partition, partial(self._fill, content, partition)):
                clock = world.clocks.showing(options["now"], frozen=options["frozen"])
                with world.store.change() as change:
                    self._tenants.insert(change, tenant, partition, clock)
                    on = [tuple(switch[field] for field in _SWITCH) for switch in dump["switches"]]
                    world.switches.turn_on(change, name, on)
                    change.run(no_longer_stray(partition))
            return tenant

    async def _check(self, dump: Mapping[str, Any]) -> None:
        """Raise `InvalidDumpError` if the document has errors that its schema cannot express."""
        states = {name: vendor.lifecycle.states for name, vendor in self._vendors.items()}
        switches = [
            (name, switch.name, shop)
            for name, vendor in self._vendors.items()
            for switch in vendor.switches
            for shop in switch.places
        ]
        found: list[FieldError] = []
        for error in errors(dump, states, switches):
            if error is None:
                await self._world.store.yield_after_commit()
                continue
            found.append(error)
            if len(found) == MAX_ERRORS:
                break
        if found:
            raise InvalidDumpError(found)

    async def _fill(self, content: DumpContent, partition: str) -> None:
        for _ in fill(content, self._world.store, partition, events=0):
            await self._world.store.yield_after_commit()

    async def _parts(self, tenant: Tenant) -> dict[str, list[bytes]]:
        """Serialize a tenant's rows, events and steps; the result is keyed by `rows`, `events` and `steps`.

        Other requests can run between chunks. Raises `TooLargeError` if the result would exceed `MAX_DUMP`
        bytes.
        """
        partition = self._world.store.partition(tenant.name)
        hide = self._only_labelling(self._world.labels.hidden, tenant.name)
        parts: dict[str, list[bytes]] = {"rows": [], "events": [], "steps": []}
        size = 0
        for name, entries in (
            ("rows", self._rows(partition, hide)),
            ("events", self._events(partition)),
            ("steps", self._steps(partition)),
        ):
            async for found in entries:
                parts[name] += found
                size += sum(map(len, found))
                if size > MAX_DUMP:
                    raise TooLargeError(
                        f"The document of {tenant.name} would be larger than {MAX_DUMP} bytes; export a "
                        "tenant with fewer returns."
                    )
                await self._world.store.yield_after_commit()
        return parts

    async def _rows(self, partition: str, hide: Convert) -> AsyncIterator[list[bytes]]:
        store, numbers = self._world.store, list[int]()
        for _, found in row_numbers(store, partition):
            numbers += found
            await store.yield_after_commit()
        numbers.sort()
        kind = ROW_COLUMNS.index("kind")
        for start in range(0, len(numbers), ROWS):
            rows = [store.fetch(_ROW, (number,))[0] for number in numbers[start : start + ROWS]]
            yield [row_json(row, hide) for row in rows if row[kind] not in LEFT_OUT]

    async def _events(self, partition: str) -> AsyncIterator[list[bytes]]:
        ledger = tables.ledger
        query = sa.select(*(ledger.c[name] for name in EVENT_COLUMNS)).where(ledger.c.tenant == partition)
        last = 0
        while True:
            following = query.where(ledger.c.sequence > last).order_by(ledger.c.sequence).limit(EVENTS)
            events = self._world.store.select(following)
            yield [event_json(event) for event in events]
            if len(events) < EVENTS:
                return
            last = events[-1][EVENT_COLUMNS.index("sequence")]

    async def _steps(self, partition: str) -> AsyncIterator[list[bytes]]:
        steps = tables.steps
        query = sa.select(*(steps.c[name] for name in STEP_COLUMNS)).where(steps.c.tenant == partition)
        yield [step_json(step) for step in self._world.store.select(query.order_by(steps.c.id))]

    def _only_labelling(self, convert: Callable[[bytes, str, str], bytes], tenant: str) -> Convert:
        """Return a function that applies `convert` to the documents of vendors that make labels.

        It returns the documents of other vendors unchanged. `convert` hides or inserts the secret tokens in
        label URLs.
        """
        vendors = {name for name, vendor in self._vendors.items() if isinstance(vendor, Labelling)}
        return lambda vendor, document: convert(document, vendor, tenant) if vendor in vendors else document

    def _options(self, tenant: Tenant) -> dict[str, Any]:
        clocks = self._world.clocks
        return {
            "name": tenant.name,
            "seed": tenant.seed,
            "seed_size": tenant.seed_size,
            "plan": tenant.plan,
            "limits": tenant.limits,
            "first_moment": tenant.first_moment,
            "moment_chosen": bool(tenant.chosen),
            "starts_frozen": bool(tenant.frozen),
            "now": clocks.now(tenant.name),
            "frozen": clocks.frozen(tenant.name),
        }
