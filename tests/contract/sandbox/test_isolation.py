"""An ID of another tenant, shop or parent is unknown: every operation with an ID answers 404.

The operations and their IDs come from the documents, so a new operation is covered by itself. What the
calls change is looked for in the store and in the ledger, of both tenants.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from contract.sandbox.documents import Operation, document
from contract.sandbox.ids import KINDS, ids, kind_of
from contract.sandbox.served import ACME, OTHER, Login, Served, served
from contract.sandbox.state import State
from support.each import each

import openapi
from mock_server import vendors
from mock_server.access.keys import DEFAULT
from mock_server.acts import acts_of
from mock_server.store import tables

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


def test_return_of_another_parent_is_unknown(apis: Mapping[str, Served]) -> None:
    """An operation with several IDs in its path answers 404 if one belongs to another parent."""
    found = 0
    for api in each(apis.values()):
        for operation in api.document.operations.values():
            names = operation.path_names
            if len(names) > 1:
                chain = lineage(api, names)
                before = states(api)
                for name in names:
                    kind = kind_of(name, operation.path)
                    other = next(one for one in ids(api, ACME, kind) if one != chain[name])
                    answer = api.call(operation, {**chain, name: other}, (), bodies(api, operation))
                    assert answer.status == 404, (operation.id, name, answer)
                assert states(api) == before
                found += 1
    assert found > 0


def lineage(api: Served, names: Sequence[str]) -> dict[str, str]:
    """Return IDs that belong together: a receipt, its return, and the return's invoice."""
    store = api.app.world.store
    receipt = next(iter(store.rows(ACME, api.vendor, "receipt")))
    owner = store.row(ACME, api.vendor, "return", receipt.parent)
    assert owner is not None
    known = {"receipt_id": receipt.id, "rma_id": owner.id, "invoice_id": owner.parent}
    return {name: known[name] for name in names}


def test_unknown_place_of_the_login_is_refused(apis: Mapping[str, Served]) -> None:
    """An operation that takes a part of the login as a parameter or field accepts no other value of it."""
    found = 0
    for api in each(apis.values()):
        places = set(api.observers[ACME]["query"].values())
        for operation in api.document.operations.values() if places else ():
            names = named_alike(api, operation)
            body = bodies(api, operation) or {}
            fields = [name for name, value in body.items() if isinstance(value, str) and value in places]
            if names or fields:
                changed = {**body, **dict.fromkeys(fields, "unknown")} or None
                answer = api.call(operation, {}, [(name, "unknown") for name in names], changed)
                assert answer.status == 404, (operation.id, answer)
                found += 1
    assert found > 0


def named_alike(api: Served, operation: Operation) -> set[str]:
    """Return the query parameters that accept a part of the login: those with the schema of its name."""
    known = {name for one in api.document.operations.values() for name in api.observers[ACME]["query"]
             if one.query(name)}  # fmt: skip
    schemas = [one["schema"] for op in api.document.operations.values() for one in op.parameters
               if one["name"] in known]  # fmt: skip
    return {one["name"] for one in operation.parameters if one.get("schema") in schemas}


LOGINS = [
    (vendor, operation.id)
    for vendor in VENDORS
    for operation in document(vendor).operations.values()
    if operation.is_public and "refresh_token" in (document(vendor).body(operation) or {})["properties"]
]


@pytest.mark.parametrize(("vendor", "operation_id"), LOGINS)
def test_token_of_another_key_of_the_tenant_is_refused(
    apis: Mapping[str, Served], vendor: str, operation_id: str
) -> None:
    """Two apps of one merchant do not share tokens: each key opens only what was issued to it."""
    api = apis[vendor]
    first, second = client_of(api, DEFAULT, api.logins[ACME]), client_of(api, "observer", api.observers[ACME])
    given = api.call(operation_id, json={**first, **first_grant(api)}).body
    refresh = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    renewed = api.call(operation_id, json={**first, **refresh})
    assert renewed.ok
    refresh["refresh_token"] = renewed.body["refresh_token"]
    assert api.call(operation_id, json={**second, **refresh}).status == 400


def client_of(api: Served, name: str, login: Login) -> dict[str, str]:
    """Return the client ID and secret of the key with a name; the key is the secret."""
    fields = login["fields"]
    secret = fields.get("client_secret") or fields["api_key"]
    return {"client_id": api.app.world.tokens.client_id(ACME, api.vendor, name), "client_secret": secret}


def first_grant(api: Served) -> dict[str, str]:
    """Return what a first token request has besides the client: the code of an app, or an address."""
    found = vendors.load(api.vendor, api.app.world)
    if "install_app" not in acts_of(found):
        return {"grant_type": "client_credentials", "redirect_uri": "https://shop.example/in"}
    path = f"/tenants/{ACME}/vendors/{api.vendor}/acts/install_app"
    installed = api.control("POST", path, json={"redirect_uri": "https://app.example.com/in"}).body[
        "document"
    ]
    code = parse_qs(urlsplit(installed["redirect_to"]).query)["code"][0]
    return {"grant_type": "authorization_code", "code": code}


FACTS = {vendor: import_module(f"mock_server.vendors.{vendor}.facts") for vendor in VENDORS}
MANY_SHOPS = [vendor for vendor in VENDORS if hasattr(FACTS[vendor], "SHOPS")]


@pytest.mark.parametrize(
    ("vendor", "operation_id"), [(vendor, one.id) for vendor in MANY_SHOPS for one in with_ids(vendor)]
)
def test_id_of_another_shop_of_the_account_is_unknown(
    apis: Mapping[str, Served], vendor: str, operation_id: str
) -> None:
    api, operation = apis[vendor], document(vendor).operations[operation_id]
    shops = list(FACTS[vendor].SHOPS)
    body = bodies(api, operation)
    path = {name: own(api, kind_of(name, operation.path), shops[0]) for name in operation.path_names}
    named = {name: own(api, kind_of(name, operation.path), shops[0]) for name in id_fields(vendor, operation)}
    body = {**body, **named} if named else body
    before = states(api)
    (header,) = [name for name, value in api.observers[ACME]["headers"].items() if value in shops]
    answer = api.call(operation, path, minimal(operation), body, headers={header: shops[1]})
    assert answer.status == 404, (path, answer)
    assert states(api) == before


def own(api: Served, kind: str, shop: str) -> str:
    """Return the ID of a record of a shop."""
    rows = [
        row for row in api.app.world.store.rows(ACME, api.vendor, kind) if row.shop == shop and row.status
    ]
    return rows[-1].id


def test_nothing_of_a_tenant_is_left_after_a_delete_or_a_reset() -> None:
    """No table has a row of a deleted tenant, and a reset tenant has the rows that it had at first."""
    with served(openapi.CONTROL_PLANE, ACME, OTHER) as api:
        world = api.app.world
        others = counted(api, OTHER)
        first = counted(api, ACME)
        for vendor in each(VENDORS):
            item = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "wrong_size"}
            wanted = {
                "vendor": vendor,
                "order_number": "#9",
                "customer_email": "kim@example.com",
                "items": [item],
            }
            api.control("POST", f"/tenants/{ACME}/returns", json=wanted)
            key = {"vendor": vendor, "name": "extra"}
            api.control("POST", f"/tenants/{ACME}/keys", json=key)
        fault = {"vendor": "*", "what": "server_error"}
        api.control("POST", f"/tenants/{ACME}/faults", json=fault)
        api.control("POST", f"/tenants/{ACME}/snapshots", json={"name": "kept"})
        assert counted(api, ACME) != first
        api.control("POST", f"/tenants/{ACME}/reset")
        kept = {"keys", "faults", "snapshots"}
        after = counted(api, ACME)
        assert {name: n for name, n in after.items() if name not in kept} == {
            name: n for name, n in first.items() if name not in kept
        }
        api.control("DELETE", f"/tenants/{ACME}")
        assert counted(api, ACME) == {}
        assert counted(api, OTHER) == others
        partitions = {row[0] for row in world.store.select(sa.select(tables.tenants.c.partition))}
        for name in each(tables.PARTITIONED):
            table = tables.metadata.tables[name]
            owners = {row[0] for row in world.store.select(sa.select(table.c.tenant).distinct())}
            assert owners <= partitions, name


def counted(api: Served, tenant: str) -> dict[str, int]:
    """Count the rows of a tenant in every table that has a tenant, or a partition of it."""
    store = api.app.world.store
    names = {tenant}
    names |= {row[0] for row in store.select(sa.select(tables.tenants.c.partition).where(
        tables.tenants.c.name == tenant))}  # fmt: skip
    found = {}
    for name, table in tables.metadata.tables.items():
        column = table.c.get("tenant")
        if column is not None:
            query = sa.select(sa.func.count()).select_from(table).where(column.in_(names))
            found[name] = store.select(query)[0][0]
    return {name: number for name, number in found.items() if number}
