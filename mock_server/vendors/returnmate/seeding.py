"""Lays out a seed as ReturnMate would show it: the same documents as if it had all happened here."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedItem, SeedMove, SeedNote, SeedReturn, SeedShipment
from mock_server.store import Change
from mock_server.vendors.returnmate import documents
from mock_server.vendors.returnmate.documents import JSON, LabelOf
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


def write_seed(change: Change, tenant: str, returns: Iterable[SeedReturn], labels: LabelOf, at: int) -> None:
    """Store returns with all their parts, then tell the ledger everything in the order of time.

    Parcels that are on their way go on from `at`, when the tenant's clock starts.
    """
    story: list[TimedEvent] = []
    customers: dict[str, JSON] = {}
    products: dict[str, JSON] = {}
    first = 0
    for seed in returns:
        first = first or seed.created_at
        story += _write_return(change, tenant, seed, labels, at)
        email = seed.customer.email
        customers[email.lower()] = {
            "email": email,
            "name": seed.customer.name,
            "orders": seed.customer.orders,
        }
        products |= {
            item["sku"]: {key: item[key] for key in ("name", "unit_price")} for item in map(_item, seed.items)
        }
    for kind, known in (("customer", customers), ("product", products)):
        for id_, document in known.items():
            change.put_document(tenant, NAME, kind, id_, document, created_at=first)
    record_in_order(story)


def _write_return(
    change: Change, tenant: str, seed: SeedReturn, labels: LabelOf, start: int
) -> list[TimedEvent]:
    """Store one return as it stands at the end of its history; returns what the ledger has to be told."""
    at, latest = seed.created_at, seed.moves[-1].at
    document = documents.new_return(tenant, seed.number, _requested(seed), at)
    id_ = document["id"]
    story: list[TimedEvent] = [(at, partial(RECORDER.return_created, change, tenant, id_, at))]
    happenings: list[SeedMove | SeedNote] = sorted((*seed.moves[1:], *seed.notes), key=lambda what: what.at)
    for what in happenings:
        if isinstance(what, SeedNote):
            note = documents.add_note(
                document, content=what.content, internal=what.internal, author=what.author, at=what.at
            )
            story.append((what.at, partial(record_note, change, tenant, id_, note, what.at)))
            continue
        before, after = document["status"], LIFECYCLE.word(what.state)
        documents.move(document, after, what.at)
        moved = partial(RECORDER.return_moved, change, tenant, id_, what.at, before=before, after=after)
        story.append((what.at, moved))
    if seed.shipment:
        story += _write_shipment(change, tenant, document, seed.shipment, labels)
        if LIFECYCLE.is_open(document["status"]):
            shipment, last = document["shipments"][0], seed.shipment.scans[-1].status
            schedule_scans(
                change, tenant, shipment["id"], last=last, made=seed.shipment.created_at, start=start
            )
    if document["refund"]:
        put_refund(change, tenant, document, latest)
        story.append((latest, partial(record_refund, change, tenant, document, latest)))
    documents.put_return(change, tenant, document, at, max(when for when, _ in story))
    return story


def _write_shipment(
    change: Change, tenant: str, owner: JSON, seed: SeedShipment, labels: LabelOf
) -> list[TimedEvent]:
    requested = {"carrier": seed.carrier, "service": seed.service, "tracking_number": seed.tracking_number}
    shipment = documents.new_shipment(owner, requested, labels, seed.created_at)
    id_ = shipment["id"]
    story: list[TimedEvent] = [
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
            story.append((scan.at, moved))
    documents.attach(owner, shipment)
    put_shipment(change, tenant, shipment, seed.created_at, story[-1][0])
    return story


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """A seeded return as `CreateReturn` asks for it, with what the shop knows besides."""
    return {
        "order_number": seed.order_number,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "return_type": seed.return_type,
        "currency": seed.currency,
        "items": [_item(item) for item in seed.items],
    }


def _item(seed: SeedItem) -> dict[str, Any]:
    return {
        "sku": seed.sku,
        "name": " ".join(filter(None, (seed.name, seed.size))),
        "quantity": seed.quantity,
        "unit_price": float(seed.unit_price),
        "reason": REASONS[seed.reason],
        "notes": seed.comment or None,
    }
