"""The operations of the vendors' specifications that need credentials, with their parameters and examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import openapi


@dataclass(frozen=True)
class Operation:
    """An operation of a vendor, with the example of its body."""

    id: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Any

    def with_body(self, body: Any) -> "Operation":
        return Operation(self.id, self.method, self.path, self.parameters, body)


def operations(vendor: str) -> list[Operation]:
    """List the operations of a vendor that need credentials."""
    document = openapi.read(vendor)
    return [
        _operation(document, path, method, item)
        for path, item in document["paths"].items()
        for method in ("get", "post", "put", "patch", "delete")
        if method in item and item[method].get("security") != []
    ]


def _operation(document: Any, path: str, method: str, item: Any) -> Operation:
    node = item[method]
    parameters = [
        resolved(document, one) for one in (*item.get("parameters", ()), *node.get("parameters", ()))
    ]
    content = node.get("requestBody", {}).get("content", {}).get("application/json")
    body = None
    if content is not None:
        examples = [one["value"] for one in content.get("examples", {}).values()]
        body = content.get("example", examples[0] if examples else {})
    schemas = [{**one, "schema": resolved(document, one["schema"])} for one in parameters]
    return Operation(node["operationId"], method, path, tuple(schemas), body)


def resolved(document: Any, node: Any) -> Any:
    while "$ref" in node:
        name = node["$ref"].removeprefix("#/").split("/")
        node = document
        for part in name:
            node = node[part]
    return node
