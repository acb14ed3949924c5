"""A merchant in the sandbox, in this process: what happens in the shop, and the ledger that remembers it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson
import sqlalchemy as sa

from mock_server import ledger, vendors
from mock_server.app import Sandbox, create_app
from mock_server.clock import SECOND, instant, moment, timestamp
from mock_server.ledger import Event
from mock_server.settings import Settings
from mock_server.store import Filters, tables
from mock_server.tenants import Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

TENANT = "merchant"
SKU = "BOOT-CHE-39"
FIRST_MOMENT = instant("2026-06-01")


@dataclass
class Mall:
    """One sandbox for many merchants, one vendor served at the root."""

    vendor: str
    sandbox: Sandbox
    served: Vendor
    tenants: Tenants

    @classmethod
    def open(cls, vendor: str) -> "Mall":
        sandbox = create_app(Settings(vendor=vendor, seed_size=0, database="sqlite://"))
        served = vendors.load(vendor, sandbox.world)
        return cls(vendor, sandbox, served, Tenants(sandbox.world, {vendor: served}))

    def merchant(self) -> "Merchant":
        """A new tenant without any returns, whose clock stands still; one at a time, all alike."""
        self.tenants.create(TENANT, first_moment=FIRST_MOMENT, frozen=True)
        return Merchant(self, TENANT)

    def close(self) -> None:
        self.sandbox.world.close()


@dataclass
class Merchant:
    """One tenant: what happens in its shop."""

    mall: Mall
    tenant: str

    def close(self) -> None:
        self.mall.tenants.delete(self.tenant)

    @property
    def transport(self) -> httpx.ASGITransport:
        """The way to the sandbox that an HTTP client takes."""
        return httpx.ASGITransport(self.mall.sandbox)

    @property
    def base_url(self) -> str:
        settings = self.world.settings
        return settings.base_url + settings.path_of(self.mall.vendor, self.mall.served.base_path)

    @property
    def fields(self) -> Mapping[str, Any]:
        """What a person types into a connector."""
        return self.mall.served.credentials(self.world.keys.key(self.tenant, self.mall.vendor))["fields"]

    def now(self) -> datetime:
        return moment(self._now)

    def count_requests(self) -> None:
        """Switch the tenant's limits on; with a frozen clock they are off."""
        table = tables.tenants
        with self.world.store.change() as change:
            change.run_for(
                self.tenant, sa.update(table).where(table.c.name == self.tenant).values(limits="on")
            )

    def advance(self, seconds: int) -> None:
        """Let time pass; carriers scan what they carry."""
        self.world.clocks.advance(self.tenant, self._now + seconds * SECOND)

    def ask_for_return(self, *, seconds_ago: int = 0, quantity: int = 1) -> str:
        """A shopper asks for a return, which shows up now but says it was made earlier; returns its id."""
        options = {
            "order_number": f"#{1001 + len(self.statuses())}",
            "customer_email": "priya.nair@example.com",
            "items": [{"sku": SKU, "quantity": quantity, "reason": "defective"}],
        }
        with self.world.store.change() as change:
            self.mall.served.insert(change, self.tenant, options, self._now - seconds_ago * SECOND)
        return [event for event in self.story() if event.kind == ledger.RETURN_CREATED][-1].subject

    def document(self, id_: str) -> dict[str, Any]:
        """A return as it stands, in the vendor's shape."""
        row = self.world.store.row(self.tenant, self.mall.vendor, "return", id_)
        assert row, id_
        document: dict[str, Any] = orjson.loads(row.document)
        return document

    def order_of(self, id_: str) -> str:
        """The order that a return belongs to."""
        row = self.world.store.row(self.tenant, self.mall.vendor, "return", id_)
        assert row, id_
        return row.order_number

    def statuses(self) -> dict[str, str]:
        """Where every return stands, oldest first."""
        rows = self.world.store.rows(self.tenant, self.mall.vendor, "return")
        return {row.id: row.status for row in rows}

    def next_statuses(self, status: str) -> tuple[str, ...]:
        return self.mall.served.lifecycle.transitions[status]

    def way(self, status: str, aims: Collection[str]) -> list[str]:
        """The shortest way from a status to one aimed at; to the farthest one where none can be reached."""
        ways: dict[str, list[str]] = {status: []}
        for reached in (queue := [status]):
            for following in self.next_statuses(reached):
                if following not in ways:
                    ways[following] = [*ways[reached], following]
                    queue.append(following)
        return next((ways[one] for one in queue[1:] if one in aims), ways[queue[-1]])

    def move(self, id_: str, status: str) -> None:
        """The merchant's staff moves a return."""
        with self.world.store.change() as change:
            self.mall.served.move(change, self.tenant, id_, status, self._now)

    def story(self) -> list[Event]:
        """The whole ledger."""
        return self.world.ledger.events(self.tenant)

    def returns(self) -> dict[str, list[str]]:
        """The statuses that each return went through."""
        return self._histories(ledger.RETURN_CREATED, ledger.RETURN_STATE_CHANGED)

    def orders(self) -> dict[str, list[str]]:
        """The orders that came in; they do not change."""
        return {event.subject: ["in"] for event in self.story() if event.kind == ledger.ORDER_CREATED}

    def shipments(self) -> dict[str, list[str]]:
        """The statuses that each shipment went through."""
        return self._histories(ledger.SHIPMENT_CREATED, ledger.SHIPMENT_STATE_CHANGED)

    def transactions(self) -> dict[str, list[str]]:
        """The statuses that each transaction went through."""
        return self._histories(ledger.TRANSACTION_CREATED, ledger.TRANSACTION_STATE_CHANGED)

    def parts(self, kind: str, id_: str) -> dict[str, str]:
        """Where everything of a kind stands that belongs to a return."""
        rows = self.world.store.rows(self.tenant, self.mall.vendor, kind, Filters(parent=id_))
        return {row.id: row.status for row in rows}

    def turn(self, switch: str, *, shop: str, on: bool) -> None:
        """The merchant turns a switch of a shop."""
        self.world.switches.turn(self.tenant, self.mall.vendor, switch, on=on, at=self._now, shop=shop)

    def quality(self) -> dict[str, list[str]]:
        """What quality control said of each return, one verdict after the other."""
        histories = {id_: ["pending"] for id_ in self.returns()}
        for event in self.story():
            if event.kind == ledger.RETURN_QUALITY_CHECKED and event.body["to"] != event.body["from"]:
                histories[event.subject].append(event.body["to"])
        return histories

    def deliveries(self) -> dict[str, list[str]]:
        """Whether each return has arrived: all of its parcels have."""
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
        """The seconds in which anything about each return changed."""
        histories: dict[str, list[str]] = {}
        for event in self.story():
            seconds = histories.setdefault(event.body.get("return", event.subject), [])
            if seconds[-1:] != [timestamp(event.at)]:
                seconds.append(timestamp(event.at))
        return histories

    def versions(self) -> dict[str, list[str]]:
        """The versions of each return."""
        return self._noted("version")

    def receipts(self) -> dict[str, list[str]]:
        """How many items of each return had arrived, one receipt after the other."""
        return {id_: ["0", *counts] for id_, counts in self._noted("received").items()}

    def _noted(self, name: str) -> dict[str, list[str]]:
        """What the ledger's events say of each return under a name, without repetitions."""
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
        return self.mall.sandbox.world

    @property
    def _now(self) -> int:
        return self.world.clocks.now(self.tenant)
