"""ReturnMate's returns and shipments: status changes, notes, shipping labels and carrier scans.

All methods write through the caller's open `Change`, so that a return, its parts, the ledger and the webhook
deliveries are committed together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from mock_server import ledger
from mock_server.labels import Labels
from mock_server.seed.requests import invented_price
from mock_server.store import Change, Row, Store
from mock_server.vendors.returnmate import documents
from mock_server.vendors.returnmate.documents import JSON, LabelURL
from mock_server.vendors.returnmate.facts import HOUR, LIFECYCLE, NAME, RECORDER, SCANS
from mock_server.vendors.returnmate.webhooks import kinds_of_move
from mock_server.webhooks.registry import Webhooks


@dataclass(slots=True)
class Returns:
    """Creates and updates the returns and shipments of all tenants."""

    store: Store
    labels: Labels
    webhooks: Webhooks

    def label_urls(self, tenant: str) -> LabelURL:
        """Build the `LabelURL` function for the shipments of one tenant."""
        return partial(self.labels.address, NAME, tenant)

    def create(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create a return from a `CreateReturn`, and return the new document.

        Takes missing product prices, product names and customer names from the shop's data.
        """
        email = requested["customer_email"].lower()
        customer = self.store.document(tenant, NAME, "customer", email)
        requested = {**requested, "items": [self._priced(tenant, item) for item in requested["items"]]}
        if customer:
            requested.setdefault("customer_name", orjson.loads(customer)["name"])
        number = self.store.total(tenant, NAME, "return") + 1
        document = documents.new_return(tenant, number, requested, at)
        documents.put_return(change, tenant, document, at, at)
        if not customer:
            new_customer = {**document["customer"], "orders": 1}
            change.put_document(tenant, NAME, "customer", email, new_customer, created_at=at)
        RECORDER.return_created(change, tenant, document["id"], at)
        self.webhooks.post(change, tenant, NAME, ("rma.created",), document, at, document["id"])
        return document

    def move(self, change: Change, tenant: str, row: Row, status: str, at: int) -> JSON:
        """Change the status of a return, and return its updated document.

        Completing a return issues its refund, unless the return is an exchange. Raises `IllegalMove` if the
        lifecycle does not allow the change.
        """
        LIFECYCLE.check(row.status, status)
        document: JSON = orjson.loads(row.document)
        documents.move(document, status, at)
        RECORDER.return_moved(change, tenant, row.id, at, before=row.status, after=status)
        if status == "completed" and document["refund"]:
            put_refund(change, tenant, document, at)
            record_refund(change, tenant, document, at)
        if not LIFECYCLE.is_open(status):
            for shipment in document["shipments"]:
                change.unschedule(tenant, NAME, shipment["id"])
        documents.put_return(change, tenant, document, row.created_at, at)
        self.webhooks.post(change, tenant, NAME, kinds_of_move(document), document, at, row.id)
        return document

    def add_note(
        self, change: Change, tenant: str, row: Row, *, content: str, internal: bool, author: str, at: int
    ) -> JSON:
        """Add a note to a return, record the note in the ledger, and return the `Note`."""
        document: JSON = orjson.loads(row.document)
        note = documents.add_note(document, content=content, internal=internal, author=author, at=at)
        documents.put_return(change, tenant, document, row.created_at, at)
        record_note(change, tenant, row.id, note, at)
        self.webhooks.post(change, tenant, NAME, ("rma.updated",), document, at, row.id)
        return note

    def label(self, change: Change, tenant: str, row: Row, requested: Mapping[str, Any], at: int) -> JSON:
        """Create a shipping label, schedule the carrier's scans, and return the `Shipment`.

        If the return is approved and the label's direction is `return`, the return's status changes to
        `label_sent`.
        """
        owner: JSON = orjson.loads(row.document)
        shipment = documents.new_shipment(owner, requested, self.label_urls(tenant), at)
        id_ = shipment["id"]
        put_shipment(change, tenant, shipment, at, at)
        record_shipment(change, tenant, shipment, at)
        put_scan(
            change, tenant, id_, status="label_created", description="Label created", location=None, at=at
        )
        self._attach(change, tenant, shipment, at)
        self.webhooks.post(change, tenant, NAME, ("shipment.created",), shipment, at, row.id)
        if row.status == "approved" and shipment["direction"] == "return":
            self.move(change, tenant, self._row(tenant, "return", row.id), "label_sent", at)
        schedule_scans(change, tenant, id_, last="label_created", made=at, start=at)
        return shipment

    def scan(
        self, change: Change, tenant: str, shipment_id: str, scan: str, description: str, at: int
    ) -> None:
        """Store a carrier's scan of a shipment, and update the shipment's status.

        If a shipment to the shop is now `in_transit` and the status of its return is `label_sent`, also
        changes the return's status to `in_transit`.
        """
        row = self._row(tenant, "shipment", shipment_id)
        put_scan(change, tenant, shipment_id, status=scan, description=description, location=None, at=at)
        before, status = row.status, shipment_status(scan)
        if status == before:
            return
        shipment: JSON = orjson.loads(row.document)
        documents.move_shipment(shipment, status, at)
        put_shipment(change, tenant, shipment, row.created_at, at)
        record_shipment_moved(change, tenant, shipment, before=before, at=at)
        self._attach(change, tenant, shipment, at)
        self.webhooks.post(change, tenant, NAME, (f"shipment.{status}",), shipment, at, shipment["rma_id"])
        owner = self._row(tenant, "return", shipment["rma_id"])
        if shipment["direction"] == "return" and status == "in_transit" and owner.status == "label_sent":
            self.move(change, tenant, owner, "in_transit", at)

    def _priced(self, tenant: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fill in a requested line item's missing price and name from the shop's product.

        If the shop does not have the product, fills in an invented price, and no name.
        """
        stored = self.store.document(tenant, NAME, "product", item["sku"])
        product = orjson.loads(stored) if stored else {"unit_price": invented_price(item["sku"])}
        return {**product, **item}

    def _attach(self, change: Change, tenant: str, shipment: JSON, at: int) -> None:
        row = self._row(tenant, "return", shipment["rma_id"])
        owner: JSON = orjson.loads(row.document)
        documents.attach(owner, shipment)
        documents.put_return(change, tenant, owner, row.created_at, at)

    def _row(self, tenant: str, kind: str, id_: str) -> Row:
        row = self.store.row(tenant, NAME, kind, id_)
        if row is None:
            raise LookupError(f"No {kind} has the id {id_}.")
        return row


def shipment_status(scan: str) -> str:
    """Convert the status of a carrier's scan to the status of the shipment."""
    return {"picked_up": "in_transit", "out_for_delivery": "in_transit"}.get(scan, scan)


def schedule_scans(
    change: Change, tenant: str, shipment_id: str, *, last: str, made: int, start: int
) -> None:
    """Schedule the carrier's scans of a shipment that follow the scan with the status `last`.

    The label was created at `made` (µs); no scan is due before `start` (µs). If `last` is the status of the
    final scan or `exception`, nothing is scheduled.
    """
    statuses = [status for _, status, _ in SCANS]
    if last in statuses[-1:] or last == "exception":
        return
    coming = SCANS[statuses.index(last) + 1 :] if last in statuses else SCANS
    for place, (delay, status, description) in enumerate(coming, start=1):
        due = max(made + delay, start + place * HOUR)
        body = {"scan": status, "description": description}
        change.schedule(tenant, NAME, due=due, step="scan", subject=shipment_id, body=body)


def put_scan(
    change: Change,
    tenant: str,
    shipment_id: str,
    *,
    status: str,
    description: str,
    location: str | None,
    at: int,
) -> None:
    """Store a carrier's scan of a shipment as a `TrackingEvent`."""
    event = documents.new_scan(shipment_id, status=status, description=description, location=location, at=at)
    change.put_document(tenant, NAME, "tracking_event", event["id"], event, created_at=at, parent=shipment_id)


def put_refund(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Store the refund for a return that was completed at `at` (µs)."""
    id_ = documents.identify("refund", document["id"])
    change.put_document(tenant, NAME, "refund", id_, document["refund"], created_at=at, parent=document["id"])


def put_shipment(change: Change, tenant: str, shipment: JSON, created_at: int, at: int) -> None:
    """Store a shipment that was created at `created_at` and last updated at `at` (µs)."""
    change.put_document(
        tenant,
        NAME,
        "shipment",
        shipment["id"],
        shipment,
        created_at=created_at,
        updated_at=at,
        status=shipment["status"],
        parent=shipment["rma_id"],
    )


def record_note(change: Change, tenant: str, return_id: str, note: JSON, at: int) -> None:
    """Record in the ledger that a note was added to a return."""
    body = {"note": note["id"], "internal": note["internal"]}
    change.record(tenant, NAME, kind=ledger.RETURN_NOTE_ADDED, subject=return_id, at=at, body=body)


def record_shipment(change: Change, tenant: str, shipment: JSON, at: int) -> None:
    """Record in the ledger that a shipping label was created."""
    RECORDER.shipment_created(
        change,
        tenant,
        shipment["id"],
        at,
        owner=shipment["rma_id"],
        status="label_created",
        tracking_number=shipment["tracking_number"],
    )


def record_shipment_moved(change: Change, tenant: str, shipment: JSON, *, before: str, at: int) -> None:
    """Record in the ledger that a shipment's status changed from `before` to its current status."""
    owner, after = shipment["rma_id"], shipment["status"]
    RECORDER.shipment_moved(change, tenant, shipment["id"], at, owner=owner, before=before, after=after)


def record_refund(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Record in the ledger that the refund for a completed return was issued."""
    refund = {**document["refund"], "amount": documents.amount(document)}
    RECORDER.refund_issued(change, tenant, document["id"], at, **refund)
