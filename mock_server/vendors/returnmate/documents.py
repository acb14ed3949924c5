"""ReturnMate's records as JSON: what each looks like when it begins, and how it becomes a row.

Shapes are those of `openapi/returnmate.yaml`. Times are whole seconds: µs since 1970 here, text in UTC there.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.store import Change
from mock_server.vendors.returnmate.facts import LIFECYCLE, NAME, TRACKING_PREFIXES

LabelOf = Callable[[str], str]
"""Tells the address of the label of a parcel, by its id."""

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
    """The id of a thing, derived from what it is the id of: same history, same ids; nobody can count."""
    digest = hashlib.blake2s(":".join(map(str, (kind, *of))).encode(), digest_size=6).hexdigest()
    return f"{_PREFIXES[kind]}_{digest}"


def part_id(kind: str, owner: str, place: int) -> str:
    """The id of a part: its owner's digits and its place among its like."""
    return f"{_PREFIXES[kind]}_{owner.partition('_')[2]}{place:02d}"


def invented_price(sku: str) -> float:
    """A price for a product the shop never sold: always the same for the same SKU, 10.00 to 209.95."""
    return (1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def new_return(tenant: str, number: int, requested: Mapping[str, Any], at: int) -> JSON:
    """Return a new `Return`; `requested` is a `CreateReturn` with what the shop knows besides."""
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
    """Write a new status into a return and its timeline; completing a refund issues it."""
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
    """What the items of a return cost together."""
    return sum(
        (Decimal(str(item["unit_price"])) * item["quantity"] for item in document["items"]), Decimal(0)
    )


def add_note(document: JSON, *, content: str, internal: bool, author: str, at: int) -> JSON:
    """Put a `Note` on a return; returns it."""
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
    """Write a line into a return's timeline."""
    entry = {
        "id": part_id("timeline", document["id"], len(document["timeline"])),
        "type": type_,
        "message": message,
        "status": status,
        "created_at": timestamp(at),
    }
    document["timeline"].append(entry)


def new_shipment(owner: JSON, requested: Mapping[str, Any], label_of: LabelOf, at: int) -> JSON:
    """A `Shipment` of a return, whose label was just made."""
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
        "label_url": label_of(id_),
        "created_at": timestamp(at),
        "updated_at": timestamp(at),
        "delivered_at": None,
    }


def _tracking_number(carrier: str, shipment_id: str) -> str:
    digest = hashlib.blake2s(shipment_id.encode(), digest_size=6).digest()
    return f"{TRACKING_PREFIXES[carrier]}{int.from_bytes(digest) % 10**10:010d}"


def move_shipment(document: JSON, status: str, at: int) -> None:
    """Write a new status into a shipment."""
    document["status"] = status
    document["updated_at"] = timestamp(at)
    if status == "delivered":
        document["delivered_at"] = timestamp(at)


def new_scan(shipment_id: str, *, status: str, description: str, location: str | None, at: int) -> JSON:
    """A `TrackingEvent`."""
    return {
        "id": identify("tracking_event", shipment_id, status, at),
        "status": status,
        "description": description,
        "location": location,
        "occurred_at": timestamp(at),
    }


def attach(owner: JSON, shipment: JSON) -> None:
    """Show a shipment as it is now in its return."""
    others = [other for other in owner["shipments"] if other["id"] != shipment["id"]]
    owner["shipments"] = sorted([*others, shipment], key=lambda known: known["created_at"])


def put_return(change: Change, tenant: str, document: JSON, created_at: int, at: int) -> None:
    """Store a return as it is now; its summary is a part of it."""
    document["updated_at"] = timestamp(at)
    status = document["status"]
    change.put_document(
        tenant,
        NAME,
        "return",
        document["id"],
        document,
        created_at=created_at,
        updated_at=at,
        status=status,
        state=LIFECYCLE.states[status],
        order_number=document["order_number"],
        customer_email=document["customer"]["email"],
        summary={key: document[key] for key in SUMMARY},
    )
