"""Adapts an OpenAPI document so that every operation succeeds when a user presses Execute in Swagger UI.

The examples for path parameters and request bodies are replaced by values from existing records. The examples
for optional query parameters are removed, because Swagger UI would send them all, and the lists filtered by
them would be empty. The documents in `openapi/` keep their examples, which are meant for human readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Examples:
    """Example values from existing records.

    `path` contains values for path parameters, keyed by the parameter's name or, for one operation only, by
    operationId and name, such as `get_return.id`. `bodies` contains request bodies, keyed by operationId.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)


def prefilled(document: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    """Return a copy of an OpenAPI document that contains `examples` in place of its own examples.

    The examples for optional query parameters are removed.
    """
    copy: dict[str, Any] = orjson.loads(orjson.dumps(document))
    for path in copy["paths"].values():
        shared = path.pop("parameters", [])
        for method in _METHODS:
            if method in path:
                operation = path[method]
                own = [*shared, *operation.get("parameters", [])]
                operation["parameters"] = [_parameter(copy, entry, operation, examples) for entry in own]
                _fill_body(copy, operation, examples)
    return copy


def _parameter(
    document: Mapping[str, Any], raw: Mapping[str, Any], operation: Mapping[str, Any], examples: Examples
) -> dict[str, Any]:
    parameter = dict(_resolved(document, raw))
    name = parameter["name"]
    if parameter["in"] == "path":
        example = examples.path.get(f"{operation['operationId']}.{name}", examples.path.get(name))
        if example is not None:
            parameter.pop("examples", None)
            parameter["example"] = example
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
