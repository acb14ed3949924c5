"""ReturnMate's facts for the matrix."""

from collections.abc import Callable
from typing import Any

from support.matrix.facts import Document, Facts, Filter, Inputs, Lookup, Wrong
from support.matrix.shop import Shop

UNKNOWN = "unknown@example.com"
WAY = ("approved", "label_sent", "in_transit", "received", "inspected", "completed")


def moved(*statuses: str) -> Callable[[Shop, Document], str]:
    def move(shop: Shop, document: Document) -> str:
        shop.move(document["id"], *statuses)
        return str(document["id"])

    return move


def labelled(shop: Shop, document: Document) -> str:
    """Create a label as the staff; return the shipment's id."""
    shop.move(document["id"], "approved")
    made = shop.api("POST", f"/rmas/{document['id']}/shipments", json={"carrier": "tnt"})
    return str(made["data"]["id"])


def delivered(shop: Shop, document: Document) -> str:
    shipment = labelled(shop, document)
    shop.advance(4 * 86_400)
    return shipment


def in_trouble(shop: Shop, document: Document) -> str:
    """Let the carrier report a problem with the parcel; return the shipment's id."""
    shipment = labelled(shop, document)
    shop.happens("report_problem", shipment_id=shipment)
    return shipment


def create_return(_shop: Shop) -> Inputs:
    lines = [
        {"sku": "BOOT-CHE-39", "quantity": 2, "reason": "defective", "notes": "The sole is loose."},
        {"sku": "HAT-1", "quantity": 1, "reason": "wrong_size"},
    ]
    person = {"order_number": "#4711", "customer_email": "omar.haddad@example.com"}
    return {**person, "items": lines, "return_type": "exchange"}


def of_a_return(approved: bool = False, **inputs: Any) -> Callable[[Shop], Inputs]:
    """Return inputs that name an existing return of the shop."""

    def made(shop: Shop) -> Inputs:
        document = shop.create_return()
        if approved:
            shop.move(document["id"], "approved")
        return {"return_id": document["id"], **inputs}

    return made


def by(**paths: str) -> Callable[[Shop, Document], Inputs]:
    def inputs(_shop: Shop, document: Document) -> Inputs:
        return {key: document[path] for key, path in paths.items()}

    return inputs


def by_number(_shop: Shop, document: Document) -> Inputs:
    """Return inputs of which the API filters by email, and the number is compared afterwards."""
    return {"rma_number": document["rma_number"], "customer_email": document["customer"]["email"]}


def of_shipment(shop: Shop, document: Document) -> Inputs:
    return {"shipment_id": labelled(shop, document)}


def of_customer(_shop: Shop, document: Document) -> Inputs:
    return {"customer_email": document["customer"]["email"]}


FACTS = Facts(
    happens={
        "new_return": moved(),
        "return_approved": moved("approved"),
        "return_rejected": moved("rejected"),
        "return_received": moved(*WAY[:4]),
        "return_inspected": moved(*WAY[:5]),
        "refund_issued": moved(*WAY),
        "return_completed": moved(*WAY),
        "return_cancelled": moved("cancelled"),
        "return_status_changed": moved("approved"),
        "new_shipment": labelled,
        "shipment_delivered": delivered,
        "shipment_exception": in_trouble,
    },
    actions={
        "create_return": create_return,
        "update_return_status": of_a_return(status="approved", note="Seen by the staff."),
        "approve_return": of_a_return(note="Approved by the staff."),
        "reject_return": of_a_return(note="Worn, so rejected."),
        "cancel_return": of_a_return(note="The customer keeps it."),
        "add_note": of_a_return(note="Called the customer: 100 % sure.", internal=False),
        "create_shipping_label": of_a_return(
            approved=True, carrier="tnt", service="express", direction="outbound"
        ),
    },
    wrong=Wrong("update_return_status", of_a_return(status="completed"), ("status",)),
    lookups={
        "find_return": Lookup(
            by_number,
            ({"rma_number": "RMA-1999-000001"}, {"order_number": "#0"}, {"customer_email": UNKNOWN}),
        ),
        "get_return": Lookup(by(return_id="id"), ({"return_id": "rma_nothing"},)),
        "get_shipment": Lookup(of_shipment, ({"shipment_id": "shp_nothing"},)),
        "track_shipment": Lookup(of_shipment, ({"shipment_id": "shp_nothing"},)),
        "list_customer_returns": Lookup(of_customer, ({"customer_email": UNKNOWN},)),
        "get_customer_stats": Lookup(of_customer, ({"customer_email": UNKNOWN},)),
    },
    again={"return_status_changed": moved("label_sent", "in_transit")},
    passing=frozenset({"shipment_exception"}),  # the carrier delivers the parcel in the end
    filters={"return_status_changed": Filter({"status": "approved"}, moved("rejected"))},
)
