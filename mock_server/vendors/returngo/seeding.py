"""Lays out a seed as ReturnGO would show it: the same documents as if it had all happened here."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedItem, SeedMove, SeedReturn, SeedScan, State
from mock_server.store import Change
from mock_server.vendors.returngo import documents, transactions
from mock_server.vendors.returngo.documents import JSON, comment
from mock_server.vendors.returngo.facts import (
    API,
    AUTOMATION,
    COUPLED,
    EARLY_REFUNDS,
    METHODS,
    RECORDER,
    SHIPMENT_MOVES,
    SHOPS,
    STATUSES,
)
from mock_server.vendors.returngo.policies import put_order
from mock_server.vendors.returngo.returns import (
    DASHBOARD,
    approve,
    record_shipment,
    record_shipment_moved,
    release,
    schedule_scans,
)
from mock_server.vendors.returngo.rows import put_customer, put_rma, put_shipment
from mock_server.vendors.returngo.transactions import Transactions
from mock_server.vendors.returngo.validation import found

_OUTLET = 4
"""Every fourth return is of the second shop."""
_KEPT = 11
"""Every eleventh customer may keep the goods: no shipment."""
_CARDS = 2
"""Every second store credit is a gift card."""
_DEARER, _MORE = 3, Decimal(15)
"""Every third exchange is for something that costs more, and by how much a unit."""
_FOLLOWED = 8
"""Of the returns that are not staged, every eighth is followed at its carrier. The shipment of the others
stays LabelCreated until it arrives, as 73 of 113 Approved ones did that were observed."""
_REFUNDS = {"paid": "Success", "failed": "Failed", "awaited": "Requested"}
"""A refund is Requested while the shop has an integrator make it (see the switches in `words`)."""
_SHIPMENT: dict[State, str] = {"in_transit": "Shipped", "received": "Received", "inspected": "Validated"}
_TRAVELS = {"label_sent", "in_transit", "received", "inspected"}


class SeedWriter:
    """Plants returns one after the other; what the ledger has to be told is told in the order of time."""

    def __init__(self, change: Change, tenant: str, money: Transactions, start: int) -> None:
        self._change = change
        self._tenant = tenant
        self._money = money
        self._start = start
        self._story: list[TimedEvent] = []

    def write_seed(self, returns: Iterable[SeedReturn]) -> None:
        """Store returns with all their parts, then tell the ledger.

        Parcels that are on their way go on from the tenant's first moment.
        """
        for seed in returns:
            self._return(seed)
        record_in_order(self._story)

    def _return(self, seed: SeedReturn) -> None:
        """Store one return as it stands at the end of its history."""
        shop = list(SHOPS)[seed.number % _OUTLET == 0 and not seed.staged]
        requested, at = _requested(seed), seed.created_at
        rma = documents.new_rma(seed.number, shop, requested, at)
        id_ = rma["rmaSummary"]["rmaId"]
        self._tell(at, RECORDER.return_created, id_, at)
        for shipment in rma["shipments"]:
            self._tell(at, record_shipment, shipment, id_, at)
        entries: list[tuple[int, JSON]] = [
            (note.at, comment("merchant", note.author, note.content, note.at)) for note in seed.notes
        ]
        updated = at
        for move in seed.moves[1:]:
            updated = self._move(rma, shop, seed, move) or updated
        self._label(rma, seed)
        rma["comments"] = _newest_first(rma["comments"], entries)
        rma["lastUpdated"] = documents.moment(updated)
        email = seed.customer.email
        put_rma(self._change, self._tenant, shop, rma, email=email, made=at, updated=updated)
        put_customer(self._change, self._tenant, shop, seed.customer.email, at)
        put_order(self._change, self._tenant, shop, requested, seed.ordered_at)
        for shipment in rma["shipments"]:
            put_shipment(self._change, self._tenant, shop, shipment, id_, at)
            self._scans(shipment, seed)

    def _move(self, rma: JSON, shop: str, seed: SeedReturn, move: SeedMove) -> int | None:
        """Take one step of the history; returns when the return counts as updated, if it does."""
        summary, state, at = rma["rmaSummary"], move.state, move.at
        before, after = summary["status"], STATUSES[state]
        if not rma["shipments"] and state in _TRAVELS:
            return None
        if state in _SHIPMENT and (state != "in_transit" or _is_followed(seed)):
            self._shipment(rma, _SHIPMENT[state], at)
        if state == "label_sent":
            self._shipment(rma, "LabelCreated", at)
        if after == before:
            return None
        summary["status"] = after
        self._tell(at, partial(RECORDER.return_moved, before=before, after=after), summary["rmaId"], at)
        _remark(rma, after, at)
        if after == "Validated":
            _validate(rma, at)
        if after in COUPLED:
            self._refund(rma, shop, seed, at, EARLY_REFUNDS)
        if after == "Done":
            self._pay(rma, shop, seed, at)
        return at

    def _shipment(self, rma: JSON, status: str, at: int) -> None:
        for shipment in rma["shipments"]:
            before = shipment["status"]
            if status not in SHIPMENT_MOVES[before]:
                continue
            shipment["status"] = status
            told = {**shipment}
            self._tell(at, record_shipment_moved, told, rma["rmaSummary"]["rmaId"], before, at)
            texts = {
                "LabelCreated": (API, f"Shipment with ID: {shipment['shipmentId']} was updated"),
                "Shipped": (AUTOMATION, "Shipment <strong>IN TRANSIT</strong>"),
                "Received": (AUTOMATION, "Shipment <strong>RECEIVED</strong>"),
            }
            if status in texts:
                rma["comments"].insert(0, comment("system", *texts[status], at))

    def _label(self, rma: JSON, seed: SeedReturn) -> None:
        parcel = seed.shipment
        for shipment in rma["shipments"]:
            if parcel is not None:
                shipment.update(documents.labelled(parcel.carrier, parcel.service, parcel.tracking_number))

    def _scans(self, shipment: JSON, seed: SeedReturn) -> None:
        parcel = seed.shipment
        if parcel is None or shipment["status"] not in {"LabelCreated", "Shipped"} or not _is_followed(seed):
            return
        last = _last_scan(parcel.scans)
        schedule_scans(
            self._change,
            self._tenant,
            shipment["shipmentId"],
            made=parcel.created_at,
            start=self._start,
            last=last,
        )

    def _pay(self, rma: JSON, shop: str, seed: SeedReturn, at: int) -> None:
        """Pay back what the items are still worth; exchanges are released, once what is left was paid."""
        release(rma)
        invoice = self._money.invoice_payment(self._tenant, rma, at)
        if invoice:
            self._add(rma, shop, invoice, at)
        self._refund(rma, shop, seed, at, tuple(METHODS))

    def _refund(self, rma: JSON, shop: str, seed: SeedReturn, at: int, types: tuple[str, ...]) -> None:
        """Pay back the items of these types that have no transaction yet, as the seed says it came out."""
        status = _REFUNDS[seed.refund.status] if seed.refund else "Success"
        for type_, items in transactions.unpaid(rma, types).items():
            made = self._money.new(self._tenant, type_, transactions.worth(items), status, at)
            made["returnItemIds"] = [item["returnedItemId"] for item in items]
            self._add(rma, shop, made, at)
            if status == "Failed":
                transactions.failed(rma, at)
            if status == "Success":
                transactions.credited(rma, made, at)
                self._tell(at, transactions.record_refund, rma, made, at)

    def _add(self, rma: JSON, shop: str, made: JSON, at: int) -> None:
        rma["transactions"].append(made)
        transactions.put(self._change, self._tenant, shop, rma, made, at, at)
        self._tell(at, transactions.record_created, rma, made, at)

    def _tell(self, at: int, record: Callable[..., Any], *told: Any) -> None:
        self._story.append((at, partial(record, self._change, self._tenant, *told)))


def _is_followed(seed: SeedReturn) -> bool:
    """Say whether the carrier's scans reach the shop."""
    return seed.staged or seed.number % _FOLLOWED == 0


def _remark(rma: JSON, status: str, at: int) -> None:
    texts = {
        "Approved": "Request <strong>APPROVED</strong>",
        "Rejected": "Request <strong>REJECTED</strong>",
        "Canceled": "Request <strong>CANCELED</strong> (reason: asked for)",
        "Done": "RMA status changed to Done",
    }
    if status in texts:
        rma["comments"].insert(0, comment("system", DASHBOARD, texts[status], at))
    if status == "Approved":
        approve(rma, DASHBOARD, at)


def _validate(rma: JSON, at: int) -> None:
    requested = {"validatedBy": "Tom (warehouse)", "storeLocationId": "online"}
    for item in rma["items"]:
        told = {"returnedItemId": item["returnedItemId"], "isReturned": True, "isRestockable": True}
        item["itemValidationStatusResponse"] = found(told, requested, at)


def _newest_first(timeline: list[JSON], entries: list[tuple[int, JSON]]) -> list[JSON]:
    told = [(entry["datetime"], place, entry) for place, entry in enumerate(reversed(timeline))]
    told += [(entry["datetime"], len(timeline), entry) for _, entry in entries]
    return [entry for _, _, entry in sorted(told, key=lambda one: one[:2], reverse=True)]


def _last_scan(scans: tuple[SeedScan, ...]) -> str:
    if any(scan.status == "delivered" for scan in scans):
        return "Delivered"
    return "InTransit" if len(scans) > 1 else ""


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """A seeded return as a shopper asks for it, with what the shop knows besides."""
    home = seed.customer.address
    card = seed.return_type == "store_credit" and seed.number % _CARDS == 0 and not seed.staged
    dearer = _MORE if seed.number % _DEARER == 0 else Decimal(0)
    return {
        "order_number": seed.order_number,
        "ordered": seed.ordered,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "customer_phone": seed.customer.phone,
        "return_type": "gift_card" if card else seed.return_type,
        "currency": seed.currency,
        "keeps_it": seed.number % _KEPT == 0 and not seed.staged,
        "address": {
            name: getattr(home, name) for name in ("street", "suburb", "region", "postcode", "country")
        },
        "items": [_item(item, dearer) for item in seed.items],
    }


def _item(seed: SeedItem, dearer: Decimal) -> dict[str, Any]:
    return {
        "sku": seed.sku,
        "name": seed.name,
        "variant": seed.size,
        "quantity": seed.quantity,
        "unit_price": float(seed.unit_price),
        "reason": seed.reason,
        "notes": seed.comment or None,
        "dearer": dearer,
    }
