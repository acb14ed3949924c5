"""Example IDs and request bodies for Exsited's operations, prefilled in Swagger UI."""

from typing import Any

import orjson

from mock_server.pages.prefill import Examples
from mock_server.store import Filters, Row, Store
from mock_server.vendors.exsited.documents import outstanding
from mock_server.vendors.exsited.facts import NAME

_CREATE_OPERATIONS = ("create_return", "create_return_v2")
_RECEIVE_OPERATIONS = ("receive_return", "receive_return_v2")


def examples(store: Store, tenant: str, login: dict[str, Any] | None) -> Examples:
    """Build example path IDs and request bodies that the tenant's operations accept.

    `login` is the example body for the token request; if it is None, that request gets no example.
    """
    path, bodies = _ids(store, tenant), _receipts(store, tenant)
    for name, invoice in zip(_CREATE_OPERATIONS, _free_invoices(store, tenant), strict=False):
        path[f"{name}.invoice_id"] = invoice["id"]
        line = {"rma_quantity": "1", "uuid": invoice["lines"][0]["uuid"]}
        bodies[name] = {"return_merchandise_authorisations": {"note": "Does not fit", "returns": [line]}}
    for name, row in zip(_RECEIVE_OPERATIONS, _pending(store, tenant), strict=False):
        path |= {f"{name}.invoice_id": row.parent, f"{name}.rma_id": row.id}
    if login:
        bodies["create_token"] = login
    return Examples(path, bodies)


def _ids(store: Store, tenant: str) -> dict[str, str]:
    """Look up the IDs of a receipt, and of its return, invoice, order and account.

    Returns {} if the tenant has no receipt.
    """
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


def _receipts(store: Store, tenant: str) -> dict[str, Any]:
    """Build example bodies for the operations that receive items, each for a different pending return."""
    bodies: dict[str, Any] = {}
    for name, row in zip(_RECEIVE_OPERATIONS, _pending(store, tenant), strict=False):
        line = next(line for line in orjson.loads(row.document)["returns"] if outstanding(line))
        received = [{"rma_receive_quantity": "1", "uuid": line["uuid"]}]
        bodies[name] = {"receive_return_merchandise_authorisations": {"receive_returns": received}}
    return bodies


def _free_invoices(store: Store, tenant: str) -> list[dict[str, Any]]:
    """Look up the last two invoices that have no returns.

    If there is only one such invoice, the list contains it twice.
    """
    returned = {row.parent for row in store.rows(tenant, NAME, "return")}
    rows = store.rows(tenant, NAME, "invoice")
    free = [orjson.loads(row.document) for row in rows if row.id not in returned]
    return (free * 2)[-2:]
