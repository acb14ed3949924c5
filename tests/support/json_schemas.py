"""Validates JSON against schemas of the documents, with a translation of its own."""

from functools import cache
from typing import Any

import jsonschema_rs

import openapi


def nullable(node: Any) -> Any:
    """Return the schema with OpenAPI 3.0's `nullable` translated to JSON Schema."""
    if isinstance(node, list):
        return [nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: nullable(value) for key, value in node.items()}
    if made.pop("nullable", None) is not True:
        return made
    if "type" not in made:
        return {"anyOf": [made, {"type": "null"}]}
    return {**made, "type": [made["type"], "null"]}


@cache
def webhook_schema(vendor: str, name: str) -> jsonschema_rs.Draft4Validator:
    """Compile the schema of an entry of `x-webhooks`."""
    document = openapi.read(vendor)
    body = document["x-webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    whole = {**nullable(body["schema"]), "components": nullable(document["components"])}
    return jsonschema_rs.Draft4Validator(whole, validate_formats=True)


def webhook_errors(vendor: str, name: str, payload: Any) -> list[str]:
    """Validate the body of a delivery, and return the errors."""
    return [error.message for error in webhook_schema(vendor, name).iter_errors(payload)]


@cache
def response_schema(document: str, path: str, method: str, status: str) -> jsonschema_rs.Draft4Validator:
    """Compile the schema of a JSON response of an operation."""
    read = openapi.read(document)
    answer = read["paths"][path][method]["responses"][status]["content"]["application/json"]
    whole = {**nullable(answer["schema"]), "components": nullable(read["components"])}
    return jsonschema_rs.Draft4Validator(whole, validate_formats=True)


def response_errors(document: str, path: str, method: str, status: int, body: Any) -> list[str]:
    """Validate the body of a response, and return the errors."""
    found = response_schema(document, path, method, str(status)).iter_errors(body)
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in found]


def schema_errors(document: str, name: str, value: Any) -> list[str]:
    """Validate a value against a component schema, and return the errors."""
    components = nullable(openapi.read(document)["components"])
    whole = {"$ref": f"#/components/schemas/{name}", "components": components}
    found = jsonschema_rs.Draft4Validator(whole, validate_formats=True).iter_errors(value)
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in found]
