"""Builds the JSON Schema of a shop's file for editors, from the schema `Shop` of the control plane.

Editors complete words. So the schema lists the names of the vendors, and offers the neutral words and the
vendors' own next to each other.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from mock_server import vendors
from mock_server.shop.checking import schema
from mock_server.shop.layout import REASONS, STATES

_DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_ANNOTATIONS: Final = {"example"}


def build() -> str:
    """Return the JSON Schema (draft 7), as text."""
    definitions = {name: _converted(schema()[name]) for name in ("Shop", *_referenced(schema()["Shop"]))}
    known = vendors.names()
    words = {name: vendors.shop_words(name) for name in known}
    own_statuses = sorted({status for word in words.values() for status in word.own_statuses})
    types = sorted({kind for word in words.values() for kind in word.types})
    own_reasons = sorted({reason for word in words.values() for reason in word.reasons.values()})
    definitions["ShopVendors"]["oneOf"] = [
        {"type": "string", "enum": known},
        {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "enum": known}},
    ]
    asked, difference = (definitions[name]["properties"] for name in ("ShopReturn", "ShopDifference"))
    asked["by_vendor"]["propertyNames"] = {"enum": known}
    for fields in (asked, difference):
        fields["status"] = _words(fields["status"], [*STATES, "label sent", "in transit"], own_statuses)
        fields["type"] = _words(fields["type"], types, ())
    item = definitions["ShopReturnItem"]["properties"]
    for fields in (item, difference):
        fields["reason"] = _any_word(fields["reason"], [*REASONS, *own_reasons])
    top = {"$schema": _DIALECT, "title": "A shop of the returns sandbox", **definitions.pop("Shop")}
    return json.dumps({**top, "definitions": definitions}, indent=2, ensure_ascii=False) + "\n"


def _words(field: Mapping[str, Any], neutral: Iterable[str], own: Iterable[str]) -> dict[str, Any]:
    """Restrict a field to the neutral words and the vendors' own."""
    return {"description": field["description"], "enum": list(dict.fromkeys([*neutral, *own]))}


def _any_word(field: Mapping[str, Any], offered: Iterable[str]) -> dict[str, Any]:
    """Offer words for a field that also accepts others."""
    rest = {key: value for key, value in field.items() if key != "description"}
    return {"description": field["description"], "anyOf": [{"enum": list(dict.fromkeys(offered))}, rest]}


def _referenced(node: Any) -> dict[str, None]:
    """List the names of the schemas that a schema refers to, directly or through others."""
    names: dict[str, None] = {}
    if isinstance(node, list):
        for member in node:
            names |= _referenced(member)
    elif isinstance(node, dict):
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            names[name] = None
            names |= _referenced(schema()[name])
        for value in node.values():
            names |= _referenced(value)
    return names


def _converted(node: Any) -> Any:
    """Convert an OpenAPI schema: references point to `definitions`, and examples are left out."""
    if isinstance(node, list):
        return [_converted(member) for member in node]
    if not isinstance(node, dict):
        return node
    converted = {key: _converted(value) for key, value in node.items() if key not in _ANNOTATIONS}
    if "$ref" in converted:
        converted["$ref"] = f"#/definitions/{converted['$ref'].rpartition('/')[2]}"
    return converted
