"""What happens to Exsited's returns: asked for, received, closed.

Everything is written inside one open `Change`, so that a return, its receipts and the ledger change together.
What is refused, and when a return closes, is assumed (see `openapi/exsited.yaml`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server import ledger
from mock_server.clock import instant
from mock_server.engine.problem import FieldError, Problem
from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.exsited import documents
from mock_server.vendors.exsited.documents import JSON, Bought, Buyer
from mock_server.vendors.exsited.facts import (
    ARRIVES_AFTER,
    CLIENT,
    LIFECYCLE,
    NAME,
    RECORDER,
    WAREHOUSE,
    digits,
)

_PREFIXES = {"return": "RMA", "invoice": "INV", "receipt": "RCV"}


@dataclass(slots=True)
class Returns:
    """Returns, receipts and invoices of all tenants."""

    store: Store

    # What clients do

    def create(
        self, change: Change, tenant: str, invoice_id: str, requested: Mapping[str, Any], at: int
    ) -> JSON:
        """Create a return of an invoice's lines; `requested` is the API's `CreateReturn`, unwrapped."""
        invoice: JSON = orjson.loads(self.row(tenant, "invoice", invoice_id).document)
        if "id" in requested and self.store.row(tenant, NAME, "return", requested["id"]):
            raise _refused("id", f"{requested['id']} is taken")
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
        self._begin(change, tenant, document, invoice, at)
        return document

    def receive(
        self, change: Change, tenant: str, row: Row, requested: Sequence[Mapping[str, Any]], at: int
    ) -> JSON:
        """Take in what arrived of a return; `requested` are the API's `ReceiveReturnLine`s."""
        document: JSON = orjson.loads(row.document)
        if not LIFECYCLE.is_open(row.status):
            raise Problem("invalid", f"{row.id} is {row.status}; nothing of it can be received any more.")
        lines = {line["uuid"]: line for line in document["returns"]}
        arrived = []
        for place, one in enumerate(requested):
            line, quantity = lines.get(one["uuid"]), int(one["rma_receive_quantity"])
            where = f"receive_return_merchandise_authorisations.receive_returns[{place}]"
            if line is None:
                raise Problem("not_found", f"{row.id} has no line with the uuid {one['uuid'][:80]}.")
            if quantity > documents.outstanding(line):
                left = documents.outstanding(line)
                raise _refused(f"{where}.rma_receive_quantity", f"must be at most {left}, the rest")
            line["rma_returned"] = str(int(line["rma_returned"]) + quantity)
            arrived.append((line, quantity))
        return self.take_in(change, tenant, row, document, arrived, CLIENT, at)

    # What the shop and its customers do

    def ask(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """A shopper asks for a return, and sends it; an order not known yet gets its invoice first."""
        invoice = self._invoice_of(change, tenant, requested, at)
        lines = {line["item_id"]: line for line in invoice["lines"]}
        document = documents.new_return(
            self.free_id(tenant, "return"),
            invoice,
            [(lines[sku], quantity) for sku, quantity in _by_sku(requested).items()],
            date=at,
            note="; ".join(filter(None, (one.get("notes") for one in requested["items"]))),
            by=requested.get("customer_name") or requested["customer_email"],
            at=at,
        )
        self._begin(change, tenant, document, invoice, at)
        change.schedule(tenant, NAME, due=at + ARRIVES_AFTER, step="arrive", subject=document["id"])
        return document

    def arrive(self, change: Change, tenant: str, return_id: str, at: int) -> None:
        """All that is outstanding of a return arrives at the warehouse."""
        row = self.row(tenant, "return", return_id)
        document: JSON = orjson.loads(row.document)
        arrived = [(line, documents.outstanding(line)) for line in document["returns"]]
        arrived = [(line, quantity) for line, quantity in arrived if quantity]
        if LIFECYCLE.is_open(row.status) and arrived:
            for line, _ in arrived:
                line["rma_returned"] = line["rma_requested"]
            self.take_in(change, tenant, row, document, arrived, WAREHOUSE, at)

    def move(self, change: Change, tenant: str, row: Row, status: str, by: str, at: int) -> JSON:
        """Move a return along the lifecycle; raises `IllegalMove`."""
        LIFECYCLE.check(row.status, status)
        document: JSON = orjson.loads(row.document)
        documents.touch(document, by, at)
        self._close(change, tenant, row, document, status, at)
        self._put(change, tenant, row, document, at)
        return document

    def take_in(
        self,
        change: Change,
        tenant: str,
        row: Row,
        document: JSON,
        arrived: Iterable[tuple[JSON, int]],
        by: str,
        at: int,
    ) -> JSON:
        """Write a receipt; `document` holds the new counts already. The last one closes the return."""
        arrived = list(arrived)
        receipt = documents.new_receipt(self.free_id(tenant, "receipt"), arrived, by, at)
        documents.put_receipt(change, tenant, receipt, row.id, at)
        document["received_count"] = str(sum(int(line["rma_returned"]) for line in document["returns"]))
        documents.touch(document, by, at)
        record_received(change, tenant, document, receipt, at)
        if not any(documents.outstanding(line) for line in document["returns"]):
            self._close(change, tenant, row, document, "CLOSED", at)
        self._put(change, tenant, row, document, at)
        return document

    # Parts of it

    def row(self, tenant: str, kind: str, id_: str) -> Row:
        """The record of that id; raises `Problem` when there is none."""
        row = self.store.row(tenant, NAME, kind, id_)
        if row is None:
            raise Problem("not_found", f"No {kind} has the id {id_[:80]}.")
        return row

    def free_id(self, tenant: str, kind: str) -> str:
        """An id that no record of that kind has."""
        number = self.store.total(tenant, NAME, kind) + 1
        while self.store.row(tenant, NAME, kind, id_ := f"{_PREFIXES[kind]}-{digits(number)}"):
            number += 1
        return id_

    def _begin(self, change: Change, tenant: str, document: JSON, invoice: JSON, at: int) -> None:
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
        """Find the lines that a client names; no more can come back than is still with the customer."""
        lines = {line["uuid"]: line for line in invoice["lines"]}
        taken = self._taken(tenant, invoice["id"])
        wanted: dict[str, int] = {}
        for place, one in enumerate(requested):
            where = f"return_merchandise_authorisations.returns[{place}]"
            line = lines.get(one["uuid"])
            if line is None:
                raise Problem("not_found", f"{invoice['id']} has no line with the uuid {one['uuid'][:80]}.")
            if one.get("item_uuid", line["item_uuid"]) != line["item_uuid"]:
                raise _refused(f"{where}.item_uuid", "is not the item of the invoice's line")
            item = line["item_uuid"]
            left = int(line["item_order_quantity"]) - taken.get(item, 0) - wanted.get(line["uuid"], 0)
            if int(one["rma_quantity"]) > left:
                raise _refused(f"{where}.rma_quantity", f"must be at most {left}, what can still be returned")
            wanted[line["uuid"]] = wanted.get(line["uuid"], 0) + int(one["rma_quantity"])
        return [(lines[uuid], quantity) for uuid, quantity in wanted.items()]

    def _taken(self, tenant: str, invoice_id: str) -> dict[str, int]:
        """How many of each item came back or are on their way: what was closed unreceived is not."""
        taken: dict[str, int] = {}
        for row in self.store.rows(tenant, NAME, "return", Filters(parent=invoice_id)):
            counted = "rma_requested" if LIFECYCLE.is_open(row.status) else "rma_returned"
            for line in orjson.loads(row.document)["returns"]:
                taken[line["item_uuid"]] = taken.get(line["item_uuid"], 0) + int(line[counted])
        return taken

    def _invoice_of(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
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
        name = requested.get("customer_name") or email.partition("@")[0].replace(".", " ").title()
        bought = [Bought(sku, sku, count, documents.invented_price(sku)) for sku, count in needed.items()]
        buyer = Buyer(name, email)
        invoice = documents.new_invoice(
            self.free_id(tenant, "invoice"), requested["order_number"], buyer, bought, at
        )
        documents.put_invoice(change, tenant, invoice, buyer, at)
        return invoice


def _by_sku(requested: Mapping[str, Any]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for one in requested["items"]:
        counted[one["sku"]] = counted.get(one["sku"], 0) + one["quantity"]
    return counted


def _refused(field: str, why: str) -> Problem:
    return Problem("invalid", f"{field} {why}.", (FieldError(field, why),))


def record_received(change: Change, tenant: str, document: JSON, receipt: JSON, at: int) -> None:
    """Tell the ledger what arrived."""
    quantity = sum(int(one["rma_receive_quantity"]) for one in receipt["receive_returns"])
    body = {
        "receipt": receipt["id"],
        "quantity": quantity,
        "received": document["received_count"],
        "version": document["version"],
    }
    change.record(tenant, NAME, kind=ledger.RETURN_ITEMS_RECEIVED, subject=document["id"], at=at, body=body)
