"""ReturnLogic's RMAs: creates RMAs, changes their status, and applies carrier scans.

All methods write through the caller's open `Change`, so that an RMA, its parcel, the ledger and the webhook
deliveries are committed together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server.carrier import schedule_scans
from mock_server.lifecycle import UnknownReturn
from mock_server.store import Change, Row, Store
from mock_server.vendors.returnlogic import documents
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.facts import LIFECYCLE, NAME, RECORDER, SCANS
from mock_server.vendors.returnlogic.orders import Orders
from mock_server.vendors.returnlogic.webhooks import CREATED, UPDATED
from mock_server.webhooks.registry import Webhooks


@dataclass(slots=True)
class Rmas:
    """Creates and updates the RMAs and parcels of all tenants."""

    store: Store
    orders: Orders
    webhooks: Webhooks

    def create(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create an RMA from a `ShopperReturn`, and return the `Rma` document."""
        document = documents.new_rma(self.store.total(tenant, NAME, "return") + 1, requested, at)
        documents.put_rma(change, tenant, document, at, at)
        RECORDER.return_created(change, tenant, document["rlRmaId"], at)
        self.webhooks.post(change, tenant, NAME, (CREATED,), document, at, document["rlRmaId"])
        return document

    def move(self, change: Change, tenant: str, row: Row, status: str, at: int) -> JSON:
        """Change an RMA's status, and return the updated `Rma` document.

        If the new status is Authorized, also creates a shipping label and schedules the carrier's scans. If
        it is Complete, also records the refund in the ledger. Raises `IllegalMove` if the lifecycle does not
        allow the change.
        """
        LIFECYCLE.check(row.status, status)
        document: JSON = orjson.loads(row.document)
        document["workflowStatus"] = status
        RECORDER.return_moved(change, tenant, row.id, at, before=row.status, after=status)
        if status == "Authorized":
            document["shippingLabel"] = documents.new_label(row.id, {})
            documents.put_parcel(change, tenant, document, "Created", at)
            record_shipment(change, tenant, document, at)
            schedule_scans(change, tenant, NAME, row.id, SCANS, last="", made=at, start=at)
        elif status == "Complete":
            order = self.orders.named(tenant, document["orderName"]) or {}
            record_refund(change, tenant, document, order.get("shopCurrencyCode", "AUD"), at)
        if status not in _TRAVELLING:
            change.unschedule(tenant, NAME, row.id)
        documents.put_rma(change, tenant, document, row.created_at, at)
        self.webhooks.post(change, tenant, NAME, (UPDATED,), document, at, row.id)
        return document

    def scan(self, change: Change, tenant: str, id_: str, status: str, at: int) -> None:
        """Apply the status from a carrier's scan to an RMA's parcel.

        Also changes the RMA to the same status, if its lifecycle allows the change. Raises `UnknownReturn` if
        there is no such RMA.
        """
        row = self.row(tenant, id_)
        document: JSON = orjson.loads(row.document)
        parcel = self.store.row(tenant, NAME, "shipment", document["shippingLabel"]["trackingNumber"])
        if parcel is not None and parcel.status != status:
            documents.put_parcel(change, tenant, document, status, parcel.created_at)
            record_scanned(change, tenant, document, parcel.status, status, at)
        if status in LIFECYCLE.transitions[row.status]:
            self.move(change, tenant, row, status, at)

    def row(self, tenant: str, id_: str) -> Row:
        """Look up an RMA by its ID; raise `UnknownReturn` if there is no such RMA."""
        row = self.store.row(tenant, NAME, "return", id_)
        if row is None:
            raise UnknownReturn(id_[:80])
        return row


_TRAVELLING = ("Authorized", "In Transit")


def record_shipment(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Record in the ledger that an RMA's shipping label was created."""
    number = document["shippingLabel"]["trackingNumber"]
    RECORDER.shipment_created(
        change, tenant, number, at, owner=document["rlRmaId"], status="Created", tracking_number=number
    )


def record_scanned(change: Change, tenant: str, document: JSON, before: str, after: str, at: int) -> None:
    """Record in the ledger that a carrier's scan changed the status of an RMA's parcel."""
    number = document["shippingLabel"]["trackingNumber"]
    RECORDER.shipment_moved(change, tenant, number, at, owner=document["rlRmaId"], before=before, after=after)


def record_refund(change: Change, tenant: str, document: JSON, currency: str, at: int) -> None:
    """Record an RMA's refunds in the ledger, one for each refund method; exchanges have no refund."""
    methods = {"refund": "original_payment", "giftCard": "store_credit"}
    for name, method in methods.items():
        amount = document["totals"][name]["total"]
        if amount:
            RECORDER.refund_issued(
                change, tenant, document["rlRmaId"], at, amount=amount, currency=currency, method=method
            )
