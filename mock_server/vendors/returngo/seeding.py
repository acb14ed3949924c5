"""Stores a tenant's seeded returns as ReturnGO's records, and records their history in the ledger."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedCustomer, SeedMove, SeedReturn, SeedScan, SeedShop, State
from mock_server.seed.requests import requested_order, requested_return
from mock_server.store import Change
from mock_server.vendors.returngo import documents, transactions
from mock_server.vendors.returngo.documents import JSON, comment
from mock_server.vendors.returngo.facts import (
    API,
    AUTOMATION,
    COUPLED,
    EARLY_REFUNDS,
    FIRST_SHOP,
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
    place_exchange_orders,
    record_shipment,
    record_shipment_moved,
    schedule_scans,
)
from mock_server.vendors.returngo.rows import put_customer, put_rma, put_shipment
from mock_server.vendors.returngo.transactions import Transactions
from mock_server.vendors.returngo.validation import item_validation

_OUTLET = 4
"""Every fourth return belongs to the second shop."""
_KEPT = 11
"""In every eleventh return, the customer keeps the goods, so there is no shipment."""
_CARDS = 2
"""In every second return for store credit, the credit is issued as a gift card."""
_SURCHARGED, _SURCHARGE = 3, Decimal(15)
"""In every third exchange, each unit of the new item costs 15 more than a unit of the returned item."""
_TRACKED = 8
"""The sandbox applies the carrier's scans to every eighth return and to all staged returns. All other
shipments keep the status LabelCreated until they are received. This status was observed at the vendor for 73
of 113 Approved returns."""
_REFUNDS = {"paid": "Success", "failed": "Failed", "awaited": "Requested"}
"""Transaction status, keyed by the status of the seeded refund. The integrator issues refunds that have the
status Requested (see `SWITCHES`)."""
_SHIPMENT: dict[State, str] = {"in_transit": "Shipped", "received": "Received", "inspected": "Validated"}
"""Shipment status, keyed by the neutral state that the return reaches."""
_SHIPPED = {"label_sent", "in_transit", "received", "inspected"}
"""Neutral states that require a shipment; a return without a shipment skips them."""


def write_shop(change: Change, tenant: str, shop: SeedShop, at: int) -> None:
    """Store the orders and customers of a merchant's own shop; the tenant's clock starts at `at` (µs).

    They belong to the account's first shop, as do the returns of these orders.
    """
    for customer in shop.customers:
        put_customer(change, tenant, FIRST_SHOP, customer.email, at)
    for order in shop.orders:
        requested = {**requested_order(order), "address": _address(order.customer)}
        put_order(change, tenant, FIRST_SHOP, requested, order.ordered_at)


class SeedWriter:
    """Stores seeded returns and collects their ledger events; the tenant's clock starts at `start` (µs)."""

    def __init__(self, change: Change, tenant: str, transactions: Transactions, start: int) -> None:
        self._change = change
        self._tenant = tenant
        self._transactions = transactions
        self._start = start
        self._events: list[TimedEvent] = []

    def write_seed(self, returns: Iterable[SeedReturn]) -> None:
        """Store returns with all their parts, then record their ledger events in chronological order.

        Schedules the remaining scans of parcels in transit after the start of the tenant's clock.
        """
        for seed in returns:
            self._return(seed)
        record_in_order(self._events)

    def _return(self, seed: SeedReturn) -> None:
        """Store a seeded return in its final status, and collect the ledger events of its history."""
        shop = list(SHOPS)[seed.number % _OUTLET == 0 and not seed.staged]
        requested, at = _requested(seed), seed.created_at
        rma = documents.new_rma(seed.number, shop, requested, at)
        id_ = rma["rmaSummary"]["rmaId"]
        self._record(at, RECORDER.return_created, id_, at)
        for shipment in rma["shipments"]:
            self._record(at, record_shipment, shipment, id_, at)
        entries: list[tuple[int, JSON]] = [
            (note.at, comment("merchant", note.author, note.content, note.at)) for note in seed.notes
        ]
        updated = at
        for move in seed.moves[1:]:
            updated = self._move(rma, shop, seed, move) or updated
        self._add_label(rma, seed)
        rma["comments"] = _newest_first(rma["comments"], entries)
        rma["lastUpdated"] = documents.moment(updated)
        email = seed.customer.email
        put_rma(self._change, self._tenant, shop, rma, email=email, made=at, updated=updated)
        if not seed.from_shop:
            put_customer(self._change, self._tenant, shop, email, at)
            put_order(self._change, self._tenant, shop, requested, seed.ordered_at)
        for shipment in rma["shipments"]:
            put_shipment(self._change, self._tenant, shop, shipment, id_, at)
            self._schedule_scans(shipment, seed)

    def _move(self, rma: JSON, shop: str, seed: SeedReturn, move: SeedMove) -> int | None:
        """Apply one of a seeded return's status changes to its document.

        Returns the new `lastUpdated` (µs), or None if `lastUpdated` does not change.
        """
        summary, state, at = rma["rmaSummary"], move.state, move.at
        before, after = summary["status"], move.status or STATUSES[state]
        if not rma["shipments"] and state in _SHIPPED:
            return None
        if state in _SHIPMENT and (state != "in_transit" or _is_tracked(seed)):
            self._shipment(rma, _SHIPMENT[state], at)
        if state == "label_sent":
            self._shipment(rma, "LabelCreated", at)
        if after == before:
            return None
        summary["status"] = after
        self._record(at, partial(RECORDER.return_moved, before=before, after=after), summary["rmaId"], at)
        _add_comments(rma, after, at)
        if after == "Validated":
            _validate(rma, at)
        if after in COUPLED:
            self._refund(rma, shop, seed, at, EARLY_REFUNDS)
        if after == "Done":
            self._settle(rma, shop, seed, at)
        return at

    def _shipment(self, rma: JSON, status: str, at: int) -> None:
        for shipment in rma["shipments"]:
            before = shipment["status"]
            if status not in SHIPMENT_MOVES[before]:
                continue
            shipment["status"] = status
            # Copied, because the event is recorded later, when the shipment may have another status.
            self._record(at, record_shipment_moved, {**shipment}, rma["rmaSummary"]["rmaId"], before, at)
            texts = {
                "LabelCreated": (API, f"Shipment with ID: {shipment['shipmentId']} was updated"),
                "Shipped": (AUTOMATION, "Shipment <strong>IN TRANSIT</strong>"),
                "Received": (AUTOMATION, "Shipment <strong>RECEIVED</strong>"),
            }
            if status in texts:
                rma["comments"].insert(0, comment("system", *texts[status], at))

    def _add_label(self, rma: JSON, seed: SeedReturn) -> None:
        parcel = seed.shipment
        for shipment in rma["shipments"]:
            if parcel is not None:
                shipment.update(documents.labelled(parcel.carrier, parcel.service, parcel.tracking_number))

    def _schedule_scans(self, shipment: JSON, seed: SeedReturn) -> None:
        parcel = seed.shipment
        if parcel is None or shipment["status"] not in {"LabelCreated", "Shipped"} or not _is_tracked(seed):
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

    def _settle(self, rma: JSON, shop: str, seed: SeedReturn, at: int) -> None:
        """Place a completed return's exchange orders, and add the customer's payment and missing refunds."""
        place_exchange_orders(rma)
        payment = self._transactions.invoice_payment(self._tenant, rma, at)
        if payment:
            self._add(rma, shop, payment, at)
        self._refund(rma, shop, seed, at, tuple(METHODS))

    def _refund(self, rma: JSON, shop: str, seed: SeedReturn, at: int, types: tuple[str, ...]) -> None:
        """Create refunds for the items that have no transaction yet and whose resolution type is in `types`.

        The transactions' status is derived from the status of the seeded refund.
        """
        status = _REFUNDS[seed.refund.status] if seed.refund else "Success"
        for type_, items in transactions.unpaid(rma, types).items():
            transaction = self._transactions.new(self._tenant, type_, transactions.worth(items), status, at)
            transaction["returnItemIds"] = [item["returnedItemId"] for item in items]
            self._add(rma, shop, transaction, at)
            if status == "Failed":
                transactions.add_failure(rma, at)
            if status == "Success":
                transactions.add_credit(rma, transaction, at)
                self._record(at, transactions.record_refund, rma, transaction, at)

    def _add(self, rma: JSON, shop: str, transaction: JSON, at: int) -> None:
        rma["transactions"].append(transaction)
        transactions.put(self._change, self._tenant, shop, rma, transaction, at, at)
        self._record(at, transactions.record_created, rma, transaction, at)

    def _record(self, at: int, record: Callable[..., Any], *arguments: Any) -> None:
        self._events.append((at, partial(record, self._change, self._tenant, *arguments)))


def _is_tracked(seed: SeedReturn) -> bool:
    """Return True if the sandbox applies the carrier's scans to the return's shipment.

    This is the case for every staged return, and for every `_TRACKED`-th of the other returns.
    """
    return seed.staged or seed.number % _TRACKED == 0


def _add_comments(rma: JSON, status: str, at: int) -> None:
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
        check = {"returnedItemId": item["returnedItemId"], "isReturned": True, "isRestockable": True}
        item["itemValidationStatusResponse"] = item_validation(check, requested, at)


def _newest_first(timeline: list[JSON], entries: list[tuple[int, JSON]]) -> list[JSON]:
    """Merge `entries` into a timeline, and sort the result from newest to oldest.

    If an entry and a comment in the timeline have the same time, the entry comes first. Comments that have
    the same time stay in their order.
    """
    keyed = [(entry["datetime"], place, entry) for place, entry in enumerate(reversed(timeline))]
    keyed += [(entry["datetime"], len(timeline), entry) for _, entry in entries]
    return [entry for _, _, entry in sorted(keyed, key=lambda item: item[:2], reverse=True)]


def _last_scan(scans: tuple[SeedScan, ...]) -> str:
    if any(scan.status == "delivered" for scan in scans):
        return "Delivered"
    return "InTransit" if len(scans) > 1 else ""


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """Convert a seeded return to a `ShopperReturn` with the shop's data about the order and the customer."""
    requested = requested_return(seed)
    gift_card = seed.return_type == "store_credit" and seed.number % _CARDS == 0 and not seed.staged
    surcharge = _SURCHARGE if seed.number % _SURCHARGED == 0 and not seed.from_shop else Decimal(0)
    return {
        **requested,
        "ordered": seed.ordered,
        "customer_phone": seed.customer.phone,
        "return_type": "gift_card" if gift_card else seed.return_type,
        "keeps_it": seed.number % _KEPT == 0 and not seed.staged,
        "address": _address(seed.customer),
        "items": [{**item, "surcharge": surcharge} for item in requested["items"]],
    }


def _address(customer: SeedCustomer) -> dict[str, str]:
    address = customer.address
    return {name: getattr(address, name) for name in ("street", "suburb", "region", "postcode", "country")}
