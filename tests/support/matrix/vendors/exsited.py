"""Exsited's facts for the matrix."""

from collections.abc import Callable

from support.matrix.facts import Document, Facts, Filter, Inputs, Lookup, Wrong
from support.matrix.shop import Shop

ALL_OF_A_LINE = 3
ITEMS = [
    {"sku": sku, "quantity": ALL_OF_A_LINE, "reason": "wrong_size"} for sku in ("TEE-NVY-M", "BOOT-CHE-39")
]


def made(_shop: Shop, document: Document) -> str:
    return str(document["uuid"])


def one_arrives(shop: Shop, document: Document) -> str:
    """Receive one unit of the first line; the others have not arrived yet."""
    shop.advance(60)
    options = [{"uuid": document["returns"][0]["uuid"], "rma_receive_quantity": "1"}]
    path = f"/api/v3/invoices/{document['invoice_id']}/return-merchandise-authorisations/{document['id']}"
    shop.api(
        "POST",
        f"{path}/receive",
        json={"receive_return_merchandise_authorisations": {"receive_returns": options}},
    )
    return str(document["uuid"])


def closed(shop: Shop, document: Document) -> str:
    shop.advance(60)
    shop.move(document["id"], "CLOSED")
    return str(document["uuid"])


def create_return(shop: Shop) -> Inputs:
    """Return inputs for an invoice whose items are all returnable: its return was closed without receipt."""
    document = shop.create_return()
    shop.move(document["id"], "CLOSED")
    invoice = shop.api("GET", f"/api/v3/invoices/{document['invoice_id']}")["invoice"]
    number = 100 + shop.orders
    return {
        "invoice_id": document["invoice_id"],
        "items": [
            {"invoice_line_uuid": line["uuid"], "quantity": "1", "item_uuid": line["item_uuid"]}
            for line in invoice["lines"]
        ],
        "return_date": "2026-05-04",
        "note": f"Two parcels, the second one by hand ({number}).",
        "rma_number": f"RMA-9000{number}",
    }


def receive_return(quantity: int = 1) -> Callable[[Shop], Inputs]:
    def inputs(shop: Shop) -> Inputs:
        document = shop.create_return()
        return {
            "invoice_id": document["invoice_id"],
            "return_id": document["id"],
            "items": [
                {"return_line_uuid": line["uuid"], "quantity": str(quantity)} for line in document["returns"]
            ],
        }

    return inputs


def of_invoice(_shop: Shop, document: Document) -> Inputs:
    return {"invoice_id": document["invoice_id"]}


def of_received(shop: Shop, document: Document) -> Inputs:
    one_arrives(shop, document)
    return {"invoice_id": document["invoice_id"], "return_id": document["id"]}


def of_order(shop: Shop, document: Document) -> Inputs:
    invoice = shop.api("GET", f"/api/v3/invoices/{document['invoice_id']}")["invoice"]
    return {"order_number": invoice["order_id"]}


FACTS = Facts(
    happens={
        "new_return": made,
        "return_updated": one_arrives,
        "return_items_received": one_arrives,
        "return_status_changed": closed,
        "return_closed": closed,
    },
    again={
        "return_closed": None,
        "return_updated": one_arrives,
        "return_items_received": one_arrives,
        "return_status_changed": None,
    },
    actions={"create_return": create_return, "receive_return": receive_return()},
    wrong=Wrong("receive_return", receive_return(ALL_OF_A_LINE + 1), ("rma_receive_quantity", "quantity")),
    lookups={
        "find_return": Lookup(
            lambda _shop, document: {"rma_number": document["id"]}, ({"rma_number": "RMA-0"},)
        ),
        "list_invoice_returns": Lookup(of_invoice, ({"invoice_id": "INV-0"},)),
        "list_receipts": Lookup(of_received, ({"invoice_id": "INV-0", "return_id": "RMA-0"},)),
        "find_invoice": Lookup(
            lambda _shop, document: {"invoice_number": document["invoice_id"]}, ({"invoice_number": "INV-0"},)
        ),
        "list_order_invoices": Lookup(of_order, ({"order_number": "ORD-0"},)),
    },
    filters={"return_status_changed": Filter({"status": "CLOSED"}, one_arrives)},
    options={"items": ITEMS},
    unchecked=frozenset({"redirect_uri"}),
    final=True,
)
