"""What Swagger UI fills in for Exsited: invoices, returns and receipts that belong together."""

from typing import Any

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Row, Store
from mock_server.vendors.exsited.documents import outstanding
from mock_server.vendors.exsited.facts import NAME

_CREATES = ("create_return", "create_return_v2")
_RECEIVES = ("receive_return", "receive_return_v2")


def examples(store: Store, tenant: str, login: dict[str, Any] | None) -> Examples:
    """Return values of the tenant's records that work; `login` is the body of a token request."""
    path, bodies = _read(store, tenant), _receive(store, tenant)
    for name, invoice in zip(_CREATES, _free_invoices(store, tenant), strict=False):
        path[f"{name}.invoice_id"] = invoice["id"]
        line = {"rma_quantity": "1", "uuid": invoice["lines"][0]["uuid"]}
        bodies[name] = {"return_merchandise_authorisations": {"note": "Does not fit", "returns": [line]}}
    for name, row in zip(_RECEIVES, _pending(store, tenant), strict=False):
        path |= {f"{name}.invoice_id": row.parent, f"{name}.rma_id": row.id}
    if login:
        bodies["create_token"] = login
    return Examples(path, bodies)


def _read(store: Store, tenant: str) -> dict[str, str]:
    """A return that has a receipt, and the invoice, order and account that it belongs to."""
    for receipt in store.rows(tenant, NAME, "receipt"):
        rma = store.row(tenant, NAME, "return", receipt.parent)
        invoice = store.row(tenant, NAME, "invoice", rma.parent) if rma else None
        if rma and invoice:
            return {
                "rma_id": rma.id,
                "receipt_id": receipt.id,
                "invoice_id": invoice.id,
                "order_id": invoice.order_number,
                "account_id": invoice.parent,
            }
    return {}


def _pending(store: Store, tenant: str) -> list[Row]:
    return list(store.rows(tenant, NAME, "return", Filters(statuses=("PENDING",))))[-2:]


def _receive(store: Store, tenant: str) -> dict[str, Any]:
    bodies: dict[str, Any] = {}
    for name, row in zip(_RECEIVES, _pending(store, tenant), strict=False):
        line = next(one for one in orjson.loads(row.document)["returns"] if outstanding(one))
        told = [{"rma_receive_quantity": "1", "uuid": line["uuid"]}]
        bodies[name] = {"receive_return_merchandise_authorisations": {"receive_returns": told}}
    return bodies


def _free_invoices(store: Store, tenant: str) -> list[dict[str, Any]]:
    """Invoices of which nothing was returned; where only one exists, it is there twice."""
    returned = {row.parent for row in store.rows(tenant, NAME, "return")}
    rows = store.rows(tenant, NAME, "invoice")
    free = [orjson.loads(row.document) for row in rows if row.id not in returned]
    return (free * 2)[-2:]
