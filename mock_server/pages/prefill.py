"""What Swagger UI fills in: a document whose every operation answers when one only presses Execute.

Swagger UI sends the example of every parameter that has one, of optional filters too, and then a list finds
nothing. So optional parameters of the query lose their examples here, and path parameters and bodies get
those of records that exist. `openapi/` keeps the examples of its documents, which are for readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Examples:
    """Values that work: of path parameters, by name or `operation.name`, and of bodies, by operation."""

    path: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)


def prefilled(document: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    """Return a copy of the document in which these values are the examples."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(document))
    for path in copy["paths"].values():
        shared = path.pop("parameters", [])
        for method in _METHODS:
            if method in path:
                operation = path[method]
                own = [*shared, *operation.get("parameters", [])]
                operation["parameters"] = [_parameter(copy, one, operation, examples) for one in own]
                _fill_body(copy, operation, examples)
    return copy


def _parameter(
    document: Mapping[str, Any], raw: Mapping[str, Any], operation: Mapping[str, Any], examples: Examples
) -> dict[str, Any]:
    parameter = dict(_resolved(document, raw))
    name = parameter["name"]
    if parameter["in"] == "path":
        known = examples.path.get(f"{operation['operationId']}.{name}", examples.path.get(name))
        if known is not None:
            parameter.pop("examples", None)
            parameter["example"] = known
    elif not parameter.get("required"):
        parameter.pop("example", None)
        parameter.pop("examples", None)
        parameter["schema"] = _without_example(document, parameter["schema"])
    return parameter


def _without_example(document: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in _resolved(document, raw).items() if key != "example"}
    if "allOf" in schema:
        schema["allOf"] = [_without_example(document, part) for part in schema["allOf"]]
    return schema


def _fill_body(document: Mapping[str, Any], operation: dict[str, Any], examples: Examples) -> None:
    if operation["operationId"] not in examples.bodies:
        return
    body = dict(_resolved(document, operation["requestBody"]))
    media = {**body["content"]["application/json"], "example": examples.bodies[operation["operationId"]]}
    media.pop("examples", None)
    operation["requestBody"] = {**body, "content": {**body["content"], "application/json": media}}


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
