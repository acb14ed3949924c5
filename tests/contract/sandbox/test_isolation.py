"""An ID of another tenant, shop or parent is unknown: every operation with an ID answers 404.

The operations and their IDs come from the documents, so a new operation is covered by itself. What the
calls change is looked for in the store and in the ledger, of both tenants.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from contract.sandbox.documents import Operation, document
from contract.sandbox.served import ACME, OTHER, Served, served
from contract.sandbox.state import State

from mock_server import vendors

VENDORS = vendors.names()


@pytest.fixture(scope="module")
def apis() -> Iterator[Mapping[str, Served]]:
    """All vendors, each with two tenants whose returns differ."""
    opened: dict[str, Any] = {vendor: served(vendor, ACME) for vendor in VENDORS}
    apis: dict[str, Served] = {vendor: context.__enter__() for vendor, context in opened.items()}
    for api in apis.values():
        api.add(OTHER, seed_size=60, seed=8)
    yield apis
    for context in opened.values():
        context.__exit__(None, None, None)


def with_ids(vendor: str) -> list[Operation]:
    """Return the operations that name a record: in the path, or as `…Id` in the body."""
    return [one for one in document(vendor).operations.values() if one.path_names or id_fields(vendor, one)]


def id_fields(vendor: str, operation: Operation) -> list[str]:
    schema = document(vendor).body(operation) or {}
    return [name for name in schema.get("properties", {}) if name in KINDS]


KINDS = {
    "rma_id": "return", "invoice_id": "invoice", "receipt_id": "receipt", "order_id": "order",
    "account_id": "account", "rmaId": "return", "shipmentId": "shipment", "webhookId": "webhook",
    "transactionId": "transaction", "rlRmaId": "return", "email": "customer", "id": "",
}  # fmt: skip
"""The kind of record that an ID of the documents belongs to; `id` belongs to what the path names before."""


def kind_of(name: str, path: str) -> str:
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    return KINDS[name] or {"rmas": "return", "shipments": "shipment"}[before]


def ids(api: Served, tenant: str, kind: str) -> list[str]:
    """Return the IDs that a tenant's records of a kind have, from the store."""
    store = api.app.world.store
    if kind in {"order", "account"}:
        rows = store.rows(tenant, api.vendor, "invoice")
        return [row.order_number if kind == "order" else row.parent for row in rows]
    return [row.id for row in store.rows(tenant, api.vendor, kind)]


def bodies(api: Served, operation: Operation) -> Any:
    """Return the body of the document's example; None if the operation has no body."""
    raw = api.document.resolve(operation.raw.get("requestBody", {}))
    content = raw.get("content", {}).get("application/json")
    if content is None:
        return None
    return content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]


CALLS = [(vendor, operation.id) for vendor in VENDORS for operation in with_ids(vendor)]


def states(api: Served) -> list[State]:
    store = api.app.world.store
    return [State.read(store, tenant, api.vendor) for tenant in (ACME, OTHER)]


@pytest.mark.parametrize(("vendor", "operation_id"), CALLS)
def test_id_of_another_tenant_is_unknown(apis: Mapping[str, Served], vendor: str, operation_id: str) -> None:
    api = apis[vendor]
    operation = api.document.operations[operation_id]
    path = {}
    body = bodies(api, operation)
    for name in operation.path_names:
        path[name] = foreign(api, kind_of(name, operation.path))
    for name in id_fields(vendor, operation):
        body = {**body, name: foreign(api, kind_of(name, operation.path))}
    before = states(api)
    answer = api.call(operation, path, minimal(operation), body)
    assert answer.status == 404, (path, answer)
    assert states(api) == before
    assert api.differences(ACME) == api.differences(OTHER) == []


def foreign(api: Served, kind: str) -> str:
    """Return an ID that the other tenant has and this one has not."""
    known = set(ids(api, ACME, kind))
    theirs = [one for one in ids(api, OTHER, kind) if one not in known]
    if not theirs:  # both tenants number their records alike: the store gets a record of its own
        return add_foreign(api, kind)
    return theirs[-1]


def add_foreign(api: Served, kind: str) -> str:
    """Give the other tenant a copy of one of its records under an ID that this tenant does not have."""
    store = api.app.world.store
    row = next(iter(store.rows(OTHER, api.vendor, kind)))
    new = "99999901" if row.id.isdigit() else f"{row.id}-foreign"
    with store.change() as change:
        change.put(replace(row, id=new, sequence=0))
    return new


def minimal(operation: Operation) -> list[tuple[str, str]]:
    """Return required query parameters with their smallest value."""
    needed = [one for one in operation.parameters if one["in"] == "query" and one.get("required")]
    return [(one["name"], str(one["schema"]["minimum"])) for one in needed if "minimum" in one["schema"]]
