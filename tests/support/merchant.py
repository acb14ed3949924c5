"""A merchant in an in-process sandbox: shop events that a test causes, and the ledger that records them."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

import httpx
import orjson
import sqlalchemy as sa

from mock_server import ledger, vendors
from mock_server.acts import acts_of
from mock_server.app import Sandbox, create_app
from mock_server.clock import SECOND, instant, moment, timestamp
from mock_server.ledger import Event
from mock_server.settings import Settings
from mock_server.store import Change, Filters, tables
from mock_server.tenants import Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

TENANT = "merchant"
SKU = "BOOT-CHE-39"
PARTS = ("shipment", "tracking_event", "transaction", "refund", "receipt")
"""The kinds of records that belong to a return."""
FIRST_MOMENT = instant("2026-06-01")


@dataclass
class VendorSandbox:
    """One sandbox with one vendor served at the root, for one merchant after another."""

    vendor: str
    sandbox: Sandbox
    served: Vendor
    tenants: Tenants

    @classmethod
    def open(cls, vendor: str) -> "VendorSandbox":
        sandbox = create_app(Settings(vendor=vendor, seed_size=0, database="sqlite://"))
        served = vendors.load(vendor, sandbox.world)
        return cls(vendor, sandbox, served, Tenants(sandbox.world, {vendor: served}))

    def merchant(self) -> "Merchant":
        """Create a tenant without returns and with a frozen clock; only one may exist at a time."""
        self.tenants.create(TENANT, first_moment=FIRST_MOMENT, frozen=True)
        return Merchant(self, TENANT)

    def close(self) -> None:
        self.sandbox.world.close()


@dataclass
class Merchant:
    """One tenant, and the events in its shop."""

    backend: VendorSandbox
    tenant: str
    gone: "Counter[str]" = field(default_factory=Counter)
    """The number of deleted records of each kind."""

    def close(self) -> None:
        if self.gone:
            self.numbering.stop()
        self.backend.tenants.delete(self.tenant)

    @property
    def transport(self) -> httpx.ASGITransport:
        """Return the transport for an HTTP client."""
        return httpx.ASGITransport(self.backend.sandbox)

    @property
    def base_url(self) -> str:
        settings = self.world.settings
        return settings.base_url + settings.path_of(self.backend.vendor, self.backend.served.base_path)

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the credentials that a user enters into a connector."""
        return self.backend.served.credentials(self.world.keys.key(self.tenant, self.backend.vendor))[
            "fields"
        ]

    def now(self) -> datetime:
        return moment(self._now)

    def count_requests(self) -> None:
        """Switch the tenant's rate limits on; with a frozen clock they are off by default."""
        table = tables.tenants
        with self.world.store.change() as change:
            change.run_for(
                self.tenant, sa.update(table).where(table.c.name == self.tenant).values(limits="on")
            )

    def advance(self, seconds: float) -> None:
        """Advance the clock; carriers scan what falls due."""
        self.world.clocks.advance(self.tenant, self._now + round(seconds * SECOND))

    def delete(self, kind: str, id_: str) -> dict[str, str]:
        """Delete a return or an order with its parts, as if the vendor had; the ledger keeps its events.

        Returns the kind of each deleted record, by ID.
        """
        row = self.world.store.row(self.tenant, self.backend.vendor, kind, id_)
        assert row, id_
        if not self.gone:
            self._number_on()
        gone = {(kind, id_): row.status}
        gone |= {(one, part): status for one in PARTS for part, status in self.parts(one, id_).items()}
        with self.world.store.change() as change:
            for (one, part), status in gone.items():
                self._delete_row(change, one, part, status)
        self.gone.update(one for one, _part in gone)
        return {part: one for one, part in gone}

    def _number_on(self) -> None:
        """Let the numbers of new records go on after a deletion: vendors derive them from the total."""
        total = self.world.store.total

        def counted(tenant: str, vendor: str, kind: str) -> int:
            return total(tenant, vendor, kind) + self.gone[kind]

        self.numbering = mock.patch.object(self.world.store, "total", counted)
        self.numbering.start()

    def _delete_row(self, change: Change, kind: str, id_: str, status: str) -> None:
        table, vendor, partition = tables.rows, self.backend.vendor, self.world.store.partition(self.tenant)
        change.run(
            sa.delete(table).where(
                table.c.tenant == partition, table.c.vendor == vendor, table.c.kind == kind, table.c.id == id_
            )
        )
        change._count((partition, vendor, kind), status, -1)
        change.unschedule(self.tenant, vendor, id_)

    def ask_for_return(self, *, seconds_ago: int = 0, quantity: int = 1, **more: Any) -> str:
        """Create a return as a shopper, backdated by `seconds_ago`; return its id."""
        options = {
            "order_number": f"#{1001 + sum(event.kind == ledger.RETURN_CREATED for event in self.story())}",
            "customer_email": "priya.nair@example.com",
            "items": [{"sku": SKU, "quantity": quantity, "reason": "defective"}],
            **more,
        }
        with self.world.store.change() as change:
            self.backend.served.insert(change, self.tenant, options, self._now - seconds_ago * SECOND)
        return [event for event in self.story() if event.kind == ledger.RETURN_CREATED][-1].subject

    def document(self, id_: str) -> dict[str, Any]:
        """Return the current document of a return, in the vendor's format."""
        row = self.world.store.row(self.tenant, self.backend.vendor, "return", id_)
        assert row, id_
        document: dict[str, Any] = orjson.loads(row.document)
        return document

    def order_of(self, id_: str) -> str:
        """Return the order number of a return."""
        row = self.world.store.row(self.tenant, self.backend.vendor, "return", id_)
        assert row, id_
        return row.order_number

    def statuses(self) -> dict[str, str]:
        """Return the current status of every return, oldest first."""
        rows = self.world.store.rows(self.tenant, self.backend.vendor, "return")
        return {row.id: row.status for row in rows}

    def next_statuses(self, status: str) -> tuple[str, ...]:
        return self.backend.served.lifecycle.transitions[status]

    def way(self, status: str, targets: Collection[str]) -> list[str]:
        """Return the shortest path from a status to one of the targets, or else to the farthest status."""
        paths: dict[str, list[str]] = {status: []}
        for reached in (queue := [status]):
            for following in self.next_statuses(reached):
                if following not in paths:
                    paths[following] = [*paths[reached], following]
                    queue.append(following)
        return next((paths[one] for one in queue[1:] if one in targets), paths[queue[-1]])

    def move(self, id_: str, status: str) -> None:
        """Move a return as the merchant's staff."""
        with self.world.store.change() as change:
            self.backend.served.move(change, self.tenant, id_, status, self._now)

    def story(self) -> list[Event]:
        """Return all ledger events."""
        return self.world.ledger.events(self.tenant)

    def returns(self) -> dict[str, list[str]]:
        """Return the statuses of each return, in order."""
        return self._histories(ledger.RETURN_CREATED, ledger.RETURN_STATE_CHANGED)

    def orders(self) -> dict[str, list[str]]:
        """Return the orders; they do not change."""
        return {event.subject: ["in"] for event in self.story() if event.kind == ledger.ORDER_CREATED}

    def shipments(self) -> dict[str, list[str]]:
        """Return the statuses of each shipment, in order."""
        return self._histories(ledger.SHIPMENT_CREATED, ledger.SHIPMENT_STATE_CHANGED)

    def transactions(self) -> dict[str, list[str]]:
        """Return the statuses of each transaction, in order."""
        return self._histories(ledger.TRANSACTION_CREATED, ledger.TRANSACTION_STATE_CHANGED)

    def parts(self, kind: str, id_: str) -> dict[str, str]:
        """Return the current status of each record of a kind that belongs to a return."""
        rows = self.world.store.rows(self.tenant, self.backend.vendor, kind, Filters(parent=id_))
        return {row.id: row.status for row in rows}

    def turn(self, switch: str, *, shop: str, on: bool) -> None:
        """Turn a switch of a shop on or off."""
        self.world.switches.turn(self.tenant, self.backend.vendor, switch, on=on, at=self._now, shop=shop)

    def act(self, name: str, **requested: Any) -> None:
        """Do something that happens outside the API, such as a carrier's report."""
        with self.world.store.change() as change:
            acts_of(self.backend.served)[name].run(change, self.tenant, requested, self._now)

    def quality(self) -> dict[str, list[str]]:
        """Return the quality control results of each return, in order."""
        histories = {id_: ["pending"] for id_ in self.returns()}
        for event in self.story():
            if event.kind == ledger.RETURN_QUALITY_CHECKED and event.body["to"] != event.body["from"]:
                histories[event.subject].append(event.body["to"])
        return histories

    def deliveries(self) -> dict[str, list[str]]:
        """Return "sent", and "delivered" if all parcels of a return were delivered, for each return."""
        parcels: dict[str, dict[str, str]] = {id_: {} for id_ in self.returns()}
        for event in self.story():
            if event.kind in {ledger.SHIPMENT_CREATED, ledger.SHIPMENT_STATE_CHANGED}:
                status = event.body["to"] if "to" in event.body else event.body["status"]
                parcels[event.body["return"]][event.subject] = status
        return {
            id_: ["sent", *(["delivered"] if set(known.values()) == {"delivered"} else [])]
            for id_, known in parcels.items()
        }

    def updates(self) -> dict[str, list[str]]:
        """Return the seconds in which each return or its parts changed."""
        histories: dict[str, list[str]] = {}
        for event in self.story():
            seconds = histories.setdefault(event.body.get("return", event.subject), [])
            if seconds[-1:] != [timestamp(event.at)]:
                seconds.append(timestamp(event.at))
        return histories

    def versions(self) -> dict[str, list[str]]:
        """Return the versions of each return."""
        return self._noted("version")

    def receipts(self) -> dict[str, list[str]]:
        """Return the number of received items of each return after each receipt."""
        return {id_: ["0", *counts] for id_, counts in self._noted("received").items()}

    def _noted(self, name: str) -> dict[str, list[str]]:
        """Return the values of a member of the ledger events for each return, without repetitions."""
        histories: dict[str, list[str]] = {id_: [] for id_ in self.returns()}
        for event in self.story():
            if name in event.body and histories[event.subject][-1:] != [event.body[name]]:
                histories[event.subject].append(event.body[name])
        return histories

    def _histories(self, created: str, changed: str) -> dict[str, list[str]]:
        histories: dict[str, list[str]] = {}
        for event in self.story():
            if event.kind == created:
                histories[event.subject] = [event.body["status"]]
            elif event.kind == changed:
                histories[event.subject].append(event.body["to"])
        return histories

    @property
    def world(self) -> World:
        return self.backend.sandbox.world

    @property
    def _now(self) -> int:
        return self.world.clocks.now(self.tenant)
