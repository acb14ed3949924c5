"""Exsited's returns: creates returns for items on an invoice, receives the items, and closes returns.

All methods write through the caller's open `Change`, so that a return, its receipts and the ledger are
committed together. The rules for rejecting requests and for closing returns are assumed (see
`openapi/exsited.yaml`).
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
    """Creates, receives and closes all tenants' returns, and creates invoices for shoppers' returns."""

    store: Store

    # Called for API requests

    def create(
        self, change: Change, tenant: str, invoice_id: str, requested: Mapping[str, Any], at: int
    ) -> JSON:
        """Create a return for items on an invoice, and return the new document.

        `requested` is the inner object of a `CreateReturn`. Raises `Problem` if the invoice or a line is
        unknown, the ID is already used, a line is for a different item than requested, or a quantity exceeds
        what can still be returned.
        """
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
        """Create a receipt for items of a return, and return the return's updated document.

        `requested` contains the request's `ReceiveReturnLine` objects. Raises `Problem` if the return is
        closed, a line is unknown, or a quantity exceeds the outstanding quantity.
        """
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

    # Called for events outside the API, such as a shopper's request or an arriving parcel

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create the return that a shopper requests, and return the new document.

        Creates an invoice for the order unless an existing invoice has enough units left to return. Schedules
        the arrival of the parcel.
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
        """Receive all outstanding items of a return whose parcel has arrived, unless the return is closed."""
        row = self.row(tenant, "return", return_id)
        document: JSON = orjson.loads(row.document)
        arrived = [(line, documents.outstanding(line)) for line in document["returns"]]
        arrived = [(line, quantity) for line, quantity in arrived if quantity]
        if LIFECYCLE.is_open(row.status) and arrived:
            for line, _ in arrived:
                line["rma_returned"] = line["rma_requested"]
            self._add_receipt(change, tenant, row, document, arrived, WAREHOUSE, at)

    def move(self, change: Change, tenant: str, row: Row, status: str, by: str, at: int) -> JSON:
        """Change the status of a return, and return its updated document.

        Raises `IllegalMove` if the lifecycle does not allow the change.
        """
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
        """Store a receipt for the `arrived` lines, and the updated `document` of the return.

        The caller has already updated the quantities in `document`. Closes the return if no items are
        outstanding.
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
        """Look up a record by its kind and ID; raise `Problem` if the record does not exist."""
        row = self.store.row(tenant, NAME, kind, id_)
        if row is None:
            raise not_found(kind, id_)
        return row

    def free_id(self, tenant: str, kind: str) -> str:
        """Generate an ID that no record of the given kind has yet."""
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
        """Look up the requested lines of an invoice, and add up the quantity to return for each line.

        Raises `Problem` if a line is unknown or for a different item than requested, or if a quantity exceeds
        what can still be returned.
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
        """Count the units of an invoice that can no longer be returned, keyed by item UUID.

        Counts the units requested in open returns, and the units received in closed returns.
        """
        taken: dict[str, int] = {}
        for row in self.store.rows(tenant, NAME, "return", Filters(parent=invoice_id)):
            counted = "rma_requested" if LIFECYCLE.is_open(row.status) else "rma_returned"
            for line in orjson.loads(row.document)["returns"]:
                taken[line["item_uuid"]] = taken.get(line["item_uuid"], 0) + int(line[counted])
        return taken

    def _ensure_invoice(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Find an invoice for the requested order that has enough units left to return, or create one."""
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
        name, currency = (
            requested.get("customer_name") or invented_name(email),
            requested.get("currency", "AUD"),
        )
        buyer = Buyer(name, email, currency)
        known = {item["sku"]: item for item in requested["items"]}
        lines = [_invoice_line(known[sku], count) for sku, count in needed.items()]
        invoice = documents.new_invoice(
            self.free_id(tenant, "invoice"), requested["order_number"], buyer, lines, at
        )
        documents.put_invoice(change, tenant, invoice, buyer, at)
        return invoice


def _invoice_line(item: Mapping[str, Any], quantity: int) -> InvoiceLine:
    """Build the invoice line for `quantity` units of a requested item.

    A missing name or price is derived from the SKU.
    """
    sku = item["sku"]
    name = " ".join(filter(None, (item.get("name") or sku, item.get("variant"))))
    return InvoiceLine(sku, name, quantity, Decimal(str(item.get("unit_price", invented_price(sku)))))


def _by_sku(requested: Mapping[str, Any]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for item in requested["items"]:
        quantities[item["sku"]] = quantities.get(item["sku"], 0) + item["quantity"]
    return quantities


def record_received(change: Change, tenant: str, document: JSON, receipt: JSON, at: int) -> None:
    """Record in the ledger that the items listed in a receipt were received."""
    quantity = sum(int(line["rma_receive_quantity"]) for line in receipt["receive_returns"])
    body = {
        "receipt": receipt["id"],
        "quantity": quantity,
        "received": document["received_count"],
        "version": document["version"],
    }
    change.record(tenant, NAME, kind=ledger.RETURN_ITEMS_RECEIVED, subject=document["id"], at=at, body=body)
