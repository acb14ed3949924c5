"""Stores a tenant's seeded returns as ReturnMate's records, and records their history in the ledger."""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedItem, SeedLine, SeedMove, SeedNote, SeedReturn, SeedShipment, SeedShop
from mock_server.seed.requests import requested_item, requested_return
from mock_server.store import Change
from mock_server.vendors.returnmate import documents
from mock_server.vendors.returnmate.documents import JSON, LabelURL
from mock_server.vendors.returnmate.facts import LIFECYCLE, NAME, REASONS, RECORDER
from mock_server.vendors.returnmate.returns import (
    put_refund,
    put_scan,
    put_shipment,
    record_note,
    record_refund,
    record_shipment,
    record_shipment_moved,
    schedule_scans,
    shipment_status,
)


def write_seed(
    change: Change, tenant: str, returns: Iterable[SeedReturn], label_url: LabelURL, at: int
) -> None:
    """Store returns, customers and products, then record their ledger events in chronological order.

    The tenant's clock starts at `at` (µs). Remaining scans of parcels in transit are scheduled after `at`.
    """
    events: list[TimedEvent] = []
    customers: dict[str, JSON] = {}
    products: dict[str, JSON] = {}
    first = 0
    for seed in returns:
        first = first or seed.created_at
        events += _write_return(change, tenant, seed, label_url, at)
        if seed.from_shop:
            continue
        email = seed.customer.email
        customers[email.lower()] = {
            "email": email,
            "name": seed.customer.name,
            "orders": seed.customer.orders,
        }
        products |= {
            item["sku"]: {key: item[key] for key in ("name", "unit_price")} for item in map(_item, seed.items)
        }
    for kind, records in (("customer", customers), ("product", products)):
        for id_, document in records.items():
            change.put_document(tenant, NAME, kind, id_, document, created_at=first)
    record_in_order(events)


def write_shop(change: Change, tenant: str, shop: SeedShop, at: int) -> None:
    """Store the customers and products of a merchant's own shop; the tenant's clock starts at `at` (µs)."""
    orders = Counter(order.customer.email for order in shop.orders)
    for customer in shop.customers:
        email = customer.email
        document = {"email": email, "name": customer.name, "orders": orders[email]}
        change.put_document(tenant, NAME, "customer", email.lower(), document, created_at=at)
    for product in shop.products:
        document = {"name": _product_name(product), "unit_price": float(product.unit_price)}
        change.put_document(tenant, NAME, "product", product.sku, document, created_at=at)


def _write_return(
    change: Change, tenant: str, seed: SeedReturn, label_url: LabelURL, start: int
) -> list[TimedEvent]:
    """Store a seeded return in its final status, and collect the ledger events of its history."""
    at, latest = seed.created_at, seed.moves[-1].at
    document = documents.new_return(tenant, seed.number, _requested(seed), at)
    id_ = document["id"]
    events: list[TimedEvent] = [(at, partial(RECORDER.return_created, change, tenant, id_, at))]
    history: list[SeedMove | SeedNote] = sorted((*seed.moves[1:], *seed.notes), key=lambda entry: entry.at)
    for entry in history:
        if isinstance(entry, SeedNote):
            note = documents.add_note(
                document, content=entry.content, internal=entry.internal, author=entry.author, at=entry.at
            )
            events.append((entry.at, partial(record_note, change, tenant, id_, note, entry.at)))
            continue
        before, after = document["status"], entry.status or LIFECYCLE.word(entry.state)
        documents.move(document, after, entry.at)
        moved = partial(RECORDER.return_moved, change, tenant, id_, entry.at, before=before, after=after)
        events.append((entry.at, moved))
    if seed.shipment:
        events += _write_shipment(change, tenant, document, seed.shipment, label_url)
        if LIFECYCLE.is_open(document["status"]):
            shipment, last = document["shipments"][0], seed.shipment.scans[-1].status
            schedule_scans(
                change, tenant, shipment["id"], last=last, made=seed.shipment.created_at, start=start
            )
    if document["refund"]:
        put_refund(change, tenant, document, latest)
        events.append((latest, partial(record_refund, change, tenant, document, latest)))
    documents.put_return(change, tenant, document, at, max(when for when, _ in events))
    return events


def _write_shipment(
    change: Change, tenant: str, owner: JSON, seed: SeedShipment, label_url: LabelURL
) -> list[TimedEvent]:
    requested = {"carrier": seed.carrier, "service": seed.service, "tracking_number": seed.tracking_number}
    shipment = documents.new_shipment(owner, requested, label_url, seed.created_at)
    id_ = shipment["id"]
    events: list[TimedEvent] = [
        (seed.created_at, partial(record_shipment, change, tenant, dict(shipment), seed.created_at))
    ]
    for scan in seed.scans:
        put_scan(
            change,
            tenant,
            id_,
            status=scan.status,
            description=scan.description,
            location=scan.location or None,
            at=scan.at,
        )
        before, status = shipment["status"], shipment_status(scan.status)
        if status != before:
            documents.move_shipment(shipment, status, scan.at)
            moved = partial(record_shipment_moved, change, tenant, dict(shipment), before=before, at=scan.at)
            events.append((scan.at, moved))
    documents.attach(owner, shipment)
    put_shipment(change, tenant, shipment, seed.created_at, events[-1][0])
    return events


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """Convert a seeded return to a `CreateReturn` with the shop's product names and prices."""
    return {**requested_return(seed), "items": [_item(item) for item in seed.items]}


def _item(seed: SeedItem) -> dict[str, Any]:
    reason = REASONS.get(seed.reason, seed.reason)
    return {**requested_item(seed), "name": _product_name(seed), "reason": reason}


def _product_name(seed: SeedItem | SeedLine) -> str:
    return " ".join(filter(None, (seed.name, seed.size)))
