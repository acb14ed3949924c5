"""Every rule of the hub's specification has a sentence, and a field or parameter is always named."""

from collections.abc import Iterator
from typing import Any

from support.each import each

import openapi
from connector.hub.api.validation import RULES

DOCUMENT = openapi.read(openapi.HUB)
WITHOUT_SENTENCE = {
    "$ref", "additionalProperties", "default", "description", "example", "items", "nullable", "properties",
    "required", "oneOf",
}  # fmt: skip
"""Keywords that are no rules, or that `explain` handles itself."""


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each schema of the requests: of the parameters, and of the bodies with all their parts."""
    if "$ref" in node:
        part: Any = DOCUMENT
        for step in node["$ref"][2:].split("/"):
            part = part[step]
        yield from schemas(part)
        return
    yield node
    for child in [*node.get("properties", {}).values(), *node.get("oneOf", ())]:
        yield from schemas(child)
    for child in (node.get("items"), node.get("additionalProperties")):
        if isinstance(child, dict):
            yield from schemas(child)


def requested() -> Iterator[dict[str, Any]]:
    for path in DOCUMENT["paths"].values():
        for parameter in path.get("parameters", []):
            yield from schemas(resolved(parameter)["schema"])
        for method, operation in path.items():
            if method == "parameters":
                continue
            for parameter in operation.get("parameters", []):
                yield from schemas(resolved(parameter)["schema"])
            if "requestBody" in operation:
                yield from schemas(operation["requestBody"]["content"]["application/json"]["schema"])


def resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = DOCUMENT["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def test_every_rule_of_the_specification_has_a_sentence() -> None:
    for schema in each(list(requested())):
        assert set(schema) - WITHOUT_SENTENCE <= set(RULES)
