"""ReturnGO's facts for the matrix."""

from collections.abc import Callable
from typing import Any

from support.matrix.facts import Document, Facts, Filter, Inputs, Lookup, Wrong
from support.matrix.shop import Shop
from support.returngo_returns import turn

LINES = [
    {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"},
    {"sku": "HAT-1", "quantity": 1, "reason": "changed_mind"},
]
LABEL = {
    "carrier": "Own Carrier",
    "tracking_number": "OC-1",
    "tracking_url": "https://track.example.com/OC-1",
    "label_url": "https://labels.example.com/1.pdf",
}


def rma_id(document: Document) -> str:
    return str(document["rmaSummary"]["rmaId"])


def moved(*statuses: str) -> Callable[[Shop, Document], str]:
    def move(shop: Shop, document: Document) -> str:
        shop.move(rma_id(document), *statuses)
        return rma_id(document)

    return move


def paid(shop: Shop, document: Document) -> str:
    """Complete the return so that its refund is paid; return the transaction's id."""
    done = shop.move(rma_id(document), "Approved", "Done")
    return str(done["transactions"][0]["id"])


def asked_to_pay(shop: Shop, document: Document) -> str:
    """Complete the return in a shop that pays refunds outside ReturnGO, unless it is already done."""
    turn(shop.sandbox, shop.tenant, "notify_payment_method")
    now = shop.api("GET", f"/rma/{rma_id(document)}")
    return str(now["transactions"][0]["id"]) if now["transactions"] else paid(shop, document)


def settled(status: str) -> Callable[[Shop, Document], str]:
    """Report the outcome of the payment."""

    def settle(shop: Shop, document: Document) -> str:
        transaction = asked_to_pay(shop, document)
        shop.advance(60)
        shop.api("PUT", f"/transaction/{transaction}", json={"status": status})
        return transaction

    return settle


def of_a_shipment(**inputs: str) -> Callable[[Shop], Inputs]:
    def made(shop: Shop) -> Inputs:
        return {"shipment_id": shop.create_return()["shipments"][0]["shipmentId"], **inputs}

    return made


def of_an_rma(**inputs: str) -> Callable[[Shop], Inputs]:
    def made(shop: Shop) -> Inputs:
        return {"return_id": rma_id(shop.create_return()), **inputs}

    return made


def create_return(shop: Shop) -> Inputs:
    """Return inputs for an order whose return was cancelled, so all units are returnable."""
    document = shop.create_return(items=LINES)
    shop.move(rma_id(document), "Canceled")
    units = [
        {"line_item_id": item["shopLineItemId"], "policy_id": "refund-any-carrier", "reason": "Does not fit"}
        for item in document["items"]
    ]
    return {"order_number": document["orderDetails"]["order_name"], "items": units}


def settle_transaction(shop: Shop) -> Inputs:
    return {
        "transaction_id": asked_to_pay(shop, shop.create_return()),
        "status": "Success",
        "external_reference_id": "re_1",
    }


def back_to_the_start(shop: Shop) -> Inputs:
    inputs = of_a_shipment()(shop)
    shop.api("PUT", f"/shipment/{inputs['shipment_id']}", json={"status": "LabelCreated"})
    return {**inputs, "status": "Pending"}


def by_id(_shop: Shop, document: Document) -> Inputs:
    return {"return_id": rma_id(document)}


def by_order(_shop: Shop, document: Document) -> Inputs:
    return {"order_number": document["orderDetails"]["order_name"], "status": "Pending"}


def of_paid(shop: Shop, document: Document) -> Inputs:
    paid(shop, document)
    return by_id(shop, document)


ACTIONS: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "update_shipment": of_a_shipment(status="LabelCreated", **LABEL),
    "delete_shipment": of_a_shipment(),
    "add_comment": of_an_rma(note="Seen at <b>dock</b> 4: 100 % sure."),
    "set_rma_status": of_an_rma(status="Approved"),
    "approve_return": of_an_rma(),
    "reject_return": of_an_rma(),
    "cancel_return": of_an_rma(),
    "create_return": create_return,
    "create_shipment_tracker": of_a_shipment(tracking_number="OC-1", carrier="Own Carrier"),
    "settle_transaction": settle_transaction,
}
FACTS = Facts(
    happens={
        "new_return": moved(),
        "return_status_changed": moved("Approved"),
        "return_approved": moved("Approved"),
        "return_received": moved("Approved", "Received"),
        "return_validated": moved("Approved", "Received", "Validated"),
        "return_done": moved("Approved", "Done"),
        "return_rejected": moved("Rejected"),
        "return_canceled": moved("Canceled"),
        "new_transaction": paid,
        "refund_requested": asked_to_pay,
        "transaction_status_changed": settled("Failed"),
    },
    again={
        "return_status_changed": moved("Received"),
        "refund_requested": None,
        "transaction_status_changed": settled("Success"),
    },
    actions=ACTIONS,
    wrong=Wrong("update_shipment", back_to_the_start, ("status",)),
    lookups={
        "find_return": Lookup(
            by_order, ({"order_number": "#0"}, {"tracking_number": "none"}, {"status": "Rejected"})
        ),
        "get_return": Lookup(by_id, ({"return_id": "1"},)),
        "list_transactions": Lookup(of_paid, ({"return_id": "1"},)),
    },
    unknown="1",
    filters={"return_status_changed": Filter({"status": "Approved"}, moved("Rejected"))},
)
