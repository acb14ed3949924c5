"""Lays out a seed as Swap would show it: the same documents as if it had all happened here."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from mock_server import ledger
from mock_server.carrier import schedule_scans
from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedItem, SeedReturn, State
from mock_server.store import Change
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import MOVED, NAME, RECORDER, SCANS, STATUSES
from mock_server.vendors.swap.returns import put_shipment, record_refund, record_shipment

_SPLIT = 3
"""Every third return of several products travels in two parcels. What is in the first of them is, in every
second such return, exchanged (in an exchange paid back), as in the page's example."""
_FOUND: dict[State, str] = {"inspected": "passed", "rejected": "failed", "completed": "passed"}
_PARTLY: dict[State, tuple[str, str | None]] = {
    "received": ("on_hold", None),
    "inspected": ("needs_review", "partial"),
}
"""Status and quality control of a return of which only some products arrived (assumed)."""


def write_seed(change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
    """Store returns with all their parts, then tell the ledger everything in the order of time.

    Parcels that are on their way go on from `at`, when the tenant's clock starts.
    """
    story: list[TimedEvent] = []
    for seed in returns:
        story += _write_return(change, tenant, seed, at)
    record_in_order(story)


def _write_return(change: Change, tenant: str, seed: SeedReturn, start: int) -> list[TimedEvent]:
    """Store one return as it stands at the end of its history; returns what the ledger has to be told."""
    at = seed.created_at
    document = documents.new_return(seed.number, _requested(seed), at)
    id_ = document["return_id"]
    story: list[TimedEvent] = [(at, partial(RECORDER.return_created, change, tenant, id_, at))]
    if seed.shipment:
        split = seed.number % _SPLIT == 0 and not seed.staged
        documents.pack(document, _requested(seed), split=split)
        story += _write_parcels(change, tenant, document, seed, start)
    for move in seed.moves[1:]:
        before, (after, found) = document["status"], _outcome(seed, move.state)
        if found and found != document["quality_control_status"]:
            story.append((move.at, partial(_record_found, change, tenant, document, found, move.at)))
            document["quality_control_status"] = found
        if after == before:
            continue
        documents.move(document, after, move.at, "Tom (warehouse)")
        moved = partial(RECORDER.return_moved, change, tenant, id_, move.at, before=before, after=after)
        story.append((move.at, moved))
    if document["date_closed"] and "Refund" in document["type"]:
        story.append((seed.moves[-1].at, partial(record_refund, change, tenant, document, seed.moves[-1].at)))
    documents.put_return(change, tenant, document, at, max(when for when, _ in story))
    return story


def _outcome(seed: SeedReturn, state: State) -> tuple[str, str | None]:
    """Return the status that a move leads to, and what quality control found by then, if anything."""
    if seed.partly and state in _PARTLY:
        return _PARTLY[state]
    if seed.shipment is None:
        return ("cancelled" if state == "rejected" else STATUSES[state]), None
    never_sent = state == "cancelled" and len(seed.shipment.scans) == 1
    return ("expired" if never_sent else STATUSES[state]), _FOUND.get(state)


def _write_parcels(
    change: Change, tenant: str, owner: JSON, seed: SeedReturn, start: int
) -> list[TimedEvent]:
    assert seed.shipment is not None  # noqa: S101 - the caller asked
    id_, made, status = owner["return_id"], seed.shipment.created_at, "pre_transit"
    story: list[TimedEvent] = [
        (made, partial(record_shipment, change, tenant, shipment, id_, made))
        for shipment in owner["shipments"]
    ]
    for scan in seed.shipment.scans[1:]:
        after = MOVED.get(scan.status, scan.status)
        if after == status:
            continue
        for shipment in owner["shipments"]:
            moved = partial(RECORDER.shipment_moved, change, tenant, shipment["shipment_id"], scan.at)
            story.append((scan.at, partial(moved, owner=id_, before=status, after=after)))
        status = after
        documents.ship(owner, [status], scan.at)
    for shipment in owner["shipments"]:
        put_shipment(change, tenant, shipment, id_, status, made)
        if seed.state not in {"completed", "cancelled"}:
            schedule_scans(
                change, tenant, NAME, shipment["shipment_id"], SCANS, last=status, made=made, start=start
            )
    return story


def _record_found(change: Change, tenant: str, document: JSON, found: str, at: int) -> None:
    body = {"from": "passed" if found == "failed" else "pending", "to": found}
    id_ = document["return_id"]
    change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=id_, at=at, body=body)


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """A seeded return as a shopper asks for it, with what the shop knows besides."""
    home = seed.customer.address
    parcel = seed.shipment
    sent = (
        {name: getattr(parcel, name) for name in ("carrier", "service", "tracking_number")} if parcel else {}
    )
    items = [_item(item) for item in seed.items]
    if seed.number % (2 * _SPLIT) == 0 and len(items) > 1:
        items[0]["return_type"] = "exchange" if seed.return_type == "refund" else "refund"
    return {
        "order_number": seed.order_number,
        "ordered_at": seed.ordered_at,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "return_type": seed.return_type,
        "currency": seed.currency,
        "address": {
            "address1": home.street,
            "city": home.suburb,
            "postcode": home.postcode,
            "state_province_code": home.region,
            "country_code": home.country,
        },
        "items": items,
        **sent,
    }


def _item(seed: SeedItem) -> dict[str, Any]:
    return {
        "sku": seed.sku,
        "name": seed.name,
        "variant": seed.size,
        "quantity": seed.quantity,
        "unit_price": float(seed.unit_price),
        "reason": seed.reason,
        "notes": seed.comment or None,
    }
