"""Stores seeded returns as ReturnLogic's orders and RMAs, and records their history in the ledger."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from mock_server.carrier import schedule_scans
from mock_server.recorder import TimedEvent, record_in_order
from mock_server.seed import SeedCustomer, SeedReturn, SeedShop, State
from mock_server.seed.requests import requested_order, requested_return
from mock_server.store import Change
from mock_server.vendors.returnlogic import documents, orders
from mock_server.vendors.returnlogic.facts import LIFECYCLE, NAME, RECORDER, SCANS, STATUSES
from mock_server.vendors.returnlogic.rmas import (
    record_refund,
    record_scanned,
    record_shipment,
)

_SCANNED = {"In Transit": "In Transit", "Delivered": "Delivered"}
"""The status that a parcel gets, keyed by the new status of its RMA."""
_PARTLY = {"Received": "Partially Received", "Processed": "Partially Processed"}
"""The status of an RMA of which only some items arrived, keyed by the status that it has if all items
arrived."""


def write_seed(change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
    """Store orders and RMAs, then record their ledger events in chronological order.

    The tenant's clock starts at `at` (µs). Remaining scans of parcels in transit are scheduled after `at`.
    """
    seeds = list(returns)
    events = _write_orders(change, tenant, [seed for seed in seeds if not seed.from_shop])
    for seed in seeds:
        events += _write_rma(change, tenant, seed, at)
    record_in_order(events)


def write_shop(change: Change, tenant: str, shop: SeedShop) -> None:
    """Store the orders of a merchant's own shop, oldest first, and record them in the ledger."""
    for number, order in enumerate(shop.orders, start=1):
        at = order.ordered_at
        requested = {**requested_order(order), **_contact(order.customer)}
        document = documents.new_order(number, orders.shop_order(requested, at), at)
        documents.put_order(change, tenant, document, at)
        orders.record_created(change, tenant, document, at)


def _write_orders(change: Change, tenant: str, seeds: list[SeedReturn]) -> list[TimedEvent]:
    """Store each order once, numbered by the time of the order, and collect the ledger events."""
    first = {seed.order_number: seed for seed in reversed(seeds)}
    events: list[TimedEvent] = []
    for number, seed in enumerate(sorted(first.values(), key=lambda seed: (seed.ordered_at, seed.number)), 1):
        at = seed.ordered_at
        document = documents.new_order(number, orders.shop_order(_requested(seed), at), at)
        documents.put_order(change, tenant, document, at)
        events.append((at, partial(orders.record_created, change, tenant, document, at)))
    return events


def _write_rma(change: Change, tenant: str, seed: SeedReturn, start: int) -> list[TimedEvent]:
    """Store a seeded return as an RMA in its final status, and collect the ledger events of its history."""
    document = documents.new_rma(seed.number, _requested(seed), seed.created_at)
    id_, before, last, parcel = document["rlRmaId"], LIFECYCLE.initial, seed.created_at, ""
    events: list[TimedEvent] = [(last, partial(RECORDER.return_created, change, tenant, id_, last))]
    authorized = last
    for after, at in _status_changes(seed):
        events.append(
            (at, partial(RECORDER.return_moved, change, tenant, id_, at, before=before, after=after))
        )
        if after == "Authorized":
            document["shippingLabel"], parcel, authorized = (
                documents.new_label(id_, _parcel(seed)),
                "Created",
                at,
            )
            events.append((at, partial(record_shipment, change, tenant, document, at)))
        elif parcel and (scanned := _SCANNED.get(after)):
            events.append((at, partial(record_scanned, change, tenant, document, parcel, scanned, at)))
            parcel = scanned
        before, last = after, at
    document["workflowStatus"] = before
    if parcel:
        documents.put_parcel(change, tenant, document, parcel, authorized)
    if before in ("Authorized", "In Transit"):
        schedule_scans(change, tenant, NAME, id_, SCANS, last=before, made=authorized, start=start)
    if before == "Complete":
        events.append((last, partial(record_refund, change, tenant, document, seed.currency, last)))
    documents.put_rma(change, tenant, document, seed.created_at, last)
    return events


def _status_changes(seed: SeedReturn) -> Iterator[tuple[str, int]]:
    """Yield each status that follows the initial status of an RMA, with the time of the change (µs).

    The RMA of a rejected return skips `Processed`. If the return is cancelled after its label was created,
    the last status of its RMA is `Abandoned`. Raises `IllegalMove` if the lifecycle does not allow a change.
    """
    scans = seed.shipment.scans if seed.shipment else ()
    steps = [(move.status or _status(seed, move.state), move.at) for move in seed.moves[1:]]
    if not seed.from_shop:  # the status of its last move is the current one
        steps += [("Delivered", scan.at) for scan in scans if scan.status == "delivered"]
    if seed.state == "rejected" and not seed.from_shop:
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
    """Convert a seeded return to a `ShopperReturn` with the shop's data about the order and the customer."""
    requested = requested_return(seed)
    return {
        **requested,
        "ordered_at": seed.ordered_at,
        **_contact(seed.customer),
        "items": [{**item, "variant": item["variant"] or None} for item in requested["items"]],
    }


def _contact(customer: SeedCustomer) -> dict[str, Any]:
    home = customer.address
    address = {
        "name": customer.name,
        "address1": home.street,
        "city": home.suburb,
        "province": home.region,
        "zip": home.postcode,
        "country": home.country,
    }
    return {"customerPhone": customer.phone, "shippingAddress": address, "billingAddress": address}
