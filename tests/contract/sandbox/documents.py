"""An OpenAPI document, read for tests: operations, their parameters, bodies and responses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import openapi

Json = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Operation:
    """One operation of a document; references of its parameters and responses are resolved."""

    id: str
    method: str
    path: str
    raw: Json
    parameters: tuple[Json, ...]
    responses: Mapping[str, Json]

    @property
    def is_public(self) -> bool:
        """True if the operation needs no credentials."""
        return self.raw.get("security") == []

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names of the path parameters, in the order of the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def matches(self, path: str) -> bool:
        """Return whether a path, percent-encoded, is one of the operation's."""
        return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path)), path) is not None

    @property
    def is_stream(self) -> bool:
        """True if a successful response is a stream of events, which does not end."""
        return STREAM in self.responses.get("200", {}).get("content", {})

    def query(self, name: str) -> Json | None:
        """Return the query parameter with this name, or None if it is not documented."""
        found = (one for one in self.parameters if one["in"] == "query" and one["name"] == name)
        return next(found, None)


class Document:
    """The document of one vendor, or of the control plane (`sandbox`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.raw: Json = openapi.read(name)

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """All operations, keyed by operationId, in the document's order."""
        return {one.id: one for one in self._operations()}

    def at(self, method: str, path: str) -> Operation | None:
        """Return the operation with a method and a path template, or None if there is none."""
        found = (one for one in self.operations.values() if (one.method, one.path) == (method.upper(), path))
        return next(found, None)

    def route(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request for a path, percent-encoded, arrives at; None if none does."""
        matching = [
            one for one in self.operations.values() if one.method == method.upper() and one.matches(path)
        ]
        return min(matching, key=lambda one: len(one.path_names), default=None)

    def resolve(self, node: Json) -> Json:
        """Return what a `$ref` points to, or the node itself if it has none."""
        while "$ref" in node:
            target: Any = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def merged(self, node: Json) -> dict[str, Any]:
        """Resolve a schema and merge its `allOf` into one object."""
        schema = self.resolve(node)
        found: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            other = self.merged(part)
            properties = {**found.get("properties", {}), **other.get("properties", {})}
            found |= {**other, **({"properties": properties} if properties else {})}
        return {**found, **{key: value for key, value in schema.items() if key != "allOf"}}

    def body(self, operation: Operation) -> dict[str, Any] | None:
        """Return the schema of an operation's JSON body, or None if it has no body."""
        raw = self.resolve(operation.raw.get("requestBody", {}))
        content = raw.get("content", {}).get("application/json")
        return self.merged(content["schema"]) if content else None

    def success(self, operation: Operation) -> tuple[str, Json]:
        """Return the status and the description of an operation's successful response."""
        return next((status, one) for status, one in operation.responses.items() if status.startswith("2"))

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    raw = item[method]
                    declared = [*item.get("parameters", ()), *raw.get("parameters", ())]
                    yield Operation(
                        id=raw["operationId"],
                        method=method.upper(),
                        path=path,
                        raw=raw,
                        parameters=tuple(self.resolve(one) for one in declared),
                        responses={status: self.resolve(one) for status, one in raw["responses"].items()},
                    )


@cache
def document(name: str) -> Document:
    """Read a document once per process."""
    return Document(name)
