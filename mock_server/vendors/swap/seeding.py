"""Stores a tenant's seeded returns as Swap's records, and records their history in the ledger."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from mock_server import ledger
from mock_server.carrier import schedule_scans
from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedMove, SeedReturn, State
from mock_server.seed.requests import requested_return
from mock_server.store import Change
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import MOVED, NAME, RECORDER, SCANS, STATUSES
from mock_server.vendors.swap.returns import put_shipment, record_refund, record_shipment

_SPLIT = 3
"""Every third return with several products has two shipments. In half of these returns, the product in the
first shipment has a different return type than the others, as in the vendor page's example: it is exchanged
if the others are refunded, and refunded otherwise."""
_QUALITY: dict[State, str] = {"inspected": "passed", "rejected": "failed", "completed": "passed"}
"""The result of quality control, keyed by the neutral state that a return reaches."""
_PARTLY: dict[State, tuple[str, str | None]] = {
    "received": ("on_hold", None),
    "inspected": ("needs_review", "partial"),
}
"""The status and the quality control result of a return of which only some items arrived, keyed by the
return's neutral state (assumed)."""


def write_seed(change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
    """Store returns with all their parts, then record their ledger events in chronological order.

    The tenant's clock starts at `at` (µs). Remaining scans of parcels in transit are scheduled after `at`.
    """
    events: list[TimedEvent] = []
    for seed in returns:
        events += _write_return(change, tenant, seed, at)
    record_in_order(events)


def _write_return(change: Change, tenant: str, seed: SeedReturn, start: int) -> list[TimedEvent]:
    """Store a seeded return in its final status, and collect the ledger events of its history."""
    at = seed.created_at
    document = documents.new_return(seed.number, _requested(seed), at)
    id_ = document["return_id"]
    events: list[TimedEvent] = [(at, partial(RECORDER.return_created, change, tenant, id_, at))]
    if seed.shipment:
        split = seed.number % _SPLIT == 0 and not seed.staged
        documents.pack(document, _requested(seed), split=split)
        events += _write_shipments(change, tenant, document, seed, start)
    for move in seed.moves[1:]:
        before, (after, quality) = document["status"], _outcome(seed, move)
        if quality and quality != document["quality_control_status"]:
            events.append((move.at, partial(_record_quality, change, tenant, document, quality, move.at)))
            document["quality_control_status"] = quality
        if after == before:
            continue
        documents.move(document, after, move.at, "Tom (warehouse)")
        moved = partial(RECORDER.return_moved, change, tenant, id_, move.at, before=before, after=after)
        events.append((move.at, moved))
    if document["date_closed"] and "Refund" in document["type"]:
        events.append(
            (seed.moves[-1].at, partial(record_refund, change, tenant, document, seed.moves[-1].at))
        )
    documents.put_return(change, tenant, document, at, max(when for when, _ in events))
    return events


def _outcome(seed: SeedReturn, move: SeedMove) -> tuple[str, str | None]:
    """Convert a status change of a seeded return to Swap's status and quality control result.

    The quality control result is None if quality control has not started.
    """
    state = move.state
    if move.status:
        return move.status, _QUALITY.get(state) if seed.shipment else None
    if seed.partly and state in _PARTLY:
        return _PARTLY[state]
    if seed.shipment is None:
        return ("cancelled" if state == "rejected" else STATUSES[state]), None
    never_sent = state == "cancelled" and len(seed.shipment.scans) == 1
    return ("expired" if never_sent else STATUSES[state]), _QUALITY.get(state)


def _write_shipments(
    change: Change, tenant: str, owner: JSON, seed: SeedReturn, start: int
) -> list[TimedEvent]:
    assert seed.shipment is not None  # noqa: S101 - the caller has checked
    id_, made, status = owner["return_id"], seed.shipment.created_at, "pre_transit"
    events: list[TimedEvent] = [
        (made, partial(record_shipment, change, tenant, shipment, id_, made))
        for shipment in owner["shipments"]
    ]
    for scan in seed.shipment.scans[1:]:
        after = MOVED.get(scan.status, scan.status)
        if after == status:
            continue
        for shipment in owner["shipments"]:
            moved = partial(RECORDER.shipment_moved, change, tenant, shipment["shipment_id"], scan.at)
            events.append((scan.at, partial(moved, owner=id_, before=status, after=after)))
        status = after
        documents.set_shipping_status(owner, [status], scan.at)
    for shipment in owner["shipments"]:
        put_shipment(change, tenant, shipment, id_, status, made)
        if seed.state not in {"completed", "cancelled"}:
            schedule_scans(
                change, tenant, NAME, shipment["shipment_id"], SCANS, last=status, made=made, start=start
            )
    return events


def _record_quality(change: Change, tenant: str, document: JSON, quality: str, at: int) -> None:
    body = {"from": "passed" if quality == "failed" else "pending", "to": quality}
    id_ = document["return_id"]
    change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=id_, at=at, body=body)


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """Convert a seeded return to a `ShopperReturn` with the shop's data about the order and the parcel."""
    requested = requested_return(seed)
    home = seed.customer.address
    parcel = seed.shipment
    shipping = (
        {name: getattr(parcel, name) for name in ("carrier", "service", "tracking_number")} if parcel else {}
    )
    items = requested["items"]
    if seed.number % (2 * _SPLIT) == 0 and len(items) > 1 and not seed.from_shop:
        items[0]["return_type"] = "exchange" if seed.return_type == "refund" else "refund"
    return {
        **requested,
        "ordered_at": seed.ordered_at,
        "address": {
            "address1": home.street,
            "city": home.suburb,
            "postcode": home.postcode,
            "state_province_code": home.region,
            "country_code": home.country,
        },
        **shipping,
    }
