"""Stores seeded returns as Exsited's invoices, returns and receipts, and their history in the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import orjson

from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.requests import invented_price
from mock_server.store import Change, Filters, Store
from mock_server.vendors.exsited import documents
from mock_server.vendors.exsited.documents import JSON, Buyer, InvoiceLine
from mock_server.vendors.exsited.facts import ARRIVES_AFTER, CLERK, HOUR, NAME, RECORDER, WAREHOUSE, digits
from mock_server.vendors.exsited.returns import record_received

_OTHER_ORDER = 4
"""For every fourth return, the customer also has an invoice for a second order, which was not returned."""
_OTHER_NUMBERS = 8_000
"""The second order's number is this offset plus the number of the seeded return."""
_INCOMPLETE = 5
"""For every fifth return with several lines, only the items of the first line were received."""


def write_shop(change: Change, tenant: str, shop: SeedShop) -> None:
    """Store an invoice for each order of a merchant's own shop."""
    for number, order in enumerate(shop.orders, start=1):
        buyer = Buyer(order.customer.name, order.customer.email, order.currency)
        lines = [
            InvoiceLine(line.sku, f"{line.name} {line.size}".strip(), line.quantity, line.unit_price)
            for line in order.lines
        ]
        at = order.ordered_at
        invoice = documents.new_invoice(f"INV-{digits(number)}", order.number, buyer, lines, at)
        documents.put_invoice(change, tenant, invoice, buyer, at)


@dataclass(slots=True)
class SeedWriter:
    """Stores a tenant's seeded returns with their invoices and receipts.

    The tenant's clock starts at `at` (µs). The IDs of new invoices and receipts are derived from `invoices`
    and `receipts`, which count how many have been stored so far.
    """

    change: Change
    store: Store
    tenant: str
    at: int
    invoices: int = 0
    receipts: int = 0

    def write_seed(self, returns: Iterable[SeedReturn]) -> None:
        """Store returns with invoices and receipts, and record their ledger events in chronological order."""
        events: list[TimedEvent] = []
        for seed in returns:
            events += self._return(seed)
        record_in_order(events)

    def _return(self, seed: SeedReturn) -> list[TimedEvent]:
        """Store a seeded return in its final status, and collect the ledger events of its history."""
        made = seed.created_at
        if seed.from_shop:
            invoice = self._shop_invoice(seed.order_number)
        else:
            invoice = self._invoice(seed, seed.order_number, seed.ordered_at)
        if seed.number % _OTHER_ORDER == 0 and not seed.from_shop:
            number = f"#{_OTHER_NUMBERS + seed.number}"
            self._invoice(seed, number, seed.ordered_at - seed.number % 7 * 24 * HOUR)
        lines = {line["item_id"]: line for line in invoice["lines"]}
        document = documents.new_return(
            f"RMA-{digits(seed.number)}",
            invoice,
            [(lines[item.sku], item.quantity) for item in seed.items],
            date=made,
            note="; ".join(item.comment for item in seed.items if item.comment),
            by=seed.customer.name,
            at=made,
        )
        created = partial(
            RECORDER.return_created, self.change, self.tenant, document["id"], made, version="0"
        )
        events: list[TimedEvent] = [(made, created), *self._history(seed, document)]
        documents.put_return(
            self.change, self.tenant, document, invoice, made, max(when for when, _ in events)
        )
        if document["customer_return_status"] == "PENDING" and seed.shipment:
            due = max(seed.shipment.created_at + ARRIVES_AFTER, self.at + HOUR)
            self.change.schedule(self.tenant, NAME, due=due, step="arrive", subject=document["id"])
        return events

    def _history(self, seed: SeedReturn, document: JSON) -> list[TimedEvent]:
        """Apply a seeded return's status changes to its document, and collect the ledger events.

        A return that was received gets a receipt, for either all of its lines or only the first line. A
        return that was rejected or cancelled is closed.
        """
        for move in seed.moves[1:]:
            if move.state == "received":
                lines = document["returns"]
                partly = seed.state in {"received", "inspected"} or seed.number % _INCOMPLETE == 0
                partly = partly and not seed.from_shop
                return self._receive(document, lines[:1] if partly else lines, move.at)
            if move.state in {"rejected", "cancelled"}:
                documents.sign_update(document, CLERK, move.at)
                return [self._close(document, move.at)]
        return []

    def _receive(self, document: JSON, lines: list[JSON], at: int) -> list[TimedEvent]:
        self.receipts += 1
        for line in lines:
            line["rma_returned"] = line["rma_requested"]
        arrived = [(line, int(line["rma_requested"])) for line in lines]
        receipt = documents.new_receipt(f"RCV-{digits(self.receipts)}", arrived, WAREHOUSE, at)
        documents.put_receipt(self.change, self.tenant, receipt, document["id"], at)
        document["received_count"] = str(sum(quantity for _, quantity in arrived))
        documents.sign_update(document, WAREHOUSE, at)
        received = partial(record_received, self.change, self.tenant, dict(document), receipt, at)
        complete = not any(documents.outstanding(line) for line in document["returns"])
        return [(at, received), *([self._close(document, at)] if complete else [])]

    def _close(self, document: JSON, at: int) -> TimedEvent:
        document["customer_return_status"] = "CLOSED"
        moved = partial(RECORDER.return_moved, self.change, self.tenant, document["id"], at)
        return at, partial(moved, before="PENDING", after="CLOSED", version=document["version"])

    def _shop_invoice(self, order_number: str) -> JSON:
        """Look up the invoice that `write_shop` has stored for an order."""
        filters = Filters(order_numbers=(documents.order_id(order_number),))
        page, _ = self.store.page(self.tenant, NAME, "invoice", filters, limit=1)
        invoice: JSON = orjson.loads(page[0])
        return invoice

    def _invoice(self, seed: SeedReturn, order: str, at: int) -> JSON:
        self.invoices += 1
        known = {item.sku: item for item in seed.items}
        lines = [
            InvoiceLine(
                sku,
                known[sku].name if sku in known else sku,
                quantity,
                known[sku].unit_price if sku in known else Decimal(str(invented_price(sku))),
            )
            for sku, quantity in seed.ordered
        ]
        buyer = Buyer(seed.customer.name, seed.customer.email, seed.currency)
        invoice = documents.new_invoice(f"INV-{digits(self.invoices)}", order, buyer, lines, at)
        documents.put_invoice(self.change, self.tenant, invoice, buyer, at)
        return invoice
