"""ReturnGO's returns and shipments: creates returns, changes statuses, adds comments, applies carrier scans.

All methods write through the caller's open `Change`, so that a return, its parts, the ledger and the outbox
are committed together. When a return becomes Received or Validated, so do its shipments. When a shipment
becomes Received or Validated, so does its return.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server import carrier, ledger
from mock_server.lifecycle import IllegalMove, UnknownReturn
from mock_server.store import Change, Row, Store
from mock_server.vendors.returngo import documents
from mock_server.vendors.returngo.documents import JSON, comment, moment
from mock_server.vendors.returngo.facts import (
    API,
    AUTOMATION,
    COUPLED,
    EARLY_REFUNDS,
    LIFECYCLE,
    NAME,
    NO_SHIPMENT,
    RECORDER,
    SCANNED,
    SCANS,
    SHIPMENT_MOVES,
)
from mock_server.vendors.returngo.hooks import Hooks
from mock_server.vendors.returngo.rows import put_customer, put_rma, put_shipment
from mock_server.vendors.returngo.transactions import Transactions
from mock_server.vendors.returngo.webhooks import (
    RMA_CREATED,
    RMA_STATUS_UPDATED,
    SHIPMENT_CREATED,
    SHIPMENT_STATUS_UPDATED,
    TRACKER_UPDATED,
    rma_data,
    shipment_data,
)

_TIMELINE = {
    "Approved": "Request <strong>APPROVED</strong>",
    "Rejected": "Request <strong>REJECTED</strong>",
    "Canceled": "Request <strong>CANCELED</strong> (reason: asked for)",
    "Validated": "RMA status changed to Validated",
    "Done": "RMA status changed to Done",
}
_REOPENED = "Request <strong>REOPENED</strong>"
_IN_TRANSIT = "Shipment <strong>IN TRANSIT</strong>"
_RECEIVED = "Shipment <strong>RECEIVED</strong>"
DASHBOARD = "Noor Quarrier"
DELETED = "Deleted"
"""The status of a deleted shipment in the ledger and in its row; the API shows no such shipment."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Creates and updates the returns and shipments of all tenants."""

    store: Store
    transactions: Transactions
    hooks: Hooks

    def row(self, tenant: str, id_: str, shop: str | None = None) -> Row:
        """Look up a return by its ID.

        Raises `UnknownReturn` if there is no such return, or if it does not belong to `shop`.
        """
        row = self.store.row(tenant, NAME, "return", id_)
        if row is None or shop not in {None, row.shop}:
            raise UnknownReturn(id_)
        return row

    def shipment(self, tenant: str, id_: str, shop: str | None = None) -> Row:
        """Look up a shipment by its ID.

        Raises `LookupError` if there is no such shipment, or if it was deleted or does not belong to `shop`.
        """
        row = self.store.row(tenant, NAME, "shipment", id_)
        if row is None or row.status == DELETED or shop not in {None, row.shop}:
            raise LookupError(f"No shipment has the id {id_}.")
        return row

    def create(self, change: Change, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Create a return from a `ShopperReturn`, queue its webhook events, and return the `Rma` document."""
        number = self.store.total(tenant, NAME, "return") + 1
        rma = documents.new_rma(number, shop, requested, at)
        id_ = rma["rmaSummary"]["rmaId"]
        email: str = requested["customer_email"]
        put_rma(change, tenant, shop, rma, email=email, made=at, updated=at)
        put_customer(change, tenant, shop, email, at)
        RECORDER.return_created(change, tenant, id_, at)
        self.hooks.post(change, tenant, shop, RMA_CREATED, at, rma_data(rma))
        for shipment in rma["shipments"]:
            put_shipment(change, tenant, shop, shipment, id_, at)
            record_shipment(change, tenant, shipment, id_, at)
            self.hooks.post(change, tenant, shop, SHIPMENT_CREATED, at, shipment_data(shipment, id_))
        return rma

    def move(self, change: Change, row: Row, status: str, at: int, by: str = DASHBOARD) -> JSON:
        """Change a return's status, and return the `Rma`.

        If the new status is Received or Validated, also changes the shipments' status, where their lifecycle
        allows this. Raises `IllegalMove` if the return's lifecycle does not allow the change. A canceled
        return can only be changed to the status that `reopened_status` returns.
        """
        LIFECYCLE.check(row.status, status)
        rma: JSON = orjson.loads(row.document)
        if row.status == "Canceled" and status != reopened_status(rma):
            raise IllegalMove(row.status, status, (reopened_status(rma),))
        self._move(change, row, rma, status, at, by)
        for shipment in rma["shipments"]:
            if status in COUPLED and status in SHIPMENT_MOVES[shipment["status"]]:
                self._move_shipment(change, row, shipment, status, at)
        self.save(change, row, rma, at)
        return rma

    def update_shipment(self, change: Change, row: Row, requested: Mapping[str, Any], at: int) -> JSON:
        """Update the details or status of a shipment through the API, and return the `Shipment`.

        If the shipment's new status is Received or Validated, also changes the return's status, if the
        return's lifecycle allows this. Raises `IllegalMove` if the shipment cannot change from its current
        status to the requested status.
        """
        owner = self.row(row.tenant, row.parent)
        rma: JSON = orjson.loads(owner.document)
        shipment = _shipment(rma, row.id)
        fields = ("carrierName", "trackingNumber", "trackingURL", "labelURL")
        shipment |= {name: requested[name] for name in fields if name in requested}
        status = requested.get("status", shipment["status"])
        if status != shipment["status"]:
            if status not in SHIPMENT_MOVES[shipment["status"]]:
                raise IllegalMove(shipment["status"], status, SHIPMENT_MOVES[shipment["status"]])
            self._move_shipment(change, owner, shipment, status, at)
        else:
            put_shipment(change, owner.tenant, owner.shop, shipment, owner.id, row.created_at)
        rma["comments"].insert(0, comment("system", API, f"Shipment with ID: {row.id} was updated", at))
        moves_return = status in COUPLED and status in LIFECYCLE.transitions[owner.status]
        if moves_return:
            self._move(change, owner, rma, status, at, API)
        self.save(change, owner, rma, at if moves_return else owner.updated_at)
        if requested.get("trackingNumber") and status in {"Pending", "LabelCreated"}:
            schedule_scans(change, owner.tenant, row.id, made=at, start=at)
        return shipment

    def delete_shipment(self, change: Change, row: Row, at: int) -> None:
        """Delete a shipment from its return; raise `ValueError` if the shipment was already received."""
        if row.status in COUPLED:
            raise ValueError(f"Shipment {row.id} is {row.status} and cannot be deleted.")
        owner = self.row(row.tenant, row.parent)
        rma: JSON = orjson.loads(owner.document)
        rma["shipments"] = [shipment for shipment in rma["shipments"] if shipment["shipmentId"] != row.id]
        for item in rma["items"]:
            if item["shipmentId"] == row.id:
                item |= {"shipmentId": "", "returnMethod": NO_SHIPMENT}
        # Rows are never deleted. A row without a tracking number is not found by one.
        deleted = {**orjson.loads(row.document), "status": DELETED, "trackingNumber": None}
        put_shipment(change, owner.tenant, owner.shop, deleted, owner.id, row.created_at)
        change.unschedule(owner.tenant, NAME, row.id)
        RECORDER.shipment_moved(
            change, owner.tenant, row.id, at, owner=owner.id, before=row.status, after=DELETED
        )
        rma["comments"].insert(0, comment("system", API, f"Shipment with ID: {row.id} was deleted", at))
        self.save(change, owner, rma, owner.updated_at)

    def scan(self, change: Change, tenant: str, shipment_id: str, scan: str, at: int) -> None:
        """Apply a carrier's scan to a shipment, and queue the webhook event.

        InTransit changes the shipment's status to Shipped. Delivered does not change the status: a delivered
        shipment becomes Received only when the shop's staff mark it as received.
        """
        row = self.shipment(tenant, shipment_id)
        owner = self.row(tenant, row.parent)
        rma: JSON = orjson.loads(owner.document)
        shipment = _shipment(rma, shipment_id)
        data = {**shipment_data(shipment, owner.id), "status": scan}
        self.hooks.post(change, tenant, owner.shop, TRACKER_UPDATED, at, data)
        status = SCANNED.get(scan)
        if status in SHIPMENT_MOVES[shipment["status"]] and status:
            self._move_shipment(change, owner, shipment, status, at)
            rma["comments"].insert(0, comment("system", AUTOMATION, _IN_TRANSIT, at))
            self.save(change, owner, rma, owner.updated_at)

    def add_comment(self, change: Change, row: Row, entry: JSON, at: int) -> None:
        """Add a `Comment` to a return's timeline; `lastUpdated` does not change."""
        rma: JSON = orjson.loads(row.document)
        rma["comments"].insert(0, entry)
        self.save(change, row, rma, row.updated_at)
        body = {"note": entry["datetime"], "internal": False}
        change.record(row.tenant, NAME, kind=ledger.RETURN_NOTE_ADDED, subject=row.id, at=at, body=body)

    def save(self, change: Change, row: Row, rma: JSON, updated: int) -> None:
        """Store a changed return; `updated` is the time of its last status change (µs)."""
        rma["lastUpdated"] = moment(updated)
        email, made = row.customer_email, row.created_at
        put_rma(change, row.tenant, row.shop, rma, email=email, made=made, updated=updated)

    def _move(self, change: Change, row: Row, rma: JSON, status: str, at: int, by: str) -> None:
        """Set the status of a return, and create the resulting comments, transactions and events.

        Updates `rma`, which the caller must then store. `row` contains the return as it was before the
        change.
        """
        summary = rma["rmaSummary"]
        summary["status"] = status
        reopened = row.status == "Canceled"
        if status == "Canceled" and reopened_status(rma) == "Approved":
            text = f"Canceled Shopify return {summary['order_name']}-R1"
            rma["comments"].insert(0, comment("system", AUTOMATION, text, at))
        if reopened:
            rma["comments"].insert(0, comment("system", by, _REOPENED, at))
        elif status in _TIMELINE:
            rma["comments"].insert(0, comment("system", by, _TIMELINE[status], at))
        elif status == "Received" and rma["shipments"]:
            author = AUTOMATION if by == API else by
            rma["comments"].insert(0, comment("system", author, _RECEIVED, at))
        if status == "Approved" and not reopened:
            approve(rma, by, at)
        RECORDER.return_moved(change, row.tenant, row.id, at, before=row.status, after=status)
        if status in COUPLED:
            self.transactions.refund(change, row.tenant, row.shop, rma, at, EARLY_REFUNDS)
        if status == "Done":
            self.transactions.settle_return(change, row.tenant, row.shop, rma, at)
            place_exchange_orders(rma)
        if not LIFECYCLE.is_open(status):
            for shipment in rma["shipments"]:
                change.unschedule(row.tenant, NAME, shipment["shipmentId"])
        self.hooks.post(change, row.tenant, row.shop, RMA_STATUS_UPDATED, at, rma_data(rma))

    def _move_shipment(self, change: Change, owner: Row, shipment: JSON, status: str, at: int) -> None:
        before = shipment["status"]
        shipment["status"] = status
        row = self.shipment(owner.tenant, shipment["shipmentId"])
        put_shipment(change, owner.tenant, owner.shop, shipment, owner.id, row.created_at)
        record_shipment_moved(change, owner.tenant, shipment, owner.id, before, at)
        if status in {"Received", "Validated", "Canceled"}:
            change.unschedule(owner.tenant, NAME, row.id)
        data = shipment_data(shipment, owner.id)
        self.hooks.post(change, owner.tenant, owner.shop, SHIPMENT_STATUS_UPDATED, at, data)


def _shipment(rma: JSON, id_: str) -> JSON:
    shipment: JSON = next(shipment for shipment in rma["shipments"] if shipment["shipmentId"] == id_)
    return shipment


def reopened_status(rma: JSON) -> str:
    """Determine the status that a canceled return gets when it is reopened (observed).

    The status is Approved if the return was ever approved, and Pending if not.
    """
    events = [event["eventName"] for event in rma["rmaSummary"]["events"]]
    return "Approved" if "RMA_APPROVED" in events else "Pending"


def approve(rma: JSON, by: str, at: int) -> None:
    """Add the event and the comments about an approval to a return's document.

    For an exchange, also adds a draft order, unless the return already has one.
    """
    via = {API: "API", AUTOMATION: "Automation"}.get(by, "Dashboard")
    rma["rmaSummary"]["events"].append(documents.event("RMA_APPROVED", via, at))
    order = rma["orderDetails"]["order_name"]
    text = f"Created & approved Shopify return {order}-R1 for order {order}"
    rma["comments"].insert(0, comment("system", AUTOMATION, text, at))
    exchanged = [item for item in rma["items"] if item["exchangeItems"]]
    if exchanged and not rma["exchangeOrders"]:
        id_ = documents.long("draft", rma["rmaSummary"]["rmaId"])
        draft = {
            "draftOrderId": id_,
            "orderId": "",
            "orderName": f"#D{int(id_) % 10_000}",
            "type": "Exchange",
        }
        rma["exchangeOrders"].append(draft)
        left = documents.left_to_pay(rma)
        if left:
            text = (
                f"Exchange invoice sent for draft order {draft['orderName']} with ${left:.2f} left to pay"
                f" (original order: {order})"
            )
            rma["comments"].insert(0, comment("system", AUTOMATION, text, at))


def place_exchange_orders(rma: JSON) -> None:
    """Place a return's draft exchange orders by giving each draft an order ID."""
    for draft in rma["exchangeOrders"]:
        draft["orderId"] = documents.long("exchange", draft["draftOrderId"])


def schedule_scans(
    change: Change, tenant: str, shipment_id: str, *, made: int, start: int, last: str = ""
) -> None:
    """Schedule a shipment's scans, with delays measured from `made` (µs), the time at which tracking started.

    Replaces any scans that are already scheduled. Skips all scans up to and including the one with the status
    `last`. No scan is due before `start` (µs).
    """
    change.unschedule(tenant, NAME, shipment_id)
    carrier.schedule_scans(change, tenant, NAME, shipment_id, SCANS, last=last, made=made, start=start)


def record_shipment(change: Change, tenant: str, shipment: JSON, rma: str, at: int) -> None:
    """Record in the ledger that a shipment was created for the return with the ID `rma`."""
    id_ = shipment["shipmentId"]
    RECORDER.shipment_created(change, tenant, id_, at, owner=rma, status="Pending", tracking_number=None)


def record_shipment_moved(
    change: Change, tenant: str, shipment: JSON, rma: str, before: str, at: int
) -> None:
    """Record in the ledger that a shipment's status changed from `before` to its current status.

    `rma` is the ID of the shipment's return.
    """
    id_, after = shipment["shipmentId"], shipment["status"]
    RECORDER.shipment_moved(change, tenant, id_, at, owner=rma, before=before, after=after)
