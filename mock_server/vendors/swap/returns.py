"""Swap's returns and shipments: creates returns, changes their status, and applies carrier scans.

All methods write through the caller's open `Change`, so that a return, its parts, the ledger and the webhook
deliveries are committed together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server.carrier import schedule_scans
from mock_server.lifecycle import UnknownReturn
from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import LIFECYCLE, NAME, RECORDER, SCANS
from mock_server.vendors.swap.webhooks import CREATED, PROCESSED
from mock_server.webhooks.registry import Webhooks


@dataclass(slots=True)
class Returns:
    """Creates and updates the returns and shipments of all tenants."""

    store: Store
    webhooks: Webhooks

    def create(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create a return and its shipping label from a `ShopperReturn`, and report it by webhook.

        Schedules the carrier's scans, and returns the document of the new return.
        """
        number = self.store.total(tenant, NAME, "return") + 1
        document = documents.new_return(number, requested, at)
        documents.pack(document, requested, split=False)
        documents.put_return(change, tenant, document, at, at)
        RECORDER.return_created(change, tenant, document["return_id"], at)
        for shipment in document["shipments"]:
            put_shipment(change, tenant, shipment, document["return_id"], "pre_transit", at)
            record_shipment(change, tenant, shipment, document["return_id"], at)
            schedule_scans(
                change, tenant, NAME, shipment["shipment_id"], SCANS, last="pre_transit", made=at, start=at
            )
        self.webhooks.post(change, tenant, NAME, (CREATED,), document, at, document["return_id"])
        return document

    def move(
        self,
        change: Change,
        tenant: str,
        row: Row,
        status: str,
        at: int,
        by: str | None = None,
        *,
        document: JSON | None = None,
    ) -> JSON:
        """Change the status of a return, and return its updated document.

        Completing a return issues its refund, and is reported by webhook. `by` is the name of the person or
        system that processed the return. `document` is the document of `row` with other changes, which are
        stored together with the status; it defaults to the stored document. Raises `IllegalMove` if the
        lifecycle does not allow the change.
        """
        LIFECYCLE.check(row.status, status)
        document = document or orjson.loads(row.document)
        documents.move(document, status, at, by)
        RECORDER.return_moved(change, tenant, row.id, at, before=row.status, after=status)
        if status == "completed" and "Refund" in document["type"]:
            record_refund(change, tenant, document, at)
        if not LIFECYCLE.is_open(status):
            change.unschedule(tenant, NAME, row.id)
            for shipment in document["shipments"]:
                change.unschedule(tenant, NAME, shipment["shipment_id"])
        documents.put_return(change, tenant, document, row.created_at, at)
        if status == "completed":
            self.webhooks.post(change, tenant, NAME, (PROCESSED,), document, at, row.id)
        return document

    def scan(self, change: Change, tenant: str, shipment_id: str, status: str, at: int) -> None:
        """Apply the status from a carrier's scan to a shipment, and update the return's shipping status.

        If the return is open, its status changes to `processing`.
        """
        row = self.store.row(tenant, NAME, "shipment", shipment_id)
        if row is None or row.status == status:
            return
        put_shipment(change, tenant, orjson.loads(row.document), row.parent, status, row.created_at)
        RECORDER.shipment_moved(change, tenant, row.id, at, owner=row.parent, before=row.status, after=status)
        owner = self.row(tenant, row.parent)
        document: JSON = orjson.loads(owner.document)
        shipments = self.store.rows(tenant, NAME, "shipment", Filters(parent=owner.id))
        documents.set_shipping_status(document, [shipment.status for shipment in shipments], at)
        documents.put_return(change, tenant, document, owner.created_at, at)
        if owner.status == "open":
            self.move(change, tenant, self.row(tenant, owner.id), "processing", at)

    def row(self, tenant: str, id_: str) -> Row:
        """Look up a return by its ID; raise `UnknownReturn` if there is no such return."""
        row = self.store.row(tenant, NAME, "return", id_)
        if row is None:
            raise UnknownReturn(id_)
        return row


def put_shipment(change: Change, tenant: str, shipment: JSON, owner: str, status: str, made: int) -> None:
    """Store a shipment of the return with the ID `owner`; the label was created at `made` (µs)."""
    id_ = shipment["shipment_id"]
    change.put_document(tenant, NAME, "shipment", id_, shipment, created_at=made, status=status, parent=owner)


def record_shipment(change: Change, tenant: str, shipment: JSON, owner: str, at: int) -> None:
    """Record in the ledger that a shipping label was created for the return with the ID `owner`."""
    RECORDER.shipment_created(
        change,
        tenant,
        shipment["shipment_id"],
        at,
        owner=owner,
        status="pre_transit",
        tracking_number=shipment["tracking_number"],
    )


def record_refund(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Record in the ledger that a return's refund was issued."""
    RECORDER.refund_issued(
        change,
        tenant,
        document["return_id"],
        at,
        amount=documents.refunded(document),
        currency=document["customer_currency"],
        method="original_payment",
    )
