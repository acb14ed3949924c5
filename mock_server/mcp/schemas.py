"""Converts schemas of the control plane (OpenAPI 3.0) to JSON Schema (draft 2020-12) without references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_ANY_TEXT = r"^[^\x00]*$"
"""A pattern that only excludes NUL characters; it is dropped, because it does not help an assistant."""
_DROPPED = {"example", "nullable", "readOnly", "writeOnly", "discriminator", "xml", "externalDocs"}


def resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that the `$ref` of `node` points to, or `node` itself if it has no `$ref`."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def json_schema(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a schema to JSON Schema, and replace each `$ref` by the object that it points to."""
    source = dict(resolved(document, schema))
    for part in source.pop("allOf", ()):
        source = {**json_schema(document, part), **source}
    converted = dict(_members(document, source))
    for exclusive, limit in _EXCLUSIVE.items():
        if converted.get(exclusive) is True:
            converted[exclusive] = converted.pop(limit)
        elif converted.get(exclusive) is False:
            del converted[exclusive]
    if source.get("nullable") and isinstance(converted.get("type"), str):
        converted["type"] = [converted["type"], "null"]
    return converted


def _members(document: Mapping[str, Any], source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in source.items():
        if name in _DROPPED or name.startswith("x-") or value == _ANY_TEXT:
            continue
        if name == "properties":
            yield name, {key: json_schema(document, member) for key, member in value.items()}
        elif name in {"oneOf", "anyOf"}:
            yield name, [json_schema(document, member) for member in value]
        elif name in {"items", "additionalProperties", "not"} and isinstance(value, dict):
            yield name, json_schema(document, value)
        else:
            yield name, value
