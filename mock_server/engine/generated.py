"""Generates random values that match an OpenAPI schema, for generated responses (see `preferred`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from mock_server.engine.schema import Schemas

_MAX_DEPTH = 12
_MAX_ITEMS = 3
_HIGH = 1_000
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 365
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "indigo", "juniper")


def generate(schema: Mapping[str, Any], schemas: Schemas, random: Random, depth: int = 0) -> Any:
    """Generate a random value that matches a schema; leave out properties that are `writeOnly`.

    `depth` is the number of enclosing objects and arrays; deeply nested values are kept small. For a string
    with a pattern, returns the schema's example, because this module cannot generate strings from patterns.
    """
    plain = _plain(schema, schemas)
    if "enum" in plain:
        return random.choice(plain["enum"])
    kind = plain.get("type") or ("object" if "properties" in plain else "array" if "items" in plain else "")
    if depth > _MAX_DEPTH and plain.get("nullable"):
        return None
    if kind == "object":
        return {
            name: generate(property_, schemas, random, depth + 1)
            for name, property_ in plain.get("properties", {}).items()
            if not schemas.resolve(property_).get("writeOnly")
        }
    if kind == "array":
        low, high = plain.get("minItems", 0), min(plain.get("maxItems", _MAX_ITEMS), _MAX_ITEMS)
        count = low if depth > _MAX_DEPTH else random.randint(low, max(low, high, 1))
        return [generate(plain.get("items", {}), schemas, random, depth + 1) for _ in range(count)]
    return _scalar(kind, plain, random)


def _plain(schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """Merge a schema with all schemas in `allOf` and with the first schema in each of `anyOf` and `oneOf`."""
    resolved = dict(schemas.resolve(schema))
    members = [*resolved.pop("allOf", ()), *resolved.pop("anyOf", ())[:1], *resolved.pop("oneOf", ())[:1]]
    merged: dict[str, Any] = {}
    for part in (*(_plain(member, schemas) for member in members), resolved):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        merged |= part
        if properties:
            merged["properties"] = properties
    return merged


def _scalar(kind: str, schema: Mapping[str, Any], random: Random) -> Any:
    if kind == "boolean":
        return random.random() < 0.5  # noqa: PLR2004 - even chances
    if kind in {"integer", "number"}:
        low = schema.get("minimum", 0) + (1 if schema.get("exclusiveMinimum") else 0)
        high = min(schema.get("maximum", low + _HIGH), low + _HIGH) - bool(schema.get("exclusiveMaximum"))
        whole = random.randint(int(low), max(int(low), int(high)))
        return whole // schema.get("multipleOf", 1) * schema.get("multipleOf", 1)
    if kind == "string":
        return _text(schema, random)
    return schema.get("example")


def _text(schema: Mapping[str, Any], random: Random) -> str:
    at = _FIRST + timedelta(seconds=random.randrange(_DAYS * 86_400))
    formats = {
        "date-time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date": at.date().isoformat(),
        "email": f"{random.choice(_WORDS)}.{random.choice(_WORDS)}@example.com",
        "uuid": str(UUID(int=random.getrandbits(128), version=4)),
        "uri": f"https://example.com/{random.choice(_WORDS)}",
    }
    if schema.get("format") in formats:
        return formats[schema["format"]]
    if "pattern" in schema and "example" in schema:
        return str(schema["example"])
    if known := schema.get("x-known-values"):
        return str(random.choice(known))
    text = f"{random.choice(_WORDS)} {random.choice(_WORDS)}"
    low: int = schema.get("minLength", 0)
    high: int = schema.get("maxLength", len(text))
    return (text * (1 + low // len(text)))[: max(low, min(high, len(text)))]
