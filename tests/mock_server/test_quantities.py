"""Huge quantities neither block the sandbox nor fill its memory, at any vendor and on any way in."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from support.each import each
from support.worlds import NOON, OpenWorld, open_world

import openapi
from mock_server import vendors
from mock_server.clock import timestamp
from mock_server.engine.problem import Problem
from mock_server.shop.mistakes import ShopError

LARGEST = 200_000
"""The most bytes of a stored record, for any requested quantity."""
MAX_QUANTITY = 1_000_000
"""The highest quantity that a shop's file allows, as `openapi/sandbox.yaml` says."""
ITEMS, UNITS = 100, 1000
"""The most items of a shopper's return and the most units of one item, as `openapi/sandbox.yaml` says."""
ONE_ENTRY_PER_UNIT = {"returngo": "Rma"}
"""The schema of the return of each vendor whose returns have an entry per unit and therefore a maximum."""
COUNTS = re.compile(r"quantity|qty|count$|units", re.IGNORECASE)


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenWorld]:
    with open_world(seed_size=0) as world:
        yield world


def shop(vendor: str, quantity: int) -> dict[str, Any]:
    """Return a shop with one return of `quantity` units."""
    return {
        "products": [{"sku": "MUG-BLU", "name": "Blue mug", "price": 24.9}],
        "customers": [{"email": "iris.lane@example.com"}],
        "orders": [
            {
                "number": "#5001",
                "customer": "iris.lane@example.com",
                "items": [{"sku": "MUG-BLU", "quantity": MAX_QUANTITY}],
                "vendors": vendor,
            }
        ],
        "returns": [
            {"order": "#5001", "status": "requested", "items": [{"sku": "MUG-BLU", "quantity": quantity}]}
        ],
    }


def create(opened: OpenWorld, name: str, content: dict[str, Any]) -> None:
    body = {"name": name, "shop": content, "first_moment": timestamp(NOON), "frozen": True}
    assert opened.call("create_tenant", body).status == 201


def shopper(vendor: str, items: int, quantity: int) -> dict[str, Any]:
    lines = [{"sku": f"MUG-{place}", "quantity": quantity, "reason": "defective"} for place in range(items)]
    email = "iris.lane@example.com"
    return {"vendor": vendor, "order_number": "#7001", "customer_email": email, "items": lines}


def largest(opened: OpenWorld, tenant: str, vendor: str) -> int:
    """Return the size of the largest record that a tenant has at a vendor, in bytes."""
    kinds = ("return", "order", "invoice", "shipment", "transaction", "customer", "product")
    rows = [row for kind in kinds for row in opened.world.store.rows(tenant, vendor, kind)]
    return max(len(row.document) for row in rows)


@pytest.mark.parametrize("vendor", vendors.names())
def test_a_shop_has_a_return_of_the_highest_quantity_or_is_refused(opened: OpenWorld, vendor: str) -> None:
    limit = vendors.shop_words(vendor).max_units
    assert (limit is not None) == (vendor in ONE_ENTRY_PER_UNIT)
    if limit is None:
        create(opened, f"{vendor}-most", shop(vendor, MAX_QUANTITY))
        assert largest(opened, f"{vendor}-most", vendor) < LARGEST
        return
    with pytest.raises((Problem, ShopError)) as refused:
        create(opened, f"{vendor}-more", shop(vendor, limit + 1))
    message = f"contains {limit + 1} units, but a return of {vendor} has at most {limit}"
    assert message in str(getattr(refused.value, "message", refused.value))
    create(opened, f"{vendor}-limit", shop(vendor, limit))
    [row] = opened.world.store.rows(f"{vendor}-limit", vendor, "return")
    assert len(orjson.loads(row.document)["items"]) == limit


@pytest.mark.parametrize("vendor", vendors.names())
def test_a_shopper_returns_the_most_items_or_is_refused(opened: OpenWorld, vendor: str) -> None:
    limit, tenant = vendors.shop_words(vendor).max_units, f"{vendor}-shopper"
    opened.call("create_tenant", {"name": tenant, "first_moment": timestamp(NOON), "frozen": True})
    if limit is None:
        body = shopper(vendor, ITEMS, UNITS)
        assert opened.call("create_tenant_return", body, tenant=tenant).status == 201
        assert largest(opened, tenant, vendor) < LARGEST
        return
    with pytest.raises(Problem, match=f"has at most {limit}"):
        opened.call("create_tenant_return", shopper(vendor, ITEMS, UNITS), tenant=tenant)
    assert not list(opened.world.store.rows(tenant, vendor, "order"))
    made = opened.call("create_tenant_return", shopper(vendor, ITEMS, limit // ITEMS), tenant=tenant)
    assert len(made.body["document"]["items"]) == limit
    return_schema = openapi.read(vendor)["components"]["schemas"][ONE_ENTRY_PER_UNIT[vendor]]
    assert return_schema["properties"]["items"]["maxItems"] == limit


def numbers(document: Any, node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and schema of each list and whole number in a request body, and each count as text.

    Other numbers are amounts and IDs, which nothing repeats.
    """
    while "$ref" in node:
        target = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    for part in (*node.get("allOf", ()), *node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from numbers(document, part, path)
    for name, child in node.get("properties", {}).items():
        yield from numbers(document, child, f"{path}.{name}")
    if "items" in node:
        yield f"{path}[]", node
        yield from numbers(document, node["items"], f"{path}[]")
    is_count = COUNTS.search(path.rpartition(".")[2])
    if node.get("type") == "integer" or (node.get("type") == "string" and is_count):
        yield path, node


@pytest.mark.parametrize("vendor", vendors.names())
def test_each_list_and_each_quantity_in_a_request_has_a_maximum(vendor: str) -> None:
    document = openapi.read(vendor)
    found = [
        (f"{operation['operationId']}{path}", schema)
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "requestBody" in operation
        for path, schema in numbers(
            document, operation["requestBody"]["content"]["application/json"]["schema"]
        )
    ]
    for path, schema in each(found):
        if schema["type"] == "array":
            assert "maxItems" in schema, path
        elif schema["type"] == "string":
            assert not re.search(schema["pattern"], "9" * 12), path
        else:
            assert "maximum" in schema, path
