"""The IDs in paths and bodies: which kind of record each belongs to, and the IDs that a tenant has."""

from contract.sandbox.served import Served

KINDS = {
    "rma_id": "return", "invoice_id": "invoice", "receipt_id": "receipt", "order_id": "order",
    "account_id": "account", "rmaId": "return", "shipmentId": "shipment", "webhookId": "webhook",
    "transactionId": "transaction", "rlRmaId": "return", "email": "customer", "id": "",
}  # fmt: skip
"""The kind of record that an ID of the documents belongs to; `id` belongs to what the path names before."""


def kind_of(name: str, path: str) -> str:
    """Return the kind of record that the parameter `name` of a path identifies."""
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    return KINDS[name] or {"rmas": "return", "shipments": "shipment"}[before]


def ids(api: Served, tenant: str, kind: str) -> list[str]:
    """Return the IDs that a tenant's records of a kind have, from the store."""
    store = api.app.world.store
    if kind in {"order", "account"}:
        rows = store.rows(tenant, api.vendor, "invoice")
        return [row.order_number if kind == "order" else row.parent for row in rows]
    return [row.id for row in store.rows(tenant, api.vendor, kind)]
