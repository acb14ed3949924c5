"""Exsited's returns: creates them from an invoice's lines, receives their items, closes them.

Each method writes inside one open `Change`, so that a return, its receipts and the ledger change together.
Which requests are refused, and when a return closes, is assumed (see `openapi/exsited.yaml`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from mock_server import ledger
from mock_server.clock import instant
from mock_server.engine.problem import Problem
from mock_server.seed.requests import invented_name, invented_price
from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.exsited import documents
from mock_server.vendors.exsited.documents import JSON, Buyer, InvoiceLine
from mock_server.vendors.exsited.facts import (
    ARRIVES_AFTER,
    CLIENT,
    LIFECYCLE,
    NAME,
    RECORDER,
    WAREHOUSE,
    digits,
)
from mock_server.vendors.refusals import invalid, not_found

_PREFIXES = {"return": "RMA", "invoice": "INV", "receipt": "RCV"}


@dataclass(slots=True)
class Returns:
    """Returns, receipts and invoices of all tenants."""

    store: Store

    # Through the API

    def create(
        self, change: Change, tenant: str, invoice_id: str, requested: Mapping[str, Any], at: int
    ) -> JSON:
        """Create a return of an invoice's lines; `requested` is the API's `CreateReturn`, unwrapped."""
        invoice: JSON = orjson.loads(self.row(tenant, "invoice", invoice_id).document)
        if "id" in requested and self.store.row(tenant, NAME, "return", requested["id"]):
            raise invalid("id", f"{requested['id']} is taken")
        wanted = self._wanted(tenant, invoice, requested["returns"])
        document = documents.new_return(
            requested.get("id") or self.free_id(tenant, "return"),
            invoice,
            wanted,
            date=instant(requested["date"]) if "date" in requested else at,
            note=requested.get("note", ""),
            by=CLIENT,
            at=at,
        )
        self._store_new(change, tenant, document, invoice, at)
        return document

    def receive(
        self, change: Change, tenant: str, row: Row, requested: Sequence[Mapping[str, Any]], at: int
    ) -> JSON:
        """Receive items of a return; `requested` are the API's `ReceiveReturnLine`s."""
        document: JSON = orjson.loads(row.document)
        if not LIFECYCLE.is_open(row.status):
            raise Problem("invalid", f"{row.id} is {row.status}; its items can no longer be received.")
        lines = {line["uuid"]: line for line in document["returns"]}
        arrived = []
        for place, requested_line in enumerate(requested):
            uuid, quantity = requested_line["uuid"], int(requested_line["rma_receive_quantity"])
            line = lines.get(uuid)
            where = f"receive_return_merchandise_authorisations.receive_returns[{place}]"
            if line is None:
                raise Problem("not_found", f"{row.id} has no line with the uuid {uuid[:80]}.")
            if quantity > documents.outstanding(line):
                left = documents.outstanding(line)
                raise invalid(f"{where}.rma_receive_quantity", f"must be at most {left}, the rest")
            line["rma_returned"] = str(int(line["rma_returned"]) + quantity)
            arrived.append((line, quantity))
        return self._add_receipt(change, tenant, row, document, arrived, CLIENT, at)

    # Outside the API, by the shop and its customers

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create the return that a shopper requests, and an invoice for its order if that is missing.

        Schedules the arrival of the parcel; returns the `Return`.
        """
        invoice = self._ensure_invoice(change, tenant, requested, at)
        lines = {line["item_id"]: line for line in invoice["lines"]}
        document = documents.new_return(
            self.free_id(tenant, "return"),
            invoice,
            [(lines[sku], quantity) for sku, quantity in _by_sku(requested).items()],
            date=at,
            note="; ".join(filter(None, (item.get("notes") for item in requested["items"]))),
            by=requested.get("customer_name") or requested["customer_email"],
            at=at,
        )
        self._store_new(change, tenant, document, invoice, at)
        change.schedule(tenant, NAME, due=at + ARRIVES_AFTER, step="arrive", subject=document["id"])
        return document

    def arrive(self, change: Change, tenant: str, return_id: str, at: int) -> None:
        """Receive all outstanding items of a return."""
        row = self.row(tenant, "return", return_id)
        document: JSON = orjson.loads(row.document)
        arrived = [(line, documents.outstanding(line)) for line in document["returns"]]
        arrived = [(line, quantity) for line, quantity in arrived if quantity]
        if LIFECYCLE.is_open(row.status) and arrived:
            for line, _ in arrived:
                line["rma_returned"] = line["rma_requested"]
            self._add_receipt(change, tenant, row, document, arrived, WAREHOUSE, at)

    def move(self, change: Change, tenant: str, row: Row, status: str, by: str, at: int) -> JSON:
        """Move a return along the lifecycle; raises `IllegalMove`."""
        LIFECYCLE.check(row.status, status)
        document: JSON = orjson.loads(row.document)
        documents.sign_update(document, by, at)
        self._close(change, tenant, row, document, status, at)
        self._put(change, tenant, row, document, at)
        return document

    def _add_receipt(
        self,
        change: Change,
        tenant: str,
        row: Row,
        document: JSON,
        arrived: Iterable[tuple[JSON, int]],
        by: str,
        at: int,
    ) -> JSON:
        """Store a receipt of lines whose counts in `document` are already updated.

        Closes the return once all its items were received.
        """
        arrived = list(arrived)
        receipt = documents.new_receipt(self.free_id(tenant, "receipt"), arrived, by, at)
        documents.put_receipt(change, tenant, receipt, row.id, at)
        document["received_count"] = str(sum(int(line["rma_returned"]) for line in document["returns"]))
        documents.sign_update(document, by, at)
        record_received(change, tenant, document, receipt, at)
        if not any(documents.outstanding(line) for line in document["returns"]):
            self._close(change, tenant, row, document, "CLOSED", at)
        self._put(change, tenant, row, document, at)
        return document

    # Helpers

    def row(self, tenant: str, kind: str, id_: str) -> Row:
        """Return the row of a record; raises `Problem` for an unknown id."""
        row = self.store.row(tenant, NAME, kind, id_)
        if row is None:
            raise not_found(kind, id_)
        return row

    def free_id(self, tenant: str, kind: str) -> str:
        """Return an id that no record of this kind has."""
        number = self.store.total(tenant, NAME, kind) + 1
        while self.store.row(tenant, NAME, kind, id_ := f"{_PREFIXES[kind]}-{digits(number)}"):
            number += 1
        return id_

    def _store_new(self, change: Change, tenant: str, document: JSON, invoice: JSON, at: int) -> None:
        documents.put_return(change, tenant, document, invoice, at, at)
        RECORDER.return_created(change, tenant, document["id"], at, version="0")

    def _close(self, change: Change, tenant: str, row: Row, document: JSON, status: str, at: int) -> None:
        document["customer_return_status"] = status
        change.unschedule(tenant, NAME, row.id)
        RECORDER.return_moved(
            change, tenant, row.id, at, before=row.status, after=status, version=document["version"]
        )

    def _put(self, change: Change, tenant: str, row: Row, document: JSON, at: int) -> None:
        invoice = {"id": row.parent, "order_id": row.order_number}
        documents.put_return(change, tenant, document, invoice, row.created_at, at)

    def _wanted(
        self, tenant: str, invoice: JSON, requested: Sequence[Mapping[str, Any]]
    ) -> list[tuple[JSON, int]]:
        """Return the invoice lines to return and their quantities.

        Raises `Problem` for more units than the customer still has.
        """
        lines = {line["uuid"]: line for line in invoice["lines"]}
        taken = self._taken(tenant, invoice["id"])
        wanted: dict[str, int] = {}
        for place, requested_line in enumerate(requested):
            where = f"return_merchandise_authorisations.returns[{place}]"
            uuid, quantity = requested_line["uuid"], int(requested_line["rma_quantity"])
            line = lines.get(uuid)
            if line is None:
                raise Problem("not_found", f"{invoice['id']} has no line with the uuid {uuid[:80]}.")
            item = line["item_uuid"]
            if requested_line.get("item_uuid", item) != item:
                raise invalid(f"{where}.item_uuid", "is not the item of the invoice's line")
            left = int(line["item_order_quantity"]) - taken.get(item, 0) - wanted.get(uuid, 0)
            if quantity > left:
                raise invalid(f"{where}.rma_quantity", f"must be at most {left}, what can still be returned")
            wanted[uuid] = wanted.get(uuid, 0) + quantity
        return [(lines[uuid], quantity) for uuid, quantity in wanted.items()]

    def _taken(self, tenant: str, invoice_id: str) -> dict[str, int]:
        """Return how many units of each item were returned or are requested in an open return."""
        taken: dict[str, int] = {}
        for row in self.store.rows(tenant, NAME, "return", Filters(parent=invoice_id)):
            counted = "rma_requested" if LIFECYCLE.is_open(row.status) else "rma_returned"
            for line in orjson.loads(row.document)["returns"]:
                taken[line["item_uuid"]] = taken.get(line["item_uuid"], 0) + int(line[counted])
        return taken

    def _ensure_invoice(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Return an invoice of the order with enough units left to return; creates it if missing."""
        needed = _by_sku(requested)
        order = documents.order_id(requested["order_number"])
        for row in self.store.rows(tenant, NAME, "invoice", Filters(order_numbers=(order,))):
            known: JSON = orjson.loads(row.document)
            taken = self._taken(tenant, row.id)
            left = {
                line["item_id"]: int(line["item_order_quantity"]) - taken.get(line["item_uuid"], 0)
                for line in known["lines"]
            }
            if all(left.get(sku, 0) >= quantity for sku, quantity in needed.items()):
                return known
        email: str = requested["customer_email"]
        buyer = Buyer(requested.get("customer_name") or invented_name(email), email)
        lines = [
            InvoiceLine(sku, sku, count, Decimal(str(invented_price(sku)))) for sku, count in needed.items()
        ]
        invoice = documents.new_invoice(
            self.free_id(tenant, "invoice"), requested["order_number"], buyer, lines, at
        )
        documents.put_invoice(change, tenant, invoice, buyer, at)
        return invoice


def _by_sku(requested: Mapping[str, Any]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for item in requested["items"]:
        quantities[item["sku"]] = quantities.get(item["sku"], 0) + item["quantity"]
    return quantities


def record_received(change: Change, tenant: str, document: JSON, receipt: JSON, at: int) -> None:
    """Record in the ledger that items of a return were received."""
    quantity = sum(int(line["rma_receive_quantity"]) for line in receipt["receive_returns"])
    body = {
        "receipt": receipt["id"],
        "quantity": quantity,
        "received": document["received_count"],
        "version": document["version"],
    }
    change.record(tenant, NAME, kind=ledger.RETURN_ITEMS_RECEIVED, subject=document["id"], at=at, body=body)
