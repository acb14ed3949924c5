"""The inputs of each operation as one JSON object, with the values that the specification allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import openapi
from support.limits import Rule, Side, examples, rules, sides
from support.schema_values import Generated, SchemaValues

Json = Mapping[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True)
class Described:
    """An operation of a specification; `places` maps each input to `path`, `query` or `body`."""

    id: str
    method: str
    path: str
    places: Mapping[str, str]
    schema: Json


def resolved(document: Json, node: Json) -> Json:
    """Return the object that a reference points to, or the object itself."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations(document: Json) -> Iterator[tuple[str, str, Json, Json]]:
    """Yield path, method, path item and operation of each operation in a document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


@cache
def described(vendor: str) -> dict[str, Described]:
    """Return the vendor's operations by operationId."""
    document = openapi.read(vendor)
    return {
        operation["operationId"]: _described(document, path, method, item, operation)
        for path, method, item, operation in operations(document)
    }


@cache
def input_values(vendor: str) -> SchemaValues:
    """Return the generator of inputs of each operation, by operationId."""
    return SchemaValues({name: one.schema for name, one in described(vendor).items()}, {})


@cache
def limit_sides(vendor: str) -> dict[str, dict[Rule, list[Side]]]:
    """Return both sides of every rule for the inputs of each operation, by operationId."""
    generator = input_values(vendor)
    found = {}
    for name, one in described(vendor).items():
        is_valid = partial(generator.is_valid, name)
        bases = [value for value in examples(one.schema) if is_valid(value)]
        found[name] = {rule: sides(rule, bases, is_valid) for rule in rules(one.schema)}
    return found


def limits_of(vendor: str) -> dict[str, list[Generated]]:
    """Return the same sides as generated values, by operationId."""
    return {
        name: [
            Generated(f"{rule.name}, {'allowed' if side.allowed else 'refused'}", side.value, side.allowed)
            for rule, found in ruled.items()
            for side in found
        ]
        for name, ruled in limit_sides(vendor).items()
    }


def _described(document: Json, path: str, method: str, item: Json, operation: Json) -> Described:
    listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
    parameters = [one for one in (resolved(document, each) for each in listed) if one["in"] != "header"]
    places = {one["name"]: one["in"] for one in parameters}
    properties = {one["name"]: with_example(document, one) for one in parameters}
    required = [one["name"] for one in parameters if one.get("required")]
    extra: dict[str, Any] = {}
    if "requestBody" in operation:
        content = resolved(document, operation["requestBody"])["content"]["application/json"]
        extra = dict(closed(document, content["schema"]))
        assert not places.keys() & extra["properties"].keys(), f"{operation['operationId']} has names twice."
        places |= dict.fromkeys(extra["properties"], "body")
        properties |= extra["properties"]
        required += extra.get("required", [])
    if "minProperties" in extra:
        extra["minProperties"] += len(parameters)
    schema = {
        **extra,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }
    return Described(operation["operationId"], method.upper(), path, places, schema)


def with_example(document: Json, parameter: Json) -> Json:
    schema = closed(document, parameter["schema"])
    return {**schema, "example": parameter["example"]} if "example" in parameter else schema


def given(schema: Json, value: Any) -> Any:
    """Return a value without members that are null although they may not be: None means "not given"."""
    if isinstance(value, list):
        return [given(schema.get("items", {}), one) for one in value]
    members = properties(schema)
    if not isinstance(value, dict):
        return value
    return {
        name: given(members.get(name, {}), one)
        for name, one in value.items()
        if one is not None or name not in members or nullable(members[name])
    }


def properties(schema: Json) -> dict[str, Json]:
    """Return the members of an object, those of all its alternatives included."""
    members = dict(schema.get("properties", {}))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(keyword, ()):
            members |= properties(one)
    return members


def nullable(schema: Json) -> bool:
    return bool(schema.get("nullable")) or any(nullable(one) for one in schema.get("allOf", ()))


def closed(document: Json, node: Json) -> Json:
    """Return a schema with its references resolved and unknown members forbidden (still OpenAPI 3.0)."""
    made = dict(resolved(document, node))
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in made:
            made[keyword] = [closed(document, one) for one in made[keyword]]
    if "items" in made:
        made["items"] = closed(document, made["items"])
    if "properties" in made:
        made["properties"] = {name: closed(document, one) for name, one in made["properties"].items()}
        made.setdefault("additionalProperties", False)
    return made
