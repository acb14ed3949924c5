"""Lays out a seed as ReturnLogic would show it: orders first, then what came back of them."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from mock_server.carrier import schedule_scans
from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedItem, SeedReturn, State
from mock_server.store import Change
from mock_server.vendors.returnlogic import documents, orders
from mock_server.vendors.returnlogic.facts import LIFECYCLE, NAME, RECORDER, SCANS, STATUSES
from mock_server.vendors.returnlogic.rmas import (
    record_refund,
    record_scanned,
    record_shipment,
)

_SCANNED = {"In Transit": "In Transit", "Delivered": "Delivered"}
"""What the carrier saw of a parcel by the time its RMA stands there."""
_PARTLY = {"Received": "Partially Received", "Processed": "Partially Processed"}
"""Where an RMA stands while only some of its items arrived."""


def write_seed(change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
    """Store orders and RMAs, then tell the ledger everything in the order of time.

    Parcels that are on their way go on from `at`, when the tenant's clock starts.
    """
    seeds = list(returns)
    story = _write_orders(change, tenant, seeds)
    for seed in seeds:
        story += _write_rma(change, tenant, seed, at)
    record_in_order(story)


def _write_orders(change: Change, tenant: str, seeds: list[SeedReturn]) -> list[TimedEvent]:
    """Store each order once, numbered in the order in which they were placed."""
    first = {seed.order_number: seed for seed in reversed(seeds)}
    story: list[TimedEvent] = []
    for number, seed in enumerate(sorted(first.values(), key=lambda one: (one.ordered_at, one.number)), 1):
        at = seed.ordered_at
        document = documents.new_order(number, orders.shop_order(_requested(seed), at), at)
        documents.put_order(change, tenant, document, at)
        story.append((at, partial(orders.record_created, change, tenant, document, at)))
    return story


def _write_rma(change: Change, tenant: str, seed: SeedReturn, start: int) -> list[TimedEvent]:
    """Store one RMA as it stands at the end of its history; returns what the ledger has to be told."""
    document = documents.new_rma(seed.number, _requested(seed), seed.created_at)
    id_, before, last, parcel = document["rlRmaId"], LIFECYCLE.initial, seed.created_at, ""
    story: list[TimedEvent] = [(last, partial(RECORDER.return_created, change, tenant, id_, last))]
    authorized = last
    for after, at in _path(seed):
        story.append(
            (at, partial(RECORDER.return_moved, change, tenant, id_, at, before=before, after=after))
        )
        if after == "Authorized":
            document["shippingLabel"], parcel, authorized = (
                documents.new_label(id_, _parcel(seed)),
                "Created",
                at,
            )
            story.append((at, partial(record_shipment, change, tenant, document, at)))
        elif parcel and (scanned := _SCANNED.get(after)):
            story.append((at, partial(record_scanned, change, tenant, document, parcel, scanned, at)))
            parcel = scanned
        before, last = after, at
    document["workflowStatus"] = before
    if parcel:
        documents.put_parcel(change, tenant, document, parcel, authorized)
    if before in ("Authorized", "In Transit"):
        schedule_scans(change, tenant, NAME, id_, SCANS, last=before, made=authorized, start=start)
    if before == "Complete":
        story.append((last, partial(record_refund, change, tenant, document, seed.currency, last)))
    documents.put_rma(change, tenant, document, seed.created_at, last)
    return story


def _path(seed: SeedReturn) -> Iterator[tuple[str, int]]:
    """Yield each status that an RMA reaches after the first, and when; the table of `LIFECYCLE` allows all.

    The shop rejects what it inspected without processing it. A parcel that the customer never sent ends as
    Abandoned.
    """
    scans = seed.shipment.scans if seed.shipment else ()
    steps = [(_status(seed, move.state), move.at) for move in seed.moves[1:]]
    steps += [("Delivered", scan.at) for scan in scans if scan.status == "delivered"]
    if seed.state == "rejected":
        steps = [step for step in steps if step[0] != "Processed"]
    before = LIFECYCLE.initial
    for after, at in sorted(steps, key=lambda step: step[1]):
        if after != before:
            LIFECYCLE.check(before, after)
            yield after, at
        before = after


def _status(seed: SeedReturn, state: State) -> str:
    if state == "cancelled" and seed.shipment:
        return "Abandoned"
    word = STATUSES[state]
    return _PARTLY.get(word, word) if seed.partly else word


def _parcel(seed: SeedReturn) -> dict[str, Any]:
    parcel = seed.shipment
    return {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number} if parcel else {}


def _requested(seed: SeedReturn) -> dict[str, Any]:
    """A seeded return as a shopper asks for it, with what the shop knows of the order."""
    home = seed.customer.address
    address = {
        "name": seed.customer.name,
        "address1": home.street,
        "city": home.suburb,
        "province": home.region,
        "zip": home.postcode,
        "country": home.country,
    }
    return {
        "order_number": seed.order_number,
        "ordered_at": seed.ordered_at,
        "customer_email": seed.customer.email,
        "customer_name": seed.customer.name,
        "customerPhone": seed.customer.phone,
        "shippingAddress": address,
        "billingAddress": address,
        "return_type": seed.return_type,
        "currency": seed.currency,
        "items": [_item(item) for item in seed.items],
    }


def _item(seed: SeedItem) -> dict[str, Any]:
    return {
        "sku": seed.sku,
        "name": seed.name,
        "variant": seed.size or None,
        "quantity": seed.quantity,
        "unit_price": seed.unit_price,
        "reason": seed.reason,
        "notes": seed.comment or None,
    }
