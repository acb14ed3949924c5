"""Builds ReturnMate's returns, notes and shipments as JSON documents, and stores returns as rows.

The documents follow the schemas in `openapi/returnmate.yaml`. Functions accept times in microseconds since
the Unix epoch; documents contain UTC strings with whole seconds.
"""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.store import Change
from mock_server.vendors import rows
from mock_server.vendors.returnmate.facts import LIFECYCLE, NAME, TRACKING_PREFIXES

LabelURL = Callable[[str], str]
"""A function that accepts a shipment's ID and returns the URL of the shipment's label."""

SUMMARY = (
    "id",
    "rma_number",
    "status",
    "order_number",
    "return_type",
    "currency",
    "customer",
    "items",
    "created_at",
    "updated_at",
)
_PREFIXES = {
    "return": "rma",
    "item": "itm",
    "note": "note",
    "timeline": "tml",
    "shipment": "shp",
    "tracking_event": "trk",
    "refund": "ref",
}
JSON = dict[str, Any]


def identify(kind: str, *of: str | int) -> str:
    """Derive the ID of a record from its kind and the values `of`; the same values result in the same ID.

    IDs are hashes instead of sequence numbers, so that they do not reveal how many records exist.
    """
    digest = hashlib.blake2s(":".join(map(str, (kind, *of))).encode(), digest_size=6).hexdigest()
    return f"{_PREFIXES[kind]}_{digest}"


def part_id(kind: str, owner: str, place: int) -> str:
    """Build the ID of a part of a record, such as an item.

    `owner` is the record's ID, and `place` is the list index of the part.
    """
    return f"{_PREFIXES[kind]}_{owner.partition('_')[2]}{place:02d}"


def new_return(tenant: str, number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Build a `Return` in the initial status from a `CreateReturn` whose items have prices.

    `number` is the return's sequence number in the tenant.
    """
    id_ = identify("return", tenant, number, at)
    document: JSON = {
        "id": id_,
        "rma_number": f"RMA-{timestamp(at)[:4]}-{number:06d}",
        "status": LIFECYCLE.initial,
        "order_number": requested["order_number"],
        "return_type": requested.get("return_type", "refund"),
        "currency": requested.get("currency", "AUD"),
        "customer": {"email": requested["customer_email"], "name": requested.get("customer_name")},
        "items": [_item(id_, place, item) for place, item in enumerate(requested["items"])],
        "created_at": timestamp(at),
        "updated_at": timestamp(at),
        "notes": [],
        "shipments": [],
        "timeline": [],
        "refund": None,
    }
    add_to_timeline(document, at, type_="system", message="Return requested", status=LIFECYCLE.initial)
    return document


def _item(return_id: str, place: int, requested: Mapping[str, Any]) -> JSON:
    return {
        "id": part_id("item", return_id, place),
        "sku": requested["sku"],
        "name": requested.get("name"),
        "quantity": requested["quantity"],
        "unit_price": requested["unit_price"],
        "reason": requested["reason"],
        "notes": requested.get("notes"),
    }


def move(document: JSON, status: str, at: int) -> None:
    """Set the status of a return, and add the change to the timeline.

    If the new status is `completed`, also adds a refund, unless the return is an exchange.
    """
    message = f"Status changed from {document['status']} to {status}"
    document["status"] = status
    add_to_timeline(document, at, type_="status", message=message, status=status)
    if status == "completed" and document["return_type"] != "exchange":
        credit = document["return_type"] == "store_credit"
        document["refund"] = {
            "amount": float(amount(document)),
            "currency": document["currency"],
            "method": "store_credit" if credit else "original_payment",
            "issued_at": timestamp(at),
        }


def amount(document: JSON) -> Decimal:
    """Compute the total price of a return's items."""
    return sum(
        (Decimal(str(item["unit_price"])) * item["quantity"] for item in document["items"]), Decimal(0)
    )


def add_note(document: JSON, *, content: str, internal: bool, author: str, at: int) -> JSON:
    """Add a `Note` to a return's notes and timeline, and return the `Note`."""
    note = {
        "id": part_id("note", document["id"], len(document["notes"])),
        "content": content,
        "internal": internal,
        "author": author,
        "created_at": timestamp(at),
    }
    document["notes"].append(note)
    add_to_timeline(document, at, type_="note", message=f"Note added by {author}")
    return note


def add_to_timeline(document: JSON, at: int, *, type_: str, message: str, status: str | None = None) -> None:
    """Add an entry to a return's timeline; `status` is the new status if the entry is a status change."""
    entry = {
        "id": part_id("timeline", document["id"], len(document["timeline"])),
        "type": type_,
        "message": message,
        "status": status,
        "created_at": timestamp(at),
    }
    document["timeline"].append(entry)


def new_shipment(owner: JSON, requested: Mapping[str, Any], label_url: LabelURL, at: int) -> JSON:
    """Build a `Shipment` of the return `owner`, including its label, from a `CreateShippingLabel`."""
    id_ = part_id("shipment", owner["id"], len(owner["shipments"]))
    return {
        "id": id_,
        "rma_id": owner["id"],
        "rma_number": owner["rma_number"],
        "carrier": requested["carrier"],
        "service": requested.get("service", "standard"),
        "direction": requested.get("direction", "return"),
        "status": "label_created",
        "tracking_number": requested.get("tracking_number") or _tracking_number(requested["carrier"], id_),
        "label_url": label_url(id_),
        "created_at": timestamp(at),
        "updated_at": timestamp(at),
        "delivered_at": None,
    }


def _tracking_number(carrier: str, shipment_id: str) -> str:
    digest = hashlib.blake2s(shipment_id.encode(), digest_size=6).digest()
    return f"{TRACKING_PREFIXES[carrier]}{int.from_bytes(digest) % 10**10:010d}"


def move_shipment(document: JSON, status: str, at: int) -> None:
    """Set the status of a shipment and, if the status is `delivered`, the time of delivery."""
    document["status"] = status
    document["updated_at"] = timestamp(at)
    if status == "delivered":
        document["delivered_at"] = timestamp(at)


def new_scan(shipment_id: str, *, status: str, description: str, location: str | None, at: int) -> JSON:
    """Build a `TrackingEvent` for a carrier's scan of a shipment."""
    return {
        "id": identify("tracking_event", shipment_id, status, at),
        "status": status,
        "description": description,
        "location": location,
        "occurred_at": timestamp(at),
    }


def attach(owner: JSON, shipment: JSON) -> None:
    """Add a shipment to its return, in place of an earlier version of the same shipment."""
    others = [other for other in owner["shipments"] if other["id"] != shipment["id"]]
    owner["shipments"] = sorted([*others, shipment], key=lambda shipment: shipment["created_at"])


def put_return(change: Change, tenant: str, document: JSON, created_at: int, at: int) -> None:
    """Store a return that was created at `created_at` and last updated at `at` (µs).

    Lists of returns contain only the fields in `SUMMARY`.
    """
    document["updated_at"] = timestamp(at)
    rows.put_return(
        change,
        tenant,
        NAME,
        LIFECYCLE,
        document,
        id_=document["id"],
        status=document["status"],
        created_at=created_at,
        updated_at=at,
        order_number=document["order_number"],
        customer_email=document["customer"]["email"],
        summary={key: document[key] for key in SUMMARY},
    )
