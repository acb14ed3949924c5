"""What happens to ReturnLogic's RMAs: asked for, authorized, scanned on their way, processed, refunded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server import ledger
from mock_server.store import Change, Row, Store
from mock_server.vendors.returnlogic import documents
from mock_server.vendors.returnlogic.documents import JSON
from mock_server.vendors.returnlogic.orders import Orders
from mock_server.vendors.returnlogic.words import LIFECYCLE, NAME, SCANS


@dataclass(slots=True)
class Rmas:
    """RMAs and their parcels, of all tenants. Everything is written inside one open `Change`."""

    store: Store
    orders: Orders

    def create(self, change: Change, tenant: str, wish: Mapping[str, Any], at: int) -> JSON:
        """Ask for an RMA; returns the `Rma`."""
        document = documents.new_rma(self.store.total(tenant, NAME, "return") + 1, wish, at)
        documents.put_rma(change, tenant, document, at, at)
        record_created(change, tenant, document["rlRmaId"], at)
        return document

    def move(self, change: Change, tenant: str, row: Row, status: str, at: int) -> JSON:
        """Move an RMA along the lifecycle; raises `IllegalMove`."""
        LIFECYCLE.check(row.status, status)
        document: JSON = orjson.loads(row.document)
        document["workflowStatus"] = status
        record_moved(change, tenant, row.id, before=row.status, after=status, at=at)
        if status == "Authorized":
            document["shippingLabel"] = documents.new_label(row.id, {})
            documents.put_parcel(change, tenant, document, "Created", at)
            record_shipment(change, tenant, document, at)
            expect_scans(change, tenant, row.id, last="", made=at, start=at)
        elif status == "Complete":
            order = self.orders.behind(tenant, document["orderName"]) or {}
            record_refund(change, tenant, document, order.get("shopCurrencyCode", "AUD"), at)
        if status not in _TRAVELLING:
            change.unschedule(tenant, NAME, row.id)
        documents.put_rma(change, tenant, document, row.created_at, at)
        return document

    def scan(self, change: Change, tenant: str, id_: str, status: str, at: int) -> None:
        """The carrier scans the parcel of an RMA, which follows as far as it may."""
        row = self.row(tenant, id_)
        document: JSON = orjson.loads(row.document)
        parcel = self.store.row(tenant, NAME, "shipment", document["shippingLabel"]["trackingNumber"])
        if parcel is not None and parcel.status != status:
            documents.put_parcel(change, tenant, document, status, parcel.created_at)
            record_scanned(change, tenant, document, parcel.status, status, at)
        if status in LIFECYCLE.transitions[row.status]:
            self.move(change, tenant, row, status, at)

    def row(self, tenant: str, id_: str) -> Row:
        """The RMA of that id; raises `LookupError`."""
        row = self.store.row(tenant, NAME, "return", id_)
        if row is None:
            raise LookupError(f"No RMA has the id {id_[:80]}.")
        return row


_TRAVELLING = ("Authorized", "In Transit")


def expect_scans(change: Change, tenant: str, rma: str, *, last: str, made: int, start: int) -> None:
    """Let the carrier scan the parcel of an RMA, authorized at `made`, after its `last` scan and `start`."""
    words = [word for _, word in SCANS]
    coming = SCANS[words.index(last) + 1 :] if last in words else SCANS
    for place, (later, word) in enumerate(coming, start=1):
        due = max(made + later, start + place * SCANS[0][0])
        change.schedule(tenant, NAME, due=due, step="scan", subject=rma, body={"status": word})


def record_created(change: Change, tenant: str, rma: str, at: int) -> None:
    """Tell the ledger that an RMA was asked for."""
    body = {"status": LIFECYCLE.initial, "state": LIFECYCLE.states[LIFECYCLE.initial]}
    change.record(tenant, NAME, kind=ledger.RETURN_CREATED, subject=rma, at=at, body=body)


def record_moved(change: Change, tenant: str, rma: str, *, before: str, after: str, at: int) -> None:
    """Tell the ledger that an RMA moved."""
    body = {"from": before, "to": after, "state": LIFECYCLE.states[after]}
    change.record(tenant, NAME, kind=ledger.RETURN_STATE_CHANGED, subject=rma, at=at, body=body)


def record_shipment(change: Change, tenant: str, document: JSON, at: int) -> None:
    """Tell the ledger that a label was made."""
    number = document["shippingLabel"]["trackingNumber"]
    body = {"return": document["rlRmaId"], "status": "Created", "tracking_number": number}
    change.record(tenant, NAME, kind=ledger.SHIPMENT_CREATED, subject=number, at=at, body=body)


def record_scanned(change: Change, tenant: str, document: JSON, before: str, after: str, at: int) -> None:
    """Tell the ledger that the carrier scanned a parcel."""
    body = {"return": document["rlRmaId"], "from": before, "to": after}
    subject = document["shippingLabel"]["trackingNumber"]
    change.record(tenant, NAME, kind=ledger.SHIPMENT_STATE_CHANGED, subject=subject, at=at, body=body)


def record_refund(change: Change, tenant: str, document: JSON, currency: str, at: int) -> None:
    """Tell the ledger that money was paid back, where it was."""
    methods = {"refund": "original_payment", "giftCard": "store_credit"}
    for name, method in methods.items():
        amount = document["totals"][name]["total"]
        if amount:
            body = {"amount": f"{amount:.2f}", "currency": currency, "method": method}
            subject = document["rlRmaId"]
            change.record(tenant, NAME, kind=ledger.REFUND_ISSUED, subject=subject, at=at, body=body)
