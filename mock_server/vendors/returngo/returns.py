"""What happens to ReturnGO's returns: asked for, moved, shipped, scanned, commented on.

Everything is written inside one open `Change`, so that a return, its parts, the ledger and the outbox change
together. A return and its shipment reach Received and Validated together.
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


@dataclass(frozen=True, slots=True)
class Returns:
    """Returns and shipments of all tenants."""

    store: Store
    transactions: Transactions
    hooks: Hooks

    def row(self, tenant: str, id_: str, shop: str | None = None) -> Row:
        """The return of that id, at that shop if one is given; raises `UnknownReturn`."""
        row = self.store.row(tenant, NAME, "return", id_)
        if row is None or shop not in {None, row.shop}:
            raise UnknownReturn(id_)
        return row

    def shipment(self, tenant: str, id_: str, shop: str | None = None) -> Row:
        """The shipment of that id, at that shop if one is given; raises `LookupError`."""
        row = self.store.row(tenant, NAME, "shipment", id_)
        if row is None or row.status == "" or shop not in {None, row.shop}:
            raise LookupError(f"No shipment has the id {id_}.")
        return row

    def create(self, change: Change, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
        """A shopper asks for a return; returns the `Rma`."""
        number = self.store.total(tenant, NAME, "return") + 1
        rma = documents.new_rma(number, shop, requested, at)
        id_ = rma["rmaSummary"]["rmaId"]
        email: str = requested["customer_email"]
        put_rma(change, tenant, shop, rma, email=email, made=at, updated=at)
        put_customer(change, tenant, shop, email, at)
        RECORDER.return_created(change, tenant, id_, at)
        self._tell(change, tenant, shop, "RMA_CREATED", rma, at)
        for shipment in rma["shipments"]:
            put_shipment(change, tenant, shop, shipment, id_, at)
            record_shipment(change, tenant, shipment, id_, at)
            self._tell_shipment(change, tenant, shop, "SHIPMENT_CREATED", shipment, id_, at)
        return rma

    def move(self, change: Change, row: Row, status: str, at: int, by: str = DASHBOARD) -> JSON:
        """Move a return, and its shipment with it; raises `IllegalMove`."""
        LIFECYCLE.check(row.status, status)
        rma: JSON = orjson.loads(row.document)
        if row.status == "Canceled" and status != stage(rma):
            raise IllegalMove(row.status, status, (stage(rma),))
        self._moved(change, row, rma, status, at, by)
        for shipment in rma["shipments"]:
            if status in COUPLED and status in SHIPMENT_MOVES[shipment["status"]]:
                self._shipment_moved(change, row, shipment, status, at)
        self.keep(change, row, rma, at)
        return rma

    def update_shipment(self, change: Change, part: Row, requested: Mapping[str, Any], at: int) -> JSON:
        """Set details of a shipment by the API, and its return with it; raises `IllegalMove`."""
        row = self.row(part.tenant, part.parent)
        rma: JSON = orjson.loads(row.document)
        shipment: JSON = next(one for one in rma["shipments"] if one["shipmentId"] == part.id)
        fields = ("carrierName", "trackingNumber", "trackingURL", "labelURL")
        shipment |= {name: requested[name] for name in fields if name in requested}
        wanted = requested.get("status", shipment["status"])
        if wanted != shipment["status"]:
            if wanted not in SHIPMENT_MOVES[shipment["status"]]:
                raise IllegalMove(shipment["status"], wanted, SHIPMENT_MOVES[shipment["status"]])
            self._shipment_moved(change, row, shipment, wanted, at)
        else:
            put_shipment(change, row.tenant, row.shop, shipment, row.id, part.created_at)
        rma["comments"].insert(0, comment("system", API, f"Shipment with ID: {part.id} was updated", at))
        follows = wanted in COUPLED and wanted in LIFECYCLE.transitions[row.status]
        if follows:
            self._moved(change, row, rma, wanted, at, API)
        self.keep(change, row, rma, at if follows else row.updated_at)
        if requested.get("trackingNumber") and wanted in {"Pending", "LabelCreated"}:
            schedule_scans(change, row.tenant, part.id, made=at, start=at)
        return shipment

    def delete_shipment(self, change: Change, part: Row, at: int) -> None:
        """Take a shipment out of its return; raises `ValueError` for one that arrived."""
        if part.status in COUPLED:
            raise ValueError(f"Shipment {part.id} is {part.status} and cannot be deleted.")
        row = self.row(part.tenant, part.parent)
        rma: JSON = orjson.loads(row.document)
        rma["shipments"] = [one for one in rma["shipments"] if one["shipmentId"] != part.id]
        for item in rma["items"]:
            if item["shipmentId"] == part.id:
                item |= {"shipmentId": "", "returnMethod": NO_SHIPMENT}
        gone = {**orjson.loads(part.document), "status": ""}
        put_shipment(change, row.tenant, row.shop, gone, "", part.created_at)
        change.unschedule(row.tenant, NAME, part.id)
        RECORDER.shipment_moved(
            change, row.tenant, part.id, at, owner=row.id, before=part.status, after="Deleted"
        )
        rma["comments"].insert(0, comment("system", API, f"Shipment with ID: {part.id} was deleted", at))
        self.keep(change, row, rma, row.updated_at)

    def scan(self, change: Change, tenant: str, shipment_id: str, said: str, at: int) -> None:
        """The carrier scans a parcel: one that travels was shipped, one that arrived is left to the staff."""
        part = self.shipment(tenant, shipment_id)
        row = self.row(tenant, part.parent)
        rma: JSON = orjson.loads(row.document)
        shipment = next(one for one in rma["shipments"] if one["shipmentId"] == shipment_id)
        data = {
            "shipmentId": shipment_id,
            "rmaId": row.id,
            "trackingNumber": shipment["trackingNumber"],
            "status": said,
        }
        self.hooks.tell(change, tenant, row.shop, "SHIPMENT_TRACKER_STATUS_UPDATED", at, data)
        status = SCANNED.get(said)
        if status in SHIPMENT_MOVES[shipment["status"]] and status:
            self._shipment_moved(change, row, shipment, status, at)
            rma["comments"].insert(0, comment("system", AUTOMATION, _IN_TRANSIT, at))
            self.keep(change, row, rma, row.updated_at)

    def remark(self, change: Change, row: Row, entry: JSON, at: int) -> None:
        """Put an entry into the timeline; the return does not count as updated."""
        rma: JSON = orjson.loads(row.document)
        rma["comments"].insert(0, entry)
        self.keep(change, row, rma, row.updated_at)
        body = {"note": entry["datetime"], "internal": False}
        change.record(row.tenant, NAME, kind=ledger.RETURN_NOTE_ADDED, subject=row.id, at=at, body=body)

    def keep(self, change: Change, row: Row, rma: JSON, updated: int) -> None:
        """Store a return that was changed, `updated` being when its status last did."""
        rma["lastUpdated"] = moment(updated)
        email, made = row.customer_email, row.created_at
        put_rma(change, row.tenant, row.shop, rma, email=email, made=made, updated=updated)

    def _moved(self, change: Change, row: Row, rma: JSON, status: str, at: int, by: str) -> None:
        """Write a new status into a return, with all that comes of it."""
        summary = rma["rmaSummary"]
        summary["status"] = status
        reopened = row.status == "Canceled"
        if status == "Canceled" and stage(rma) == "Approved":
            text = f"Canceled Shopify return {summary['order_name']}-R1"
            rma["comments"].insert(0, comment("system", AUTOMATION, text, at))
        if reopened:
            rma["comments"].insert(0, comment("system", by, _REOPENED, at))
        elif status in _TIMELINE:
            rma["comments"].insert(0, comment("system", by, _TIMELINE[status], at))
        elif status == "Received" and rma["shipments"]:
            told_by = AUTOMATION if by == API else by
            rma["comments"].insert(0, comment("system", told_by, _RECEIVED, at))
        if status == "Approved" and not reopened:
            approve(rma, by, at)
        RECORDER.return_moved(change, row.tenant, row.id, at, before=row.status, after=status)
        if status in COUPLED:
            self.transactions.refund(change, row.tenant, row.shop, rma, at, EARLY_REFUNDS)
        if status == "Done":
            self.transactions.settle_up(change, row.tenant, row.shop, rma, at)
            release(rma)
        if not LIFECYCLE.is_open(status):
            for shipment in rma["shipments"]:
                change.unschedule(row.tenant, NAME, shipment["shipmentId"])
        self._tell(change, row.tenant, row.shop, "RMA_STATUS_UPDATED", rma, at)

    def _shipment_moved(self, change: Change, row: Row, shipment: JSON, status: str, at: int) -> None:
        before = shipment["status"]
        shipment["status"] = status
        part = self.shipment(row.tenant, shipment["shipmentId"])
        put_shipment(change, row.tenant, row.shop, shipment, row.id, part.created_at)
        record_shipment_moved(change, row.tenant, shipment, row.id, before, at)
        if status in {"Received", "Validated", "Canceled"}:
            change.unschedule(row.tenant, NAME, part.id)
        self._tell_shipment(change, row.tenant, row.shop, "SHIPMENT_STATUS_UPDATED", shipment, row.id, at)

    def _tell(self, change: Change, tenant: str, shop: str, event: str, rma: JSON, at: int) -> None:
        data = {name: rma["rmaSummary"][name] for name in ("rmaId", "status", "order_name")}
        self.hooks.tell(change, tenant, shop, event, at, data)

    def _tell_shipment(
        self, change: Change, tenant: str, shop: str, event: str, shipment: JSON, rma: str, at: int
    ) -> None:
        data = {name: shipment[name] for name in ("shipmentId", "status", "trackingNumber")}
        self.hooks.tell(change, tenant, shop, event, at, {**data, "rmaId": rma})


def stage(rma: JSON) -> str:
    """Where a canceled return is reopened to: Approved if it ever was, else Pending (observed)."""
    events = [event["eventName"] for event in rma["rmaSummary"]["events"]]
    return "Approved" if "RMA_APPROVED" in events else "Pending"


def approve(rma: JSON, by: str, at: int) -> None:
    """Add what an approval brings: its event, and the draft of an exchange."""
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


def release(rma: JSON) -> None:
    """Turn drafts of exchanges into orders."""
    for draft in rma["exchangeOrders"]:
        draft["orderId"] = documents.long("exchange", draft["draftOrderId"])


def schedule_scans(
    change: Change, tenant: str, shipment_id: str, *, made: int, start: int, last: str = ""
) -> None:
    """Let the carrier scan a parcel that got its number at `made`; what it was to do before is off."""
    change.unschedule(tenant, NAME, shipment_id)
    carrier.schedule_scans(change, tenant, NAME, shipment_id, SCANS, last=last, made=made, start=start)


def record_shipment(change: Change, tenant: str, shipment: JSON, rma: str, at: int) -> None:
    """Tell the ledger of a shipment."""
    id_ = shipment["shipmentId"]
    RECORDER.shipment_created(change, tenant, id_, at, owner=rma, status="Pending", tracking_number=None)


def record_shipment_moved(
    change: Change, tenant: str, shipment: JSON, rma: str, before: str, at: int
) -> None:
    """Tell the ledger that a shipment moved."""
    id_, after = shipment["shipmentId"], shipment["status"]
    RECORDER.shipment_moved(change, tenant, id_, at, owner=rma, before=before, after=after)
