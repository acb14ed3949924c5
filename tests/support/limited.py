"""An invented API whose inputs have every keyword that constrains a value, in a body and in a query."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
FIELDS: Json = {
    "count": {"type": "integer", "minimum": 2, "maximum": 9, "example": 3},
    "dozens": {"type": "integer", "minimum": 12, "maximum": 48, "multipleOf": 12, "example": 24},
    "inner": {
        "type": "integer",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 5,
        "exclusiveMaximum": True,
        "example": 2,
    },
    "share": {
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 1,
        "exclusiveMaximum": True,
        "example": 0.5,
    },
    "price": {"type": "number", "minimum": 0.5, "maximum": 99.5, "example": 5.25},
    "plain": {
        "type": "integer",
        "minimum": 1,
        "exclusiveMinimum": False,
        "maximum": 1_000_000,
        "exclusiveMaximum": False,
        "example": 4,
    },
    "cents": {"type": "number", "multipleOf": 0.25, "example": 0.75},
    "paid": {"type": "boolean", "example": True},
    "code": {"type": "string", "minLength": 2, "maxLength": 5, "example": "abc"},
    "form": {"type": "string", "pattern": "^[a-z]+-[0-9]+$", "maxLength": 9, "example": "ab-12"},
    "state": {"type": "string", "enum": ["open", "closed"], "example": "open"},
    "level": {"type": "integer", "enum": [1, 2, 3], "example": 2},
    "day": {"type": "string", "format": "date", "example": "2026-03-01"},
    "when": {"type": "string", "format": "date-time", "example": "2026-03-01T10:00:00Z"},
    "email": {"type": "string", "format": "email", "example": "kim@example.com"},
    "tags": {
        "type": "array",
        "minItems": 2,
        "maxItems": 4,
        "uniqueItems": True,
        "items": {"type": "string", "minLength": 2, "maxLength": 8, "example": "red"},
        "example": ["red", "blue"],
    },
}
"""Inputs that fit in a query and in a body."""
NESTED: Json = {
    "lines": {
        "type": "array",
        "minItems": 1,
        "maxItems": 3,
        "uniqueItems": True,
        "items": {
            "type": "object",
            "required": ["sku"],
            "minProperties": 2,
            "additionalProperties": False,
            "properties": {
                "sku": {"type": "string", "minLength": 1, "maxLength": 6, "example": "boot"},
                "quantity": {"type": "integer", "minimum": 1, "maximum": 3, "example": 2},
                "weight": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "example": 1.5},
            },
        },
        "example": [{"sku": "boot", "quantity": 2, "weight": 1.5}],
    },
    "address": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "city": {"type": "string", "maxLength": 12, "example": "Perth"},
            "zip": {"type": "string", "minLength": 4, "example": "6000"},
        },
        "example": {"city": "Perth", "zip": "6000"},
    },
}
"""Inputs that only a body can have."""
CREATE, LIST = "create_thing", "list_things"
_ANSWER = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}


def body_schema() -> Json:
    """Return the schema of the body of `create_thing`."""
    return {
        "type": "object",
        "required": ["count", "lines"],
        "minProperties": 3,
        "additionalProperties": False,
        "properties": {**FIELDS, **NESTED},
    }


def query_schema() -> Json:
    """Return the inputs of `list_things` as one object."""
    return {"type": "object", "required": ["count"], "additionalProperties": False, "properties": FIELDS}


def schemas() -> dict[str, Json]:
    """Return the schema of the inputs of each operation, by operationId."""
    return {CREATE: body_schema(), LIST: query_schema()}


def valid_values(schema: Json) -> list[Json]:
    """Return valid values of an object: all its members, and the required ones with a few others."""
    whole = {name: one["example"] for name, one in schema["properties"].items()}
    return [whole, {name: whole[name] for name in [*schema["required"], "paid", "state"]}]


def paths() -> Json:
    """Return the paths of the document."""
    parameters = [
        {"name": name, "in": "query", "required": name == "count", "schema": one}
        for name, one in FIELDS.items()
    ]
    content = {"application/json": {"schema": body_schema()}}
    return {
        "/things": {
            "get": {"operationId": LIST, "parameters": parameters, "responses": {"200": _ANSWER}},
            "post": {
                "operationId": CREATE,
                "requestBody": {"required": True, "content": content},
                "responses": {"201": _ANSWER},
            },
        }
    }


def document() -> Json:
    """Return the whole document."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "x-provenance": "documented",
        "paths": paths(),
    }
