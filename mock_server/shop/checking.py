"""Checks a shop: its structure against the schema, and its records against the rules of every vendor."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import openapi
from mock_server import vendors
from mock_server.engine.messages import WHOLE, explain
from mock_server.engine.schema import Schemas, Validator
from mock_server.shop.layout import lay_out
from mock_server.shop.mistakes import Mistake, Mistakes, ShopError
from mock_server.shop.model import Shop
from mock_server.spelling import unknown

_UNKNOWN_FIELD: Final = "is not a known field"


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """Return the JSON schemas of the control plane, keyed by name."""
    schemas: Mapping[str, Any] = openapi.read(openapi.CONTROL_PLANE)["components"]["schemas"]
    return schemas


@lru_cache(maxsize=1)
def _validator() -> Validator:
    schemas = schema()
    return Schemas({"components": {"schemas": schemas}}).validator(schemas["Shop"], "request")


def read_shop(content: Any) -> Shop:
    """Check a shop's structure, and convert it to records; raise `ShopError` with all mistakes.

    This function does not check references between records; `check` does.
    """
    if errors := explain(_validator(), content):
        raise ShopError(
            Mistake("" if error.field == WHOLE else error.field, _problem(error.field, error.message))
            for error in errors
        )
    return Shop.model_validate(content)


def _problem(path: str, message: str) -> str:
    if message != _UNKNOWN_FIELD:
        return message
    return unknown("field", path.rpartition(".")[2], _fields(path.rpartition(".")[0]))


def _fields(path: str) -> Iterable[str]:
    """List the names of the fields that the schema allows in the record at `path`, such as `returns[0]`."""
    node = schema()["Shop"]
    for part in filter(None, re.sub(r"\[\d+]", ".[]", path).split(".")):
        node = child(node, part)
    return list(node.get("properties", ()))


def child(node: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """Return the schema of the field `part` in the schema `node`; `[]` stands for the entries of a list.

    If a field has a short and a long form, the schema of the long form is returned. For an unknown field, {}
    is returned.
    """
    if part == "[]":
        found = node.get("items", {})
    else:
        found = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
    alternatives = found.get("oneOf", ()) or found.get("allOf", ())
    found = next((one for one in alternatives if "$ref" in one), found)
    if "$ref" in found:
        found = schema()[found["$ref"].rpartition("/")[2]]
    described: Mapping[str, Any] = found
    return described


def check(shop: Shop, start: int) -> None:
    """Check a shop's records against the rules of every vendor; raise `ShopError` with all mistakes.

    The tenant's clock starts at `start` (µs).
    """
    known = vendors.names()
    mistakes = Mistakes()
    for path, name in _vendor_names(shop):
        if name not in known:
            mistakes.note(path, unknown("vendor", name, known))
    for name in known:
        lay_out(shop, name, vendors.shop_words(name), start, mistakes)
    if mistakes.noted:
        raise ShopError(mistakes.noted)


def _vendor_names(shop: Shop) -> Iterable[tuple[str, str]]:
    for place, order in enumerate(shop.orders):
        for name in order.vendors:
            yield f"orders[{place}].vendors", name
    for place, asked in enumerate(shop.returns):
        for name in asked.vendors:
            yield f"returns[{place}].vendors", name
        for name in asked.by_vendor:
            yield f"returns[{place}].by_vendor.{name}", name
