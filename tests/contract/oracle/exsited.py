"""Exsited's invoices, returns and receipts, computed from the books and the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from contract.oracle.books import Booked
from contract.oracle.history import History
from contract.oracle.values import Like, cents, tax, utc

UUID = Like("[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
Received = Mapping[str, Mapping[str, int]]
"""What the API received: the quantity of each SKU, by the ID of the receipt."""


@dataclass(frozen=True)
class Update:
    """A change of a return: when, by whom, and the receipt with the quantity of each SKU, if it is one."""

    at: datetime
    by: str
    receipt: str = ""
    quantities: tuple[tuple[str, int], ...] = ()


def updates(one: Booked, history: History, received: Received) -> list[Update]:
    """Compute the changes of a return, oldest first; a receipt of the warehouse contains all the rest."""
    left = {item.line.sku: item.quantity for item in one.items}
    found: list[Update] = []
    for at, kind, body in history.others:
        if kind != "return.items_received":
            continue
        by_api = body["receipt"] in received
        arrived = dict(received[body["receipt"]]) if by_api else {sku: n for sku, n in left.items() if n}
        left = {sku: n - arrived.get(sku, 0) for sku, n in left.items()}
        by = "API user" if by_api else "Tom (warehouse)"
        found.append(Update(at, by, body["receipt"], tuple(arrived.items())))
    closed = history.reached("CLOSED")
    if closed and any(left.values()):
        found.append(Update(closed, "Priya (returns desk)"))
    return found


def name_of(one: Booked, sku: str) -> str:
    line = next(line for line in one.lines if line.sku == sku)
    return f"{line.name} {line.size}".strip()


def document(one: Booked, history: History, received: Received, invoice: str) -> dict[str, Any]:
    """Compute a `Return` on the invoice with the ID `invoice`."""
    changes = updates(one, history, received)
    arrived: dict[str, int] = {}
    for change in changes:
        for sku, quantity in change.quantities:
            arrived[sku] = arrived.get(sku, 0) + quantity
    last = changes[-1] if changes else Update(history.created_at, one.customer.name)
    return {
        "id": history.id,
        "customer_return_status": history.status,
        "customer_return_date": utc(history.created_at),
        "invoice_id": invoice,
        "note": "; ".join(item.comment for item in one.items),
        "received_count": str(sum(arrived.values())),
        "returns": [
            {
                "item_id": item.line.sku,
                "item_name": name_of(one, item.line.sku),
                "item_uuid": UUID,
                "rma_returned": str(arrived.get(item.line.sku, 0)),
                "rma_requested": str(item.quantity),
                "uuid": UUID,
            }
            for item in one.items
        ],
        "created_by": one.customer.name,
        "created_on": utc(history.created_at),
        "last_updated_by": last.by,
        "last_updated_on": utc(last.at),
        "uuid": UUID,
        "version": str(len(changes)),
    }


def receipt(one: Booked, update: Update) -> dict[str, Any]:
    """Compute a `Receipt`."""
    return {
        "id": update.receipt,
        "receive_returns": [
            {
                "rma_receive_quantity": str(quantity),
                "item_id": sku,
                "item_name": name_of(one, sku),
                "item_uuid": UUID,
                "uuid": UUID,
            }
            for sku, quantity in update.quantities
        ],
        "created_by": update.by,
        "created_on": utc(update.at),
        "uuid": UUID,
    }


def invoice(one: Booked) -> dict[str, Any]:
    """Compute the `Invoice` of an order, which was paid when it was placed."""
    lines = [_line(one, place) for place in range(len(one.lines))]
    subtotal, taxed, total = (
        f"{sum((Decimal(line[name]) for line in lines), Decimal(0)):.2f}"
        for name in ("subtotal", "tax", "total")
    )
    day, at = f"{one.ordered_at:%Y-%m-%d}", utc(one.ordered_at)
    return {
        "status": "ACTIVE",
        "id": Like("INV-[0-9]{8}"),
        "type": "LINKED_WITH_ORDER",
        "customer_purchase_order_id": "",
        "issue_date": day,
        "due_date": day,
        "subtotal": subtotal,
        "tax": taxed,
        "total": total,
        "tax_total": taxed,
        "paid": total,
        "due": "0.00",
        "payment_status": "PAID",
        "discount_amount": "0.00",
        "price_tax_inclusive": "true",
        "invoice_note": "",
        "account_id": Like("ACC-[0-9]{8}"),
        "account_name": one.customer.name,
        "order_id": one.order.replace("#", "ORD-"),
        "created_by": "System",
        "created_on": at,
        "last_updated_by": "System",
        "last_updated_on": at,
        "uuid": UUID,
        "version": "0",
        "lines": lines,
        "currency": {"uuid": UUID, "name": one.currency},
    }


def _line(one: Booked, place: int) -> dict[str, Any]:
    line = one.lines[place]
    total = line.price * line.ordered
    # Only Australian and New Zealand dollars are taxed.
    taxed = cents(tax(total, one.currency)) if one.currency in {"AUD", "NZD"} else Decimal(0)
    return {
        "uuid": UUID,
        "item_id": line.sku,
        "item_uuid": UUID,
        "item_name": name_of(one, line.sku),
        "item_order_quantity": str(line.ordered),
        "item_price": f"{line.price:.2f}",
        "subtotal": f"{total - taxed:.2f}",
        "tax": f"{taxed:.2f}",
        "total": f"{total:.2f}",
    }
