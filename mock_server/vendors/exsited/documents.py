"""Builds Exsited's invoices, returns and receipts as JSON documents, and stores them as rows.

The documents follow the schemas in `openapi/exsited.yaml`, where numbers are strings. Functions accept times
in microseconds since the Unix epoch; documents contain UTC strings with whole seconds.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.store import Change
from mock_server.vendors import rows
from mock_server.vendors.exsited.facts import LIFECYCLE, NAME, digits, uuid_of

JSON = dict[str, Any]
_TAX = {"AUD": Decimal(1) / 11, "NZD": Decimal(3) / 23}
"""The share of goods and services tax (GST) in a price, keyed by currency."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer that an invoice is issued to."""

    name: str
    email: str
    currency: str = "AUD"

    @property
    def account(self) -> str:
        """Derive the ID of the customer's account from the e-mail address."""
        return f"ACC-{digits(zlib.crc32(self.email.lower().encode()) % 100_000_000)}"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A product on an invoice, with its quantity and the unit price including tax."""

    sku: str
    name: str
    quantity: int
    price: Decimal


def order_id(order_number: str) -> str:
    """Convert an order number such as `#1001` to an Exsited order ID such as `ORD-1001`."""
    return f"ORD-{order_number.removeprefix('#')}"


def new_invoice(id_: str, order: str, buyer: Buyer, products: Sequence[InvoiceLine], at: int) -> JSON:
    """Build an `Invoice` that was issued and fully paid at `at` (µs)."""
    lines = [_invoice_line(id_, product, buyer.currency) for product in products]
    sums = {
        name: str(sum((Decimal(line[name]) for line in lines), Decimal("0.00")))
        for name in ("subtotal", "tax", "total")
    }
    return {
        "status": "ACTIVE",
        "id": id_,
        "type": "LINKED_WITH_ORDER",
        "customer_purchase_order_id": "",
        "issue_date": timestamp(at)[:10],
        "due_date": timestamp(at)[:10],
        **sums,
        "tax_total": sums["tax"],
        "paid": sums["total"],
        "due": "0.00",
        "payment_status": "PAID",
        "discount_amount": "0.00",
        "price_tax_inclusive": "true",
        "invoice_note": "",
        "account_id": buyer.account,
        "account_name": buyer.name,
        "order_id": order_id(order),
        **_signed("System", at),
        "uuid": uuid_of("invoice", id_),
        "version": "0",
        "lines": lines,
        "currency": {"uuid": uuid_of("currency", buyer.currency), "name": buyer.currency},
    }


def _invoice_line(invoice: str, product: InvoiceLine, currency: str) -> JSON:
    total = (product.price * product.quantity).quantize(_CENT)
    tax = (total * _TAX.get(currency, Decimal(0))).quantize(_CENT)
    return {
        "uuid": uuid_of("invoice line", invoice, product.sku),
        "item_id": product.sku,
        "item_uuid": uuid_of("item", product.sku),
        "item_name": product.name,
        "item_order_quantity": str(product.quantity),
        "item_price": str(product.price.quantize(_CENT)),
        "subtotal": str(total - tax),
        "tax": str(tax),
        "total": str(total),
    }


def new_return(
    id_: str,
    invoice: Mapping[str, Any],
    wanted: Iterable[tuple[JSON, int]],
    *,
    date: int,
    note: str,
    by: str,
    at: int,
) -> JSON:
    """Build a `Return`, in the initial status, for items on an invoice.

    `wanted` contains invoice lines, each paired with the quantity to return. `date` is the date of the
    return. `by` is the person or system that creates the document, at the time `at`.
    """
    return {
        "id": id_,
        "customer_return_status": LIFECYCLE.initial,
        "customer_return_date": timestamp(date),
        "invoice_id": invoice["id"],
        "note": note,
        "received_count": "0",
        "returns": [
            {
                "item_id": line["item_id"],
                "item_name": line["item_name"],
                "item_uuid": line["item_uuid"],
                "rma_returned": "0",
                "rma_requested": str(quantity),
                "uuid": uuid_of("return line", id_, line["uuid"]),
            }
            for line, quantity in wanted
        ],
        **_signed(by, at),
        "uuid": uuid_of("return", id_),
        "version": "0",
    }


def new_receipt(id_: str, arrived: Iterable[tuple[JSON, int]], by: str, at: int) -> JSON:
    """Build a `Receipt` for items that arrived.

    `arrived` contains lines of the return, each paired with the quantity received.
    """
    return {
        "id": id_,
        "receive_returns": [
            {
                "rma_receive_quantity": str(quantity),
                "item_id": line["item_id"],
                "item_name": line["item_name"],
                "item_uuid": line["item_uuid"],
                "uuid": uuid_of("receipt line", id_, line["uuid"]),
            }
            for line, quantity in arrived
        ],
        "created_by": by,
        "created_on": timestamp(at),
        "uuid": uuid_of("receipt", id_),
    }


def _signed(by: str, at: int) -> JSON:
    now = timestamp(at)
    return {"created_by": by, "created_on": now, "last_updated_by": by, "last_updated_on": now}


def sign_update(document: JSON, by: str, at: int) -> None:
    """Store in a document who changed it and when, and increment the document's version."""
    document |= {"last_updated_by": by, "last_updated_on": timestamp(at)}
    document["version"] = str(int(document["version"]) + 1)


def outstanding(line: Mapping[str, Any]) -> int:
    """Compute how many units of a return line were requested but have not been received yet."""
    return int(line["rma_requested"]) - int(line["rma_returned"])


def put_return(
    change: Change, tenant: str, document: JSON, invoice: Mapping[str, Any], made: int, at: int
) -> None:
    """Store a return for an invoice, created at `made` and last updated at `at` (µs)."""
    rows.put_return(
        change,
        tenant,
        NAME,
        LIFECYCLE,
        document,
        id_=document["id"],
        status=document["customer_return_status"],
        created_at=made,
        updated_at=at,
        order_number=invoice["order_id"],
        parent=invoice["id"],
    )


def put_invoice(change: Change, tenant: str, document: JSON, buyer: Buyer, at: int) -> None:
    """Store an invoice created at `at` (µs), with the customer's account as its parent."""
    change.put_document(
        tenant,
        NAME,
        "invoice",
        document["id"],
        document,
        created_at=at,
        status="ACTIVE",
        order_number=document["order_id"],
        customer_email=buyer.email,
        parent=document["account_id"],
    )


def put_receipt(change: Change, tenant: str, document: JSON, owner: str, at: int) -> None:
    """Store a receipt for the return with the ID `owner`, created at `at` (µs)."""
    change.put_document(tenant, NAME, "receipt", document["id"], document, created_at=at, parent=owner)
