"""Exsited's records as JSON: what each looks like when it begins, and how it becomes a row.

Shapes are those of `openapi/exsited.yaml`: numbers are strings. Times are whole seconds: µs since 1970 here,
text in UTC there.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mock_server.clock import timestamp
from mock_server.store import Change
from mock_server.vendors.exsited.facts import LIFECYCLE, NAME, digits, named

JSON = dict[str, Any]
_TAX = {"AUD": Decimal(1) / 11, "NZD": Decimal(3) / 23}
"""Which share of a price is goods and services tax."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom an invoice is for."""

    name: str
    email: str
    currency: str = "AUD"

    @property
    def account(self) -> str:
        """The id of the customer's account."""
        return f"ACC-{digits(zlib.crc32(self.email.lower().encode()) % 100_000_000)}"


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of an invoice."""

    sku: str
    name: str
    quantity: int
    price: Decimal


def order_id(order_number: str) -> str:
    """The id of an order: `#1001` is `ORD-1001`."""
    return f"ORD-{order_number.removeprefix('#')}"


def invented_price(sku: str) -> Decimal:
    """A price for an item of which only the code is known, 10.00 to 209.95, always the same."""
    return Decimal(1000 + zlib.crc32(sku.encode()) % 4000 * 5) / 100


def new_invoice(id_: str, order: str, buyer: Buyer, bought: Sequence[Bought], at: int) -> JSON:
    """An `Invoice` that was paid when it was issued."""
    lines = [_invoice_line(id_, one, buyer.currency) for one in bought]
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
        "uuid": named("invoice", id_),
        "version": "0",
        "lines": lines,
        "currency": {"uuid": named("currency", buyer.currency), "name": buyer.currency},
    }


def _invoice_line(invoice: str, one: Bought, currency: str) -> JSON:
    total = (one.price * one.quantity).quantize(_CENT)
    tax = (total * _TAX.get(currency, Decimal(0))).quantize(_CENT)
    return {
        "uuid": named("invoice line", invoice, one.sku),
        "item_id": one.sku,
        "item_uuid": named("item", one.sku),
        "item_name": one.name,
        "item_order_quantity": str(one.quantity),
        "item_price": str(one.price.quantize(_CENT)),
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
    """A `Return` of lines of an invoice, each with how many come back."""
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
                "uuid": named("return line", id_, line["uuid"]),
            }
            for line, quantity in wanted
        ],
        **_signed(by, at),
        "uuid": named("return", id_),
        "version": "0",
    }


def new_receipt(id_: str, arrived: Iterable[tuple[JSON, int]], by: str, at: int) -> JSON:
    """A `Receipt` of lines of a return, each with how many arrived."""
    return {
        "id": id_,
        "receive_returns": [
            {
                "rma_receive_quantity": str(quantity),
                "item_id": line["item_id"],
                "item_name": line["item_name"],
                "item_uuid": line["item_uuid"],
                "uuid": named("receipt line", id_, line["uuid"]),
            }
            for line, quantity in arrived
        ],
        "created_by": by,
        "created_on": timestamp(at),
        "uuid": named("receipt", id_),
    }


def _signed(by: str, at: int) -> JSON:
    made = timestamp(at)
    return {"created_by": by, "created_on": made, "last_updated_by": by, "last_updated_on": made}


def touch(document: JSON, by: str, at: int) -> None:
    """Sign a change: who, when, and the next version."""
    document |= {"last_updated_by": by, "last_updated_on": timestamp(at)}
    document["version"] = str(int(document["version"]) + 1)


def outstanding(line: Mapping[str, Any]) -> int:
    """How many of a return's line have not arrived."""
    return int(line["rma_requested"]) - int(line["rma_returned"])


def put_return(
    change: Change, tenant: str, document: JSON, invoice: Mapping[str, Any], made: int, at: int
) -> None:
    """Store a return as it is now."""
    status = document["customer_return_status"]
    change.put_document(
        tenant,
        NAME,
        "return",
        document["id"],
        document,
        created_at=made,
        updated_at=at,
        status=status,
        state=LIFECYCLE.states[status],
        order_number=invoice["order_id"],
        parent=invoice["id"],
    )


def put_invoice(change: Change, tenant: str, document: JSON, buyer: Buyer, at: int) -> None:
    """Store an invoice; its account is its parent."""
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
    """Store what arrived of the return `owner`."""
    change.put_document(tenant, NAME, "receipt", document["id"], document, created_at=at, parent=owner)
